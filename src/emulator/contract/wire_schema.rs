//! The JSON Schema of the bodies: that of a campaign, adjusted to what the wire takes.

use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Value, json};

use crate::emulator::server::UnknownFields;
use crate::schema;

/// A keyword of our own: the number is written without fraction or exponent and fits in 64 bits. JSON Schema's `integer`
/// takes `45.0` as well, which no client could read back as an integer.
const WHOLE_NUMBER: &str = "wholeNumber";

/// The check of a POST body.
pub(super) fn create(unknown_fields: UnknownFields) -> Validator {
    compiled(&spec_schema(unknown_fields))
}

/// The check of a PUT body: that of a POST, and a version.
pub(super) fn replace(unknown_fields: UnknownFields) -> Validator {
    let mut schema = spec_schema(unknown_fields);
    schema["properties"]["version"] = json!({ "type": "integer", "minimum": 0, WHOLE_NUMBER: true });
    if let Some(required) = schema["required"].as_array_mut() {
        required.push("version".into());
    }
    compiled(&schema)
}

/// The check of a trigger's body.
pub(super) fn trigger(unknown_fields: UnknownFields) -> Validator {
    let mut schema = schema::trigger().clone();
    adjust(&mut schema, unknown_fields);
    compiled(&schema)
}

/// The schema of a campaign's body, with what the wire is stricter or looser about.
pub(super) fn spec_schema(unknown_fields: UnknownFields) -> Value {
    let mut schema = schema::body().clone();
    adjust(&mut schema, unknown_fields);
    schema
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::options()
        .with_keyword(WHOLE_NUMBER, |_, _, _| Ok(Box::new(WholeNumber)))
        .build(schema)
        .expect("a schema made from the model is a schema")
}

/// Everywhere in the schema: a count is whole, and unknown fields are allowed where they are kept.
fn adjust(schema: &mut Value, unknown_fields: UnknownFields) {
    match schema {
        Value::Object(fields) => {
            if fields.get("type").is_some_and(|name| name == "integer") {
                fields.insert(WHOLE_NUMBER.to_owned(), true.into());
            }
            if unknown_fields == UnknownFields::Keep {
                fields.remove("additionalProperties");
            }
            fields.values_mut().for_each(|value| adjust(value, unknown_fields));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| adjust(item, unknown_fields)),
        _ => {}
    }
}

struct WholeNumber;

impl<'i> Keyword<'i> for WholeNumber {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom(format!("{instance} is not a whole number below 2^64"))) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        !instance.is_f64()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::spec_schema;
    use crate::emulator::server::UnknownFields;

    fn visit(schema: &Value, look: &mut impl FnMut(&serde_json::Map<String, Value>)) {
        match schema {
            Value::Object(fields) => {
                look(fields);
                fields.values().for_each(|value| visit(value, look));
            }
            Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
            _ => {}
        }
    }

    #[test]
    fn no_object_is_open_and_nothing_takes_null() {
        let schema = spec_schema(UnknownFields::Reject);
        let mut objects = 0;
        visit(&schema, &mut |fields| {
            if fields.get("type").is_some_and(|name| name == "object") {
                objects += 1;
                assert_eq!(fields.get("additionalProperties"), Some(&Value::Bool(false)), "{fields:?}");
            }
            assert!(!fields.contains_key("oneOf") && !fields.contains_key("anyOf"), "{fields:?}");
        });
        assert_eq!(objects, 6, "spec, filter, action, config, routingConfig, throttling");
        assert!(!schema.to_string().contains("\"null\""));
        assert!(!spec_schema(UnknownFields::Keep).to_string().contains("additionalProperties"));
    }
}
