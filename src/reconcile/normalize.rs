//! One canonical form of a campaign, so that nothing but a real difference is ever shown as one.
//!
//! Defaults are filled in, empty blocks are absent, numbers compare by value, filters, actions, skill groups and the values
//! of `in` are sets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Number, Value, json};

use super::canonical;
use super::{ActionPart, FieldPath, FilterPart, ThrottlingPart};
use crate::evaluate::compare_numbers;
use crate::model::{Action, CampaignSpec, DataType, Filter, FilterValue, InviteConfig, Operator, RoutingConfig, Scalar, Throttling};

/// Value of a field, as written for showing and by value for comparing.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// Something that is there or not, and has no value of its own.
    Present,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number; its unit follows from the field.
    Count(u64),
    /// One of a fixed set of words.
    Word(&'static str),
    /// Free text.
    Text(String),
    /// Id of a queue, in lower case.
    Queue(String),
    /// A set of names, sorted.
    Names(Vec<String>),
    /// A filter's condition.
    Condition(Condition),
    /// A filter's condition with its operator, where two bodies differ in that.
    Comparison(Operator, Condition),
}

/// What a filter compares with, and as which type.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The value, as written.
    pub value: FilterValue,
    /// Its type.
    pub data_type: DataType,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.data_type == other.data_type && self.same_value(other)
    }
}

impl Condition {
    /// Whether both compare with the same value, whatever the spelling and the order of a list.
    pub fn same_value(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.value) == std::mem::discriminant(&other.value)
            && exact_keys(&self.value, self.data_type) == exact_keys(&other.value, other.data_type)
    }
}

/// The values of a filter as a set, also where a whole number is no float: 2^53 + 1 is not 2^53, though they have one key.
fn exact_keys(value: &FilterValue, data_type: DataType) -> BTreeSet<String> {
    let key = |scalar: &Scalar| match scalar {
        Scalar::Number(number) if data_type == DataType::Float && !is_a_float(number) => format!("n{number}"),
        other => canonical::scalar(other, data_type),
    };
    value.scalars().iter().map(key).collect()
}

/// Whether a float has exactly this value.
fn is_a_float(number: &Number) -> bool {
    number.as_f64().and_then(Number::from_f64).is_some_and(|nearest| compare_numbers(&nearest, number).is_eq())
}

impl FieldValue {
    /// The id, where the value is a queue.
    pub(super) fn queue_id(&self) -> Option<&String> {
        match self {
            Self::Queue(id) => Some(id),
            _ => None,
        }
    }

    /// The value as JSON, for showing.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Present => Value::Null,
            Self::Flag(value) => Value::Bool(*value),
            Self::Count(value) => Value::from(*value),
            Self::Word(word) => Value::from(*word),
            Self::Text(text) | Self::Queue(text) => Value::from(text.as_str()),
            Self::Names(names) => Value::from(names.clone()),
            Self::Condition(condition) => {
                let scalar = |scalar: &Scalar| match scalar {
                    Scalar::Boolean(value) => Value::Bool(*value),
                    Scalar::Number(number) => Value::Number(number.clone()),
                    Scalar::Text(text) => Value::from(text.as_str()),
                };
                match &condition.value {
                    FilterValue::One(one) => scalar(one),
                    FilterValue::Many(many) => Value::Array(many.iter().map(scalar).collect()),
                }
            }
            Self::Comparison(operator, condition) => {
                let value = Self::Condition(condition.clone()).to_json();
                json!({ "operator": operator.as_str(), "value": value, "dataType": condition.data_type.as_str() })
            }
        }
    }
}

/// Whether two bodies mean the same campaign.
pub fn same(a: &CampaignSpec, b: &CampaignSpec) -> bool {
    a == b || fields(a) == fields(b)
}

/// All fields of a campaign in canonical form.
pub(super) fn fields(spec: &CampaignSpec) -> BTreeMap<FieldPath, FieldValue> {
    let CampaignSpec { name, description, enabled, campaign_type, evaluation_mode, filters, actions, throttling } = spec;
    let mut fields = BTreeMap::from([
        (FieldPath::Name, FieldValue::Text(name.clone())),
        (FieldPath::Description, FieldValue::Text(description.clone())),
        (FieldPath::Enabled, FieldValue::Flag(*enabled)),
        (FieldPath::CampaignType, FieldValue::Word(campaign_type.as_str())),
        (FieldPath::EvaluationMode, FieldValue::Word(evaluation_mode.as_str())),
    ]);
    for (path, index) in filter_paths(filters) {
        let Filter { attribute_name: _, operator: _, value, data_type } = &filters[index];
        fields.insert(path, FieldValue::Condition(Condition { value: value.clone(), data_type: *data_type }));
    }
    for (path, index) in action_paths(actions) {
        action_fields(&path, &actions[index], &mut fields);
    }
    if let Some(throttling) = throttling {
        throttling_fields(throttling, &mut fields);
    }
    fields
}

/// Canonical path of every filter, with its index in the list. Filters that share attribute and operator are told apart by
/// the order of their values, so that reordering the list changes nothing.
pub(super) fn filter_paths(filters: &[Filter]) -> Vec<(FieldPath, usize)> {
    let mut groups: BTreeMap<(&str, Operator), Vec<(String, usize)>> = BTreeMap::new();
    for (index, filter) in filters.iter().enumerate() {
        let content = canonical::filter(&filter.value, filter.data_type);
        groups.entry((&filter.attribute_name, filter.operator)).or_default().push((content, index));
    }
    let mut paths = Vec::with_capacity(filters.len());
    for ((attribute, operator), mut group) in groups {
        group.sort();
        for (nth, (_, index)) in group.into_iter().enumerate() {
            paths.push((FieldPath::Filter { attribute: attribute.to_owned(), operator, nth, part: FilterPart::Whole }, index));
        }
    }
    paths
}

/// Canonical path of every action, with its index in the list.
pub(super) fn action_paths(actions: &[Action]) -> Vec<(FieldPath, usize)> {
    let mut sorted: Vec<usize> = (0..actions.len()).collect();
    let key = |index: &usize| (actions[*index].action_type, actions[*index].priority);
    // Ties are broken by content, so that reordering equal priorities changes nothing.
    sorted.sort_by_cached_key(|index| (key(index), canonical::action(&action_parts(&actions[*index]))));
    let mut paths = Vec::with_capacity(actions.len());
    let mut nth = 0;
    for (position, index) in sorted.iter().enumerate() {
        nth = if position > 0 && key(&sorted[position - 1]) == key(index) { nth + 1 } else { 0 };
        let Action { action_type, priority, .. } = &actions[*index];
        paths.push((FieldPath::Action { action_type: *action_type, priority: *priority, nth, part: ActionPart::Whole }, *index));
    }
    paths
}

fn action_fields(whole: &FieldPath, action: &Action, fields: &mut BTreeMap<FieldPath, FieldValue>) {
    let FieldPath::Action { action_type, priority, nth, part: _ } = whole else { return };
    for (part, value) in action_parts(action) {
        fields.insert(FieldPath::Action { action_type: *action_type, priority: *priority, nth: *nth, part }, value);
    }
}

/// What an action holds beside its identity: defaults filled in, empty blocks gone, skill groups a set, ids in lower case.
fn action_parts(action: &Action) -> Vec<(ActionPart, FieldValue)> {
    let Action { action_type: _, priority: _, config, routing_config } = action;
    let InviteConfig { invite_message, display_duration, auto_dismiss_on_scroll } = config.clone().unwrap_or_default();
    let RoutingConfig { queue_id, skill_groups, wrap_up_code, priority_level, overflow_queue_id } =
        routing_config.clone().unwrap_or_default();
    let names: BTreeSet<String> = skill_groups.into_iter().collect();
    let values = [
        (ActionPart::Whole, Some(FieldValue::Present)),
        (ActionPart::InviteMessage, invite_message.map(FieldValue::Text)),
        (ActionPart::DisplayDuration, display_duration.map(FieldValue::Count)),
        (ActionPart::AutoDismissOnScroll, Some(FieldValue::Flag(auto_dismiss_on_scroll))),
        (ActionPart::QueueId, queue_id.map(|id| FieldValue::Queue(id.to_ascii_lowercase()))),
        (ActionPart::SkillGroups, (!names.is_empty()).then(|| FieldValue::Names(names.into_iter().collect()))),
        (ActionPart::WrapUpCode, wrap_up_code.map(FieldValue::Text)),
        (ActionPart::PriorityLevel, priority_level.map(FieldValue::Count)),
        (ActionPart::OverflowQueueId, overflow_queue_id.map(|id| FieldValue::Queue(id.to_ascii_lowercase()))),
    ];
    values.into_iter().filter_map(|(part, value)| Some((part, value?))).collect()
}

fn throttling_fields(throttling: &Throttling, fields: &mut BTreeMap<FieldPath, FieldValue>) {
    let Throttling { max_invites_per_contact, cooldown_seconds, max_invites_per_minute } = throttling;
    let values = [
        (ThrottlingPart::MaxInvitesPerContact, max_invites_per_contact),
        (ThrottlingPart::CooldownSeconds, cooldown_seconds),
        (ThrottlingPart::MaxInvitesPerMinute, max_invites_per_minute),
    ];
    for (part, value) in values {
        if let Some(value) = value {
            fields.insert(FieldPath::Throttling(part), FieldValue::Count(*value));
        }
    }
}
