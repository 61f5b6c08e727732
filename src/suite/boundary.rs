//! The limits of campaigns, each from either side: what a set of cases should have looked at.

use serde_json::Number;

use super::neighbour::neighbour;
use super::world::{Contestant, World};
use crate::evaluate::analysis::{Audience, Verdict};
use crate::evaluate::{ContactLimit, check, compare_numbers};
use crate::model::{
    AttributeValue, Attributes, CampaignSpec, DataType, EvaluationMode, Filter, FilterFailure, FilterResult, FilterValue, Operator, Scalar,
};

/// One side of a limit of a campaign, with a session that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary<'a> {
    /// Whose limit.
    pub campaign: Contestant<'a>,
    /// Which side of which limit.
    pub edge: Edge,
    /// Attributes of a session there: every other filter of the campaign holds for it.
    pub session: Attributes,
}

/// A side of a limit.
#[derive(Debug, Clone, PartialEq)]
pub enum Edge {
    /// Of a filter, where every other filter holds.
    Filter {
        /// Its place among the filters of the campaign, from 0.
        index: usize,
        /// Which side.
        side: Side,
    },
    /// Within the last second of the cooldown: suppressed.
    CooldownRuns,
    /// Within a second after the end of the cooldown: invited again.
    CooldownEnds,
    /// The last invite that the contact may get within the cooldown.
    LastAllowed,
    /// The last invite of the minute.
    LastOfMinute,
    /// The minute is full: throttled.
    MinuteFull,
}

/// A side of a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Side {
    /// A number at the limit, or one step beside it.
    Number {
        /// The limit.
        limit: Number,
        /// The number: the limit, or the last one that still counts as beside it.
        value: Number,
    },
    /// A value for which it holds.
    Matches,
    /// A value of the type for which it does not hold.
    Misses,
    /// No such attribute.
    Missing,
    /// An attribute of another type.
    OtherType,
}

impl Side {
    /// Whether a value, for which the filter came to this result, is on this side.
    pub(super) fn holds(&self, value: Option<&AttributeValue>, result: FilterResult) -> bool {
        match self {
            Self::Number { limit, value: last } => match value {
                Some(AttributeValue::Scalar(Scalar::Number(number)))
                    if !matches!(result, FilterResult::Failed(FilterFailure::OtherType { .. })) =>
                {
                    let side = compare_numbers(last, limit);
                    compare_numbers(number, limit) == side && (side.is_eq() || compare_numbers(number, last) != side)
                }
                _ => false,
            },
            Self::Matches => result.passed(),
            Self::Misses => result == FilterResult::Failed(FilterFailure::NotSatisfied),
            Self::Missing => result == FilterResult::Failed(FilterFailure::Missing),
            Self::OtherType => matches!(result, FilterResult::Failed(FilterFailure::OtherType { .. })),
        }
    }
}

/// Every limit of every campaign that is switched on, from both sides, in order of the campaigns' keys. Sides where no
/// session can be, because of the other filters, are left out.
pub fn boundaries<'a>(world: &World<'a>) -> Vec<Boundary<'a>> {
    let mut campaigns: Vec<Contestant<'a>> = world.contestants().iter().copied().filter(|campaign| campaign.spec.enabled).collect();
    campaigns.sort_by_key(|campaign| campaign.key);
    campaigns.into_iter().flat_map(of_campaign).collect()
}

fn of_campaign(campaign: Contestant<'_>) -> Vec<Boundary<'_>> {
    let CampaignSpec { filters, .. } = campaign.spec;
    let mut found = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        for side in sides(filter) {
            if let Some(session) = session_at(filters, index, &side) {
                found.push(Boundary { campaign, edge: Edge::Filter { index, side }, session });
            }
        }
    }
    if let Verdict::Yes(session) = Audience::of(filters).is_inhabited() {
        found.extend(edges_of_limits(campaign.spec).into_iter().map(|edge| Boundary { campaign, edge, session: session.clone() }));
    }
    found
}

/// A campaign that decides in batches looks at no limit yet.
fn edges_of_limits(spec: &CampaignSpec) -> Vec<Edge> {
    if spec.evaluation_mode == EvaluationMode::Batch {
        return Vec::new();
    }
    let mut edges = Vec::new();
    if let Some(ContactLimit { max_invites, cooldown }) = ContactLimit::of(spec)
        && !cooldown.is_zero()
    {
        edges.extend([Edge::CooldownRuns, Edge::CooldownEnds]);
        if max_invites > 1 {
            edges.push(Edge::LastAllowed);
        }
    }
    if spec.throttling.as_ref().is_some_and(|throttling| throttling.max_invites_per_minute.is_some()) {
        edges.extend([Edge::LastOfMinute, Edge::MinuteFull]);
    }
    edges
}

/// The sides of one filter, by what it compares.
fn sides(filter: &Filter) -> Vec<Side> {
    if !filter.is_sound() {
        return Vec::new();
    }
    let mut sides = match (&filter.value, filter.operator) {
        (FilterValue::One(Scalar::Number(limit)), operator) => of_numbers(limit, operator, filter.data_type),
        _ => Vec::new(),
    };
    if sides.is_empty() {
        sides.extend([Side::Matches, Side::Misses]);
    }
    sides.extend([Side::Missing, Side::OtherType]);
    sides
}

/// The limit, and the number beside it that is on the other side of the comparison.
fn of_numbers(limit: &Number, operator: Operator, data_type: DataType) -> Vec<Side> {
    let up = match operator {
        Operator::GreaterThan | Operator::LessThanOrEqual => true,
        Operator::GreaterThanOrEqual | Operator::LessThan => false,
        _ => return Vec::new(),
    };
    let at = Side::Number { limit: limit.clone(), value: limit.clone() };
    let beside = neighbour(limit, data_type, up).map(|value| Side::Number { limit: limit.clone(), value });
    [Some(at), beside].into_iter().flatten().collect()
}

/// A session on a side of a filter for which all other filters hold; `None` where there is none, or none was found.
fn session_at(filters: &[Filter], index: usize, side: &Side) -> Option<Attributes> {
    let filter = &filters[index];
    let mut others: Vec<Filter> = filters.to_vec();
    others.remove(index);
    let is_there = |session: &Attributes| {
        let value = session.get(&filter.attribute_name);
        let others_hold = others.iter().all(|other| check(other, session.get(&other.attribute_name)).passed());
        others_hold && side.holds(value, check(filter, value))
    };
    let session = match Audience::of(&others).is_inhabited() {
        Verdict::Yes(session) => session,
        Verdict::No | Verdict::Unknown => return None,
    };
    candidates(filters, &others, index, side)
        .into_iter()
        .map(|candidate| match candidate {
            Candidate::Session(session) => session,
            Candidate::Value(value) => {
                let mut session = session.clone();
                match value {
                    Some(value) => session.insert(filter.attribute_name.clone(), value),
                    None => session.remove(&filter.attribute_name),
                };
                session
            }
        })
        .find(is_there)
}

/// A session that may be on the side that is looked for.
enum Candidate {
    /// This one.
    Session(Attributes),
    /// One of the other filters, with this value of the attribute, or without it.
    Value(Option<AttributeValue>),
}

fn candidates(filters: &[Filter], others: &[Filter], index: usize, side: &Side) -> Vec<Candidate> {
    let filter = &filters[index];
    let text = |text: &str| Candidate::Value(Some(AttributeValue::Scalar(Scalar::Text(text.to_owned()))));
    let inhabitant = |filters: &[Filter]| match Audience::of(filters).is_inhabited() {
        Verdict::Yes(session) => Some(Candidate::Session(session)),
        Verdict::No | Verdict::Unknown => None,
    };
    match side {
        Side::Number { value, .. } => vec![Candidate::Value(Some(AttributeValue::Scalar(Scalar::Number(value.clone()))))],
        Side::Matches => inhabitant(filters).into_iter().collect(),
        Side::Misses => {
            let negated = negated(filter).and_then(|negated| inhabitant(&[others, &[negated]].concat()));
            let texts = ["other", "/other", ""].into_iter().map(text);
            negated.into_iter().chain(texts).collect()
        }
        Side::Missing => vec![Candidate::Value(None)],
        Side::OtherType if filter.data_type == DataType::String => {
            vec![Candidate::Value(Some(AttributeValue::Scalar(Scalar::Number(1.into()))))]
        }
        Side::OtherType => {
            let as_text = filter.value.scalars().first().map(|scalar| match scalar {
                Scalar::Boolean(value) => value.to_string(),
                Scalar::Number(value) => value.to_string(),
                Scalar::Text(value) => value.clone(),
            });
            vec![text(as_text.as_deref().unwrap_or("1"))]
        }
    }
}

/// The filter that holds for exactly the other values of the type, where there is an operator for it.
pub(super) fn negated(filter: &Filter) -> Option<Filter> {
    let operator = match filter.operator {
        Operator::Equals => Operator::NotEquals,
        Operator::NotEquals => Operator::Equals,
        Operator::GreaterThan => Operator::LessThanOrEqual,
        Operator::GreaterThanOrEqual => Operator::LessThan,
        Operator::LessThan => Operator::GreaterThanOrEqual,
        Operator::LessThanOrEqual => Operator::GreaterThan,
        Operator::Contains => Operator::NotContains,
        Operator::NotContains => Operator::Contains,
        Operator::In => Operator::NotIn,
        Operator::NotIn => Operator::In,
        Operator::StartsWith | Operator::EndsWith => return None,
    };
    Some(Filter { operator, ..filter.clone() })
}
