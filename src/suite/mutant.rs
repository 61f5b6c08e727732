//! Campaigns with one small change each: a good set of cases notices every one.

use serde_json::Number;

use super::boundary::negated;
use super::neighbour::neighbour;
use super::world::{Contestant, World};
use crate::evaluate::analysis::{Audience, Verdict};
use crate::evaluate::{ContactLimit, Terms};
use crate::model::{CampaignSpec, DataType, Filter, FilterValue, Operator, Scalar, Throttling};

/// A campaign with one change that visitors could notice.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutant {
    /// The campaign as it is changed.
    pub spec: CampaignSpec,
    /// JSON pointer to what is changed.
    pub pointer: String,
    /// The change: `45 -> 46`, `greater_than -> less_than`, `dropped`.
    pub change: String,
}

/// The changes of one campaign, in the order of its fields, and how many were left out because they can be proved to
/// change no decision.
pub fn mutants_of(world: &World<'_>, campaign: Contestant<'_>) -> (Vec<Mutant>, usize) {
    let CampaignSpec { enabled, filters, throttling, .. } = campaign.spec;
    let mut made = Made { spec: campaign.spec, mutants: Vec::new() };
    made.add("/enabled", format!("{enabled} -> {}", !enabled), |spec| spec.enabled = !spec.enabled);
    if *enabled {
        for (index, filter) in filters.iter().enumerate() {
            of_filter(index, filter, filters.len(), &mut made);
        }
        for (index, action) in campaign.spec.actions.iter().enumerate() {
            let priority = action.priority;
            for other in [priority.saturating_sub(1), priority.saturating_add(1)].into_iter().filter(|other| *other > 0) {
                let pointer = format!("/actions/{index}/priority");
                made.add(&pointer, format!("{priority} -> {other}"), |spec| spec.actions[index].priority = other);
            }
        }
        if let Some(throttling) = throttling {
            of_throttling(throttling, &mut made);
        }
    }
    let all = made.mutants.len();
    let telling: Vec<Mutant> = made.mutants.into_iter().filter(|mutant| !is_equivalent(world, campaign, &mutant.spec)).collect();
    let equivalent = all - telling.len();
    (telling, equivalent)
}

struct Made<'a> {
    spec: &'a CampaignSpec,
    mutants: Vec<Mutant>,
}

impl Made<'_> {
    fn add(&mut self, pointer: &str, change: String, edit: impl FnOnce(&mut CampaignSpec)) {
        let mut spec = self.spec.clone();
        edit(&mut spec);
        self.mutants.push(Mutant { spec, pointer: pointer.to_owned(), change });
    }
}

fn of_filter(index: usize, filter: &Filter, filters: usize, made: &mut Made<'_>) {
    let at = |field: &str| format!("/filters/{index}/{field}");
    let Filter { attribute_name: _, operator, value, data_type } = filter;
    if let FilterValue::One(Scalar::Number(limit)) = value {
        for other in [false, true].into_iter().filter_map(|up| neighbour(limit, *data_type, up)) {
            made.add(&at("value"), format!("{limit} -> {other}"), |spec| spec.filters[index].value = one(other));
        }
    }
    if let FilterValue::Many(values) = value
        && values.len() > 1
    {
        for (place, dropped) in values.iter().enumerate() {
            let mut fewer = values.clone();
            fewer.remove(place);
            let change = format!("{} dropped", serde_json::to_string(dropped).unwrap_or_default());
            made.add(&format!("/filters/{index}/value/{place}"), change, |spec| spec.filters[index].value = FilterValue::Many(fewer));
        }
    }
    let negation = negated(filter).map(|negated| negated.operator);
    for other in [near(*operator), negation].into_iter().flatten() {
        made.add(&at("operator"), format!("{operator} -> {other}"), |spec| spec.filters[index].operator = other);
    }
    let other_type = match data_type {
        DataType::Integer => Some(DataType::Float),
        DataType::Float => Some(DataType::Integer),
        DataType::Boolean | DataType::String => None,
    };
    if let Some(other) = other_type.filter(|other| Filter { data_type: *other, ..filter.clone() }.is_sound()) {
        let change = format!("{} -> {}", data_type.as_str(), other.as_str());
        made.add(&at("dataType"), change, |spec| spec.filters[index].data_type = other);
    }
    if filters > 1 {
        made.add(&format!("/filters/{index}"), "dropped".to_owned(), |spec| drop(spec.filters.remove(index)));
    }
}

fn one(number: Number) -> FilterValue {
    FilterValue::One(Scalar::Number(number))
}

/// The operator that is easily taken for this one.
fn near(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::GreaterThan => Some(Operator::GreaterThanOrEqual),
        Operator::GreaterThanOrEqual => Some(Operator::GreaterThan),
        Operator::LessThan => Some(Operator::LessThanOrEqual),
        Operator::LessThanOrEqual => Some(Operator::LessThan),
        Operator::StartsWith | Operator::EndsWith => Some(Operator::Contains),
        Operator::Equals | Operator::NotEquals | Operator::Contains | Operator::NotContains | Operator::In | Operator::NotIn => None,
    }
}

fn of_throttling(throttling: &Throttling, made: &mut Made<'_>) {
    let Throttling { max_invites_per_contact, cooldown_seconds, max_invites_per_minute } = throttling;
    let mut beside = |field: &str, value: Option<u64>, least: u64, set: fn(&mut Throttling, u64)| {
        let Some(value) = value else { return };
        for other in [value.checked_sub(1), value.checked_add(1)].into_iter().flatten().filter(|other| *other >= least) {
            made.add(&format!("/throttling/{field}"), format!("{value} -> {other}"), |spec| {
                if let Some(throttling) = &mut spec.throttling {
                    set(throttling, other);
                }
            });
        }
    };
    beside("maxInvitesPerContact", *max_invites_per_contact, 0, |throttling, value| throttling.max_invites_per_contact = Some(value));
    beside("cooldownSeconds", *cooldown_seconds, 0, |throttling, value| throttling.cooldown_seconds = Some(value));
    beside("maxInvitesPerMinute", *max_invites_per_minute, 1, |throttling, value| throttling.max_invites_per_minute = Some(value));
}

/// Whether it is certain that the change changes no decision of any campaign.
fn is_equivalent(world: &World<'_>, campaign: Contestant<'_>, changed: &CampaignSpec) -> bool {
    let spec = campaign.spec;
    let (before, after) = (Terms::of(spec), Terms::of(changed));
    let same_terms = before.action == after.action && before.is_batch == after.is_batch && {
        // A batch decides later; until then nothing looks at its limits.
        before.is_batch || (before.limit == after.limit && before.cap == after.cap)
    };
    if spec.enabled != changed.enabled {
        return false;
    }
    let same_filters = spec.filters == changed.filters || same_audience(&spec.filters, &changed.filters);
    let only_priority = before.limit == after.limit && before.cap == after.cap && spec.filters == changed.filters;
    if only_priority && before.action != after.action {
        return fires_the_same(&before, &after, spec, changed) && keeps_its_place(world, campaign, changed);
    }
    same_terms && same_filters
}

fn same_audience(before: &[Filter], after: &[Filter]) -> bool {
    let (before, after) = (Audience::of(before), Audience::of(after));
    let is_within = |inner: &Audience, outer: &Audience| matches!(inner.is_within(outer), Verdict::Yes(_));
    let is_empty = |audience: &Audience| audience.is_inhabited() == Verdict::No;
    (is_within(&before, &after) && is_within(&after, &before)) || (is_empty(&before) && is_empty(&after))
}

/// Whether the action that fires is the same one, apart from its number.
fn fires_the_same(before: &Terms<'_>, after: &Terms<'_>, spec: &CampaignSpec, changed: &CampaignSpec) -> bool {
    let place = |terms: &Terms<'_>, spec: &CampaignSpec| spec.actions.iter().position(|action| Some(action) == terms.action);
    place(before, spec) == place(after, changed)
}

/// Whether no campaign that could answer the same visitor, and that knows suppression, changes places with this one.
fn keeps_its_place(world: &World<'_>, campaign: Contestant<'_>, changed: &CampaignSpec) -> bool {
    let leaves_token = |spec: &CampaignSpec| ContactLimit::of(spec).is_some_and(|limit| !limit.cooldown.is_zero());
    let looks = |spec: &CampaignSpec| ContactLimit::of(spec).is_some();
    let rank = |spec: &CampaignSpec| Terms::of(spec).action.map_or(u64::MAX, |action| action.priority);
    world.contestants().iter().filter(|other| other.key != campaign.key && other.spec.enabled).all(|other| {
        let is_before = |spec: &CampaignSpec| (rank(other.spec), other.key) < (rank(spec), campaign.key);
        let stays = is_before(campaign.spec) == is_before(changed);
        let meets = (leaves_token(other.spec) && looks(changed)) || (leaves_token(changed) && looks(other.spec));
        let together = Audience::of(&campaign.spec.filters).intersect(&Audience::of(&other.spec.filters));
        stays || !meets || together.is_inhabited() == Verdict::No
    })
}
