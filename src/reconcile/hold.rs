//! `lifecycle.ignoreChanges` and `ignoreUntil`: fields that others own keep their live value.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value;

use super::field_diff::diff;
use super::normalize::{action_paths, filter_paths};
use super::{FieldChange, FieldPath};
use crate::model::{CampaignSpec, Hold};

/// A field that differs from the file and keeps its live value.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The difference that is left alone: from the live value to what the file says.
    pub field: FieldChange,
    /// The last day (UTC) on which it is held; `None` for as long as the file says so.
    pub until: Option<Date>,
}

/// The desired body with every held field replaced by its live value.
///
/// A pointer names fields as they stand in the file; `/filters/0` and `/actions/0` follow the filter or action to wherever
/// it stands live. A pointer that leads to nothing in either body holds nothing.
pub(super) fn hold(desired: &CampaignSpec, live: &CampaignSpec, holds: &[Hold]) -> CampaignSpec {
    if holds.is_empty() {
        return desired.clone();
    }
    let (Ok(mut body), Ok(live_body)) = (serde_json::to_value(desired), serde_json::to_value(live)) else { return desired.clone() };
    for Hold { pointer, until: _ } in holds {
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
    // A body that no longer is a campaign (a held part of a filter that live no longer has) falls back to what the file says.
    serde_json::from_value(body).unwrap_or_else(|_| desired.clone())
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
        // Each hold alone tells which fields are its own.
        days = holds
            .iter()
            .map(|one| {
                let alone = hold(desired, live, std::slice::from_ref(one));
                (diff(Some(&alone), Some(desired), None).into_iter().map(|field| field.path).collect(), one.until)
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
