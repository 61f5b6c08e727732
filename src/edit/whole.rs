//! A whole document as YAML, for reading: fields in the order of campaigns, short mappings on one line.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::spell::{block, fits_on_line, flow, key_text, ordered};

/// A mapping as a YAML document that ends with its line. Characters that act on a terminal or hide what is read are escaped.
pub fn whole(value: &Value) -> String {
    let mut out = String::new();
    for (name, value) in ordered(value, "") {
        // Writing to a String cannot fail.
        let _ = match value.as_array() {
            Some(items) if items.iter().any(Value::is_object) => writeln!(out, "{}:{}", key_text(name), list(items, &format!("/{name}/*"))),
            _ => writeln!(out, "{}", block(&json!({ name: value }), "", 0)),
        };
    }
    out
}

/// The items of a list, each on a line of its own, or over several where it is long.
fn list(items: &[Value], pointer: &str) -> String {
    let mut out = String::new();
    for item in items {
        // Writing to a String cannot fail.
        let _ = if fits_on_line(item, pointer, 4) {
            write!(out, "\n  - {}", flow(item, pointer))
        } else {
            write!(out, "\n  - {}", block(item, pointer, 4).trim_start())
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::whole;

    #[test]
    fn a_body_reads_like_a_file() {
        let body = json!({
            "actions": [{ "type": "webchat_invite", "priority": 1, "config": { "inviteMessage": "a\nb", "displayDuration": 3 } }],
            "filters": [{ "attributeName": "a.b", "operator": "in", "value": ["x", "\u{1b}[31m"], "dataType": "string" }],
            "throttling": { "maxInvitesPerContact": 1 },
            "enabled": true, "name": "One: two"
        });
        let expected = "name: \"One: two\"\nenabled: true\nfilters:\n  - { attributeName: a.b, operator: in, value: [x, \"\\u001B[31m\"], \
                        dataType: string }\nactions:\n  - type: webchat_invite\n    priority: 1\n    config:\n      inviteMessage: |-\n        \
                        a\n        b\n      displayDuration: 3\nthrottling: { maxInvitesPerContact: 1 }\n";
        assert_eq!(whole(&body), expected);
    }
}
