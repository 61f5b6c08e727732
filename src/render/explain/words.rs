//! Filters and answers in words.

use crate::evaluate::{ExplainedFilter, NotAsked, TimeFrom};
use crate::model::{AttributeValue, DecisionStatus, Filter, FilterFailure, FilterResult, FilterValue, Operator, Scalar};
use crate::render::escape::{inline, quoted};

/// Characters of a value that are shown.
const LONGEST: usize = 80;

/// The word for an answer.
pub(super) fn status(status: DecisionStatus) -> &'static str {
    match status {
        DecisionStatus::Invited => "invited",
        DecisionStatus::NotMatched => "not matched",
        DecisionStatus::Suppressed => "suppressed",
        DecisionStatus::Throttled => "throttled",
        DecisionStatus::Queued => "queued",
        DecisionStatus::Disabled => "switched off",
    }
}

/// Why a campaign is not asked.
pub(super) fn not_asked(reason: NotAsked) -> &'static str {
    match reason {
        NotAsked::Repeated => "the session repeats a request, which counts once",
        NotAsked::NamesAnother => "the session names another campaign",
    }
}

/// Where the time comes from.
pub(super) fn time_from(from: TimeFrom) -> &'static str {
    match from {
        TimeFrom::Flag => "as --at says",
        TimeFrom::Session => "its own time",
        TimeFrom::LineBefore => "the time of the session before it, for it has none",
        TimeFrom::LineAfter => "the first time in the recording, because neither it nor a session before it has one",
        TimeFrom::Now => "now",
        TimeFrom::Nowhere => "no session of the recording has a time",
    }
}

/// The name of an attribute in running text.
pub(super) fn attribute(name: &str) -> String {
    format!("`{}`", inline(name))
}

/// `session.dwell_time_seconds greater_than 45`
pub(super) fn condition(filter: &Filter) -> String {
    let Filter { attribute_name, operator, value, data_type: _ } = filter;
    format!("{} {operator} {}", inline(attribute_name), value_of(value))
}

fn value_of(value: &FilterValue) -> String {
    match value {
        FilterValue::One(one) => scalar(one),
        FilterValue::Many(many) => format!("[{}]", many.iter().map(scalar).collect::<Vec<_>>().join(", ")),
    }
}

/// A value as JSON has it.
pub(super) fn scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) if text.chars().count() > LONGEST => quoted(&(text.chars().take(LONGEST).collect::<String>() + "…")),
        Scalar::Text(text) => quoted(text),
    }
}

fn seen(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Null => "null".to_owned(),
        AttributeValue::Scalar(value) => scalar(value),
    }
}

/// Why the filter holds or does not: `45 is not greater than 45`.
pub(super) fn why(explained: &ExplainedFilter) -> String {
    let ExplainedFilter { filter, seen: value, result, similar: _, meant: _ } = explained;
    let Some(value) = value else { return "the session does not send it".to_owned() };
    match result {
        FilterResult::Failed(FilterFailure::Missing) => "the session does not send it".to_owned(),
        FilterResult::Failed(FilterFailure::OtherType { expected, got }) => match value {
            AttributeValue::Null => format!("expected {expected}, got null", expected = expected.as_str()),
            AttributeValue::Scalar(_) => format!("expected {}, got {got} {}", expected.as_str(), seen(value)),
        },
        FilterResult::Failed(FilterFailure::NotSatisfied) if !filter.is_sound() => {
            format!("`{}` with this value is not defined for a {}: it holds for nothing", filter.operator, filter.data_type.as_str())
        }
        FilterResult::Passed | FilterResult::Failed(FilterFailure::NotSatisfied) => {
            format!("{} {} {}", seen(value), relation(filter.operator, result.passed()), value_of(&filter.value))
        }
    }
}

/// How the attribute stands to the value, as the filter found it.
fn relation(operator: Operator, holds: bool) -> &'static str {
    match (operator, holds) {
        (Operator::Equals, true) | (Operator::NotEquals, false) => "is",
        (Operator::Equals, false) | (Operator::NotEquals, true) => "is not",
        (Operator::GreaterThan, true) => "is greater than",
        (Operator::GreaterThan, false) => "is not greater than",
        (Operator::GreaterThanOrEqual, true) => "is at least",
        (Operator::GreaterThanOrEqual, false) => "is not at least",
        (Operator::LessThan, true) => "is less than",
        (Operator::LessThan, false) => "is not less than",
        (Operator::LessThanOrEqual, true) => "is at most",
        (Operator::LessThanOrEqual, false) => "is not at most",
        (Operator::Contains, true) | (Operator::NotContains, false) => "contains",
        (Operator::Contains, false) | (Operator::NotContains, true) => "does not contain",
        (Operator::StartsWith, true) => "starts with",
        (Operator::StartsWith, false) => "does not start with",
        (Operator::EndsWith, true) => "ends with",
        (Operator::EndsWith, false) => "does not end with",
        (Operator::In, true) | (Operator::NotIn, false) => "is one of",
        (Operator::In, false) | (Operator::NotIn, true) => "is none of",
    }
}
