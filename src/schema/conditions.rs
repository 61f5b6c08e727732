//! What a filter's fields ask of each other, as far as JSON Schema can say it, so that an editor marks it while typing.
//!
//! `validate` leaves these to the rules `operator-type`, `list-operator` and `value-type`, which say why and what to write
//! instead; [`is_condition`] tells their violations apart. A test holds both to the same verdict.

use serde_json::{Value, json};

use crate::model::{DataType, Operator};

/// A value that is a variable: it has the right type only once it is filled in.
const VARIABLE: &str = r"^\$\{[^}]+\}$";

/// Adds the conditions to the schema of a filter.
pub(super) fn add(schema: &mut Value) {
    let mut conditions: Vec<Value> = DataType::ALL.into_iter().map(of_type).collect();
    conditions.push(of_lists());
    if let Some(filter) = schema.pointer_mut("/$defs/Filter").and_then(Value::as_object_mut) {
        filter.insert("allOf".to_owned(), Value::Array(conditions));
    }
}

/// Whether a violation is of a condition: its keyword stands below a `then` or `else`.
pub(super) fn is_condition(schema_path: &str) -> bool {
    schema_path.contains("/then/") || schema_path.contains("/else/")
}

/// Where `dataType` is this type: which operators there are, and what a value is.
fn of_type(data_type: DataType) -> Value {
    let operators: Vec<&str> = Operator::ALL.into_iter().filter(|operator| operator.applies_to(data_type)).map(Operator::as_str).collect();
    let (json_type, slip) = match data_type {
        DataType::Float => ("number", "a float is written without quotes, or as ${variable}"),
        DataType::Integer => ("integer", "an integer is written without quotes, or as ${variable}"),
        DataType::Boolean => ("boolean", "write true or false without quotes, or ${variable}"),
        DataType::String => ("string", ""),
    };
    let value = if data_type == DataType::String {
        json!({ "type": ["string", "array"], "items": { "type": "string" } })
    } else {
        let scalar = json!({ "type": [json_type, "string"], "pattern": VARIABLE, "patternErrorMessage": slip });
        json!({ "type": [json_type, "string", "array"], "pattern": VARIABLE, "patternErrorMessage": slip, "items": scalar })
    };
    json!({
        "if": { "properties": { "dataType": { "const": data_type.as_str() } }, "required": ["dataType"] },
        "then": { "properties": { "operator": { "enum": operators }, "value": value } }
    })
}

/// `in` and `not_in` take an array that is not empty; no other operator takes one.
fn of_lists() -> Value {
    let lists: Vec<&str> = Operator::ALL.into_iter().filter(|operator| operator.takes_list()).map(Operator::as_str).collect();
    json!({
        "if": { "properties": { "operator": { "enum": lists } }, "required": ["operator"] },
        "then": { "properties": { "value": { "type": ["array", "string"], "minItems": 1, "pattern": VARIABLE } } },
        "else": { "properties": { "value": { "type": ["boolean", "number", "string"] } } }
    })
}
