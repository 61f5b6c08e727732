//! A case as YAML, ready to be pasted into a test file.

use std::fmt::Write;

use crate::model::{AttributeValue, Scalar};
use crate::render::escape::inline;
use crate::suite::{SuggestedCase, SuggestedHistory};

/// The case as an item of `cases:`.
pub fn paste(case: &SuggestedCase) -> String {
    let SuggestedCase { name, campaign, alone, session, history, status } = case;
    // Writing to a String cannot fail.
    let mut out = format!("  - name: {}\n", text(name));
    if *alone {
        let _ = writeln!(out, "    campaign: {campaign}");
    }
    if !session.is_empty() {
        let attributes: Vec<String> = session.iter().map(|(name, value)| format!("{}: {}", text(name), value_text(value))).collect();
        let _ = writeln!(out, "    session: {{ {} }}", attributes.join(", "));
    }
    if let Some(SuggestedHistory { seconds, times, contact }) = history {
        let times = if *times == 1 { String::new() } else { format!(", times: {times}") };
        let contact = contact.map(|contact| format!(", contact: \"{contact}\"")).unwrap_or_default();
        let _ = writeln!(out, "    history: [{{ invited: {campaign}, ago: {seconds}s{times}{contact} }}]");
    }
    let _ = writeln!(out, "    expect: {{ {campaign}: {status} }}");
    out
}

fn value_text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Null => "null".to_owned(),
        AttributeValue::Scalar(Scalar::Boolean(value)) => value.to_string(),
        AttributeValue::Scalar(Scalar::Number(value)) => value.to_string(),
        AttributeValue::Scalar(Scalar::Text(value)) => text(value),
    }
}

/// Plain where every reader of YAML takes it for this text, else in double quotes; `${` stays one.
fn text(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' ');
    let is_word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if starts && !is_word && !text.ends_with(' ') && text.chars().all(is_simple) {
        return text.to_owned();
    }
    let quoted = serde_json::to_string(&text.replace("${", "$${")).unwrap_or_default();
    // JSON spells out what would act on a terminal only below the space; YAML knows the same escapes for the rest.
    quoted.chars().map(|c| if inline(&c.to_string()) == c.to_string() { c.to_string() } else { format!("\\U{:08X}", c as u32) }).collect()
}
