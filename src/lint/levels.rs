//! What each rule's findings count as: defaults, what the project file sets, what flags set.

use std::collections::BTreeMap;
use std::fmt;

use super::{Rule, rule, rules};
use crate::diagnostic::nearest;
use crate::model::Level;

/// Whether the findings of a rule can be made milder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// They are always errors: such a campaign cannot do what its file says.
    Error,
    /// They are what the level says; this is the default.
    Warning(Level),
}

impl fmt::Display for Gravity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("always an error"),
            Self::Warning(level) => level.fmt(f),
        }
    }
}

/// Words that stand for every rule whose level can be set.
pub const GROUPS: [&str; 2] = ["all", "warnings"];

/// Why no level can be set for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSettable {
    /// There is no such rule.
    Unknown {
        /// As it was written.
        name: String,
        /// The rule that was meant, if one is near.
        nearest: Option<&'static str>,
    },
    /// The rule's findings are always errors.
    Fixed(&'static Rule),
    /// The rule is named at two levels.
    Twice(String, [Level; 2]),
}

impl NotSettable {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(meant), .. } => format!("did you mean `{meant}`? `campaignctl validate --rules` lists them"),
            Self::Unknown { nearest: None, .. } => "`campaignctl validate --rules` lists them".to_owned(),
            Self::Fixed(rule) => format!("mend what it finds; `campaignctl validate --explain {}` says how", rule.id),
            Self::Twice(..) => "keep one of them".to_owned(),
        }
    }
}

impl fmt::Display for NotSettable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, .. } => write!(f, "there is no rule `{name}`"),
            Self::Fixed(rule) => write!(f, "`{}` is always an error: its level cannot be set", rule.id),
            Self::Twice(name, [one, other]) => write!(f, "`{name}` is set to `{one}` and to `{other}`"),
        }
    }
}

/// The rule with this id.
///
/// # Errors
/// There is none; the one that is near is named.
pub fn find(id: &str) -> Result<&'static Rule, NotSettable> {
    rule(id).ok_or_else(|| NotSettable::Unknown { name: id.chars().take(60).collect(), nearest: nearest(id, rules().map(|rule| rule.id)) })
}

/// The rule with this id, if its level can be set; `None` for a word that stands for all of them.
///
/// # Errors
/// See [`NotSettable`].
pub(super) fn settable(name: &str) -> Result<Option<&'static Rule>, NotSettable> {
    if GROUPS.contains(&name) {
        return Ok(None);
    }
    let rule = find(name)?;
    if rule.gravity == Gravity::Error { Err(NotSettable::Fixed(rule)) } else { Ok(Some(rule)) }
}

/// Levels that flags set; they go before those of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides(BTreeMap<String, Level>);

impl Overrides {
    /// Takes (rule, level) pairs in any order: a rule that is named goes before `all`.
    ///
    /// # Errors
    /// See [`NotSettable`].
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, Level)>) -> Result<Self, NotSettable> {
        let mut overrides = BTreeMap::new();
        for (name, level) in pairs {
            let id = settable(name)?.map_or(GROUPS[0], |rule| rule.id);
            if let Some(other) = overrides.insert(id.to_owned(), level).filter(|other| *other != level) {
                return Err(NotSettable::Twice(name.to_owned(), [other, level]));
            }
        }
        Ok(Self(overrides))
    }
}

/// What every rule's findings count as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<&'static str, Level>);

impl Levels {
    /// The defaults, with these layers laid over them, the first one first. What cannot be set is left out: `bad-level`
    /// tells of it.
    pub fn new<'a>(layers: impl IntoIterator<Item = &'a BTreeMap<String, Level>>, overrides: &'a Overrides) -> Self {
        let mut levels = BTreeMap::new();
        for layer in layers.into_iter().chain([&overrides.0]) {
            let (groups, single): (Vec<_>, Vec<_>) = layer.iter().partition(|(name, _)| GROUPS.contains(&name.as_str()));
            for (name, level) in groups.into_iter().chain(single) {
                match settable(name) {
                    Ok(Some(rule)) => {
                        levels.insert(rule.id, *level);
                    }
                    Ok(None) => levels.extend(rules().filter(|rule| rule.gravity != Gravity::Error).map(|rule| (rule.id, *level))),
                    Err(_) => {}
                }
            }
        }
        Self(levels)
    }

    /// The level of a rule; `None` for one that is always an error.
    pub fn of(&self, rule: &Rule) -> Option<Level> {
        match rule.gravity {
            Gravity::Error => None,
            Gravity::Warning(default) => Some(self.0.get(rule.id).copied().unwrap_or(default)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Levels, NotSettable, Overrides, find};
    use crate::model::Level::{self, Allow, Deny, Warn};

    fn layer(pairs: &[(&str, Level)]) -> BTreeMap<String, Level> {
        pairs.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect()
    }

    #[test]
    fn what_is_nearer_goes_before_and_a_rule_before_all() {
        let project = layer(&[("all", Deny), ("no-overflow", Allow), ("no-cooldown", Warn)]);
        let environment = layer(&[("no-cooldown", Allow), ("bad-id", Allow), ("nothing", Deny)]);
        let level = |overrides: &[(&str, Level)], id| {
            let overrides = Overrides::new(overrides.iter().copied()).expect("settable");
            Levels::new([&project, &environment], &overrides).of(find(id).expect("a rule"))
        };
        assert_eq!(level(&[], "throttling-off"), Some(Deny));
        assert_eq!(level(&[], "no-overflow"), Some(Allow));
        assert_eq!(level(&[], "no-cooldown"), Some(Allow));
        assert_eq!(level(&[], "bad-id"), None);
        assert_eq!(level(&[("no-cooldown", Deny), ("warnings", Warn)], "no-cooldown"), Some(Deny));
        assert_eq!(level(&[("no-cooldown", Deny), ("warnings", Warn)], "throttling-off"), Some(Warn));
        assert_eq!(level(&[("all", Warn)], "bad-id"), None);
    }

    #[test]
    fn what_cannot_be_set_is_said() {
        let refused = |pairs: &[(&'static str, Level)]| Overrides::new(pairs.iter().copied()).expect_err("not settable");
        let unknown = refused(&[("no-cooldwon", Deny)]);
        assert_eq!(unknown, NotSettable::Unknown { name: "no-cooldwon".to_owned(), nearest: Some("no-cooldown") });
        assert!(refused(&[("value-type", Warn)]).to_string().contains("always an error"));
        assert_eq!(refused(&[("all", Warn), ("warnings", Deny)]), NotSettable::Twice("warnings".to_owned(), [Warn, Deny]));
    }
}
