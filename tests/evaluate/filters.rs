//! `table/filters.txt`: one filter against one attribute.

use campaignctl::model::{DecisionStatus, FilterFailure, FilterResult};
use serde_json::{Value, json};

use super::both::Both;

struct Line<'a> {
    text: &'a str,
    filter: Value,
    session_data: Value,
    expected: &'a str,
}

fn lines() -> Vec<Line<'static>> {
    let table = include_str!("table/filters.txt");
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(line).collect()
}

fn line(text: &'static str) -> Line<'static> {
    let [filter, attribute, expected] = text.split(" | ").collect::<Vec<_>>()[..] else { panic!("three parts: {text}") };
    let [data_type, operator, value] = filter.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("three words: {text}") };
    let json = |part: &str| -> Value { serde_json::from_str(part).unwrap_or_else(|error| panic!("{text}: {error}")) };
    let filter = json!({ "attributeName": "external.x", "operator": operator, "value": json(value), "dataType": data_type });
    // Another attribute with a fitting value stands beside it, and must not help.
    let mut session_data = json!({ "external.y": true });
    if attribute != "missing" {
        session_data["external.x"] = json(attribute);
    }
    Line { text, filter, session_data, expected }
}

#[tokio::test]
async fn every_filter_holds_where_the_table_says_for_the_reason_it_says() {
    let mut both = Both::start().await;
    let now = "2024-05-21T10:00:00Z".parse().unwrap();
    let lines = lines();
    assert!(lines.len() > 120, "the table was read");
    for Line { text, filter, session_data, expected } in lines {
        let body = json!({
            "name": text, "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [filter], "actions": [{ "type": "webchat_invite", "priority": 1 }],
        });
        both.campaign(text, &body).await;
        let session = json!({ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": session_data });
        let decided = both.decide(text, &session, now).await;
        let [result] = decided.filters[..] else { panic!("one filter: {text}") };
        let told = match result {
            FilterResult::Passed => "invited",
            FilterResult::Failed(FilterFailure::Missing) => "missing",
            FilterResult::Failed(FilterFailure::OtherType { .. }) => "type",
            FilterResult::Failed(FilterFailure::NotSatisfied) => "false",
        };
        assert_eq!(told, expected, "{text}");
        let status = if expected == "invited" { DecisionStatus::Invited } else { DecisionStatus::NotMatched };
        assert_eq!(decided.status, status, "{text}");
    }
}

#[tokio::test]
async fn every_filter_must_hold_and_the_lowest_priority_number_fires() {
    let mut both = Both::start().await;
    let now = "2024-05-21T10:00:00Z".parse().unwrap();
    let filter = |name: &str| json!({ "attributeName": name, "operator": "equals", "value": true, "dataType": "boolean" });
    let action =
        |priority: u64, message: &str| json!({ "type": "webchat_invite", "priority": priority, "config": { "inviteMessage": message } });
    let body = json!({
        "name": "x", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [filter("a.x"), filter("a.y")],
        "actions": [action(3, "third"), action(1, "first"), action(1, "twin"), action(2, "second")],
    });
    both.campaign("a", &body).await;
    for (x, y) in [(false, false), (false, true), (true, false), (true, true)] {
        let session = json!({ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": { "a.x": x, "a.y": y } });
        let decided = both.decide("a", &session, now).await;
        let passed: Vec<bool> = decided.filters.iter().map(|result| result.passed()).collect();
        assert_eq!(passed, [x, y], "all filters are looked at");
        assert_eq!(decided.status == DecisionStatus::Invited, x && y);
    }
    // `both` compared the action with the pure function's; this says which one it is.
    let spec = serde_json::from_value(body).unwrap();
    let session =
        serde_json::from_value(json!({ "contactId": "c", "channelId": "x", "sessionData": { "a.x": true, "a.y": true } })).unwrap();
    let asked = campaignctl::model::AskedCampaign { id: "a", spec: &spec };
    let decision = campaignctl::evaluate::decide(asked, &session, &campaignctl::evaluate::Ledger::default(), now);
    let campaignctl::model::Outcome::Invited { action } = decision.outcome else { panic!("{:?}", decision.outcome) };
    assert_eq!(action.config.as_ref().unwrap().invite_message.as_deref(), Some("first"));
}
