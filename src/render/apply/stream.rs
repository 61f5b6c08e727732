//! An apply as JSON lines, as `terraform apply -json` writes them: each change as it begins and ends, what went wrong, and
//! how much was done. How a change ended that was not made is said under `campaignctl`.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::super::stored::stored_as;
use super::counts;
use crate::apply::{Event, Outcome, Report, Row};
use crate::model::{CampaignId, CampaignKey};
use crate::reconcile::{Action, StoredField};
use crate::render::stream::{Changes, Level, Resource, line, problem, warning};

#[derive(Serialize)]
struct Hooked<'a> {
    hook: Hook<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaignctl: Option<Own<'a>>,
}

#[derive(Serialize)]
struct Hook<'a> {
    resource: Resource,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_key: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_seconds: Option<f64>,
}

/// How a change ended, beside what Terraform says of it.
#[derive(Serialize)]
#[serde(untagged)]
enum Own<'a> {
    /// It was not made.
    NotMade(NotMade<'a>),
    /// It was made, and the server stores these fields differently from what was sent.
    Stored { stored: Vec<Stored<'a>> },
}

/// How a change ended that was not made.
#[derive(Serialize)]
struct NotMade<'a> {
    outcome: &'static str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

/// A field that the server stores differently from what was sent.
#[derive(Serialize)]
struct Stored<'a> {
    field: &'a str,
    sent: &'a Option<Value>,
    stored: &'a Option<Value>,
}

#[derive(Serialize)]
struct Summed<'a> {
    changes: Changes,
    campaignctl: OwnSummed<'a>,
}

/// How many changes ended in each way.
#[derive(Serialize)]
struct OwnSummed<'a> {
    run: &'a str,
    complete: bool,
    forgotten: usize,
    recorded: usize,
    conflict: usize,
    failed: usize,
    unknown: usize,
    not_attempted: usize,
}

fn hook<'a>(key: &CampaignKey, action: Action, id: Option<&'a CampaignId>, elapsed: Option<Duration>) -> Hook<'a> {
    Hook {
        resource: Resource::of(&key.address().to_string()),
        action: match action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Forget => "remove",
            Action::Record => "noop",
        },
        id_key: id.map(|_| "id"),
        id_value: id.map(|id| id.0.as_str()),
        elapsed_seconds: elapsed.map(|elapsed| elapsed.as_secs_f64()),
    }
}

/// `Creating`, `creating`, `Creation`
fn words(action: Action) -> (&'static str, &'static str, &'static str) {
    match action {
        Action::Create => ("Creating", "creating", "Creation"),
        Action::Update => ("Modifying", "modifying", "Modifications"),
        Action::Delete => ("Destroying", "destroying", "Destruction"),
        Action::Forget => ("Forgetting", "forgetting", "Forgetting"),
        Action::Record => ("Recording", "recording", "Recording"),
    }
}

fn in_brackets(id: Option<&CampaignId>) -> String {
    id.map(|id| format!(" [id={id}]")).unwrap_or_default()
}

/// The line for one event; `None` for events that nobody needs to read.
pub fn stream_event(event: &Event, now: Timestamp) -> Option<String> {
    let line = match event {
        Event::Saving | Event::Saved => return None,
        Event::Started { key, action, id } => {
            let message = format!("{}: {}...{}", key.address(), words(*action).0, in_brackets(id.as_ref()));
            let body = Hooked { hook: hook(key, *action, id.as_ref(), None), campaignctl: None };
            line("apply_start", Level::Info, &message, now, body)
        }
        Event::Looking { keys, settle } => {
            let named: Vec<String> = keys.iter().map(|key| key.address().to_string()).collect();
            let hint = format!("the list is read in {settle:?}, to see whether they were created, before anything is sent again");
            warning(&format!("the answers for {} are unknown", named.join(", ")), &hint, now)
        }
        Event::Finished { row, elapsed } => ended(row, *elapsed, now),
    };
    Some(line)
}

/// The line for a change that takes its time.
pub fn stream_progress(key: &CampaignKey, action: Action, elapsed: Duration, now: Timestamp) -> String {
    let message = format!("{}: Still {}... [{}s elapsed]", key.address(), words(action).1, elapsed.as_secs());
    let body = Hooked { hook: hook(key, action, None, Some(elapsed)), campaignctl: None };
    line("apply_progress", Level::Info, &message, now, body)
}

fn ended(row: &Row, elapsed: Duration, now: Timestamp) -> String {
    let Row { key, action, imported: _, outcome } = row;
    let (address, noun, seconds) = (key.address(), words(*action).2, elapsed.as_secs());
    let (message, kind, id) = match outcome {
        Outcome::Done { id, stored: _ } => {
            // What is deleted has no id any more.
            let id = Some(id).filter(|_| *action != Action::Delete);
            (format!("{address}: {noun} complete after {seconds}s{}", in_brackets(id)), "apply_complete", id)
        }
        _ => (format!("{address}: {noun} errored after {seconds}s"), "apply_errored", None),
    };
    let body = Hooked { hook: hook(key, *action, id, Some(elapsed)), campaignctl: own(outcome) };
    line(kind, Level::Info, &message, now, body)
}

fn own(outcome: &Outcome) -> Option<Own<'_>> {
    let stored = stored(outcome).iter().map(|StoredField { field, sent, stored }| Stored { field, sent, stored });
    let stored: Vec<_> = stored.collect();
    not_made(outcome).map(Own::NotMade).or_else(|| (!stored.is_empty()).then_some(Own::Stored { stored }))
}

/// What the server stores differently from what was sent.
fn stored(outcome: &Outcome) -> &[StoredField] {
    match outcome {
        Outcome::Done { id: _, stored: Some(stored) } => &stored.fields,
        _ => &[],
    }
}

fn not_made(outcome: &Outcome) -> Option<NotMade<'_>> {
    let (outcome, reason, hint) = match outcome {
        Outcome::Done { id: _, stored: _ } => return None,
        Outcome::Conflict { reason } => ("conflict", reason, None),
        Outcome::Failed { reason, hint } => ("failed", reason, hint.as_deref()),
        Outcome::Unknown { reason } => ("unknown", reason, None),
        Outcome::NotAttempted { reason } => ("not_attempted", reason, None),
    };
    Some(NotMade { outcome, reason, hint })
}

/// The last lines: changes that were never started, what went wrong, how much was done.
pub fn stream_report(report: &Report, now: Timestamp) -> String {
    let Report { run, rows, state_error } = report;
    let never_started = |row: &&Row| matches!(row.outcome, Outcome::NotAttempted { .. });
    let mut out: String = rows.iter().filter(never_started).map(|row| ended(row, Duration::ZERO, now)).collect();
    for Row { key, action: _, imported: _, outcome } in rows {
        let address = key.address().to_string();
        let summary = match outcome {
            Outcome::Done { id: _, stored: _ } => {
                let told: Vec<String> = stored(outcome).iter().map(stored_as).collect();
                if !told.is_empty() {
                    let summary = format!("the server stores {address} differently from what was sent");
                    let detail = told.join("\n");
                    out.push_str(&warning(&summary, &format!("{detail}\n\nto settle it, write the stored values into the file"), now));
                }
                continue;
            }
            Outcome::Conflict { reason: _ } => format!("{address} was changed live since the plan; nothing was written"),
            Outcome::Failed { reason: _, hint: _ } => format!("{address} could not be changed"),
            Outcome::Unknown { reason: _ } => format!("it is not known whether {address} was changed"),
            Outcome::NotAttempted { reason: _ } => format!("{address} was not attempted"),
        };
        let Some(NotMade { outcome, reason, hint }) = not_made(outcome) else { continue };
        let detail = hint.map_or_else(|| reason.to_owned(), |hint| format!("{reason}\n\n{hint}"));
        out.push_str(&problem(&summary, &detail, Some(outcome), Some(&address), now));
    }
    if let Some(error) = state_error {
        out.push_str(&problem(&format!("the state could not be written: {error}"), &error.hint(), Some("state"), None, now));
    }
    let count = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
    let [add, change, remove, forgotten, recorded] =
        [Action::Create, Action::Update, Action::Delete, Action::Forget, Action::Record].map(|action| report.done(action));
    let complete = report.is_complete();
    let message = format!("Apply {} {}", if complete { "complete!" } else { "incomplete." }, counts(report));
    let body = Summed {
        changes: Changes { add, change, import: report.imported(), remove, operation: "apply" },
        campaignctl: OwnSummed {
            run,
            complete,
            forgotten,
            recorded,
            conflict: count(|outcome| matches!(outcome, Outcome::Conflict { .. })),
            failed: count(|outcome| matches!(outcome, Outcome::Failed { .. })),
            unknown: count(|outcome| matches!(outcome, Outcome::Unknown { .. })),
            not_attempted: count(|outcome| matches!(outcome, Outcome::NotAttempted { .. })),
        },
    };
    out.push_str(&line("change_summary", Level::Info, &message, now, body));
    out
}
