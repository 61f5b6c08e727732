//! What a schema cannot say of a session: that its data is flat, and that its timestamp is one.

use jiff::Timestamp;
use serde_json::Value;

use super::joined;
use crate::emulator::failure::Problem;

/// Every rule the session breaks. A part that has the wrong type altogether is the schema's to name.
pub(super) fn broken_rules(body: &Value) -> Vec<Problem> {
    let attributes = body.get("sessionData").and_then(Value::as_object);
    let nested = attributes.into_iter().flatten().filter(|(_, value)| value.is_object() || value.is_array());
    let mut problems: Vec<Problem> = nested
        .map(|(name, value)| {
            let field = joined("sessionData", name);
            let kind = if value.is_array() { "an array" } else { "an object" };
            let message = format!("`{field}`: sessionData is flat, and {kind} is no attribute value");
            Problem::invalid_value(field, message)
        })
        .collect();
    let timestamp = body.pointer("/evaluationContext/timestamp").and_then(Value::as_str);
    if let Some(reason) = timestamp.and_then(|text| text.parse::<Timestamp>().err()) {
        let field = "evaluationContext.timestamp";
        problems.push(Problem::invalid_value(field, format!("`{field}` is no date and time with offset (RFC 3339): {reason}")));
    }
    problems
}
