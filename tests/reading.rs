//! Whatever bytes come, the reader answers; and where other YAML readers answer too, it gives the same values.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "rules/harness.rs"]
mod harness;

use std::collections::BTreeMap;
use std::fs;

use campaignctl::load::read_values;
use campaignctl::{lint, schema};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// JSON values as campaigns hold them, with texts that look like other things.
fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-zA-Z0-9 _.:#,\\-\\[\\]{}&*!|>'\"%@`~\n\t\\\\]{0,12}",
        prop::sample::select(vec![
            "no", "on", "true", "null", "~", "1.10", "0644", "1e3", "0x1F", ".inf", "- a", "a: b", "# c", "", " ", "é", "🙂", "=", "---",
            "..."
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12f64).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn read(text: &str) -> Option<Value> {
    let (mut values, problems) = read_values(text, None);
    assert!(values.len() <= 1, "{text:?}");
    if problems > 0 { None } else { values.pop().flatten() }
}

/// What the reader says of bytes, through the whole path from the disk to the lint.
fn survives(bytes: &[u8]) {
    let folder = harness::project();
    fs::write(folder.path().join("campaigns/a.yaml"), bytes).unwrap();
    let run = harness::run(folder.path());
    run.assert_places("arbitrary");
    assert!(!run.findings.is_empty() || !run.keys.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn arbitrary_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&bytes);
    }

    #[test]
    fn arbitrary_yaml_like_text_is_answered(text in "([a-c]{0,2}[ \t\n]{0,3}(: |- |\\? |\\[|\\]|\\{|\\}|, |&a |\\*a|!!str |!x |'|\"|\\||>|#|<<|---\n|\\.\\.\\.\n|%|\\$\\{|\\$\\$\\{x\\}|\\\\|ä|0x|1e|\\.inf|\r\n)?){0,40}") {
        survives(text.as_bytes());
        let _ = read_values(&text, Some(&BTreeMap::new()));
    }

    /// To ask the parser for comments, which is done where a file may hold one for us, changes nothing else.
    #[test]
    fn comments_for_us_change_no_value(text in "([a-c]{0,2}[ \t\n]{0,3}(: |- |\\? |\\[|\\]|\\{|\\}|, |&a |\\*a|'|\"|\\||>| # campaignctl: allow\\(a\\) b\n|#|---\n|\\.\\.\\.\n|\\$\\{|ä|\r\n)?){0,40}") {
        let without = text.replace("campaignctl:", "campaignctl_");
        let (values, problems) = read_values(&without, None);
        let values: Vec<_> = values.iter().map(|value| serde_json::to_string(value).unwrap().replace("campaignctl_", "campaignctl:")).collect();
        let (with, told) = read_values(&text, None);
        let with: Vec<_> = with.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
        prop_assert_eq!((with, told), (values, problems), "{:?}", text);
        survives(text.as_bytes());
    }

    #[test]
    fn broken_campaigns_are_answered(at in 0..harness::GOOD.len(), with in "[ \t\n:\\-\\[\\]{}&*!|>'\"%@`~$a1]{0,3}", cut in 0..4usize) {
        let end = (at + cut).min(harness::GOOD.len());
        survives(format!("{}{with}{}", &harness::GOOD[..at], &harness::GOOD[end..]).as_bytes());
    }

    #[test]
    fn written_values_are_read_back(value in values()) {
        prop_assume!(!value.is_null());
        let text = serde_yaml::to_string(&value).unwrap();
        prop_assert_eq!(read(&text), Some(value), "{}", text);
    }

    #[test]
    fn json_is_yaml(value in values()) {
        prop_assume!(!value.is_null());
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read(&text), Some(value), "{}", text);
    }

    #[test]
    fn the_schema_answers_any_value(value in values()) {
        for violation in schema::check_campaign(&value).into_iter().chain(schema::check_project(&value)) {
            prop_assert!(!violation.message.is_empty() && violation.help.is_some(), "{violation:?}");
        }
    }

    /// Schema and types come from one source: what one takes the other takes.
    #[test]
    fn the_schema_accepts_what_the_types_accept(field in prop::sample::select(vec!["name", "enabled", "description", "filters", "actions", "throttling", "lifecycle", "key"]), value in values()) {
        let mut campaign = read(harness::GOOD).unwrap();
        campaign[field] = value;
        if schema::check_campaign(&campaign).is_empty() {
            let decoded = serde_json::from_value::<campaignctl::model::CampaignDocument>(campaign.clone());
            prop_assert!(decoded.is_ok(), "{campaign}: {decoded:?}");
        }
    }
}

#[test]
fn scalars_agree_with_the_other_reader() {
    for text in [
        "no",
        "on",
        "yes",
        "True",
        "~",
        "null",
        "0o17",
        "0x1F",
        "1.10",
        ".5",
        "1e3",
        "-0",
        "+12",
        "12e03",
        "2026-11-20",
        "1_000",
        "a#b",
        "'no'",
        "\"\\u00e9\"",
        "|\n  a\n  b\n",
        ">\n  a\n  b\n",
    ] {
        let document = format!("a: {text}\n");
        let other: Value = serde_yaml::from_str(&document).unwrap();
        assert_eq!(read(&document), Some(other.clone()), "{text}");
        let typed: Value = serde_saphyr::from_str(&document).unwrap();
        assert!(typed == other || matches!(text, "no" | "on" | "yes" | "1_000"), "{text}: {typed}");
    }
}

#[test]
fn whole_floats_are_no_integers_for_schema_and_types_alike() {
    let mut campaign = read(harness::GOOD).unwrap();
    campaign["throttling"] = json!({ "cooldownSeconds": 60.0, "maxInvitesPerMinute": 1e3 });
    let violations = schema::check_campaign(&campaign);
    let told: Vec<_> = violations.iter().map(|violation| (violation.pointer.as_str(), violation.rule, violation.help.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("/throttling/cooldownSeconds", "wrong-type", Some("write 60")),
            ("/throttling/maxInvitesPerMinute", "wrong-type", Some("write 1000"))
        ]
    );
    assert!(lint::rule("value-type").is_some());
}
