//! `lifecycle.ignoreChanges` and `ignoreUntil`: fields that others own keep their live value.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value;

use super::field_diff::diff;
use super::normalize::{action_paths, filter_paths};
use super::{FieldChange, FieldPath};
use crate::model::{CampaignSpec, Filter, Hold};

/// A field that differs from the file and keeps its live value.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The difference that is left alone: from the live value to what the file says.
    pub field: FieldChange,
    /// The last day (UTC) on which it is held; `None` for as long as the file says so.
    pub until: Option<Date>,
}

/// A hold that cannot be kept, because what it leaves is not a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokenHold {
    /// The JSON pointer in the file's lifecycle.
    pub(super) pointer: String,
    /// What is wrong with the campaign that it leaves.
    pub(super) reason: String,
}

/// Returns the desired body with every held field replaced by its live value.
///
/// A pointer names fields as they stand in the file; `/filters/0` and `/actions/0` follow the filter or action to wherever
/// it stands live. A pointer that leads to nothing in either body holds nothing.
///
/// # Errors
/// [`BrokenHold`] where the result is not a campaign, or has a filter that neither side has and that no API takes. Nothing
/// may be planned then: without the hold, the plan would change what its owner believes to be safe.
pub(super) fn hold(desired: &CampaignSpec, live: &CampaignSpec, holds: &[Hold]) -> Result<CampaignSpec, BrokenHold> {
    if holds.is_empty() {
        return Ok(desired.clone());
    }
    let broken = |hold: &Hold, reason: String| BrokenHold { pointer: hold.pointer.clone(), reason };
    let body = replaced(desired, live, holds).map_err(|error| {
        // The first one with which it cannot be read any more.
        let first = (0..holds.len()).find(|last| replaced(desired, live, &holds[..=*last]).is_err()).unwrap_or_default();
        broken(&holds[first], error.to_string())
    })?;
    for (index, filter) in body.filters.iter().enumerate() {
        if filter.is_sound() || desired.filters.contains(filter) || live.filters.contains(filter) {
            continue;
        }
        let within = format!("/filters/{index}/");
        let culprit = holds.iter().find(|hold| hold.pointer.starts_with(&within)).unwrap_or(&holds[0]);
        return Err(broken(culprit, mixed(filter)));
    }
    Ok(body)
}

/// What is wrong with a filter that is half the file's and half the live one.
fn mixed(filter: &Filter) -> String {
    let Filter { attribute_name, operator, value, data_type } = filter;
    let value = serde_json::to_string(value).unwrap_or_default();
    format!("the filter `{attribute_name} {operator}` would compare with {value} as dataType {}", data_type.as_str())
}

/// The desired body with the held fields of the live one, whatever comes out.
fn replaced(desired: &CampaignSpec, live: &CampaignSpec, holds: &[Hold]) -> Result<CampaignSpec, serde_json::Error> {
    let (mut body, live_body) = (serde_json::to_value(desired)?, serde_json::to_value(live)?);
    for Hold { pointer, until: _ } in holds {
        // What a wider hold covers is live already, and may be elsewhere in the list.
        let is_within = |wider: &Hold| pointer.strip_prefix(&wider.pointer).is_some_and(|rest| rest.starts_with('/'));
        if holds.iter().any(is_within) {
            continue;
        }
        let Some(live_pointer) = follow(pointer, desired, live) else { continue };
        let value = live_body.pointer(&live_pointer);
        if let (Some((parent, _)), Some(_)) = (pointer.rsplit_once('/'), value)
            && body.pointer(parent).is_none()
        {
            // The file drops the block, but a field of it is held: the block stays, with that field alone.
            set(&mut body, parent, Some(&Value::Object(serde_json::Map::new())));
        }
        set(&mut body, pointer, value);
    }
    serde_json::from_value(body)
}

/// What the file says and the holds leave to live: how `held`, the body that [`hold`] made, differs from the file.
pub(super) fn held(
    held: &CampaignSpec,
    desired: &CampaignSpec,
    live: &CampaignSpec,
    last_applied: Option<&CampaignSpec>,
    holds: &[Hold],
) -> Vec<Held> {
    if holds.is_empty() {
        return Vec::new();
    }
    let mut days: Vec<(BTreeSet<FieldPath>, Option<Date>)> = Vec::new();
    if holds.iter().any(|hold| hold.until.is_some()) {
        // Each hold alone tells which fields are its own; together they make a campaign, alone one of them need not.
        days = holds
            .iter()
            .filter_map(|one| {
                let alone = replaced(desired, live, std::slice::from_ref(one)).ok()?;
                Some((diff(Some(&alone), Some(desired), None).into_iter().map(|field| field.path).collect(), one.until))
            })
            .collect();
    }
    let until = |path: &FieldPath| days.iter().find(|(paths, _)| paths.contains(path)).and_then(|(_, until)| *until);
    diff(Some(held), Some(desired), last_applied).into_iter().map(|field| Held { until: until(&field.path), field }).collect()
}

/// The pointer into `to` that means the same field as `pointer` into `from`; `None` when `to` has no such filter or action.
pub(super) fn follow(pointer: &str, from: &CampaignSpec, to: &CampaignSpec) -> Option<String> {
    let mut steps = pointer.splitn(4, '/').skip(1);
    let (Some(list), Some(index)) = (steps.next(), steps.next()) else { return Some(pointer.to_owned()) };
    let rest = steps.next().map_or(String::new(), |rest| format!("/{rest}"));
    let paths = |spec: &CampaignSpec| match list {
        "filters" => filter_paths(&spec.filters),
        _ => action_paths(&spec.actions),
    };
    if list != "filters" && list != "actions" {
        return Some(pointer.to_owned());
    }
    let index: usize = index.parse().ok()?;
    let identity = paths(from).into_iter().find(|(_, at)| *at == index)?.0;
    let (_, there) = paths(to).into_iter().find(|(path, _)| *path == identity)?;
    Some(format!("/{list}/{there}{rest}"))
}

/// Sets (or with `None` removes) what a pointer names; does nothing where its parent is missing.
pub(super) fn set(body: &mut Value, pointer: &str, value: Option<&Value>) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    let last = last.replace("~1", "/").replace("~0", "~");
    match (body.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(last, value.clone());
            true
        }
        (Some(Value::Object(fields)), None) => fields.remove(&last).is_some(),
        (Some(Value::Array(items)), Some(value)) => match last.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
            Some(item) => {
                *item = value.clone();
                true
            }
            None => false,
        },
        _ => false,
    }
}
