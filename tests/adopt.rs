//! Whatever is live can be written as YAML: read back it is the same campaign, and `fmt` has nothing to change in it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "campaigns/hostile.rs"]
mod hostile;

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::adopt::{Flags, Variables, document, file_text, is_faithful};
use campaignctl::edit::{Order, format};
use campaignctl::load::read_values;
use campaignctl::model::{CampaignDocument, CampaignSpec, QueueIds};
use campaignctl::{reconcile, schema};
use proptest::prelude::*;
use serde_json::{Value, json};

use hostile::{PARTS, campaign, text};

fn queues() -> QueueIds {
    let queues = [
        ("Web Support", "a1b2c3d4-e5f6-7890-abcd-ef1234567890"),
        ("Twice", "b2c3d4e5-f6a7-8901-bcde-f12345678901"),
        ("Twice", "c3d4e5f6-a7b8-9012-cdef-123456789012"),
        ("${x}: - \u{1b}\n#", "d4e5f6a7-b8c9-0123-def1-234567890123"),
        ("", "e5f6a7b8-c9d0-1234-ef12-345678901234"),
    ];
    QueueIds::new(queues.map(|(name, id)| (name.to_owned(), id.to_owned())))
}

/// Variables, some of which have values that campaigns have too.
fn variables() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let value = prop_oneof![
        text().prop_map(Value::from),
        prop::sample::select(vec![
            json!("Web Support"),
            json!("a1b2c3d4-e5f6-7890-abcd-ef1234567890"),
            json!("a"),
            json!("${x}"),
            json!(45),
            json!(45.0),
            json!(500),
            json!(1e300),
            json!(true),
            json!("true"),
        ]),
    ];
    prop::collection::btree_map("[A-Za-z_][A-Za-z0-9_-]{0,6}", value, 0..6)
}

fn flags() -> impl Strategy<Value = Flags> {
    any::<(bool, bool)>().prop_map(|(prevent_destroy, keep)| Flags { prevent_destroy, keep })
}

/// What a file says, by the loader, the schema and the types.
fn read(text: &str, variables: &BTreeMap<String, Value>) -> CampaignDocument {
    let (values, problems) = read_values(text, Some(variables));
    assert_eq!((values.len(), problems), (1, 0), "{text}");
    let value = values.into_iter().next().flatten().unwrap();
    let violations = schema::check_campaign(&value);
    assert!(violations.is_empty(), "{violations:?}\n{text}");
    serde_json::from_value(value).unwrap()
}

/// As text, because 0.0 and -0.0 are equal values.
fn letters(spec: &CampaignSpec) -> String {
    bare(spec).to_string()
}

/// A body without what means the same as nothing, and with ids in one case; written down here, apart from the product.
fn bare(spec: &CampaignSpec) -> Value {
    let mut body = serde_json::to_value(spec).unwrap();
    for action in body["actions"].as_array_mut().unwrap() {
        let action = action.as_object_mut().unwrap();
        for id in ["queueId", "overflowQueueId"] {
            if let Some(Value::String(id)) = action.get_mut("routingConfig").and_then(|routing| routing.get_mut(id)) {
                id.make_ascii_lowercase();
            }
        }
        action.retain(|name, value| !(name == "config" && *value == json!({ "autoDismissOnScroll": false })) && *value != json!({}));
    }
    body.as_object_mut().unwrap().retain(|_, value| *value != json!({}));
    body
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_live_is_what_the_file_says((spec, variables, flags) in (campaign(), variables(), flags())) {
        let queues = queues();
        let text = file_text(&document(&spec, flags, &queues, &Variables::new(&variables)), Some("../schema/campaign.schema.json"));
        let read = read(&text, &variables);
        let resolved = read.resolve(&queues).unwrap();
        prop_assert_eq!(letters(&resolved), letters(&spec), "{}", text);
        prop_assert!(is_faithful(&spec, &resolved) && reconcile::same(&spec, &resolved));
        prop_assert_eq!((read.lifecycle.prevent_destroy, read.lifecycle.keep), (flags.prevent_destroy, flags.keep));
        prop_assert_eq!((read.key, read.previously), (None, None));
        // Nothing that a terminal, an editor or a reviewer would stumble over.
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
        prop_assert!(text.lines().all(|line| !line.ends_with([' ', '\t'])), "{}", text);
        // Another reader of YAML takes it for the same.
        let (ours, _) = read_values(&text, None);
        let theirs: Value = serde_yaml::from_str(&text).unwrap();
        prop_assert_eq!(ours, [Some(theirs)], "{}", text);
        let formatted = format(&text, Order::Campaign);
        prop_assert_eq!(formatted.as_deref(), Ok(text.as_str()));
    }

}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_body_that_differs_is_not_taken_for_the_live_one((one, other) in (campaign(), campaign())) {
        prop_assert_eq!(is_faithful(&one, &other), letters(&one) == letters(&other));
        let louder = CampaignSpec { name: format!("{}!", one.name), ..one.clone() };
        prop_assert!(!is_faithful(&one, &louder));
    }
}

fn written(spec: Value, variables: &BTreeMap<String, Value>) -> String {
    let spec: CampaignSpec = serde_json::from_value(spec).unwrap();
    file_text(&document(&spec, Flags::default(), &queues(), &Variables::new(variables)), None)
}

/// What a file looks like, for every kind of value.
#[test]
fn files_are_as_people_write_them() {
    let variables: BTreeMap<String, Value> =
        [("supportQueue", json!("Web Support")), ("perMinute", json!(500)), ("locale", json!("de-DE"))]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
    let spec = json!({
        "name": "Sale: 20% off \u{1b}[31m",
        "description": "",
        "enabled": false,
        "campaignType": "proactive",
        "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "browser.locale", "operator": "equals", "value": "de-DE", "dataType": "string" },
            { "attributeName": "external.x", "operator": "in", "value": ["no", "1e3", "${y}"], "dataType": "string" },
            { "attributeName": "external.n", "operator": "greater_than", "value": 500, "dataType": "float" },
        ],
        "actions": [{
            "type": "webchat_invite",
            "priority": 1,
            "config": { "inviteMessage": "Hello,\n\n  how are you?", "autoDismissOnScroll": false },
            "routingConfig": {
                "queueId": "A1B2C3D4-E5F6-7890-ABCD-EF1234567890",
                "skillGroups": ["a"],
                "overflowQueueId": "b2c3d4e5-f6a7-8901-bcde-f12345678901",
            },
        }],
        "throttling": { "maxInvitesPerContact": 1, "maxInvitesPerMinute": 500 },
    });
    let expected = "name: \"Sale: 20% off \\u001B[31m\"
campaignType: proactive
evaluationMode: realtime
filters:
  - { attributeName: browser.locale, operator: equals, value: \"${locale}\", dataType: string }
  - { attributeName: external.x, operator: in, value: [\"no\", \"1e3\", \"$${y}\"], dataType: string }
  - { attributeName: external.n, operator: greater_than, value: \"${perMinute}\", dataType: float }
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: |-
        Hello,

          how are you?
    routingConfig:
      queue: ${supportQueue}
      skillGroups: [a]
      overflowQueueId: b2c3d4e5-f6a7-8901-bcde-f12345678901
throttling: { maxInvitesPerContact: 1, maxInvitesPerMinute: \"${perMinute}\" }
";
    assert_eq!(written(spec, &variables), expected);
}

#[test]
fn the_parts_of_hostile_texts_differ() {
    assert_eq!(PARTS.iter().collect::<BTreeSet<_>>().len(), PARTS.len());
}
