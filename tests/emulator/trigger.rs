//! Triggers and suppression over HTTP: what is refused, what is remembered, what a restart keeps. What is decided is
//! the table of `tests/evaluate`.

use campaignctl::emulator::UnknownFields;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::session::{CAMPAIGNS, Hands, Session, answer, one};
use super::{folder, futures_of};

const NOON: &str = "2024-05-21T12:00:00Z";
const QUEUE: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";

fn campaign(throttling: &Value) -> Value {
    json!({
        "name": "Pricing", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "external.churn", "operator": "greater_than", "value": 0.72, "dataType": "float" }],
        "actions": [
            { "type": "webchat_invite", "priority": 2 },
            { "type": "webchat_invite", "priority": 1, "routingConfig": { "queueId": QUEUE } },
        ],
        "throttling": throttling,
    })
}

fn once_a_minute() -> Value {
    json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 60 })
}

fn session(contact_id: &str) -> Value {
    json!({ "contactId": contact_id, "channelId": "webchat:x", "sessionData": { "external.churn": 0.87 } })
}

fn with_id(contact_id: &str, request_id: &str) -> Value {
    let mut session = session(contact_id);
    session["evaluationContext"] = json!({ "requestId": request_id, "correlationId": "corr" });
    session
}

#[tokio::test]
async fn a_decision_has_the_form_of_the_contract() {
    let (folder, hands) = (folder(), Hands::at(NOON));
    let server = Session::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
    let created = server.create(&campaign(&once_a_minute())).await;
    assert_eq!(created["dateCreated"], "2024-05-21T12:00:00.000Z", "one clock for everything");
    let mut request = with_id("ext:1", "r1");
    request["evaluationContext"]["timestamp"] = json!("2019-01-01T00:00:00Z");
    let invited = server.trigger(&created["id"], &request).await;
    let expected = json!({
        "campaignId": created["id"], "contactId": "ext:1", "status": "invited", "action": created["actions"][1],
        "requestId": "r1", "correlationId": "corr", "evaluatedAt": NOON,
    });
    assert_eq!((invited.status, invited.body), (200, expected));
    assert_eq!((invited.retry_after, invited.remaining), (None, None), "the campaign has no cap");

    hands.set("2024-05-21T12:00:59.999Z");
    let suppressed = server.trigger(&created["id"], &session("ext:1")).await;
    let expected = json!({
        "campaignId": created["id"], "contactId": "ext:1", "status": "suppressed", "expiresAt": "2024-05-21T12:01:00Z",
        "evaluatedAt": "2024-05-21T12:00:59.999Z",
    });
    assert_eq!((suppressed.status, suppressed.body), (200, expected));

    let mut batch = campaign(&once_a_minute());
    batch["evaluationMode"] = json!("batch");
    let batch = server.create(&batch).await;
    let queued = server.trigger(&batch["id"], &session("ext:2")).await;
    assert_eq!((queued.status, &queued.body["status"]), (202, &json!("queued")));
    assert_eq!(server.suppression("ext:2").await, json!({ "contactId": "ext:2", "suppressed": false, "tokens": [] }));
    let queued = server.trigger(&batch["id"], &with_id("ext:2", "r")).await;
    assert_eq!(server.trigger(&batch["id"], &with_id("ext:2", "r")).await, queued, "a repeated one is 202 again");
}

#[tokio::test]
async fn a_body_that_is_no_session_is_refused_with_its_fields() {
    let folder = folder();
    let server = Session::start(folder.path(), UnknownFields::Reject).await;
    let created = server.create(&campaign(&once_a_minute())).await;
    let with = |pointer: &str, value: Value| {
        let mut body = with_id("ext:1", "r");
        let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
        body.pointer_mut(parent).expect("a parent")[last] = value;
        body
    };
    let table = [
        (json!({}), vec!["missing.field contactId", "missing.field channelId", "missing.field sessionData"]),
        (json!([]), vec!["invalid.value "]),
        (with("/color", json!("red")), vec!["unknown.field color"]),
        (with("/evaluationContext/color", json!("red")), vec!["unknown.field evaluationContext.color"]),
        (with("/contactId", json!("")), vec!["invalid.value contactId"]),
        (with("/contactId", json!(7)), vec!["invalid.value contactId"]),
        (with("/channelId", json!(null)), vec!["invalid.value channelId"]),
        (with("/sessionData", json!([])), vec!["invalid.value sessionData"]),
        (with("/sessionData/a.b", json!({ "c": 1 })), vec!["invalid.value sessionData.a.b"]),
        (with("/sessionData/a.b", json!([1])), vec!["invalid.value sessionData.a.b"]),
        (with("/evaluationContext", json!("now")), vec!["invalid.value evaluationContext"]),
        (with("/evaluationContext/timestamp", json!("yesterday")), vec!["invalid.value evaluationContext.timestamp"]),
        (with("/evaluationContext/timestamp", json!("2024-05-21T12:00:00")), vec!["invalid.value evaluationContext.timestamp"]),
        (with("/evaluationContext/timestamp", json!(1_716_292_800)), vec!["invalid.value evaluationContext.timestamp"]),
        (with("/evaluationContext/requestId", json!("")), vec!["invalid.value evaluationContext.requestId"]),
    ];
    for (body, expected) in table {
        let refused = server.trigger(&created["id"], &body).await;
        let details = refused.body["details"].as_array().unwrap_or_else(|| panic!("{body}: {refused:?}"));
        let told: Vec<String> = details
            .iter()
            .map(|one| format!("{} {}", one["errorCode"].as_str().expect("a code"), one["fieldName"].as_str().expect("a field")))
            .collect();
        assert_eq!((refused.status, told), (400, expected.into_iter().map(str::to_owned).collect()), "{body}");
    }
    let path = format!("{}/trigger", one(&created["id"]));
    let post = |body: &'static str| server.request(Method::POST, &path).header(CONTENT_TYPE, "application/json").body(body);
    for (request, expected) in [
        (post("{"), 400),
        (post("{\"contactId\":\"a\",\"channelId\":\"b\",\"sessionData\":{\"a.b\":1e999}}"), 400),
        (server.request(Method::POST, &path).body("{}"), 415),
        (server.request(Method::GET, &path), 405),
        (server.request(Method::POST, &format!("{CAMPAIGNS}/{}/trigger", uuid::Uuid::nil())).json(&session("a")), 404),
        (server.request(Method::POST, &format!("{CAMPAIGNS}/no-uuid/trigger")).json(&session("a")), 404),
        (server.request(Method::POST, &format!("{CAMPAIGNS}/%FF/trigger")).json(&session("a")), 400),
        (server.request(Method::GET, "/api/v2/analytics/predictiveengagement/contacts/%FF/suppression"), 400),
    ] {
        let (status, body) = answer(request).await;
        assert_eq!((status, body.get("contextId").is_some()), (expected, true), "{body}");
    }
    assert_eq!(server.trigger(&created["id"], &with("/sessionData/a.b", json!(null))).await.status, 200, "null is of no type");

    drop(server);
    let newer = Session::start(folder.path(), UnknownFields::Keep).await;
    assert_eq!(newer.trigger(&created["id"], &with("/color", json!("red"))).await.status, 200);
    assert_eq!(newer.trigger(&created["id"], &with("/sessionData/a.b", json!({}))).await.status, 400);
}

#[tokio::test]
async fn a_request_id_gets_its_decision_again_for_a_day_and_counts_once() {
    let (folder, hands) = (folder(), Hands::at(NOON));
    let server = Session::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
    let limits = json!({ "maxInvitesPerContact": 2, "cooldownSeconds": 60, "maxInvitesPerMinute": 2 });
    let created = server.create(&campaign(&limits)).await;
    let first = server.trigger(&created["id"], &with_id("ext:1", "r1")).await;
    assert_eq!((first.status, first.remaining.as_deref(), first.reset.as_deref()), (200, Some("1"), Some("60")));
    for _ in 0..5 {
        assert_eq!(server.trigger(&created["id"], &with_id("ext:1", "r1")).await, first);
    }
    assert_eq!(server.suppression("ext:1").await["suppressed"], false, "one invite, not six");
    let mut changed = with_id("ext:other", "r1");
    changed["sessionData"] = json!({});
    assert_eq!(server.trigger(&created["id"], &changed).await.body, first.body, "whatever it says this time");

    hands.set("2024-05-21T12:00:10.001Z");
    assert_eq!(server.trigger(&created["id"], &session("ext:2")).await.body["status"], "invited");
    let throttled = server.trigger(&created["id"], &with_id("ext:3", "r3")).await;
    assert_eq!((throttled.status, &throttled.body["code"]), (429, &json!("too.many.requests")));
    let headers = (throttled.retry_after.as_deref(), throttled.remaining.as_deref(), throttled.reset.as_deref());
    assert_eq!(headers, (Some("50"), Some("0"), Some("50")));
    hands.set("2024-05-21T12:01:00Z");
    assert_eq!(server.trigger(&created["id"], &with_id("ext:3", "r3")).await.body["status"], "invited", "a refusal is not remembered");

    let other = server.create(&campaign(&limits)).await;
    let theirs = server.trigger(&other["id"], &with_id("ext:9", "r1")).await;
    assert_eq!((&theirs.body["contactId"], &theirs.body["status"]), (&json!("ext:9"), &json!("invited")), "ids are a campaign's own");

    let no_match = server
        .trigger(
            &created["id"],
            &json!({ "contactId": "ext:4", "channelId": "x", "sessionData": {}, "evaluationContext": { "requestId": "r4" } }),
        )
        .await;
    assert_eq!(no_match.body["status"], "not_matched");
    drop(server);
    hands.set("2024-05-22T11:59:59.999Z");
    let server = Session::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
    assert_eq!(server.trigger(&created["id"], &with_id("ext:1", "r1")).await.body, first.body, "also after a restart");
    assert_eq!(server.trigger(&created["id"], &with_id("ext:4", "r4")).await.body, no_match.body);
    hands.set("2024-05-22T12:00:00Z");
    let anew = server.trigger(&created["id"], &with_id("ext:1", "r1")).await;
    assert_eq!((&anew.body["status"], &anew.body["evaluatedAt"]), (&json!("invited"), &json!("2024-05-22T12:00:00Z")));
}

#[tokio::test]
async fn suppression_tells_the_tokens_of_all_campaigns_and_survives_deletion_and_kill() {
    let (folder, copy, hands) = (folder(), folder(), Hands::at(NOON));
    let server = Session::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
    let contact = "ext:a b/c%\u{e4}";
    let path = "ext:a%20b%2Fc%25%C3%A4";
    let empty = json!({ "contactId": contact, "suppressed": false, "tokens": [] });
    assert_eq!(server.suppression(path).await, empty, "before any trigger");
    let first = server.create(&campaign(&json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 3600 }))).await;
    let free = server.create(&campaign(&json!({}))).await;
    let second = server.create(&campaign(&json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 60 }))).await;
    assert_eq!(server.trigger(&first["id"], &session(contact)).await.body["status"], "invited");
    assert_eq!(server.trigger(&free["id"], &session(contact)).await.body["status"], "invited", "without limits nothing is checked");
    let suppressed = server.trigger(&second["id"], &session(contact)).await;
    assert_eq!((&suppressed.body["status"], &suppressed.body["expiresAt"]), (&json!("suppressed"), &json!("2024-05-21T13:00:00Z")));
    assert_eq!(answer(server.request(Method::DELETE, &one(&first["id"]))).await.0, 204);
    let expected = json!({
        "contactId": contact, "suppressed": true, "expiresAt": "2024-05-21T13:00:00Z",
        "tokens": [{ "campaignId": first["id"], "queueId": QUEUE, "invitedAt": NOON, "expiresAt": "2024-05-21T13:00:00Z" }],
    });
    assert_eq!(server.suppression(path).await, expected);
    // What a process that is killed now leaves behind: the file as it is, never closed.
    std::fs::copy(folder.path().join("emulator.redb"), copy.path().join("emulator.redb")).expect("a copy");

    let after = Session::start_with_clock(copy.path(), UnknownFields::Reject, hands.clock()).await;
    assert_eq!(after.suppression(path).await, expected);
    assert_eq!(after.trigger(&second["id"], &session(contact)).await.body, suppressed.body);
    hands.set("2024-05-21T12:59:59.999Z");
    assert_eq!(after.suppression(path).await, expected);
    hands.set("2024-05-21T13:00:00Z");
    assert_eq!(after.suppression(path).await, empty);
    assert_eq!(after.trigger(&second["id"], &session(contact)).await.body["status"], "invited");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_triggers_at_once_no_more_than_allowed_invite() {
    let (folder, hands) = (folder(), Hands::at(NOON));
    let server = Session::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
    let created = server.create(&campaign(&json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 60, "maxInvitesPerMinute": 5 }))).await;
    let same: Vec<Value> = (0..16).map(|_| session("ext:same")).collect();
    let answers = futures_of(same.iter().map(|session| server.trigger(&created["id"], session))).await;
    assert_eq!(answers.iter().filter(|answer| answer.body["status"] == "invited").count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.body["status"] == "suppressed").count(), 15);
    let others: Vec<Value> = (0..16).map(|number| session(&format!("ext:{number}"))).collect();
    let answers = futures_of(others.iter().map(|session| server.trigger(&created["id"], session))).await;
    assert_eq!(answers.iter().filter(|answer| answer.body["status"] == "invited").count(), 4);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 12);
    let repeated: Vec<Value> = (0..16).map(|_| with_id("ext:x", "once")).collect();
    hands.set("2024-05-21T12:01:00Z");
    let answers = futures_of(repeated.iter().map(|session| server.trigger(&created["id"], session))).await;
    assert!(answers.iter().all(|answer| answer.body == answers[0].body && answer.body["status"] == "invited"));
}
