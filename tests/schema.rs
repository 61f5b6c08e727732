//! The committed schema files are what the types say.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::path::Path;

use campaignctl::schema;

#[test]
fn the_committed_schema_files_are_the_generated_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    for (name, generated) in schema::files() {
        let path = folder.join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed.replace("\r\n", "\n") == generated,
            "schema/{name} is not what the types say; refresh it with: cargo run -- schema --write"
        );
    }
}

#[test]
fn both_schemas_compile_and_allow_no_unknown_field() {
    fn walk(schema: &serde_json::Value, at: &str) {
        let Some(object) = schema.as_object() else { return };
        if object.contains_key("properties") {
            assert_eq!(object.get("additionalProperties"), Some(&serde_json::Value::Bool(false)), "{at}");
        }
        for (name, below) in object {
            walk(below, &format!("{at}/{name}"));
        }
    }
    for schema in [schema::campaign(), schema::project()] {
        jsonschema::draft202012::new(schema).unwrap();
        walk(schema, "");
        let text = schema.to_string();
        assert!(!text.contains("\"null\"") && !text.contains("uint64") && !text.contains("oneOf"), "{text}");
    }
}
