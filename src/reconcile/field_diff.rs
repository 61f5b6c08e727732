//! Field by field: what changes, and who moved it.

use std::collections::BTreeSet;

use super::counterpart::{Aligned, Fields, align};
use super::normalize::fields;
use super::{FieldPath, FieldValue, FilterPart};
use crate::model::CampaignSpec;

/// Who moved a field since the last apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The code moved; live is as it was applied.
    Code,
    /// Live moved; the code is as it was applied. The plan would revert it.
    Drift,
    /// Both moved, to different values: a conflict.
    Both,
    /// Nothing was applied by this tool before, so nobody can say.
    Unknown,
}

impl Cause {
    /// A stable name for machines, as the plan's lines say it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Drift => "drift",
            Self::Both => "conflict",
            Self::Unknown => "unknown",
        }
    }

    /// Whether live moved since the last apply.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Drift | Self::Both)
    }
}

/// One field that differs between live and desired.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Which field.
    pub path: FieldPath,
    /// The live value; `None` where the field is absent.
    pub before: Option<FieldValue>,
    /// The desired value; `None` where the field goes.
    pub after: Option<FieldValue>,
    /// The value that was applied last, where one is remembered.
    pub last_applied: Option<FieldValue>,
    /// Who moved it.
    pub cause: Cause,
}

impl FieldChange {
    /// The queues among its values, by their ids.
    pub(super) fn queue_ids(&self) -> impl Iterator<Item = &String> {
        let Self { path: _, before, after, last_applied, cause: _ } = self;
        [before, after, last_applied].into_iter().flatten().filter_map(FieldValue::queue_id)
    }
}

/// Every field in which `desired` differs from `live`, in reading order.
pub(super) fn diff(live: Option<&CampaignSpec>, desired: Option<&CampaignSpec>, last_applied: Option<&CampaignSpec>) -> Vec<FieldChange> {
    if let (Some(live), Some(desired)) = (live, desired)
        && live == desired
    {
        return Vec::new();
    }
    let live = live.map(fields).unwrap_or_default();
    let desired = desired.map(fields).unwrap_or_default();
    let remembered = last_applied.map(fields);
    differences(&live, &desired, remembered.as_ref())
}

/// Every field in which `desired` differs from `live`, in reading order. A filter whose operator changes, or an action whose
/// priority does, is one that changes: not one that goes and another that comes.
pub(super) fn diff_of_update(live: &CampaignSpec, desired: &CampaignSpec, last_applied: Option<&CampaignSpec>) -> Vec<FieldChange> {
    if live == desired {
        return Vec::new();
    }
    let Aligned { live, desired, last_applied } = align(live, desired, last_applied);
    differences(&live, &desired, last_applied.as_ref())
}

fn differences(live: &Fields, desired: &Fields, remembered: Option<&Fields>) -> Vec<FieldChange> {
    let paths: BTreeSet<&FieldPath> = live.keys().chain(desired.keys()).collect();
    paths
        .into_iter()
        .filter(|path| live.get(*path) != desired.get(*path))
        .flat_map(|path| change(path, live.get(path), desired.get(path), remembered))
        .collect()
}

/// The fields in which two bodies differ, in reading order.
pub fn changed_paths(before: &CampaignSpec, after: &CampaignSpec) -> Vec<FieldPath> {
    diff(Some(before), Some(after), None).into_iter().map(|change| change.path).collect()
}

fn change(path: &FieldPath, before: Option<&FieldValue>, after: Option<&FieldValue>, remembered: Option<&Fields>) -> Vec<FieldChange> {
    let last_applied = remembered.and_then(|fields| fields.get(path));
    let one = |path: FieldPath, before: Option<FieldValue>, after: Option<FieldValue>, last: Option<FieldValue>| {
        let cause = match remembered {
            None => Cause::Unknown,
            Some(_) if last == before => Cause::Code,
            Some(_) if last == after => Cause::Drift,
            Some(_) => Cause::Both,
        };
        FieldChange { path, before, after, last_applied: last, cause }
    };
    let (Some(FieldValue::Condition(old)), Some(FieldValue::Condition(new))) = (before, after) else {
        return vec![one(path.clone(), before.cloned(), after.cloned(), last_applied.cloned())];
    };
    // A filter that stays is shown by its parts.
    let part = |part: FilterPart| match path {
        FieldPath::Filter { attribute, operator, nth, part: _ } => {
            FieldPath::Filter { attribute: attribute.clone(), operator: *operator, nth: *nth, part }
        }
        other => other.clone(),
    };
    let type_of = |value: &FieldValue| match value {
        FieldValue::Condition(condition) => FieldValue::Word(condition.data_type.as_str()),
        other => other.clone(),
    };
    let mut changes = Vec::new();
    if !old.same_value(new) {
        changes.push(one(part(FilterPart::Value), before.cloned(), after.cloned(), last_applied.cloned()));
    }
    if old.data_type != new.data_type {
        let words = (before.map(type_of), after.map(type_of), last_applied.map(type_of));
        changes.push(one(part(FilterPart::DataType), words.0, words.1, words.2));
    }
    changes
}
