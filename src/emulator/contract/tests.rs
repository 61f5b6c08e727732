//! Bodies that are taken and bodies that are not, with the fields that are named.

use serde_json::{Value, json};

use super::{Contract, Failure};
use crate::emulator::server::UnknownFields;

fn valid() -> Value {
    json!({
        "name": "Pricing", "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "external.churn", "operator": "greater_than", "value": 0.72, "dataType": "float" },
            { "attributeName": "browser.locale", "operator": "in", "value": ["en-US", "de-DE"], "dataType": "string" },
        ],
        "actions": [{
            "type": "webchat_invite", "priority": 1,
            "config": { "inviteMessage": "Hello", "displayDuration": 300 },
            "routingConfig": { "queueId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "skillGroups": ["a"], "priorityLevel": 10 },
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 0, "maxInvitesPerMinute": 1 },
    })
}

/// The valid body with one value set; the pointer's last step may be new.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = valid();
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(parent).expect(parent)[last] = value;
    body
}

fn fields(failure: &Failure) -> Vec<String> {
    failure.problems().iter().map(|problem| format!("{} {}", problem.code, problem.field)).collect()
}

#[test]
fn what_the_contract_allows_is_taken() {
    let contract = Contract::new(UnknownFields::Reject);
    let table = [
        valid(),
        with("/filters/0/value", json!(1)),
        with("/filters/1/value", json!([])),
        with("/enabled", json!(true)),
        with("/description", json!("")),
        with("/throttling", json!({})),
        with("/actions/0/config", json!({})),
        with("/name", json!("é".repeat(256))),
    ];
    for body in table {
        assert!(contract.create(body.clone()).is_ok(), "{body}");
    }
}

#[test]
fn what_it_does_not_allow_is_named() {
    let contract = Contract::new(UnknownFields::Reject);
    let table = [
        (with("/color", json!(1)), vec!["unknown.field color"]),
        (with("/version", json!(1)), vec!["unknown.field version"]),
        (with("/filters/0/weight", json!(1)), vec!["unknown.field filters[0].weight"]),
        (with("/actions/0/label", json!(1)), vec!["unknown.field actions[0].label"]),
        (with("/actions/0/config/theme", json!(1)), vec!["unknown.field actions[0].config.theme"]),
        (with("/actions/0/routingConfig/queue", json!("x")), vec!["unknown.field actions[0].routingConfig.queue"]),
        (with("/throttling/perDay", json!(1)), vec!["unknown.field throttling.perDay"]),
        (with("/enabled", json!("yes")), vec!["invalid.value enabled"]),
        (with("/enabled", json!(null)), vec!["invalid.value enabled"]),
        (with("/throttling", json!(null)), vec!["invalid.value throttling"]),
        (with("/actions/0/config", json!(null)), vec!["invalid.value actions[0].config"]),
        (with("/actions/0/config/inviteMessage", json!(null)), vec!["invalid.value actions[0].config.inviteMessage"]),
        (with("/throttling/maxInvitesPerContact", json!(null)), vec!["invalid.value throttling.maxInvitesPerContact"]),
        (with("/throttling/maxInvitesPerMinute", json!(0)), vec!["invalid.value throttling.maxInvitesPerMinute"]),
        (with("/throttling/cooldownSeconds", json!(45.0)), vec!["invalid.value throttling.cooldownSeconds"]),
        (with("/throttling/cooldownSeconds", json!(1e30)), vec!["invalid.value throttling.cooldownSeconds"]),
        (with("/throttling/cooldownSeconds", json!(-1)), vec!["invalid.value throttling.cooldownSeconds"]),
        (with("/actions/0/priority", json!(0)), vec!["invalid.value actions[0].priority"]),
        (with("/actions/0/routingConfig/priorityLevel", json!(11)), vec!["invalid.value actions[0].routingConfig.priorityLevel"]),
        (with("/actions/0/config/inviteMessage", json!("")), vec!["invalid.value actions[0].config.inviteMessage"]),
        (with("/name", json!("")), vec!["invalid.value name"]),
        (with("/name", json!("x".repeat(257))), vec!["invalid.value name"]),
        (with("/filters", json!([])), vec!["invalid.value filters"]),
        (with("/actions", json!([])), vec!["invalid.value actions"]),
        (with("/campaignType", json!("reactive")), vec!["invalid.value campaignType"]),
        (with("/evaluationMode", json!("now")), vec!["invalid.value evaluationMode"]),
        (with("/filters/0/attributeName", json!("churn")), vec!["invalid.value filters[0].attributeName"]),
        (with("/filters/0/value", json!("0.87")), vec!["invalid.value filters[0].value"]),
        (with("/filters/0/value", json!([0.87])), vec!["invalid.value filters[0].value"]),
        (with("/filters/0/value", json!({})), vec!["invalid.value filters[0].value"]),
        (with("/filters/0/value", json!(null)), vec!["invalid.value filters[0].value"]),
        (with("/filters/1/value", json!("en-US")), vec!["invalid.value filters[1].value"]),
        (with("/filters/1/value", json!(["en-US", 1])), vec!["invalid.value filters[1].value[1]"]),
        (with("/filters/0/dataType", json!("boolean")), vec!["invalid.value filters[0].operator", "invalid.value filters[0].value"]),
        (with("/filters/0/operator", json!("contains")), vec!["invalid.value filters[0].operator"]),
        (with("/actions/0/routingConfig/queueId", json!("web")), vec!["invalid.value actions[0].routingConfig.queueId"]),
        (
            with("/actions/0/routingConfig/overflowQueueId", json!("b2c3d4e5-f6a7-8901-bcde-f2345678901")),
            vec!["invalid.value actions[0].routingConfig.overflowQueueId"],
        ),
        (json!([]), vec!["invalid.value "]),
        (json!(null), vec!["invalid.value "]),
    ];
    for (body, expected) in table {
        let failure = contract.create(body.clone()).expect_err(&body.to_string());
        assert_eq!(fields(&failure), expected, "{body}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let mut body = with("/color", json!(1));
    body["filters"][0]["value"] = json!("0.87");
    body.as_object_mut().expect("an object").remove("name");
    let failure = Contract::new(UnknownFields::Reject).create(body).expect_err("three problems");
    let mut told = fields(&failure);
    told.sort_unstable();
    assert_eq!(told, ["missing.field name", "unknown.field color"], "without a name the model's rules cannot be asked");

    let mut body = with("/color", json!(1));
    body["filters"][0]["value"] = json!("0.87");
    let failure = Contract::new(UnknownFields::Reject).create(body).expect_err("two problems");
    assert_eq!(fields(&failure), ["unknown.field color", "invalid.value filters[0].value"]);
}

#[test]
fn a_replacement_says_which_version_it_replaces() {
    for unknown_fields in [UnknownFields::Reject, UnknownFields::Keep] {
        let contract = Contract::new(unknown_fields);
        assert_eq!(contract.replace(with("/version", json!(7))).map(|(_, version)| version).ok(), Some(7));
        assert_eq!(fields(&contract.replace(valid()).expect_err("no version")), ["missing.field version"]);
        for bad in [json!("7"), json!(7.0), json!(-1), json!(null)] {
            assert_eq!(fields(&contract.replace(with("/version", bad)).expect_err("no version")), ["invalid.value version"]);
        }
    }
}

#[test]
fn a_newer_server_keeps_what_it_does_not_know_but_not_what_is_wrong() {
    let contract = Contract::new(UnknownFields::Keep);
    for pointer in ["/color", "/filters/0/weight", "/actions/0/config/theme", "/throttling/perDay", "/actions/0/routingConfig/site"] {
        assert!(contract.create(with(pointer, json!({ "any": [null] }))).is_ok(), "{pointer}");
    }
    assert!(contract.create(with("/enabled", json!("yes"))).is_err());
    let body = contract.create(with("/id", json!("mine"))).expect("taken");
    assert_eq!(body, contract.create(valid()).expect("taken"), "the server decides its own fields");
}
