//! The sessions that a campaign's filters let in: the product of what each attribute may be.

use std::collections::BTreeMap;

use super::attribute::{AttributeSet, Inhabitant};
use crate::model::{AttributeValue, Filter};

/// The sessions for which all of some filters hold.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    attributes: BTreeMap<String, AttributeSet>,
}

/// An answer that is certain, or none.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Yes; these attributes of a session show it.
    Yes(BTreeMap<String, AttributeValue>),
    /// No, certainly.
    No,
    /// It could not be decided.
    Unknown,
}

/// Filters that no session can satisfy together: the fewest that show it, by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The attribute they look at.
    pub attribute: String,
    /// Their places in the list, ascending; one for a filter that contradicts itself.
    pub filters: Vec<usize>,
}

impl Audience {
    /// The sessions for which all filters hold.
    pub fn of(filters: &[Filter]) -> Self {
        let mut audience = Self::default();
        for filter in filters {
            let set = AttributeSet::of(filter);
            audience.attributes.entry(filter.attribute_name.clone()).and_modify(|before| *before = before.intersect(&set)).or_insert(set);
        }
        audience
    }

    /// The sessions of both.
    pub fn intersect(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (name, set) in &other.attributes {
            both.attributes.entry(name.clone()).and_modify(|before| *before = before.intersect(set)).or_insert_with(|| set.clone());
        }
        both
    }

    /// Whether some session is in it; with the attributes of one.
    pub fn is_inhabited(&self) -> Verdict {
        let mut session = BTreeMap::new();
        let mut unknown = false;
        for (name, set) in &self.attributes {
            match set.inhabitant() {
                Inhabitant::Is(value) => {
                    session.insert(name.clone(), value);
                }
                // One attribute without any value settles it, whatever the others are.
                Inhabitant::None => return Verdict::No,
                Inhabitant::Unknown => unknown = true,
            }
        }
        if unknown { Verdict::Unknown } else { Verdict::Yes(session) }
    }

    /// Whether every session of this audience is in `other` too; with the attributes of one. `Unknown` also where this
    /// audience has no session that could be shown.
    pub fn is_within(&self, other: &Self) -> Verdict {
        let mut unknown = false;
        for (name, theirs) in &other.attributes {
            let Some(own) = self.attributes.get(name) else { return Verdict::No };
            match own.is_within(theirs) {
                Some(true) => {}
                Some(false) => return Verdict::No,
                None => unknown = true,
            }
        }
        match self.is_inhabited() {
            Verdict::Yes(session) if !unknown => Verdict::Yes(session),
            _ => Verdict::Unknown,
        }
    }

    /// Whether some session is in this audience and not in `other`; `None` where that could not be decided.
    pub fn exceeds(&self, other: &Self) -> Option<bool> {
        let inhabited = match self.is_inhabited() {
            Verdict::No => return Some(false),
            Verdict::Yes(_) => Some(true),
            Verdict::Unknown => None,
        };
        let mut certain = true;
        for name in other.attributes.keys() {
            match self.exceeds_in(name, other) {
                Some(true) => return inhabited,
                Some(false) => {}
                None => certain = false,
            }
        }
        certain.then_some(false)
    }

    /// Whether this audience lets in values of one attribute that `other` keeps out; `None` where that could not be decided.
    pub fn exceeds_in(&self, name: &str, other: &Self) -> Option<bool> {
        match (self.attributes.get(name), other.attributes.get(name)) {
            (_, None) => Some(false),
            // Sessions without the attribute.
            (None, Some(_)) => Some(true),
            (Some(own), Some(theirs)) => own.is_within(theirs).map(|within| !within),
        }
    }

    /// What an attribute may be.
    pub fn attribute(&self, name: &str) -> Option<&AttributeSet> {
        self.attributes.get(name)
    }

    /// The attributes that are looked at.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeSet)> {
        self.attributes.iter().map(|(name, set)| (name.as_str(), set))
    }
}

impl Contradiction {
    /// The first attribute whose filters exclude each other, with the fewest filters that show it.
    ///
    /// Each filter comes with its place in the list.
    pub fn find<'a>(filters: impl IntoIterator<Item = (usize, &'a Filter)>) -> Vec<Self> {
        let mut by_attribute: BTreeMap<&str, Vec<(usize, AttributeSet)>> = BTreeMap::new();
        for (index, filter) in filters {
            by_attribute.entry(&filter.attribute_name).or_default().push((index, AttributeSet::of(filter)));
        }
        by_attribute.into_iter().filter_map(|(attribute, sets)| Self::among(attribute, &sets)).collect()
    }

    fn among(attribute: &str, sets: &[(usize, AttributeSet)]) -> Option<Self> {
        let is_empty = |set: &AttributeSet| set.inhabitant() == Inhabitant::None;
        let found = |filters: Vec<usize>| Some(Self { attribute: attribute.to_owned(), filters });
        if let Some((index, _)) = sets.iter().find(|(_, set)| is_empty(set)) {
            return found(vec![*index]);
        }
        for (place, (index, set)) in sets.iter().enumerate() {
            if let Some((other, _)) = sets[place + 1..].iter().find(|(_, other)| is_empty(&set.intersect(other))) {
                return found(vec![*index, *other]);
            }
        }
        let all = sets.iter().map(|(_, set)| set.clone()).reduce(|a, b| a.intersect(&b))?;
        if is_empty(&all) { found(sets.iter().map(|(index, _)| *index).collect()) } else { None }
    }
}

/// The filters that imply filter `index`, the fewest that show it: removing it changes nothing. `None` where that is not
/// certain, and for filters that no session satisfies.
///
/// Of two filters that say the same, only the later one is implied.
pub fn implied_by(filters: &[Filter], index: usize) -> Option<Vec<usize>> {
    let filter = filters.get(index)?;
    let own = AttributeSet::of(filter);
    let others: Vec<(usize, AttributeSet)> = filters
        .iter()
        .enumerate()
        .filter(|(other, candidate)| *other != index && candidate.attribute_name == filter.attribute_name)
        .map(|(other, candidate)| (other, AttributeSet::of(candidate)))
        .collect();
    let says_no_more =
        |other: usize, set: &AttributeSet| set.is_within(&own) == Some(true) && (other < index || own.is_within(set) != Some(true));
    let inhabited = |set: &AttributeSet| matches!(set.inhabitant(), Inhabitant::Is(_));
    if let Some((other, _)) = others.iter().find(|(other, set)| inhabited(set) && says_no_more(*other, set)) {
        return Some(vec![*other]);
    }
    let together = others.iter().map(|(_, set)| set.clone()).reduce(|a, b| a.intersect(&b))?;
    let implied = others.len() > 1 && inhabited(&together.intersect(&own)) && together.is_within(&own) == Some(true);
    // Where any of the others says the same as this one, the pairs above have decided which of them goes.
    let twin = others.iter().any(|(_, set)| set.is_within(&own) == Some(true));
    (implied && !twin).then(|| others.iter().map(|(other, _)| *other).collect())
}
