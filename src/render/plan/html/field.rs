//! The table of a change: each field as it is live now and as it will be, with the words that differ marked.

use similar::{ChangeTag, TextDiff};

use super::super::super::escape::{inline, quoted};
use super::super::super::queue::queue;
use super::prose::{Moment, lines};
use crate::model::{FilterValue, QueueNames, Scalar};
use crate::reconcile::{Cause, FieldChange, FieldPath, FieldValue, FilterPart, Goal, Held, LiveSide};

/// One changed field.
pub(super) struct Row {
    pub(super) path: String,
    pub(super) live: Cell,
    pub(super) after: Cell,
    /// Who moved it; `None` where the whole campaign comes or goes.
    pub(super) moved: Option<Moved>,
}

/// A value.
#[derive(Debug)]
pub(super) enum Cell {
    /// A remark in place of a value: `not set`.
    Remark(&'static str),
    /// Text that people wrote, as it would read.
    Text(Vec<Part>),
    /// Anything else.
    Value(Vec<Part>),
}

/// A stretch of a value.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) mark: Mark,
    pub(super) text: String,
}

/// What becomes of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Same,
    Gone,
    New,
}

/// Who moved a field.
pub(super) struct Moved {
    pub(super) how: Cause,
    /// What moved it where live did not: `the file`.
    pub(super) mover: &'static str,
    pub(super) by: Option<String>,
    pub(super) at: Option<Moment>,
    /// What was applied last, where it is neither of the two values of the row.
    pub(super) last_applied: Option<Cell>,
}

/// A field that differs from the file and keeps its live value.
pub(super) struct Kept {
    pub(super) path: String,
    pub(super) live: Cell,
    pub(super) file: Cell,
    pub(super) until: Option<String>,
}

/// The rows of a change. With `cause`, what the plan aims at, they say who moved the field.
pub(super) fn rows(fields: &[FieldChange], live: Option<&LiveSide>, cause: Option<&Goal>, queues: &QueueNames) -> Vec<Row> {
    fields.iter().filter(|field| !is_nothing(field)).map(|field| row(field, live, cause, queues)).collect()
}

/// An empty text comes or goes without a word: it is what an absent one means.
fn is_nothing(field: &FieldChange) -> bool {
    matches!((&field.before, &field.after), (None, Some(FieldValue::Text(text))) | (Some(FieldValue::Text(text)), None) if text.is_empty())
}

fn row(field: &FieldChange, side: Option<&LiveSide>, goal: Option<&Goal>, queues: &QueueNames) -> Row {
    let FieldChange { path, before, after, last_applied, cause } = field;
    let (live, becomes) = both(before.as_ref(), after.as_ref(), path, queues);
    let moved = goal.map(|goal| {
        let side = side.filter(|_| cause.is_live());
        Moved {
            how: *cause,
            mover: match (goal, cause) {
                (Goal::Rollback(_), _) => "the rollback",
                (Goal::Revert(_), Cause::Code) => "the revert",
                (Goal::Files | Goal::Revert(_), _) => "the file",
            },
            by: side.and_then(|side| side.modified_by.as_deref()).map(inline),
            at: side.and_then(|side| side.date_modified).map(Moment::from),
            last_applied: (*cause == Cause::Both).then(|| alone(last_applied.as_ref(), path, queues)),
        }
    });
    Row { path: inline(&path.to_string()), live, after: becomes, moved }
}

/// A held field.
pub(super) fn kept(held: &Held, queues: &QueueNames) -> Kept {
    let Held { field: FieldChange { path, before, after, last_applied: _, cause: _ }, until } = held;
    Kept {
        path: inline(&path.to_string()),
        live: alone(before.as_ref(), path, queues),
        file: alone(after.as_ref(), path, queues),
        until: until.map(|until| until.to_string()),
    }
}

/// Both values, with what differs marked.
fn both(before: Option<&FieldValue>, after: Option<&FieldValue>, path: &FieldPath, queues: &QueueNames) -> (Cell, Cell) {
    match (before, after) {
        (Some(FieldValue::Text(old)), Some(FieldValue::Text(new))) => by_words(old, new),
        (Some(old), Some(new)) => {
            let (old_items, new_items) = (items(old, queues), items(new, queues));
            let side = |items: &[String], others: &[String], mark: Mark| {
                let one = |item: &String| Part { mark: if others.contains(item) { Mark::Same } else { mark }, text: item.clone() };
                Cell::Value(on_lines(items.iter().map(one)))
            };
            (side(&old_items, &new_items, Mark::Gone), side(&new_items, &old_items, Mark::New))
        }
        _ => (alone(before, path, queues), alone(after, path, queues)),
    }
}

/// One value without another to compare it with.
fn alone(value: Option<&FieldValue>, path: &FieldPath, queues: &QueueNames) -> Cell {
    let plain = |text: String| Part { mark: Mark::Same, text };
    match value {
        None => Cell::Remark("not set"),
        Some(FieldValue::Present) => Cell::Remark("there"),
        Some(FieldValue::Text(text)) if text.is_empty() => Cell::Remark("empty"),
        Some(FieldValue::Text(text)) => Cell::Text(vec![plain(lines(text))]),
        Some(value) => {
            let mut parts = on_lines(items(value, queues).into_iter().map(plain));
            if let (FieldValue::Condition(condition), FieldPath::Filter { part: FilterPart::Whole, .. }) = (value, path) {
                parts.push(plain(format!(" ({})", condition.data_type.as_str())));
            }
            Cell::Value(parts)
        }
    }
}

/// A value as the lines it is shown on: a list has one for each of its items.
fn items(value: &FieldValue, queues: &QueueNames) -> Vec<String> {
    let scalar = |scalar: &Scalar| match scalar {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => quoted(text),
    };
    match value {
        FieldValue::Present => vec!["there".to_owned()],
        FieldValue::Flag(value) => vec![value.to_string()],
        FieldValue::Count(count) => vec![count.to_string()],
        FieldValue::Word(word) => vec![(*word).to_owned()],
        FieldValue::Text(text) => vec![lines(text)],
        FieldValue::Queue(id) => vec![queue(id, queues)],
        FieldValue::Names(names) => names.iter().map(|name| inline(name)).collect(),
        FieldValue::Condition(condition) => match &condition.value {
            FilterValue::One(one) => vec![scalar(one)],
            FilterValue::Many(many) => many.iter().map(scalar).collect(),
        },
        FieldValue::Comparison(operator, condition) => {
            let value = items(&FieldValue::Condition(condition.clone()), queues).join(", ");
            vec![operator.to_string(), format!("{value} ({})", condition.data_type.as_str())]
        }
    }
}

fn on_lines(parts: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut out = Vec::new();
    for part in parts {
        if !out.is_empty() {
            out.push(Part { mark: Mark::Same, text: "\n".to_owned() });
        }
        out.push(part);
    }
    out
}

/// Two texts, each whole, with the words that only it has marked.
fn by_words(old: &str, new: &str) -> (Cell, Cell) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for change in TextDiff::from_words(old, new).iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut before, Mark::Same, change.value());
                push(&mut after, Mark::Same, change.value());
            }
            ChangeTag::Delete => push(&mut before, Mark::Gone, change.value()),
            ChangeTag::Insert => push(&mut after, Mark::New, change.value()),
        }
    }
    let cell = |parts: Vec<Part>| if parts.is_empty() { Cell::Remark("empty") } else { Cell::Text(parts) };
    (cell(before), cell(after))
}

fn push(parts: &mut Vec<Part>, mark: Mark, text: &str) {
    match parts.last_mut() {
        Some(last) if last.mark == mark => last.text.push_str(&lines(text)),
        _ => parts.push(Part { mark, text: lines(text) }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Mark, by_words};

    fn marked(cell: &Cell, wanted: Mark) -> Vec<&str> {
        let Cell::Text(parts) = cell else { return Vec::new() };
        parts.iter().filter(|part| part.mark == wanted).map(|part| part.text.as_str()).collect()
    }

    #[test]
    fn each_side_is_the_whole_text_with_its_own_words_marked() {
        let (before, after) = by_words("Need help choosing?\nAsk us.", "Need help today?\nAsk us.");
        assert_eq!((marked(&before, Mark::Gone), marked(&after, Mark::New)), (vec!["choosing?"], vec!["today?"]));
        let whole = |cell: &Cell| match cell {
            Cell::Text(parts) => parts.iter().map(|part| part.text.as_str()).collect::<String>(),
            _ => String::new(),
        };
        assert_eq!((whole(&before).as_str(), whole(&after).as_str()), ("Need help choosing?\nAsk us.", "Need help today?\nAsk us."));
    }

    #[test]
    fn a_text_that_empties_says_so() {
        let (before, after) = by_words("words", "");
        assert_eq!(marked(&before, Mark::Gone), ["words"]);
        assert!(matches!(after, Cell::Remark("empty")));
    }
}
