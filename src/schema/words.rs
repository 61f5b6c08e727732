//! How a violation is said to people.

use std::fmt::Write as _;

use serde_json::Value;

/// The longest text of the user's that a message repeats, in characters.
const LONGEST_QUOTE: usize = 60;

/// A JSON pointer as people call the field: `/filters/1/value` is `filters[1].value`; a key that is no plain word is
/// put in brackets and quotes. The whole document is the empty text.
pub fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let plain = step.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) && !path.is_empty() {
            let _ = write!(path, "[{step}]");
        } else if step.is_empty() || !plain {
            let _ = write!(path, "[{:?}]", shorten(&step));
        } else if path.is_empty() {
            path.push_str(&step);
        } else {
            let _ = write!(path, ".{}", shorten(&step));
        }
    }
    path
}

/// The text as a message may repeat it: cut after 60 characters, on one line, control characters escaped.
pub fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST_QUOTE {
            short.push('…');
            break;
        }
        if character.is_control() {
            short.extend(character.escape_default());
        } else {
            short.push(character);
        }
    }
    short
}

/// What a value is, with its article: what follows "got".
pub fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "nothing (an empty value)".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the text {}", quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// A JSON type, with its article: what follows "expected".
pub fn type_name(name: &str) -> &str {
    match name {
        "null" => "nothing",
        "boolean" => "`true` or `false`",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "text",
        "array" => "a list",
        "object" => "a mapping (`name: value` lines)",
        other => other,
    }
}

/// Text of the user's, in quotes and on one line.
pub fn quote(text: &str) -> String {
    let short: String = text.chars().take(LONGEST_QUOTE).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{more}")
}

/// `a`, `b` and `c`.
pub fn list(words: &[&str], last: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., end] => format!("{} {last} {end}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::field_path;

    #[test]
    fn pointers_become_paths() {
        let table = [
            ("", ""),
            ("/name", "name"),
            ("/filters/1/value", "filters[1].value"),
            ("/environments/eu-west/variables/a.b", "environments.eu-west.variables[\"a.b\"]"),
            ("/a~1b/~0", "[\"a/b\"][\"~\"]"),
            ("//x", "[\"\"].x"),
        ];
        for (pointer, path) in table {
            assert_eq!(field_path(pointer), path, "{pointer}");
        }
    }
}
