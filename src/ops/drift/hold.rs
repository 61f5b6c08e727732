//! From drifted fields to `lifecycle.ignoreUntil`: the live values may stand up to a day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::draft::Step;
use crate::edit::Revision;
use crate::model::Desired;
use crate::reconcile::{ActionPart, DriftClass, Drifted, FieldPath, FilterPart};

/// The steps that leave drifted fields to live up to and including a day; with `only`, those that these pointers name.
///
/// # Errors
/// A campaign that cannot be held, or a pointer that names nothing that drifted.
pub(super) fn steps(drifted: &Drifted, desired: &Desired, until: Date, only: &[String]) -> Result<Vec<Step>, String> {
    let Drifted { key, class, origin, id: _, live: _, fields, held: _ } = drifted;
    if *class == DriftClass::Missing {
        return Err("it was deleted in Genesys Cloud, so there is no live value to keep".to_owned());
    }
    let (Some(_), Some(declared)) = (origin, desired.campaigns.get(key)) else {
        return Err("no file declares it any more, so there is no lifecycle to write it into".to_owned());
    };
    let mut held: BTreeMap<String, Vec<FieldPath>> = BTreeMap::new();
    for moved in fields {
        let own = match &moved.path {
            // A filter or action that came or went is held with the whole list: there is no place for it in the file.
            FieldPath::Filter { part: FilterPart::Whole, .. } => "/filters".to_owned(),
            FieldPath::Action { part: ActionPart::Whole, .. } => "/actions".to_owned(),
            path @ FieldPath::Filter { .. } => path.pointer(&declared.spec).unwrap_or_else(|| "/filters".to_owned()),
            path @ FieldPath::Action { .. } => path.pointer(&declared.spec).unwrap_or_else(|| "/actions".to_owned()),
            path => path.pointer(&declared.spec).unwrap_or_default(),
        };
        held.entry(own).or_default().push(moved.path.clone());
    }
    if !only.is_empty() {
        held = chosen(held, only)?;
    }
    // What is held with its list needs no entry of its own.
    let lists: Vec<String> = held.keys().filter(|pointer| *pointer == "/filters" || *pointer == "/actions").cloned().collect();
    let mut steps: BTreeMap<String, Vec<FieldPath>> = BTreeMap::new();
    for (pointer, fields) in held {
        let list = lists.iter().find(|list| pointer.starts_with(&format!("{list}/"))).cloned();
        steps.entry(list.unwrap_or(pointer)).or_default().extend(fields);
    }
    let step = |(pointer, fields): (String, Vec<FieldPath>)| Step {
        fields,
        description: format!("{pointer}: held until {until}"),
        revisions: Ok(vec![Revision::Set {
            pointer: format!("/lifecycle/ignoreUntil/{}", pointer.replace('~', "~0").replace('/', "~1")),
            value: Value::from(until.to_string()),
        }]),
    };
    Ok(steps.into_iter().map(step).collect())
}

/// What the pointers name: each of them must be, or hold, something that drifted.
fn chosen(held: BTreeMap<String, Vec<FieldPath>>, only: &[String]) -> Result<BTreeMap<String, Vec<FieldPath>>, String> {
    let mut chosen: BTreeMap<String, Vec<FieldPath>> = BTreeMap::new();
    for pointer in only {
        let inside = |own: &str| own == pointer || own.starts_with(&format!("{pointer}/"));
        let fields: Vec<FieldPath> = held.iter().filter(|(own, _)| inside(own)).flat_map(|(_, fields)| fields.clone()).collect();
        if fields.is_empty() {
            let known: Vec<&str> = held.keys().map(String::as_str).collect();
            return Err(format!("nothing drifted at `{pointer}`; what did: {}", known.join(", ")));
        }
        chosen.insert(pointer.clone(), fields);
    }
    Ok(chosen)
}
