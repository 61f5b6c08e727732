//! The routes that steer the emulator, and what they tell.

use campaignctl::emulator::{FaultScript, Options, Route, UnknownFields};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::session::{CAMPAIGNS, Hands, Session, answer, one};
use crate::{campaign, folder};

#[tokio::test]
async fn faults_are_set_shown_and_cleared_without_a_token() {
    let folder = folder();
    let options = Options { seed: Some(7), ..Options::new(folder.path()) };
    let session = Session::start_with(options, campaignctl::emulator::Clock::default()).await;
    let http = Client::new();
    let at = |method: Method, path: &str| http.request(method, format!("{}/_emulator/{path}", session.emulator.base_url()));
    assert_eq!(answer(at(Method::GET, "faults")).await, (200, json!({ "seed": 7, "faults": [] })));
    let script = json!({ "faults": ["list%2:status=503", { "fault": { "kind": "delay", "ms": 0 } }] }).to_string();
    let (status, set) = answer(at(Method::PUT, "faults").body(script)).await;
    assert_eq!((status, &set["faults"][0]["matched"]), (200, &json!(0)));
    let statuses = [session.get(CAMPAIGNS).await.0, session.get(CAMPAIGNS).await.0, session.get(CAMPAIGNS).await.0];
    assert_eq!(statuses, [200, 503, 200]);
    let expected = json!({ "seed": 7, "faults": [
        { "when": { "route": "list", "every": 2 }, "fault": { "kind": "status-before-commit", "status": 503 }, "times": "unlimited", "matched": 3, "fired": 1 },
        { "when": {}, "fault": { "kind": "delay", "ms": 0 }, "times": 1, "matched": 3, "fired": 1 },
    ] });
    assert_eq!(answer(at(Method::GET, "faults")).await, (200, expected.clone()));

    let (status, refused) = answer(at(Method::PUT, "faults").body("{\"faults\": [\"list\"]}")).await;
    assert_eq!((status, &refused["code"]), (400, &json!("invalid.value")));
    assert!(refused["message"].as_str().is_some_and(|message| message.starts_with("faults[0]: write it as ROUTE:FAULT")), "{refused}");
    assert_eq!(answer(at(Method::GET, "faults")).await.1, expected, "a bad script changes nothing");

    assert_eq!(answer(at(Method::DELETE, "faults")).await, (204, Value::Null));
    assert_eq!(answer(at(Method::GET, "faults")).await.1["faults"], json!([]));
    for (method, path, status) in [(Method::POST, "faults", 405), (Method::GET, "nothing", 404), (Method::DELETE, "requests", 405)] {
        let (found, body) = answer(at(method, path)).await;
        assert_eq!((found, &body["status"]), (status, &json!(status)));
    }
    assert_eq!(answer(at(Method::GET, "requests?since=x")).await.0, 400);
    assert_eq!(session.emulator.request_count(), 4, "none of this is a request of the API");
    assert!(session.emulator.requests().iter().all(|record| !record.path_and_query.contains("_emulator")));
}

#[tokio::test]
async fn no_fault_and_no_limit_reaches_the_routes_that_steer() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    session.emulator.set_faults(FaultScript::of(&["any:drop-before-commit,times=unlimited"]).expect("a script"));
    let faults = format!("{}/_emulator/faults", session.emulator.base_url());
    assert_eq!(answer(Client::new().get(&faults)).await.0, 200);
    session.request(Method::GET, CAMPAIGNS).send().await.expect_err("dropped");
    assert_eq!(answer(Client::new().delete(&faults)).await.0, 204);
    assert_eq!(session.get(CAMPAIGNS).await.0, 200);
}

#[tokio::test]
async fn the_log_tells_everything_but_secrets() {
    let folder = folder();
    let session = Session::start_with(Options::new(folder.path()), Hands::at("2026-11-20T10:00:00.125Z").clock()).await;
    let created = session.create(&campaign("Pricing")).await;
    session.emulator.set_faults(FaultScript::of(&["delete:status=404"]).expect("a script"));
    answer(session.request(Method::DELETE, &one(&created["id"]))).await;
    session.get("/nowhere?x=1").await;
    let log = Client::new().get(format!("{}/_emulator/requests?since=1", session.emulator.base_url()));
    let (status, body) = answer(log).await;
    let time = "2026-11-20T10:00:00.125Z";
    let expected = json!({ "count": 4, "requests": [
        {
            "index": 2, "method": "POST", "pathAndQuery": CAMPAIGNS, "route": "create", "client": "tester", "campaignId": created["id"],
            "campaignName": "Pricing", "committed": true, "faults": [], "status": 201, "receivedAt": time, "answeredAt": time,
        },
        {
            "index": 3, "method": "DELETE", "pathAndQuery": one(&created["id"]), "route": "delete", "client": "tester", "campaignId": created["id"],
            "campaignName": "Pricing", "committed": false, "faults": ["status-before-commit"], "status": 404, "receivedAt": time, "answeredAt": time,
        },
        {
            "index": 4, "method": "GET", "pathAndQuery": "/nowhere?x=1", "route": null, "client": "tester", "campaignId": null,
            "campaignName": null, "committed": false, "faults": [], "status": 404, "receivedAt": time, "answeredAt": time,
        },
    ] });
    assert_eq!((status, body), (200, expected));

    let everything = Client::new().get(format!("{}/_emulator/requests", session.emulator.base_url()));
    let text = everything.send().await.expect("an answer").text().await.expect("a body");
    for secret in [session.token(), "Bearer", "Basic", "any"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let token = &session.emulator.requests()[0];
    assert_eq!((token.route, token.client.as_deref()), (Some(Route::Token), Some("tester")));
}
