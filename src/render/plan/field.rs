//! One field of a plan: `~ filters[session.dwell_time_seconds greater_than].value: 45 -> 60`.

use anstyle::Style;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::escape::{inline, quoted};
use super::super::queue::queue;
use super::super::style::{ADD, CHANGE, FAINT, REMOVE};
use super::goal::mover;
use crate::model::{Operator, QueueNames};
use crate::reconcile::{ActionPart, Cause, Condition, FieldChange, FieldPath, FieldValue, FilterPart, Goal, Held, LiveSide};

/// Texts longer than this together are diffed by words instead of shown one after the other.
const INLINE_TEXT: usize = 80;

/// The lines of all changed fields, without indentation. What comes or goes with a whole action stands below it. With `cause`,
/// what the plan aims at, they say who moved the field.
pub(super) fn lines(changes: &[FieldChange], live: Option<&LiveSide>, cause: Option<&Goal>, queues: &QueueNames) -> Vec<String> {
    let mut lines = Vec::new();
    let mut parent: Option<&FieldPath> = None;
    for change in changes {
        if let FieldPath::Action { part: ActionPart::Whole, .. } = &change.path {
            parent = Some(&change.path);
        }
        let shown = change.path.to_string();
        let below = parent.filter(|parent| **parent != change.path).and_then(|parent| shown.strip_prefix(&format!("{parent}.")));
        match below {
            Some(below) => lines.extend(one(change, below, live, None, queues).into_iter().map(|line| format!("    {line}"))),
            None => lines.extend(one(change, &shown, live, cause, queues)),
        }
    }
    lines
}

/// The lines of one changed field.
fn one(change: &FieldChange, path: &str, live: Option<&LiveSide>, cause: Option<&Goal>, queues: &QueueNames) -> Vec<String> {
    let FieldChange { path: field, before, after, last_applied: _, cause: _ } = change;
    let path = inline(path);
    let suffix = cause.map(|goal| cause_text(change, goal, live, queues)).unwrap_or_default();
    let line = |symbol: &str, style: Style, text: String| format!("{style}{symbol}{style:#} {text}{suffix}");
    match (before, after) {
        // An empty text comes or goes without a word: it is what an absent one means.
        (None, Some(FieldValue::Text(text))) | (Some(FieldValue::Text(text)), None) if text.is_empty() => Vec::new(),
        (None, Some(after)) => vec![line("+", ADD, whole(&path, after, queues))],
        (Some(before), None) => vec![line("-", REMOVE, whole(&path, before, queues))],
        (Some(FieldValue::Text(before)), Some(FieldValue::Text(after))) if by_words(before, after) => {
            let mut lines = vec![line("~", CHANGE, format!("{path}:"))];
            lines.extend(word_diff(before, after).into_iter().map(|line| format!("    {line}")));
            lines
        }
        (Some(before), Some(after)) => {
            let (before, after) = sides(before, after, field, queues);
            vec![line("~", CHANGE, format!("{path}: {before} -> {after}"))]
        }
        (None, None) => Vec::new(),
    }
}

/// `path: value`, or the path alone for something that is just there.
pub(super) fn whole(path: &str, shown: &FieldValue, queues: &QueueNames) -> String {
    match shown {
        FieldValue::Present => path.to_owned(),
        FieldValue::Condition(condition) => format!("{path}: {} ({})", json(&shown.to_json()), condition.data_type.as_str()),
        FieldValue::Comparison(operator, condition) => format!("{path}: {}", comparison(*operator, condition, true)),
        FieldValue::Queue(id) => format!("{path}: {}", queue(id, queues)),
        other => format!("{path}: {}", json(&other.to_json())),
    }
}

/// Both values of a field that has one before and after; of a filter they have its type where that changes.
pub(super) fn sides(before: &FieldValue, after: &FieldValue, path: &FieldPath, queues: &QueueNames) -> (String, String) {
    match (before, after) {
        (FieldValue::Comparison(old, before), FieldValue::Comparison(new, after)) => {
            let with_type = before.data_type != after.data_type;
            (comparison(*old, before, with_type), comparison(*new, after, with_type))
        }
        _ => (value(before, path, queues), value(after, path, queues)),
    }
}

/// `greater_than 31`, or `greater_than 31 (integer)`
fn comparison(operator: Operator, condition: &Condition, with_type: bool) -> String {
    let data_type = if with_type { format!(" ({})", condition.data_type.as_str()) } else { String::new() };
    format!("{operator} {}{data_type}", json(&FieldValue::Condition(condition.clone()).to_json()))
}

/// One value, as JSON where it is neither a word of the contract nor a queue.
pub(super) fn value(shown: &FieldValue, path: &FieldPath, queues: &QueueNames) -> String {
    match (shown, path) {
        // A filter's data type is a word, not a text.
        (FieldValue::Word(word), FieldPath::Filter { part: FilterPart::DataType, .. }) => (*word).to_owned(),
        (FieldValue::Queue(id), _) => queue(id, queues),
        (FieldValue::Comparison(operator, condition), _) => comparison(*operator, condition, false),
        _ => json(&shown.to_json()),
    }
}

/// A field that keeps its live value, in one line: `held by ignoreChanges: enabled is false live, true in the file`.
pub(in crate::render) fn held(held: &Held, queues: &QueueNames) -> String {
    let Held { field: FieldChange { path, before, after, last_applied: _, cause: _ }, until } = held;
    let why = until.map_or("held by ignoreChanges".to_owned(), |until| format!("held until {until}"));
    let (live, file) = (said(before.as_ref(), queues), said(after.as_ref(), queues));
    format!("{why}: {} is {live} live, {file} in the file", inline(&path.to_string()))
}

/// What stands in a field, in one line.
pub(in crate::render) fn said(value: Option<&FieldValue>, queues: &QueueNames) -> String {
    match value {
        None => "absent".to_owned(),
        Some(FieldValue::Present) => "there".to_owned(),
        Some(FieldValue::Condition(condition)) => {
            format!("{} ({})", json(&FieldValue::Condition(condition.clone()).to_json()), condition.data_type.as_str())
        }
        Some(FieldValue::Queue(id)) => queue(id, queues),
        Some(FieldValue::Comparison(operator, condition)) => comparison(*operator, condition, true),
        Some(other) => json(&other.to_json()),
    }
}

/// JSON, with every text made harmless.
fn json(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Who moved the field, as the end of its line.
fn cause_text(change: &FieldChange, goal: &Goal, live: Option<&LiveSide>, queues: &QueueNames) -> String {
    match cause_words(change, goal, live, queues) {
        Some(words) => format!("  {FAINT}# {words}{FAINT:#}"),
        None => String::new(),
    }
}

/// Who moved the field; `None` where nobody can say.
pub(super) fn cause_words(change: &FieldChange, goal: &Goal, live: Option<&LiveSide>, queues: &QueueNames) -> Option<String> {
    let FieldChange { path, before: _, after: _, last_applied, cause } = change;
    match cause {
        Cause::Unknown => None,
        Cause::Code => Some(mover(goal).to_owned()),
        Cause::Drift => Some(format!("drift: live moved{}", who_and_when(live))),
        Cause::Both => {
            let last = last_applied.as_ref().map_or("absent".to_owned(), |last| value(last, path, queues));
            // A revert puts back what was applied last, or what the files say by now.
            let other = if matches!(goal, Goal::Rollback(_)) { mover(goal) } else { mover(&Goal::Files) };
            Some(format!("conflict: {other} and live both moved{}; last applied {last}", who_and_when(live)))
        }
    }
}

fn who_and_when(live: Option<&LiveSide>) -> String {
    let Some(live) = live else { return String::new() };
    let who = live.modified_by.as_ref().map(|who| format!("by {}", quoted(who)));
    let when = live.date_modified.map(|when| format!("at {when:.0}"));
    let parts: Vec<String> = who.into_iter().chain(when).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" ")) }
}

fn by_words(before: &str, after: &str) -> bool {
    before.contains('\n') || after.contains('\n') || before.chars().count() + after.chars().count() > INLINE_TEXT
}

/// Both texts in one, removed words as `[-…-]` and added ones as `{+…+}`, as git's word diff shows them.
fn word_diff(before: &str, after: &str) -> Vec<String> {
    let diff = TextDiff::from_words(before, after);
    let mut text = String::new();
    let mut run: Option<(ChangeTag, String)> = None;
    let mut flush = |run: &mut Option<(ChangeTag, String)>| {
        let Some((tag, words)) = run.take() else { return };
        // A mark must not run over the end of a line, or the next line would look unchanged.
        for (index, line) in words.split('\n').enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let line = inline(line);
            match tag {
                _ if line.is_empty() => {}
                ChangeTag::Equal => text.push_str(&line),
                ChangeTag::Delete => text.push_str(&format!("{REMOVE}[-{line}-]{REMOVE:#}")),
                ChangeTag::Insert => text.push_str(&format!("{ADD}{{+{line}+}}{ADD:#}")),
            }
        }
    };
    for change in diff.iter_all_changes() {
        match &mut run {
            Some((tag, words)) if *tag == change.tag() => words.push_str(change.value()),
            _ => {
                flush(&mut run);
                run = Some((change.tag(), change.value().to_owned()));
            }
        }
    }
    flush(&mut run);
    text.split('\n').map(|line| format!("| {line}")).collect()
}
