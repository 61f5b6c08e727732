//! A server that fails while something is written: what is said, what is remembered, and what is never done twice.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::repo::{Repo, campaign};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";
const ID: &str = "0b3a3c5e-6f0e-4a53-9d0e-000000000001";

/// A live campaign as `campaign(name, dwell)` declares it.
pub fn live(name: &str, dwell: u32) -> Value {
    json!({
        "id": ID, "version": 3, "dateCreated": "2026-11-01T09:00:00Z", "dateModified": "2026-11-20T14:02:00Z",
        "modifiedBy": "journey", "selfUri": format!("{CAMPAIGNS}/{ID}"),
        "name": name, "description": "", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": dwell, "dataType": "integer" },
            { "attributeName": "contact.is_authenticated", "operator": "equals", "value": true, "dataType": "boolean" }
        ],
        "actions": [{
            "type": "webchat_invite", "priority": 1,
            "config": { "inviteMessage": "Hello", "displayDuration": 300, "autoDismissOnScroll": false },
            "routingConfig": { "queueId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "skillGroups": ["web_support_tier1"] }
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400, "maxInvitesPerMinute": 500 }
    })
}

pub fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("ININ-Correlation-Id", "c0ffee").set_body_json(json!({
        "message": message, "code": code, "status": status, "contextId": "c0ffee", "details": [], "errors": []
    }))
}

/// A server with these campaigns, which answers writes as told.
pub async fn server(campaigns: &[Value], verb: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let page = json!({ "entities": campaigns, "pageSize": 100, "pageNumber": 1, "total": campaigns.len(), "pageCount": 1 });
    let reads = [
        ("POST", "/oauth/token".to_owned(), json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
        ("GET", "/api/v2/organizations/me".to_owned(), json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Acme" })),
        ("GET", CAMPAIGNS.to_owned(), page),
        ("GET", format!("{CAMPAIGNS}/{ID}"), campaigns.first().cloned().unwrap_or_default()),
    ];
    for (verb, at, body) in reads {
        Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    }
    Mock::given(method(verb)).respond_with(answer).mount(&server).await;
    server
}

async fn writes(server: &MockServer, verb: &str) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|request| request.method.as_str() == verb && request.url.path().starts_with(CAMPAIGNS)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_is_lost_is_unknown_and_sent_once() {
    let table = [
        ("server error", refusal(500, "internal.server.error", "oops")),
        ("gateway", ResponseTemplate::new(502).set_body_string("<html>Bad Gateway</html>")),
        ("torn body", ResponseTemplate::new(201).set_body_string("{\"id\": \"0b3a")),
    ];
    for (what, answer) in table {
        let server = server(&[], "POST", answer).await;
        let repo = Repo::of_server(&server.uri());
        repo.campaign("one", &campaign("One", 45));
        let ran = repo.run(&["apply", "--auto-approve", "--exit-codes", "fine"]).exits(6);
        assert!(ran.out.contains("unknown") && ran.out.contains("Run `campaignctl plan`"), "{what}: {ran:#?}");
        assert_eq!(writes(&server, "POST").await, 1, "{what}: a create is never repeated blindly");
        assert!(
            !repo.path("state.json").exists() || !std::fs::read_to_string(repo.path("state.json")).unwrap().contains("\"one\""),
            "{what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_create_says_why_with_the_correlation_id_and_the_others_go_on() {
    let server = server(&[], "POST", refusal(400, "invalid.value", "the queue is not yours")).await;
    let repo = Repo::of_server(&server.uri());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &campaign("Two", 45));
    let ran = repo.run(&["apply", "--auto-approve"]).exits(1).says("Apply incomplete.").says("the queue is not yours").says("c0ffee");
    assert_eq!(writes(&server, "POST").await, 2, "{ran:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_without_permission_stop_the_run_at_once() {
    let missing = "missing the following permission(s): journey:campaign:edit";
    let server = server(&[], "POST", refusal(403, "missing.permissions", missing)).await;
    let repo = Repo::of_server(&server.uri());
    for number in 0..30 {
        repo.campaign(&format!("c{number:02}"), &campaign(&format!("C {number}"), 45));
    }
    repo.run(&["apply", "--auto-approve", "--parallelism", "1"]).exits(1).says("journey:campaign:edit").says("not attempted");
    assert_eq!(writes(&server, "POST").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_moved_at_the_last_moment_is_a_conflict_and_not_overwritten() {
    let answers = [
        refusal(409, "version.mismatch", "version 3 is not 4"),
        refusal(412, "precondition.failed", "changed"),
        refusal(400, "bad.request", "The version 3 does not match the current version 4"),
    ];
    for answer in answers {
        let server = server(&[live("One", 45)], "PUT", answer).await;
        let repo = Repo::of_server(&server.uri());
        repo.campaign("one", &campaign("One", 60));
        repo.run(&["apply", "--auto-approve", "--exit-codes", "fine"]).exits(4).says("conflict").says("nothing was overwritten");
        assert_eq!(writes(&server, "PUT").await, 1, "a refused write is not repeated");
        let sent = server.received_requests().await.unwrap().into_iter().find(|request| request.method.as_str() == "PUT").unwrap();
        assert_eq!(sent.body_json::<Value>().unwrap()["version"], json!(3), "the write carries the planned version");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_that_finds_nothing_is_done() {
    let other = live("Other", 45);
    let server = server(&[other], "DELETE", refusal(404, "not.found", "gone")).await;
    let repo = Repo::of_server(&server.uri());
    repo.campaign("other", &campaign("Other", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 imported");
    repo.remove("campaigns/other.yaml");
    repo.campaign("new", &campaign("New", 45).replace("enabled: true", "enabled: false"));
    let ran = repo.run(&["apply", "--auto-approve"]);
    assert!(ran.out.contains("campaign.other: Destruction complete"), "{ran:#?}");
}
