//! When a fault happens: which requests, and how often.

use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use super::armed::Asked;
use super::chance;
use super::kind::Fault;
use crate::emulator::route::Route;

/// A fault and the requests it happens to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Which requests.
    #[serde(default)]
    pub when: When,
    /// What happens to them.
    pub fault: Fault,
    /// How often; by default once, and without a limit where `every`, `probability` or the staleness of a list says how often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
}

/// Which requests; all that is said must hold. Nothing said is every request of the API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// HTTP method, in any case of letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path without the query; `*` stands for any text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The exact name of the campaign: of the body if that has one, else of the live campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Only the n-th of these requests, counted from 1 since the script was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<NonZeroU64>,
    /// Every n-th of these requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<NonZeroU64>,
    /// Each of these requests with this chance, 0 to 1, drawn from the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub enum Times {
    /// So often, then never again.
    Limited(NonZeroU32),
    /// As long as the script is set.
    Unlimited,
}

impl FaultRule {
    /// `fault`, once, to the next request of `route`.
    pub fn once(route: Route, fault: Fault) -> Self {
        Self { when: When { route: Some(route), ..When::default() }, fault, times: None }
    }

    /// `fault` to every request of `route`.
    pub fn always(route: Route, fault: Fault) -> Self {
        Self { times: Some(Times::Unlimited), ..Self::once(route, fault) }
    }

    /// How often it happens, said or not.
    pub(super) fn limit(&self) -> Times {
        let says_how_often = self.when.every.is_some() || self.when.probability.is_some() || matches!(self.fault, Fault::StaleList(_));
        self.times.unwrap_or(if says_how_often { Times::Unlimited } else { Times::Limited(NonZeroU32::MIN) })
    }

    /// What makes no sense in it, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { when, fault, times: _ } = self;
        fault.check()?;
        if let Some(route) = when.route
            && !fault.fits(Some(route))
        {
            return Err(format!("`{}` cannot happen to `{}`", fault.name(), route.name()));
        }
        match when.probability {
            Some(probability) if !(0.0..=1.0).contains(&probability) => {
                Err(format!("a probability is between 0 and 1; it is {probability}"))
            }
            _ => Ok(()),
        }
    }
}

impl When {
    /// Whether the request is one of those that are counted.
    pub(super) fn counts(&self, asked: &Asked<'_>) -> bool {
        let Self { route, method, path, campaign, nth: _, every: _, probability: _ } = self;
        route.is_none_or(|route| asked.route == Some(route))
            && method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(asked.method))
            && path.as_ref().is_none_or(|pattern| matches(pattern, asked.path))
            && campaign.as_ref().is_none_or(|name| asked.campaign == Some(name))
    }

    /// Whether it is the turn of the `nth` counted request, from 1, of rule number `rule`.
    pub(super) fn is_turn(&self, seed: u64, rule: usize, nth: u64) -> bool {
        self.nth.is_none_or(|wanted| wanted.get() == nth)
            && self.every.is_none_or(|every| nth.is_multiple_of(every.get()))
            && self.probability.is_none_or(|probability| chance::comes_true(seed, rule, nth, probability))
    }
}

/// Whether the text is the pattern, where `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            rest.is_empty() || text.char_indices().any(|(place, _)| matches(rest, &text[place..])) || matches(rest, "")
        }),
    }
}

impl TryFrom<serde_json::Value> for Times {
    type Error = String;

    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok()).and_then(NonZeroU32::new);
        match number {
            Some(number) => Ok(Self::Limited(number)),
            None if value == "unlimited" => Ok(Self::Unlimited),
            None => Err(format!("`times` is a whole number from 1 or \"unlimited\"; it is {value}")),
        }
    }
}

impl From<Times> for serde_json::Value {
    fn from(times: Times) -> Self {
        match times {
            Times::Limited(number) => number.get().into(),
            Times::Unlimited => "unlimited".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_text() {
        let table = [
            ("/a/b", true),
            ("/a/*", true),
            ("*", true),
            ("*/b", true),
            ("/*/b*", true),
            ("/a/b*", true),
            ("**b", true),
            ("/a", false),
            ("/a/*c", false),
            ("*a", false),
            ("", false),
        ];
        for (pattern, expected) in table {
            assert_eq!(matches(pattern, "/a/b"), expected, "{pattern}");
        }
        assert!(matches("ä*ü", "äöü"));
    }
}
