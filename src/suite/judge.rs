//! What is other than a case expects, and why.

use jiff::Timestamp;

use super::case::{Case, Expected};
use super::world::{Answer, Decided};
use crate::model::{AttributeValue, CampaignKey, DecisionStatus, Filter, FilterResult, Outcome};

/// A campaign that decides otherwise than a case expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// Which campaign.
    pub campaign: CampaignKey,
    /// What is other, at least one thing.
    pub differences: Vec<Difference>,
    /// Why the campaign decides so.
    pub reason: Reason,
}

/// One thing that is other than expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What: `status`, `priority`, `queue` or `until`.
    pub what: &'static str,
    /// What the case says.
    pub expected: String,
    /// What the campaign decides.
    pub got: String,
}

/// Why a campaign decides as it does.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Every filter holds, and nothing stands in the way; all filters.
    FiltersHold(Vec<SeenFilter>),
    /// These filters fail.
    Filters(Vec<SeenFilter>),
    /// The contact has a token.
    Suppressed {
        /// The campaign that left it.
        by: String,
        /// When it ends.
        until: Timestamp,
    },
    /// The campaign has made its invites of the minute.
    Throttled {
        /// How many.
        invites: u64,
    },
    /// The campaign decides in batches.
    Queued,
    /// The campaign is switched off.
    Disabled,
    /// The session was for another campaign.
    NotAsked,
}

/// A filter with what it saw.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenFilter {
    /// Its place among the filters of the campaign, from 0.
    pub index: usize,
    /// The filter.
    pub filter: Filter,
    /// Whether it holds, or why not.
    pub result: FilterResult,
    /// The value of its attribute, where the session has it.
    pub seen: Option<AttributeValue>,
}

/// Everything that is other than the case expects; empty for a case that passes.
pub fn judge(case: &Case, decided: &[Decided<'_>]) -> Vec<Mismatch> {
    let of_campaign = |Decided { campaign, answer }: &Decided<'_>| {
        let mut differences = Vec::new();
        if let Some(expected) = case.expected.get(campaign.key) {
            compare(expected, answer.as_ref(), &mut differences);
        }
        if let (Some(only), None) = (&case.only, case.expected.get(campaign.key)) {
            compare_invite(only.contains(campaign.key), answer.as_ref(), &mut differences);
        }
        (!differences.is_empty()).then(|| Mismatch {
            campaign: campaign.key.clone(),
            differences,
            reason: answer.as_ref().map_or(Reason::NotAsked, |answer| reason(answer, case, &campaign.spec.filters)),
        })
    };
    decided.iter().filter_map(of_campaign).collect()
}

/// The word for what a campaign decided.
fn word(answer: Option<&Answer<'_>>) -> String {
    answer.map_or_else(|| "not asked".to_owned(), |answer| answer.status().to_string())
}

fn compare_invite(is_to_invite: bool, answer: Option<&Answer<'_>>, differences: &mut Vec<Difference>) {
    let invites = answer.is_some_and(|answer| answer.status() == DecisionStatus::Invited);
    if invites != is_to_invite {
        let expected = if is_to_invite { "invited" } else { "not to invite" };
        differences.push(Difference { what: "status", expected: expected.to_owned(), got: word(answer) });
    }
}

fn compare(expected: &Expected, answer: Option<&Answer<'_>>, differences: &mut Vec<Difference>) {
    let Expected { status, priority, queue, until } = expected;
    if answer.map(Answer::status) != Some(*status) {
        differences.push(Difference { what: "status", expected: status.to_string(), got: word(answer) });
        // What follows from another decision is no news.
        return;
    }
    let outcome = answer.map(|answer| answer.outcome);
    let action = match outcome {
        Some(Outcome::Invited { action }) => Some(action),
        _ => None,
    };
    let end = match outcome {
        Some(Outcome::Suppressed { expires_at: end } | Outcome::Throttled { until: end }) => Some(end),
        _ => None,
    };
    let mut other = |what, expected: Option<String>, got: Option<String>| {
        if let Some(expected) = expected.filter(|expected| got.as_ref() != Some(expected)) {
            differences.push(Difference { what, expected, got: got.unwrap_or_else(|| "none".to_owned()) });
        }
    };
    other("priority", priority.map(|priority| priority.to_string()), action.map(|action| action.priority.to_string()));
    let routing = action.and_then(|action| action.routing_config.as_ref());
    other("queue", queue.clone(), routing.and_then(|routing| routing.queue_id.clone()));
    other("until", until.map(|until| until.to_string()), end.map(|end| end.to_string()));
}

fn reason(answer: &Answer<'_>, case: &Case, filters: &[Filter]) -> Reason {
    let seen = || {
        filters.iter().zip(&answer.filters).enumerate().map(|(index, (filter, result))| SeenFilter {
            index,
            filter: filter.clone(),
            result: *result,
            seen: case.session.attributes.get(&filter.attribute_name).cloned(),
        })
    };
    match answer.outcome {
        Outcome::Invited { .. } => Reason::FiltersHold(seen().collect()),
        Outcome::NotMatched => Reason::Filters(seen().filter(|filter| !filter.result.passed()).collect()),
        Outcome::Suppressed { expires_at } => {
            Reason::Suppressed { by: answer.suppressed_by.clone().unwrap_or_default(), until: expires_at }
        }
        Outcome::Throttled { .. } => Reason::Throttled { invites: answer.in_minute },
        Outcome::Queued => Reason::Queued,
        Outcome::Disabled => Reason::Disabled,
    }
}
