//! How a value is written in YAML: plain where that is safe everywhere, in the quotes that stood there, else in double quotes.

use std::fmt::Write as _;

use serde_json::Value;

use super::revise::order_of;

/// A new mapping that is longer than this goes over several lines.
const WIDTH: usize = 110;
/// A text of lines goes no further to the right than this, its indentation included.
const COLUMNS: usize = 100;

/// What a scalar stands in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Around<'a> {
    /// It takes the place of this one.
    Value { written: &'a str },
    /// Brackets.
    Flow,
    /// It follows a key; a block of lines would be indented so.
    Block { indent: usize },
}

/// A scalar as YAML.
pub(super) fn scalar(value: &Value, around: Around<'_>) -> String {
    let Value::String(text) = value else { return value.to_string() };
    match around {
        Around::Value { written } if written.starts_with('"') => double_quoted(text),
        Around::Value { written } if written.starts_with('\'') && text.chars().all(is_harmless) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Around::Value { .. } | Around::Flow => one_line(text, false),
        Around::Block { indent } if text.contains('\n') => literal(text, indent).unwrap_or_else(|| one_line(text, true)),
        Around::Block { indent } => folded(text, indent).unwrap_or_else(|| one_line(text, true)),
    }
}

/// A key as YAML.
pub(super) fn key_text(name: &str) -> String {
    one_line(name, false)
}

/// A value on one line, as it stands in brackets; `pointer` tells the order of its fields.
pub(super) fn flow(value: &Value, pointer: &str) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(|item| flow(item, &format!("{pointer}/*"))).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(_) => {
            let fields = ordered(value, pointer).into_iter();
            let fields: Vec<String> =
                fields.map(|(name, value)| format!("{}: {}", key_text(name), flow(value, &format!("{pointer}/{name}")))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        scalar_value => scalar(scalar_value, Around::Flow),
    }
}

/// A mapping over several lines, indented, without a line break at its end.
pub(super) fn block(value: &Value, pointer: &str, indent: usize) -> String {
    let mut out = String::new();
    for (name, value) in ordered(value, pointer) {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = write!(out, "{:indent$}{}:", "", key_text(name));
        let below = format!("{pointer}/{name}");
        match value {
            Value::Object(_) if !fits_on_line(value, &below, indent + name.len() + 2) => {
                let _ = write!(out, "\n{}", block(value, &below, indent + 2));
            }
            Value::Object(_) | Value::Array(_) => {
                let _ = write!(out, " {}", flow(value, &below));
            }
            scalar_value => {
                let _ = write!(out, " {}", scalar(scalar_value, Around::Block { indent: indent + 2 }));
            }
        }
    }
    out
}

/// Whether a mapping holds nothing but scalars and lists of them, and is short enough for the line it would stand on.
pub(super) fn fits_on_line(value: &Value, pointer: &str, before: usize) -> bool {
    let is_flat = |value: &Value| match value {
        Value::Object(_) => false,
        Value::Array(items) => !items.iter().any(|item| item.is_object() || item.is_array()),
        Value::String(text) => !text.contains('\n'),
        _ => true,
    };
    let flat = match value {
        Value::Object(fields) => fields.values().all(is_flat),
        other => is_flat(other),
    };
    flat && before + flow(value, pointer).chars().count() <= WIDTH
}

/// The fields of a mapping in the order in which people write them.
pub(super) fn ordered<'a>(value: &'a Value, pointer: &str) -> Vec<(&'a str, &'a Value)> {
    let mut fields: Vec<(&str, &Value)> =
        value.as_object().map(|fields| fields.iter().map(|(name, value)| (name.as_str(), value)).collect()).unwrap_or_default();
    let order = order_of(pointer);
    fields.sort_by_key(|(name, _)| order.iter().position(|field| field == name).unwrap_or(usize::MAX));
    fields
}

/// The text plain, where every reader of YAML takes it for that text; else in double quotes.
fn one_line(text: &str, block: bool) -> String {
    if is_plain(text, block) || (block && is_variable(text)) { text.to_owned() } else { double_quoted(text) }
}

/// Whether a text is nothing but `${name}`; in brackets that would need quotes.
fn is_variable(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
}

fn is_plain(text: &str, comma: bool) -> bool {
    let is_day = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    let word = text.to_ascii_lowercase();
    let starts = text.chars().next().is_some_and(|first| first.is_alphabetic() || matches!(first, '/' | '_'));
    is_day
        || (starts
            && !text.ends_with(' ')
            && !matches!(word.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
            && text.chars().all(|c| c.is_alphanumeric() || " /_-.()'+!?%".contains(c) || (comma && c == ',')))
}

/// Whether a character may stand in single quotes, on one line.
fn is_harmless(c: char) -> bool {
    !is_hidden(c)
}

/// Characters that end a line, act on a terminal, or hide or reorder what a reviewer reads.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{d7ff}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => {
                let code = c as u32;
                // Writing to a String cannot fail.
                let _ = if code > 0xffff { write!(out, "\\U{code:08X}") } else { write!(out, "\\u{code:04X}") };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text as a block of lines with its header, where it can be one.
fn literal(text: &str, indent: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_nice = indent > 0
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.chars().all(|c| c == '\n' || !is_hidden(c))
        // Blanks at the end of a line are seen by nobody, and many an editor takes them away.
        && body.split('\n').all(|line| !line.ends_with(char::is_whitespace));
    if !is_nice {
        return None;
    }
    let mut out = if body.len() == text.len() { "|-".to_owned() } else { "|".to_owned() };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            let _ = write!(out, "{:indent$}{line}", "");
        }
    }
    Some(out)
}

/// A long text of one line as several, broken where one blank stands between two words: read back, each break is that blank.
fn folded(text: &str, indent: usize) -> Option<String> {
    let is_nice = indent > 0
        && text.chars().count() > WIDTH.saturating_sub(indent)
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.chars().any(is_hidden);
    if !is_nice {
        return None;
    }
    let is_blank = |text: &str| text.is_empty() || text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split(' ');
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        // A line may neither begin nor end with a blank.
        if indent + line.chars().count() + 1 + word.chars().count() > COLUMNS && !is_blank(&line) && !is_blank(word) {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.push(line);
    let mut out = ">-".to_owned();
    for line in &lines {
        let _ = write!(out, "\n{:indent$}{line}", "");
    }
    (lines.len() > 1).then_some(out)
}
