//! The JSON Schema of the bodies, made from [`CampaignSpec`] and tightened to what the wire takes.

use jsonschema::{Keyword, ValidationError, Validator};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::emulator::server::UnknownFields;
use crate::model::CampaignSpec;

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

/// The schema of [`CampaignSpec`] on the wire.
pub(super) fn spec_schema(unknown_fields: UnknownFields) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<CampaignSpec>().to_value();
    tighten(&mut schema, unknown_fields);
    schema
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::options()
        .with_keyword(WHOLE_NUMBER, |_, _, _| Ok(Box::new(WholeNumber)))
        .build(schema)
        .expect("a schema made from the model is a schema")
}

/// Everywhere in the schema: `null` is no value of an optional field, a choice of words is one `enum`, a count is whole.
fn tighten(schema: &mut Value, unknown_fields: UnknownFields) {
    match schema {
        Value::Object(fields) => {
            forbid_null(fields);
            gather_words(fields);
            if fields.get("format").is_some_and(|format| format == "uint64") {
                fields.insert(WHOLE_NUMBER.to_owned(), true.into());
            }
            if unknown_fields == UnknownFields::Keep {
                fields.remove("additionalProperties");
            }
            fields.values_mut().for_each(|value| tighten(value, unknown_fields));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tighten(item, unknown_fields)),
        _ => {}
    }
}

/// `type: [x, null]` becomes `type: x`; `anyOf: [x, {type: null}]` becomes `x`.
fn forbid_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            fields.remove("anyOf");
            fields.extend(only);
        }
    }
}

/// `oneOf` with one `const` each becomes one `enum`, whose error lists the words.
fn gather_words(fields: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = fields.get("oneOf") else { return };
    let words: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    if let Some(words) = words {
        fields.remove("oneOf");
        fields.insert("enum".to_owned(), words.into());
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
