//! Makes a generated schema say what the files mean, in words that editors show and a validator can explain.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// Tidies one schema object; applied to every subschema.
pub fn tidy(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    forbid_null(object);
    list_words(object);
    forget_widths(object);
    join_lines(object);
}

/// Tidies one schema object of a document that is written and not read: what is left out is never `null` there, and what
/// is always there may be.
pub fn tidy_output(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let required: Vec<Value> = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        let optional = properties.iter_mut().filter(|(name, _)| !required.iter().any(|required| required == name.as_str()));
        optional.filter_map(|(_, property)| property.as_object_mut()).for_each(forbid_null);
    }
    forget_widths(object);
    join_lines(object);
}

/// `uint64` and its like are no formats of JSON Schema: editors warn about them.
fn forget_widths(object: &mut Map<String, Value>) {
    if object.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint") || format.starts_with("int")) {
        object.remove("format");
    }
}

/// A field that may be left out may not be `null`: an empty value is a slip, and the API would refuse it.
fn forbid_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (keyword, value) in only {
                object.entry(keyword).or_insert(value);
            }
        }
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
}

/// Documented words come as `oneOf` of `const`, which a validator can only answer with "none of these schemas". An `enum`
/// names the words; the documentation moves to the keywords that VS Code and the YAML language server show.
fn list_words(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    let mut words = Vec::new();
    let mut descriptions = Vec::new();
    for choice in choices {
        let Some(word) = choice.get("const") else { return };
        words.push(word.clone());
        descriptions.push(choice.get("description").cloned().unwrap_or_else(|| json!("")));
    }
    object.remove("oneOf");
    object.insert("type".to_owned(), json!("string"));
    object.insert("enum".to_owned(), Value::Array(words));
    object.insert("enumDescriptions".to_owned(), Value::Array(descriptions.clone()));
    object.insert("markdownEnumDescriptions".to_owned(), Value::Array(descriptions));
}

/// Documentation is wrapped in the source; a line break there is none in a hover.
fn join_lines(object: &mut Map<String, Value>) {
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
    }
}
