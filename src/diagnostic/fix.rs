//! A remedy that can be made without asking: the bytes to replace, and what that does to the values.

use serde_json::{Number, Value};

use super::{DocumentId, Place};

/// How to mend a finding. Only a rule that is sure of what was meant offers one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, e.g. `write 0.87 without quotes`.
    pub description: String,
    /// The bytes to replace; they do not overlap.
    pub edits: Vec<Edit>,
    /// What the edits change in the values; whoever makes the edits checks that they change this and nothing else.
    pub changes: Vec<Change>,
}

/// Bytes, and what to write in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub place: Place,
    /// The text that comes.
    pub replacement: String,
}

/// One value that becomes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The document it is in.
    pub document: DocumentId,
    /// JSON pointer to it, before any change.
    pub pointer: String,
    /// What becomes of it.
    pub to: Amendment,
}

/// What becomes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amendment {
    /// It is this from now on.
    Value(Value),
    /// Its field has this name from now on.
    Name(String),
    /// It is gone.
    Removed,
}

impl Fix {
    /// A fix without edits yet.
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), edits: Vec::new(), changes: Vec::new() }
    }

    /// Adds an edit and what it means.
    #[must_use]
    pub fn and(mut self, edit: Edit, change: Change) -> Self {
        self.edits.push(edit);
        self.changes.push(change);
        self
    }
}

/// How `value` is written in the place of a scalar that stands there as `written`; `None` where `written` is something else than
/// a plain word or a text in quotes on one line (an alias, a block of lines, a text with variables).
pub fn respelled(written: &str, value: &Value) -> Option<String> {
    if !is_simple(written) {
        return None;
    }
    match value {
        // What stands there is quoted as it is: 1.10 must not become "1.1".
        Value::String(text) if text == written && text.bytes().all(is_wordly) => Some(format!("\"{text}\"")),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            let quote = written.chars().next().filter(|first| matches!(first, '"' | '\''));
            Some(quote.map_or_else(|| text.clone(), |quote| format!("{quote}{text}{quote}")))
        }
        Value::Number(_) | Value::Bool(_) => {
            let inside = unquoted(written)?;
            (literal(inside).as_ref() == Some(value)).then(|| inside.to_owned())
        }
        _ => None,
    }
}

/// The number or boolean that a text spells exactly as JSON does; `None` for any other text, and for a number that does not
/// survive being read.
pub fn literal(text: &str) -> Option<Value> {
    match text {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_whitespace()) => return None,
        _ => {}
    }
    let number: Number = serde_json::from_str(text).ok()?;
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    (whole != number.is_f64()).then_some(Value::Number(number))
}

/// The text between the quotes of a scalar that needs no escapes.
fn unquoted(written: &str) -> Option<&str> {
    let quote = written.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let inside = written.strip_prefix(quote)?.strip_suffix(quote)?;
    inside.bytes().all(is_wordly).then_some(inside)
}

fn is_simple(written: &str) -> bool {
    !written.is_empty()
        && !written.contains(['\n', '\r', '\\', '#'])
        && !written.contains("${")
        && !written.starts_with(['*', '&', '!', '[', '{', '|'])
}

/// What numbers and words are made of.
fn is_wordly(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{literal, respelled};

    #[test]
    fn only_what_is_certain_is_respelled() {
        let table: [(&str, Value, Option<&str>); 16] = [
            ("\"0.87\"", json!(0.87), Some("0.87")),
            ("'45'", json!(45), Some("45")),
            ("\"0.870\"", json!(0.87), Some("0.870")),
            ("\"true\"", json!(true), Some("true")),
            ("\" 45\"", json!(45), None),
            ("\"4\\x35\"", json!(45), None),
            ("\"45", json!(45), None),
            ("*x", json!(45), None),
            ("\"${x}\"", json!(45), None),
            ("1.10", json!("1.10"), Some("\"1.10\"")),
            ("true", json!("true"), Some("\"true\"")),
            ("1.10", json!("1.1"), None),
            ("greater_then", json!("greater_than"), Some("greater_than")),
            ("\">\"", json!("greater_than"), Some("\"greater_than\"")),
            ("|\n  x", json!("in"), None),
            ("x", json!("No: text"), None),
        ];
        for (written, value, expected) in table {
            assert_eq!(respelled(written, &value).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn a_number_is_a_literal_where_yaml_and_json_agree() {
        for text in ["0.87", "-3", "1e3", "18446744073709551615"] {
            assert!(literal(text).is_some(), "{text}");
        }
        for text in ["", "+5", "0123", ".5", "5.", "0x1F", "18446744073709551616", "1 ", "yes", "True", "NaN"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
