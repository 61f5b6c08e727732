//! Which live campaigns are wanted: all, or by name and id.

use std::fmt;

use wildmatch::WildMatch;

use super::bind::not_live;
use crate::model::{CampaignId, Live};
use crate::ops::Failure;

/// A choice of live campaigns.
#[derive(Debug, Clone)]
pub enum Selection {
    /// Every one.
    All,
    /// Those with a name like one of these, and those with one of these ids.
    Only {
        /// Patterns of names.
        names: Vec<Pattern>,
        /// Ids.
        ids: Vec<CampaignId>,
    },
}

/// A pattern of names: `*` stands for any text, `?` for any character, and the case counts.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: WildMatch,
}

impl Pattern {
    fn fits(&self, name: &str) -> bool {
        self.matcher.matches(name)
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let matcher = WildMatch::new(&text);
        Self { text, matcher }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Selection {
    /// Whether a live campaign is chosen.
    pub(super) fn takes(&self, id: &CampaignId, name: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Only { names, ids } => {
                ids.iter().any(|wanted| is(wanted, id)) || name.is_some_and(|name| names.iter().any(|pattern| pattern.fits(name)))
            }
        }
    }

    /// Whether a live campaign is chosen by its id.
    pub(super) fn names_id(&self, id: &CampaignId) -> bool {
        matches!(self, Self::Only { ids, .. } if ids.iter().any(|wanted| is(wanted, id)))
    }

    /// Makes sure that each pattern and each id chooses something: what chooses nothing is a slip.
    ///
    /// # Errors
    /// The first one that chooses nothing.
    pub(super) fn check(&self, live: &Live, environment: &str) -> Result<(), Failure> {
        let Self::Only { names, ids } = self else { return Ok(()) };
        let readable = live.campaigns.iter().map(|campaign| (&campaign.id, Some(campaign.spec.name.as_str())));
        let all: Vec<_> = readable.chain(live.unreadable.iter().map(|campaign| (&campaign.id, campaign.name.as_deref()))).collect();
        if let Some(id) = ids.iter().find(|wanted| !all.iter().any(|(id, _)| is(wanted, id))) {
            return Err(not_live(environment, id));
        }
        let is_idle = |pattern: &&Pattern| !all.iter().any(|(_, name)| name.is_some_and(|name| pattern.fits(name)));
        match names.iter().find(is_idle) {
            Some(pattern) => Err(Failure::new(
                format!("environment `{environment}` has no live campaign with a name like `{pattern}`"),
                "`*` stands for any text, and the case counts: --name 'Pricing*'",
            )),
            None => Ok(()),
        }
    }
}

/// Whether two ids are one: their case means nothing.
pub(super) fn is(id: &CampaignId, other: &CampaignId) -> bool {
    id.0.eq_ignore_ascii_case(&other.0)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_pattern_is_for_the_whole_name() {
        let table = [
            ("Pricing*", "Pricing: EU/US\nsecond line", true),
            ("Pricing*", "pricing", false),
            ("ricing", "Pricing", false),
            ("*", "x", true),
            ("*US*", "sale (US), 2", true),
            ("b?", "bä", true),
            ("b?", "b", false),
            ("[a]*", "[a] {b}", true),
        ];
        for (pattern, name, fits) in table {
            assert_eq!(Pattern::from(pattern.to_owned()).fits(name), fits, "{pattern} {name:?}");
        }
    }
}
