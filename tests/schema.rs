//! The committed schema files are what the types say.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::path::Path;

use campaignctl::{render, schema};

#[test]
fn the_committed_schema_files_are_the_generated_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let plan = (render::plan::JSON_SCHEMA_FILE, render::plan::json_schema_text());
    let explain = (render::explain::JSON_SCHEMA_FILE, render::explain::json_schema_text());
    let plans = (render::plan::SEVERAL_SCHEMA_FILE, render::plan::several_schema_text());
    let replay = (render::replay::JSON_SCHEMA_FILE, render::replay::json_schema_text());
    for (name, generated) in schema::files().into_iter().chain([plan, plans, explain, replay]) {
        let path = folder.join(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed.replace("\r\n", "\n") == generated,
            "schema/{name} is not what the types say; refresh it with: cargo run -- schema --write"
        );
    }
}

#[test]
fn the_schemas_compile_and_allow_no_unknown_field() {
    fn walk(schema: &serde_json::Value, at: &str) {
        let Some(object) = schema.as_object() else { return };
        if object.contains_key("properties") {
            assert_eq!(object.get("additionalProperties"), Some(&serde_json::Value::Bool(false)), "{at}");
        }
        for (name, below) in object {
            walk(below, &format!("{at}/{name}"));
        }
    }
    for schema in [schema::campaign(), schema::project(), schema::test(), schema::trigger()] {
        jsonschema::draft202012::new(schema).unwrap();
        walk(schema, "");
        let text = schema.to_string();
        assert!(!text.contains("\"null\"") && !text.contains("uint64") && !text.contains("oneOf"), "{text}");
    }
}

/// Every filter of a small world: the schema an editor uses and the rules of `validate` accept the same ones.
#[test]
fn the_schema_marks_the_filters_that_the_rules_find() {
    use campaignctl::diagnostic::SourceMap;
    use campaignctl::lint::{self, Subject};
    use campaignctl::model::{CampaignDocument, CampaignKey, DataType, Operator};
    use serde_json::json;

    let validator = jsonschema::draft202012::new(schema::campaign()).unwrap();
    let mut sources = SourceMap::default();
    let file = sources.add_file("a.yaml", "", vec![Default::default()]);
    let key = CampaignKey::new("a").unwrap();
    let values = [
        json!(0.5),
        json!(45),
        json!(-1),
        json!(true),
        json!("text"),
        json!("0.5"),
        json!([]),
        json!([1]),
        json!([0.5]),
        json!(["a"]),
        json!([true]),
        json!([1, "a"]),
    ];
    let mut marked = 0;
    for (operator, data_type) in Operator::ALL.into_iter().flat_map(|operator| DataType::ALL.map(|data_type| (operator, data_type))) {
        for value in &values {
            let filter =
                json!({ "attributeName": "session.a", "operator": operator.as_str(), "value": value, "dataType": data_type.as_str() });
            let document = json!({
                "name": "a", "campaignType": "proactive", "evaluationMode": "realtime",
                "filters": [filter], "actions": [{ "type": "webchat_invite", "priority": 1 }]
            });
            let typed: CampaignDocument = serde_json::from_value(document.clone()).unwrap();
            let subject =
                Subject { key: &key, document: &typed, indices: None, source: campaignctl::diagnostic::DocumentId { file, index: 0 } };
            let found = lint::check(&[subject], &sources);
            assert_eq!(validator.is_valid(&document), found.is_empty(), "{filter}: {found:?}");
            assert_eq!(schema::check_campaign(&document), [], "the rules speak of these, not the schema: {filter}");
            marked += usize::from(!found.is_empty());
        }
    }
    assert!(marked > 300, "{marked}");
    let with_variable = |data_type: &str, value: &str| {
        json!({
            "name": "a", "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [{ "attributeName": "session.a", "operator": "equals", "value": value, "dataType": data_type }],
            "actions": [{ "type": "webchat_invite", "priority": 1 }]
        })
    };
    assert!(validator.is_valid(&with_variable("float", "${limit}")), "an editor lets a variable stand");
    assert!(!validator.is_valid(&with_variable("float", "0.87")));
}
