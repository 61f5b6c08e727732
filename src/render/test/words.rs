//! Why a campaign decides as it does, and which limit is meant, in a line of words.

use crate::evaluate::compare_numbers;
use crate::model::{AttributeValue, CampaignKey, Filter, FilterFailure, FilterResult, FilterValue, Scalar};
use crate::render::escape::{inline, quoted};
use crate::suite::{Edge, Mismatch, Prepared, Reason, SeenFilter, Side};

/// `external.churn_probability greater_than 0.72`
pub(super) fn filter_words(filter: &Filter) -> String {
    let Filter { attribute_name, operator, value, data_type: _ } = filter;
    let value = match value {
        FilterValue::One(value) => scalar(value),
        FilterValue::Many(values) => format!("[{}]", values.iter().map(scalar).collect::<Vec<_>>().join(", ")),
    };
    format!("{} {operator} {value}", inline(attribute_name))
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Number(value) => value.to_string(),
        Scalar::Text(text) => quoted(text),
    }
}

/// A value of a session.
fn seen(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Null => "null".to_owned(),
        AttributeValue::Scalar(value) => scalar(value),
    }
}

/// Why the campaign of a mismatch decides so, a line for each reason.
pub(super) fn reasons(mismatch: &Mismatch, prepared: &Prepared) -> Vec<String> {
    let at = |pointer: &str| {
        let (file, line) = super::place(prepared, &mismatch.campaign, pointer);
        format!("({}:{line})", inline(&file))
    };
    match &mismatch.reason {
        Reason::Filters(failed) if failed.is_empty() => vec!["it has no action to invite with".to_owned()],
        Reason::FiltersHold(filters) | Reason::Filters(filters) => {
            filters.iter().map(|seen| format!("{} {}", filter_line(seen), at(&format!("/filters/{}", seen.index)))).collect()
        }
        Reason::Suppressed { by, until } => vec![format!("the contact is suppressed by an invite of {} until {until}", inline(by))],
        Reason::Throttled { invites } => {
            vec![format!("the campaign has made {invites} invites in this minute {}", at("/throttling/maxInvitesPerMinute"))]
        }
        Reason::Queued => vec![format!("the campaign decides in batches {}", at("/evaluationMode"))],
        Reason::Disabled => vec![format!("the campaign is switched off {}", at("/enabled"))],
        Reason::NotAsked => vec!["the case names another campaign".to_owned()],
    }
}

/// `filters[1] external.churn_probability greater_than 0.72 fails: the session has 0.72`
fn filter_line(filter: &SeenFilter) -> String {
    let SeenFilter { index, filter, result, seen: value } = filter;
    let word = if result.passed() { "holds" } else { "fails" };
    let why = match (result, value) {
        (_, None) => "the session has no such attribute".to_owned(),
        (FilterResult::Failed(FilterFailure::OtherType { expected, got }), Some(value)) => {
            format!("the session has {}, of type {got}, not {}", seen(value), expected.as_str())
        }
        (_, Some(value)) => format!("the session has {}", seen(value)),
    };
    format!("filters[{index}] {} {word}: {why}", filter_words(filter))
}

/// The limit of an edge, and the side of it that is meant.
pub(super) fn edge_words(edge: &Edge, filters: &[Filter]) -> (String, String) {
    let of_limit = |field: &str, side: &str| (format!("throttling.{field}"), side.to_owned());
    match edge {
        Edge::Filter { index, side } => {
            let limit = filters.get(*index).map(filter_words).unwrap_or_default();
            let side = match side {
                Side::Number { limit, value } if limit == value => format!("exactly {limit}"),
                Side::Number { limit, value } if compare_numbers(value, limit).is_gt() => format!("above {limit}, up to {value}"),
                Side::Number { limit, value } => format!("below {limit}, down to {value}"),
                Side::Matches => "a value that matches".to_owned(),
                Side::Misses => "a value that does not match".to_owned(),
                Side::Missing => "no such attribute".to_owned(),
                Side::OtherType => "a value of another type".to_owned(),
            };
            (format!("filters[{index}] {limit}"), side)
        }
        Edge::CooldownRuns => of_limit("cooldownSeconds", "its last second: suppressed"),
        Edge::CooldownEnds => of_limit("cooldownSeconds", "just over: invited again"),
        Edge::LastAllowed => of_limit("maxInvitesPerContact", "the last invite that is allowed"),
        Edge::LastOfMinute => of_limit("maxInvitesPerMinute", "the last invite of the minute"),
        Edge::MinuteFull => of_limit("maxInvitesPerMinute", "the minute is full: throttled"),
    }
}

/// The filters of a campaign that was tested.
pub(super) fn filters_of<'a>(prepared: &'a Prepared, campaign: &CampaignKey) -> &'a [Filter] {
    prepared.spec(campaign).map_or(&[], |spec| &spec.filters)
}

/// `1 case`, `2 cases`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
