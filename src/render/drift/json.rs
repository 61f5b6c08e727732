//! Drift for scripts: one versioned document.

use jiff::Timestamp;
use serde_json::{Value, json as object};

use super::super::json_text::json_line;
use super::super::queue::queue_entries;
use super::{Report, class_word, headline, switched, ways_out};
use crate::model::{Destination, Origin};
use crate::reconcile::{
    DriftClass, Drifted, FieldChange, FieldPath, FieldValue, FilterPart, Held, HeldLive, LiveSide, LiveTwice, Moved, NotApplied, Unmanaged, Unreadable,
};

/// The version of the document.
const VERSION: u64 = 1;

/// The whole document, ending in a newline.
pub fn json(report: &Report<'_>) -> String {
    format!("{:#}\n", document(report))
}

/// The document of one round of several, on one line: with `at`, when the round began.
pub fn json_of_round(report: &Report<'_>, at: Timestamp) -> String {
    let mut document = document(report);
    document["at"] = Value::from(format!("{at:.0}"));
    json_line(&document)
}

fn document(report: &Report<'_>) -> Value {
    let Report { destination, drift, has_state, until: _, show_unmanaged: _ } = report;
    let Destination { environment, organization, server } = destination;
    object!({
        "version": VERSION,
        "environment": environment,
        "organization": { "id": organization.id, "name": organization.name },
        "server": server,
        "state": has_state,
        "headline": headline(report),
        "summary": {
            "compared": drift.compared,
            "drifted": drift.drifted.len(),
            "configuration": drift.count(DriftClass::Configuration),
            "operational": drift.count(DriftClass::Operational),
            "missing": drift.count(DriftClass::Missing),
            "held": drift.held.len(),
            "notApplied": drift.not_applied.len(),
            "unreadable": drift.unreadable.len(),
            "liveTwice": drift.twice.len(),
            "unmanaged": drift.unmanaged.len(),
        },
        "campaigns": drift.drifted.iter().map(|drifted| campaign(drifted, report)).collect::<Vec<_>>(),
        "held": drift.held.iter().map(|HeldLive { key, origin, live, held }| object!({
            "address": key.address().to_string(),
            "file": place(origin),
            "live": side(live),
            "fields": held.iter().map(held_field).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "notApplied": drift.not_applied.iter().map(|NotApplied { key, origin, live, differs }| object!({
            "address": key.address().to_string(),
            "file": place(origin),
            "live": live.as_ref().map(side),
            "differs": differs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "queues": queue_entries(&drift.queues),
        "unreadable": drift.unreadable.iter().map(|Unreadable { key, id, reason }| object!({
            "address": key.address().to_string(),
            "id": id.0,
            "reason": reason,
        })).collect::<Vec<_>>(),
        "liveTwice": drift.twice.iter().map(|LiveTwice { key, name, id, others, unreadable, is_declared: _ }| object!({
            "address": key.address().to_string(),
            "id": id.0,
            "name": name,
            "others": others.iter().map(|other| &other.id.0).collect::<Vec<_>>(),
            "unreadable": unreadable.iter().map(|id| &id.0).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "unmanaged": drift.unmanaged.iter().map(|Unmanaged { id, name, unreadable }| object!({
            "id": id.0,
            "name": name,
            "unreadable": unreadable,
        })).collect::<Vec<_>>(),
    })
}

fn campaign(drifted: &Drifted, report: &Report<'_>) -> Value {
    let Drifted { key, class, origin, id, live, fields, held } = drifted;
    let ways = ways_out(&report.destination.environment, drifted, report.until);
    object!({
        "address": key.address().to_string(),
        "class": class_word(*class),
        "what": switched(drifted),
        "file": origin.as_ref().map(place),
        "id": id.0,
        "live": live.as_ref().map(side),
        "fields": fields.iter().map(moved).collect::<Vec<_>>(),
        "held": held.iter().map(held_field).collect::<Vec<_>>(),
        "commands": ways.iter().map(|way| object!({ "what": way.what, "first": way.first, "command": way.command })).collect::<Vec<_>>(),
    })
}

fn place(origin: &Origin) -> Value {
    let Origin { file, line, overlay } = origin;
    object!({ "path": file, "line": line, "overlay": overlay })
}

fn side(live: &LiveSide) -> Value {
    let LiveSide { id, version, spec, unmodelled: _, modified_by, date_modified } = live;
    object!({
        "id": id.0,
        "version": version,
        "name": spec.name,
        "modifiedBy": modified_by,
        "dateModified": date_modified.map(|when| when.to_string()),
    })
}

fn moved(moved: &Moved) -> Value {
    let Moved { path, last_applied, live, file } = moved;
    let of = |side: &Option<FieldValue>| value(path, side.as_ref());
    object!({ "path": path.to_string(), "lastApplied": of(last_applied), "live": of(live), "file": of(file) })
}

fn held_field(held: &Held) -> Value {
    let Held { field: FieldChange { path, before, after, last_applied, cause: _ }, until } = held;
    let of = |side: &Option<FieldValue>| value(path, side.as_ref());
    object!({
        "path": path.to_string(),
        "lastApplied": of(last_applied),
        "live": of(before),
        "file": of(after),
        "until": until.map(|until| until.to_string()),
    })
}

/// A value as it is sent; `null` where the field is absent, `true` for an action that is there. A whole filter has value and
/// type.
fn value(path: &FieldPath, value: Option<&FieldValue>) -> Value {
    match (path, value) {
        (_, None) => Value::Null,
        (_, Some(FieldValue::Present)) => Value::Bool(true),
        (FieldPath::Filter { part: FilterPart::Whole, .. }, Some(FieldValue::Condition(condition))) => {
            object!({ "value": FieldValue::Condition(condition.clone()).to_json(), "dataType": condition.data_type.as_str() })
        }
        (_, Some(value)) => value.to_json(),
    }
}
