//! The schema of an overlay: a campaign's, of which everything may be left out but what says which filter or action is meant.

use serde_json::{Map, Value, json};

/// The lists that are merged by identity: where an item is defined, and the fields that say which one it is.
const IDENTITIES: [(&str, [&str; 2]); 2] = [("Filter", ["attributeName", "operator"]), ("Action", ["type", "priority"])];

/// The schema of an overlay, made from that of a campaign.
pub(super) fn of(campaign: &Value) -> Value {
    let mut schema = campaign.clone();
    let nullable = nullable_definitions(campaign);
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), json!("urn:campaignctl:schema:overlay"));
        root.insert("title".to_owned(), json!("Overlay"));
        root.insert(
            "description".to_owned(),
            json!("What is different for one campaign in one environment: merged field by field over the campaign of the same key. `null` removes a field."),
        );
        if let Some(fields) = root.get_mut("properties").and_then(Value::as_object_mut) {
            fields.retain(|name, _| name != "key" && name != "previously");
        }
        loosen(root, &[]);
    }
    let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) else { return schema };
    for (name, definition) in definitions {
        let Some(definition) = definition.as_object_mut() else { continue };
        let identity = IDENTITIES.iter().find(|(of, _)| of == name).map(|(_, fields)| fields.as_slice());
        loosen(definition, identity.unwrap_or_default());
        if identity.is_some() {
            add_remove(definition, name);
        }
        if nullable.contains(name) {
            allow_null(definition);
        }
    }
    schema
}

/// Definitions that only stand where a field may be left out, and so may be removed.
fn nullable_definitions(campaign: &Value) -> Vec<String> {
    let definitions = campaign.get("$defs").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let mut names = Vec::new();
    for mapping in definitions.chain([campaign]) {
        for (name, field) in mapping.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let reference = field.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix("#/$defs/"));
            names.extend(reference.filter(|_| !is_required(mapping, name)).map(str::to_owned));
        }
    }
    names
}

fn is_required(mapping: &Value, name: &str) -> bool {
    mapping.get("required").and_then(Value::as_array).is_some_and(|required| required.iter().any(|field| field == name))
}

/// Takes away what is required but for `identity`, and lets `null` stand for what may be left out.
fn loosen(mapping: &mut Map<String, Value>, identity: &[&str]) {
    let before = Value::Object(mapping.clone());
    for (name, field) in mapping.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(field) = field.as_object_mut() else { continue };
        field.remove("default");
        if !is_required(&before, name) && !field.contains_key("$ref") {
            allow_null(field);
        }
        // Of the days of `ignoreUntil` single ones are removed.
        if let Some(entry) = field.get_mut("additionalProperties").and_then(Value::as_object_mut) {
            allow_null(entry);
        }
    }
    if identity.is_empty() {
        mapping.remove("required");
    } else {
        mapping.insert("required".to_owned(), json!(identity));
    }
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(Value::String(name)) = schema.get("type") {
        let types = json!([name, "null"]);
        schema.insert("type".to_owned(), types);
    }
}

fn add_remove(definition: &mut Map<String, Value>, name: &str) {
    let noun = name.to_lowercase();
    if let Some(fields) = definition.get_mut("properties").and_then(Value::as_object_mut) {
        let description = format!("Removes the {noun} of the campaign that this entry names; no other field stands beside it.");
        fields.insert("remove".to_owned(), json!({ "type": "boolean", "const": true, "description": description }));
    }
}
