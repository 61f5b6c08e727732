//! The exact text of a value in canonical form. Fingerprints in states are made of it, so it must never change: not with a
//! name in this code, not with the compiler, not with a library.

use std::collections::BTreeSet;

use super::escaped::is_escaped;
use super::{ActionPart, FieldValue};
use crate::model::{DataType, FilterValue, Scalar};

/// Appends a text in quotes.
pub(super) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            ' ' | '!' | '#'..='[' | ']'..='~' => out.push(c),
            '\0' => out.push_str("\\0"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_escaped(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends a list of texts.
pub(super) fn push_list<'a>(out: &mut String, texts: impl IntoIterator<Item = &'a String>) {
    out.push('[');
    for (at, text) in texts.into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        push_text(out, text);
    }
    out.push(']');
}

/// A finite float: the shortest digits that read back as it, with a point or an exponent.
fn float(value: f64) -> String {
    let size = value.abs();
    if size >= 1e16 || (size != 0.0 && size < 1e-4) {
        return format!("{value:e}");
    }
    let digits = value.to_string();
    if digits.contains('.') { digits } else { digits + ".0" }
}

/// A text that is equal for equal values. For `float`, `1` and `1.0` are the same value; for the other types they differ.
pub(super) fn scalar(scalar: &Scalar, data_type: DataType) -> String {
    match scalar {
        Scalar::Boolean(true) => "btrue".to_owned(),
        Scalar::Boolean(false) => "bfalse".to_owned(),
        Scalar::Text(text) => format!("t{text}"),
        Scalar::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            // -0.0 and 0.0 are one value.
            (_, _, Some(value)) if data_type == DataType::Float || number.is_f64() => format!("n{}", float(value + 0.0)),
            (Some(value), _, _) => format!("n{value}"),
            (None, Some(value), _) => format!("n{value}"),
            (None, None, _) => format!("n{number}"),
        },
    }
}

/// The values of a filter as a set.
pub(super) fn value_keys(value: &FilterValue, data_type: DataType) -> BTreeSet<String> {
    value.scalars().iter().map(|one| scalar(one, data_type)).collect()
}

/// Appends the value of a field. A queue is written with this word.
fn push_value(out: &mut String, value: &FieldValue, queue: &str) {
    match value {
        FieldValue::Present => out.push_str("Present"),
        FieldValue::Flag(true) => out.push_str("Flag(true)"),
        FieldValue::Flag(false) => out.push_str("Flag(false)"),
        FieldValue::Count(count) => out.push_str(&format!("Count({count})")),
        FieldValue::Word(word) => push_called(out, "Word", |out| push_text(out, word)),
        FieldValue::Text(text) => push_called(out, "Text", |out| push_text(out, text)),
        FieldValue::Queue(id) => push_called(out, queue, |out| push_text(out, id)),
        FieldValue::Names(names) => push_called(out, "Names", |out| push_list(out, names)),
        // Only what compares two bodies has these, so that no fingerprint is made of them.
        FieldValue::Comparison(operator, condition) => {
            out.push_str(operator.as_str());
            out.push(' ');
            push_value(out, &FieldValue::Condition(condition.clone()), queue);
        }
        FieldValue::Condition(condition) => {
            let is_one = matches!(condition.value, FilterValue::One(_));
            out.push_str(if is_one { "true " } else { "false " });
            out.push_str(condition.data_type.as_str());
            out.push(' ');
            push_list(out, &value_keys(&condition.value, condition.data_type));
        }
    }
}

fn push_called(out: &mut String, name: &str, inside: impl FnOnce(&mut String)) {
    out.push_str(name);
    out.push('(');
    inside(out);
    out.push(')');
}

/// The text of a field's value. A queue is a text, as it was before queues had a type.
pub(super) fn value(value: &FieldValue) -> String {
    let mut out = String::new();
    push_value(&mut out, value, "Text");
    out
}

/// The text by which filters with one attribute and operator are put in order.
pub(super) fn filter(value: &FilterValue, data_type: DataType) -> String {
    let mut out = "{".to_owned();
    for (at, key) in value_keys(value, data_type).iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        push_text(&mut out, key);
    }
    out.push_str("} ");
    out + data_type.as_str()
}

/// The text by which actions with one type and priority are put in order.
pub(super) fn action(parts: &[(ActionPart, FieldValue)]) -> String {
    let mut out = "[".to_owned();
    for (at, (part, value)) in parts.iter().enumerate() {
        out.push_str(if at == 0 { "(" } else { ", (" });
        out.push_str(match part {
            ActionPart::Whole => "Whole",
            ActionPart::InviteMessage => "InviteMessage",
            ActionPart::DisplayDuration => "DisplayDuration",
            ActionPart::AutoDismissOnScroll => "AutoDismissOnScroll",
            ActionPart::QueueId => "QueueId",
            ActionPart::SkillGroups => "SkillGroups",
            ActionPart::WrapUpCode => "WrapUpCode",
            ActionPart::PriorityLevel => "PriorityLevel",
            ActionPart::OverflowQueueId => "OverflowQueueId",
        });
        out.push_str(", ");
        push_value(&mut out, value, "Queue");
        out.push(')');
    }
    out.push(']');
    out
}
