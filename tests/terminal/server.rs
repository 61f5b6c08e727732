//! A server that says whatever a test wants it to say.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

/// Sets the title of the window, rings the bell, turns the writing round, begins a new line with a command of a runner,
/// makes text invisible, and moves up with a control character of one byte less.
pub const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{202e}evil\r\n::add-mask::x\u{1b}[8m\u{9b}2Ahidden\u{8}\u{200b}";

/// How the beginning of it is shown.
pub const SHOWN: &str = "\\u{1b}]0;owned\\u{7}\\u{202e}evil\\r\\n::add-mask::x\\u{1b}[8m\\u{9b}2Ahidden\\u{8}\\u{200b}";

/// The live campaign that `campaign(name, 45)` declares.
pub fn live(id: u32, name: &str) -> Value {
    let id = format!("0b3a3c5e-6f0e-4a53-9d0e-{id:012}");
    json!({
        "id": id, "version": 3, "dateCreated": "2026-11-01T09:00:00Z", "dateModified": "2026-11-20T14:02:00Z",
        "modifiedBy": "journey", "selfUri": format!("{CAMPAIGNS}/{id}"),
        "name": name, "description": "", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": 45, "dataType": "integer" },
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

/// From now on these campaigns are live, the one queue has this name, and every write is answered with this.
pub async fn shows(server: &MockServer, campaigns: &[Value], queue: &str, write: ResponseTemplate) {
    server.reset().await;
    let page =
        |entities: &[Value]| json!({ "entities": entities, "pageSize": 100, "pageNumber": 1, "total": entities.len(), "pageCount": 1 });
    let queue = json!({ "id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "name": queue });
    let mut reads = vec![
        ("POST", "/oauth/token".to_owned(), json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
        ("GET", "/api/v2/organizations/me".to_owned(), json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": HOSTILE })),
        ("GET", "/api/v2/routing/queues".to_owned(), page(&[queue])),
        ("GET", CAMPAIGNS.to_owned(), page(campaigns)),
    ];
    for campaign in campaigns {
        reads.push(("GET", format!("{CAMPAIGNS}/{}", campaign["id"].as_str().unwrap()), campaign.clone()));
    }
    for (verb, at, body) in reads {
        Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
    }
    for verb in ["POST", "PUT", "DELETE"] {
        Mock::given(method(verb)).respond_with(write.clone()).mount(server).await;
    }
}

/// A refusal in the server's words.
pub fn refusal(message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).insert_header("ININ-Correlation-Id", "c0ffee").set_body_json(json!({
        "message": message, "code": "invalid.value", "status": 400, "contextId": "c0ffee", "details": [], "errors": []
    }))
}

/// Writes that were sent.
pub async fn writes(server: &MockServer) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|request| request.method.as_str() != "GET" && request.url.path().starts_with(CAMPAIGNS)).count()
}
