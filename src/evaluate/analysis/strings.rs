//! Sets of texts: what they must begin with, end with and contain, what they must not contain or be, perhaps only some
//! named ones. Not every question about such sets is answered; see [`Texts::example`].

use std::collections::BTreeSet;

/// Texts that keep every condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Texts {
    pub(super) begins: BTreeSet<String>,
    pub(super) ends: BTreeSet<String>,
    pub(super) contains: BTreeSet<String>,
    pub(super) lacks: BTreeSet<String>,
    pub(super) left_out: BTreeSet<String>,
    pub(super) named: Option<BTreeSet<String>>,
}

/// Whether a set has a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Member {
    /// This one.
    Is(String),
    /// None, certainly.
    None,
    /// It could not be decided.
    Unknown,
}

/// Put between the parts of an example, until one of them makes a member.
const JOINTS: [&str; 8] = ["", " ", "-", "x", "q", "7", "\u{b7}", "z "];

impl Texts {
    pub(super) fn has(&self, text: &str) -> bool {
        let Self { begins, ends, contains, lacks, left_out, named } = self;
        begins.iter().all(|start| text.starts_with(start.as_str()))
            && ends.iter().all(|end| text.ends_with(end.as_str()))
            && contains.iter().all(|part| text.contains(part.as_str()))
            && !lacks.iter().any(|part| text.contains(part.as_str()))
            && !left_out.contains(text)
            && named.as_ref().is_none_or(|named| named.contains(text))
    }

    pub(super) fn intersect(&self, other: &Self) -> Self {
        let union = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.union(b).cloned().collect();
        Self {
            begins: union(&self.begins, &other.begins),
            ends: union(&self.ends, &other.ends),
            contains: union(&self.contains, &other.contains),
            lacks: union(&self.lacks, &other.lacks),
            left_out: union(&self.left_out, &other.left_out),
            named: match (&self.named, &other.named) {
                (Some(a), Some(b)) => Some(a.intersection(b).cloned().collect()),
                (a, b) => a.clone().or_else(|| b.clone()),
            },
        }
    }

    /// The longest of the texts that members begin with.
    fn start(&self) -> &str {
        self.begins.iter().max_by_key(|start| start.len()).map_or("", String::as_str)
    }

    /// The longest of the texts that members end with.
    fn end(&self) -> &str {
        self.ends.iter().max_by_key(|end| end.len()).map_or("", String::as_str)
    }

    /// Certainly without members: two beginnings or ends that exclude each other, or something that must be there and holds
    /// what must not.
    fn contradicts_itself(&self) -> bool {
        let (start, end) = (self.start(), self.end());
        let mut required = [start, end].into_iter().chain(self.contains.iter().map(String::as_str));
        self.begins.iter().any(|other| !start.starts_with(other.as_str()))
            || self.ends.iter().any(|other| !end.ends_with(other.as_str()))
            || required.any(|part| self.lacks.iter().any(|lacked| part.contains(lacked.as_str())))
    }

    /// A member, made by joining the required parts in several ways; each one is checked.
    pub(super) fn example(&self) -> Member {
        if let Some(named) = &self.named {
            return named.iter().find(|text| self.has(text)).map_or(Member::None, |text| Member::Is(text.clone()));
        }
        if self.contradicts_itself() {
            return Member::None;
        }
        let (start, end) = (self.start(), self.end());
        // What the beginning or end already brings need not be added.
        let missing: Vec<&str> =
            self.contains.iter().map(String::as_str).filter(|part| !start.contains(part) && !end.contains(part)).collect();
        for joint in JOINTS {
            let mut parts = vec![start];
            parts.extend(&missing);
            parts.push(end);
            parts.retain(|part| !part.is_empty());
            let joined = parts.join(joint);
            let overlapping = overlap(start, end);
            let candidates =
                [joined.clone(), format!("{joined}{joint}"), format!("{joint}{joined}"), format!("{start}{joint}{end}"), overlapping];
            if let Some(member) = candidates.into_iter().find(|candidate| self.has(candidate)) {
                return Member::Is(member);
            }
        }
        Member::Unknown
    }

    /// Whether every member is in `other`; `None` where that could not be decided.
    pub(super) fn is_within(&self, other: &Self) -> Option<bool> {
        if let Some(named) = &self.named {
            return Some(named.iter().filter(|text| self.has(text)).all(|text| other.has(text)));
        }
        // One member that is left out there settles it.
        if other.left_out.iter().any(|text| self.has(text)) {
            return Some(false);
        }
        let Self { begins, ends, contains, lacks, left_out, named } = other;
        let (start, end) = (self.start(), self.end());
        let brings = |part: &str| [start, end].into_iter().chain(self.contains.iter().map(String::as_str)).any(|own| own.contains(part));
        let certain = begins.iter().all(|other| start.starts_with(other.as_str()))
            && ends.iter().all(|other| end.ends_with(other.as_str()))
            && contains.iter().all(|part| brings(part))
            && lacks.iter().all(|part| self.lacks.iter().any(|own| part.contains(own.as_str())))
            && left_out.iter().all(|text| !self.has(text))
            && named.is_none();
        if certain {
            return Some(true);
        }
        // One member that is outside settles it the other way: any, or one that breaks a condition on purpose.
        let beside = |member: &str| JOINTS.iter().flat_map(|joint| [format!("{joint}{member}"), format!("{member}{joint}")]).collect();
        let near: Vec<String> = match self.example() {
            Member::None => return Some(true),
            Member::Is(member) => beside(&member),
            Member::Unknown => Vec::new(),
        };
        // With nothing beside it, it is the member itself.
        if near.iter().any(|text| self.has(text) && !other.has(text)) {
            return Some(false);
        }
        let without = |part: &String| Self { lacks: BTreeSet::from([part.clone()]), ..Self::default() };
        let with = |part: &String| Self { contains: BTreeSet::from([part.clone()]), ..Self::default() };
        let mut breaking = begins.iter().chain(ends).chain(contains).map(without).chain(lacks.iter().map(with));
        let is_outside = |member: Member| matches!(member, Member::Is(member) if !other.has(&member));
        breaking.any(|broken| is_outside(self.intersect(&broken).example())).then_some(false)
    }

    /// Whether every text is a member.
    pub(super) fn is_every(&self) -> bool {
        let Self { begins, ends, contains, lacks, left_out, named } = self;
        begins.iter().chain(ends).chain(contains).all(String::is_empty) && lacks.is_empty() && left_out.is_empty() && named.is_none()
    }
}

/// The shortest text that begins with `start` and ends with `end`.
fn overlap(start: &str, end: &str) -> String {
    let shared =
        (0..=end.len()).rev().filter(|length| end.is_char_boundary(*length)).find(|length| start.ends_with(&end[..*length])).unwrap_or(0);
    format!("{start}{}", &end[shared..])
}

#[cfg(test)]
mod tests {
    use super::{Member, Texts, overlap};

    fn set(of: &[(&str, &str)]) -> Texts {
        let mut texts = Texts::default();
        for (kind, text) in of {
            let list = match *kind {
                "begins" => &mut texts.begins,
                "ends" => &mut texts.ends,
                "contains" => &mut texts.contains,
                "lacks" => &mut texts.lacks,
                _ => &mut texts.left_out,
            };
            list.insert((*text).to_owned());
        }
        texts
    }

    #[test]
    fn contradictions_are_certain_and_examples_are_members() {
        let empty: [&[(&str, &str)]; 5] = [
            &[("begins", "/a"), ("begins", "/b")],
            &[("ends", "x"), ("ends", "y")],
            &[("begins", "/pricing"), ("lacks", "ric")],
            &[("contains", "abc"), ("lacks", "b")],
            &[("lacks", "")],
        ];
        for of in empty {
            assert_eq!(set(of).example(), Member::None, "{of:?}");
        }
        let inhabited: [&[(&str, &str)]; 6] = [
            &[],
            &[("left_out", "")],
            &[("begins", "/a"), ("begins", "/a/b"), ("ends", "b/c")],
            &[("contains", "x"), ("contains", "y"), ("lacks", "xy"), ("lacks", "x y")],
            &[("begins", "aba"), ("ends", "bab"), ("lacks", "bb")],
            &[("begins", "a"), ("ends", "a"), ("left_out", "a"), ("left_out", "aa")],
        ];
        for of in inhabited {
            let Member::Is(member) = set(of).example() else { panic!("{of:?}") };
            assert!(set(of).has(&member), "{of:?}: {member}");
        }
        assert_eq!(overlap("/a/b", "b/c"), "/a/b/c");
    }
}
