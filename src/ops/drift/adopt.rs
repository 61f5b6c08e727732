//! From drifted fields to revisions of the file: the file is to say what is live.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Found;
use super::draft::Step;
use super::written::Written;
use crate::edit::Revision;
use crate::model::{CampaignSpec, QueueIds};
use crate::reconcile::{ActionPart, DriftClass, Drifted, FieldPath, FieldValue, FilterPart, Moved};

/// One document as it is written, and the two bodies it stands between.
struct Sides<'a> {
    written: &'a Written<'a>,
    file: &'a CampaignSpec,
    live: &'a CampaignSpec,
    live_body: Value,
    file_body: Value,
    queues: &'a QueueIds,
}

/// The steps that write the live values of the drifted fields into the file.
///
/// # Errors
/// A campaign of which nothing can be written.
pub(super) fn steps(drifted: &Drifted, found: &Found) -> Result<Vec<Step>, String> {
    let Drifted { key, class, origin, id: _, live, fields, held: _ } = drifted;
    let (Some(origin), Some(live)) = (origin, live.as_ref().filter(|_| *class != DriftClass::Missing)) else {
        return Err(match origin {
            Some(origin) => {
                format!("it was deleted in Genesys Cloud; to keep it deleted, delete it from {}, else apply creates it again", origin.file)
            }
            None => "no file declares it any more, so there is nothing to write it into".to_owned(),
        });
    };
    let Found { snapshots, desired, .. } = found;
    let declared = snapshots.loaded.campaigns.iter().find(|campaign| campaign.key == *key);
    let written = declared.and_then(|declared| Written::of(declared, &snapshots.loaded));
    let (Some(written), Some(desired)) = (written, desired.campaigns.get(key)) else {
        return Err(format!("{} cannot be read", origin.file));
    };
    let (Ok(live_body), Ok(file_body)) = (serde_json::to_value(&live.spec), serde_json::to_value(&desired.spec)) else {
        return Err("its live body cannot be written".to_owned());
    };
    let sides = Sides { written: &written, file: &desired.spec, live: &live.spec, live_body, file_body, queues: &snapshots.queues };
    Ok(sides.steps(fields))
}

impl Sides<'_> {
    fn steps(&self, fields: &[Moved]) -> Vec<Step> {
        // Whole filters and whole actions come and go together: half of an exchange would be a campaign nobody wants.
        let (mut filters, mut actions) = (Vec::new(), Vec::new());
        let mut steps = Vec::new();
        let whole_actions: BTreeSet<FieldPath> =
            fields.iter().filter(|moved| is_whole_action(moved)).map(|moved| moved.path.clone()).collect();
        for moved in fields {
            match &moved.path {
                FieldPath::Filter { part: FilterPart::Whole, .. } if moved.live.is_none() || moved.path.pointer(self.file).is_none() => {
                    filters.push(moved);
                }
                FieldPath::Filter { .. } if moved.path.pointer(self.file).is_none() => filters.push(moved),
                FieldPath::Action { .. } if whole_actions.contains(&action_of(&moved.path)) => actions.push(moved),
                FieldPath::Action { .. } if moved.path.pointer(self.file).is_none() => actions.push(moved),
                _ => steps.push(Step { fields: vec![moved.path.clone()], description: described(moved), revisions: self.field(moved) }),
            }
        }
        steps.extend(self.wholes("filters", &filters));
        steps.extend(self.wholes("actions", &actions));
        steps
    }

    /// Filters or actions that come or go as a whole: what comes first, then what goes, from the end on.
    fn wholes(&self, list: &str, moved: &[&Moved]) -> Option<Step> {
        if moved.is_empty() {
            return None;
        }
        let wholes: BTreeSet<FieldPath> = moved.iter().map(|moved| whole_of(&moved.path)).collect();
        let mut come = Vec::new();
        let mut go = BTreeSet::new();
        for path in &wholes {
            match (path.pointer(self.live), path.pointer(self.file)) {
                (Some(pointer), None) => come.extend(self.live_body.pointer(&pointer).map(tidy)),
                (None, Some(pointer)) => drop(go.insert(index_of(&pointer))),
                _ => {}
            }
        }
        let list_pointer = format!("/{list}");
        let come = come.into_iter().map(|value| Revision::Append { list: list_pointer.clone(), value: literal(value) });
        let go = go.into_iter().rev().map(|index| Revision::Remove { pointer: format!("/{list}/{index}") });
        Some(Step {
            fields: moved.iter().map(|moved| moved.path.clone()).collect(),
            description: moved
                .iter()
                .filter(|moved| wholes.contains(&moved.path))
                .map(|moved| described(moved))
                .collect::<Vec<_>>()
                .join("; "),
            revisions: Ok(come.chain(go).collect()),
        })
    }

    /// One field of something that is there on both sides.
    fn field(&self, moved: &Moved) -> Result<Vec<Revision>, String> {
        let pointer = moved.path.pointer(self.file).ok_or("it is not in the file")?;
        if let FieldPath::Action { part: part @ (ActionPart::QueueId | ActionPart::OverflowQueueId), .. } = &moved.path {
            return self.queue(*part, &pointer, moved);
        }
        // A filter that changed since it was applied, and is another one in the file: both of its parts are set.
        if let FieldPath::Filter { part: FilterPart::Whole, .. } = &moved.path {
            let live = moved.path.pointer(self.live).and_then(|pointer| self.live_body.pointer(&pointer)).ok_or("it is not live")?;
            let mut revisions = self.set(&format!("{pointer}/value"), live.get("value"))?;
            revisions.extend(self.set(&format!("{pointer}/dataType"), live.get("dataType"))?);
            return Ok(revisions);
        }
        let live = moved.path.pointer(self.live).and_then(|pointer| self.live_body.pointer(&pointer)).cloned();
        let live = live.or_else(|| moved.live.as_ref().map(FieldValue::to_json));
        self.set(&pointer, live.as_ref())
    }

    /// The revisions that give the value at `pointer` its live value, or take it away.
    fn set(&self, pointer: &str, live: Option<&Value>) -> Result<Vec<Revision>, String> {
        let raw = self.written.value(pointer);
        let file = self.file_body.pointer(pointer);
        if let (Some(file), Some(live)) = (file, live)
            && file == live
        {
            return Ok(Vec::new());
        }
        if let (Some(Value::Array(raw)), Some(Value::Array(file)), Some(Value::Array(live))) = (raw, file, live)
            && raw.len() == file.len()
        {
            return items(pointer, raw, file, live);
        }
        if let Some(variable) = raw.and_then(variable_in) {
            return Err(format!("the file says `{variable}`; change the variable, or write the live value in its place"));
        }
        match (raw, live) {
            (_, Some(live)) => Ok(vec![Revision::Set { pointer: pointer.to_owned(), value: literal(live.clone()) }]),
            (Some(_), None) => Ok(vec![Revision::Remove { pointer: pointer.to_owned() }]),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// A queue, which the file names where it can.
    fn queue(&self, part: ActionPart, pointer: &str, moved: &Moved) -> Result<Vec<Revision>, String> {
        let (by_name, by_id) = match part {
            ActionPart::OverflowQueueId => ("overflowQueue", "overflowQueueId"),
            _ => ("queue", "queueId"),
        };
        let routing = pointer.rsplit_once('/').map_or("", |(routing, _)| routing);
        let name_pointer = format!("{routing}/{by_name}");
        let Some(named) = self.written.value(&name_pointer) else {
            let live = moved.path.pointer(self.live).and_then(|pointer| self.live_body.pointer(&pointer));
            return self.set(pointer, live);
        };
        if let Some(variable) = variable_in(named) {
            return Err(format!("the file says `{by_name}: {variable}`; change the variable, or write the live queue in its place"));
        }
        let Some(FieldValue::Queue(id)) = &moved.live else { return Ok(vec![Revision::Remove { pointer: name_pointer }]) };
        match self.queues.name_of(id) {
            Some(name) => Ok(vec![Revision::Set { pointer: name_pointer, value: literal(Value::from(name)) }]),
            None => Err(format!("no queue name stands for the live queue alone; write `{by_id}: {id}` in the place of `{by_name}:`")),
        }
    }
}

/// What has to come into a list and what has to go, so that it holds the live items. Their order means nothing.
fn items(pointer: &str, raw: &[Value], file: &[Value], live: &[Value]) -> Result<Vec<Revision>, String> {
    let come = live.iter().enumerate().filter(|(at, item)| !file.contains(item) && !live[..*at].contains(item)).map(|(_, item)| item);
    let mut revisions: Vec<Revision> =
        come.map(|item| Revision::Append { list: pointer.to_owned(), value: literal(item.clone()) }).collect();
    for index in (0..file.len()).rev().filter(|index| !live.contains(&file[*index])) {
        if let Some(variable) = variable_in(&raw[index]) {
            return Err(format!("the file says `{variable}`; change the variable, or write the live value in its place"));
        }
        revisions.push(Revision::Remove { pointer: format!("{pointer}/{index}") });
    }
    Ok(revisions)
}

/// The variable that a text of the file holds, as `${name}`.
fn variable_in(raw: &Value) -> Option<String> {
    let text = raw.as_str()?.replace("$${", "");
    let (_, name) = text.split_once("${")?;
    Some(format!("${{{}}}", name.split('}').next().unwrap_or_default()))
}

/// A value that comes out of the file as it is: `${` stands for a variable there.
fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => Value::Array(items.into_iter().map(literal).collect()),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (name, literal(value))).collect()),
        other => other,
    }
}

/// A filter or action without what is the default anyway.
fn tidy(value: &Value) -> Value {
    let mut value = value.clone();
    for (block, field) in [("config", "autoDismissOnScroll")] {
        if let Some(fields) = value.get_mut(block).and_then(Value::as_object_mut)
            && fields.get(field) == Some(&Value::Bool(false))
        {
            fields.remove(field);
        }
    }
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| value.as_object().is_none_or(|fields| !fields.is_empty()));
    }
    value
}

fn is_whole_action(moved: &Moved) -> bool {
    matches!(moved.path, FieldPath::Action { part: ActionPart::Whole, .. })
}

fn action_of(path: &FieldPath) -> FieldPath {
    match path {
        FieldPath::Action { action_type, priority, nth, part: _ } => {
            FieldPath::Action { action_type: *action_type, priority: *priority, nth: *nth, part: ActionPart::Whole }
        }
        other => other.clone(),
    }
}

fn whole_of(path: &FieldPath) -> FieldPath {
    match path {
        FieldPath::Filter { attribute, operator, nth, part: _ } => {
            FieldPath::Filter { attribute: attribute.clone(), operator: *operator, nth: *nth, part: FilterPart::Whole }
        }
        other => action_of(other),
    }
}

fn index_of(pointer: &str) -> usize {
    pointer.split('/').nth(2).and_then(|index| index.parse().ok()).unwrap_or_default()
}

/// `throttling.cooldownSeconds: 86400 -> 3600`: what the file says, and what it will.
fn described(moved: &Moved) -> String {
    let Moved { path, last_applied: _, live, file } = moved;
    let shown = |value: &Option<FieldValue>| value.as_ref().map_or("absent".to_owned(), |value| value.to_json().to_string());
    match (file, live) {
        (_, Some(FieldValue::Present)) => format!("{path}: added"),
        (Some(FieldValue::Present), None) => format!("{path}: removed"),
        _ => format!("{path}: {} -> {}", shown(file), shown(live)),
    }
}
