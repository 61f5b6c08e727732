//! What the server stores differently from what was sent, in words.

use serde_json::Value;

use super::escape::{inline, quoted};
use crate::reconcile::StoredField;

/// One field: what was sent, and what the server stores.
pub(super) fn stored_as(field: &StoredField) -> String {
    let StoredField { field, sent, stored } = field;
    let field = inline(field);
    match (sent, stored) {
        (Some(sent), Some(stored)) => format!("the server stores {field} {} as {}", value(sent), value(stored)),
        (Some(sent), None) => format!("the server drops {field} {}", value(sent)),
        (None, Some(stored)) => format!("the server adds {field} {}", value(stored)),
        (None, None) => format!("the server changes {field}"),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => inline(&other.to_string()),
    }
}
