//! A whole document written anew, in the layout that `fmt` gives it.

use serde_json::Value;

use super::spell::{Around, flow, key_text, ordered, scalar};

/// Columns of one level.
const STEP: usize = 2;
/// A list or mapping in brackets reaches no further to the right than this.
const WIDTH: usize = 120;
/// Mappings that stand on one line where they fit: JSON pointer, with `*` for every item of a list.
const BRACKETED: [&str; 3] = ["/filters/*", "/throttling", "/lifecycle"];

/// The document as text: fields in the order of campaigns, long texts as blocks of lines. `${` in a text is written as it
/// stands. The caller reads the text back before anything is kept.
pub fn composed(document: &Value) -> String {
    let mut out = String::new();
    entries(&mut out, document, "", 0, false);
    out
}

/// The entries of a mapping, each with its line end; `joined`: the first one goes on behind a `- `.
fn entries(out: &mut String, mapping: &Value, pointer: &str, indent: usize, joined: bool) {
    for (at, (name, value)) in ordered(mapping, pointer).into_iter().enumerate() {
        if at > 0 || !joined {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        let key = key_text(name);
        out.push_str(&key);
        out.push(':');
        let below = format!("{pointer}/{name}");
        let column = indent + key.chars().count() + 1;
        match value {
            Value::Object(fields) if !fields.is_empty() && !is_bracketed(value, &below, column) => {
                out.push('\n');
                entries(out, value, &below, indent + STEP, false);
            }
            Value::Array(list) if !list.is_empty() && !is_bracketed(value, &below, column) => {
                out.push('\n');
                items(out, list, &below, indent + STEP);
            }
            _ => on_line(out, value, &below, indent + STEP),
        }
    }
}

/// The items of a list, each with its line end.
fn items(out: &mut String, list: &[Value], pointer: &str, indent: usize) {
    let below = format!("{pointer}/*");
    for item in list {
        out.extend(std::iter::repeat_n(' ', indent));
        out.push('-');
        if item.as_object().is_some_and(|fields| !fields.is_empty()) && !is_bracketed(item, &below, indent + 1) {
            out.push(' ');
            entries(out, item, &below, indent + STEP, true);
        } else {
            on_line(out, item, &below, indent + STEP);
        }
    }
}

/// A value that begins on the line of its key or dash; the lines of a text stand at `indent`.
fn on_line(out: &mut String, value: &Value, pointer: &str, indent: usize) {
    out.push(' ');
    match value {
        Value::Object(_) | Value::Array(_) => out.push_str(&flow(value, pointer)),
        text => out.push_str(&scalar(text, Around::Block { indent })),
    }
    out.push('\n');
}

/// Whether a list or mapping stands in brackets behind `column`: of scalars, of a kind that people write so, and short enough.
fn is_bracketed(value: &Value, pointer: &str, column: usize) -> bool {
    let is_short = |value: &Value| match value {
        Value::Object(_) | Value::Array(_) => false,
        Value::String(text) => !text.contains('\n'),
        _ => true,
    };
    let is_flat = match value {
        Value::Array(items) => items.iter().all(is_short),
        Value::Object(fields) => {
            let is_row = |value: &Value| value.as_array().map_or_else(|| is_short(value), |items| items.iter().all(is_short));
            BRACKETED.contains(&pointer) && fields.values().all(is_row)
        }
        _ => false,
    };
    is_flat && column + 1 + flow(value, pointer).chars().count() <= WIDTH
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::composed;
    use crate::edit::{Order, format};

    #[test]
    fn a_document_reads_as_people_write_it() {
        let words = "Comparing plans, or looking for one that is not listed here? ".repeat(3);
        let document = json!({
            "throttling": { "cooldownSeconds": 86400, "maxInvitesPerContact": 1 },
            "name": "Pricing: churn",
            "description": "First line.\n\nSecond one.\n",
            "filters": [
                { "dataType": "float", "value": 0.72, "operator": "greater_than", "attributeName": "external.churn" },
                { "attributeName": "browser.locale", "operator": "in", "value": ["de-DE", "no", "${locale}"], "dataType": "string" },
                { "attributeName": "referrer.page", "operator": "equals", "value": "x".repeat(90), "dataType": "string" },
            ],
            "actions": [{
                "priority": 1,
                "type": "webchat_invite",
                "config": { "inviteMessage": words.trim_end() },
                "routingConfig": { "queue": "${supportQueue}", "skillGroups": ["a", "b"] },
            }],
        });
        let text = composed(&document);
        let expected = format!(
            "name: \"Pricing: churn\"
description: |
  First line.

  Second one.
filters:
  - {{ attributeName: external.churn, operator: greater_than, value: 0.72, dataType: float }}
  - {{ attributeName: browser.locale, operator: in, value: [de-DE, \"no\", \"${{locale}}\"], dataType: string }}
  - attributeName: referrer.page
    operator: equals
    value: {}
    dataType: string
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: >-
        Comparing plans, or looking for one that is not listed here? Comparing plans, or looking for
        one that is not listed here? Comparing plans, or looking for one that is not listed here?
    routingConfig:
      queue: ${{supportQueue}}
      skillGroups: [a, b]
throttling: {{ maxInvitesPerContact: 1, cooldownSeconds: 86400 }}
",
            "x".repeat(90)
        );
        assert_eq!(text, expected);
        assert_eq!(format(&text, Order::Campaign).as_deref(), Ok(text.as_str()));
    }
}
