//! Flags for how fast and how long: what a user sees of them.

use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::repo::{Repo, campaign};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

/// A server without campaigns that asks everyone who creates one to wait for a minute.
async fn busy_server() -> MockServer {
    let server = MockServer::start().await;
    let reads = [
        ("POST", "/oauth/token", json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
        ("GET", "/api/v2/organizations/me", json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Acme" })),
        ("GET", CAMPAIGNS, json!({ "entities": [], "pageSize": 100, "pageNumber": 1, "total": 0, "pageCount": 0 })),
    ];
    for (verb, at, body) in reads {
        Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    }
    let busy = json!({ "message": "Rate limit exceeded the maximum. Retry the request in [60] seconds", "code": "too.many.requests", "status": 429 });
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "60").set_body_json(busy);
    Mock::given(method("POST")).and(path(CAMPAIGNS)).respond_with(busy).mount(&server).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_longer_than_the_time_there_is_ends_the_run_at_once() {
    let server = busy_server().await;
    let repo = Repo::of_server(&server.uri());
    for number in 0..20 {
        repo.campaign(&format!("c{number:02}"), &campaign(&format!("C {number}"), 45));
    }
    let ran = repo.run(&["apply", "--auto-approve", "--parallelism", "2", "--timeout", "30s"]).exits(1);
    let ran = ran.says("the time limit of 30s is over").says("--timeout").says("not attempted");
    let creates = server.received_requests().await.unwrap();
    let creates = creates.iter().filter(|request| request.method.as_str() == "POST" && request.url.path() == CAMPAIGNS).count();
    assert!((1..=2).contains(&creates), "{creates} {ran:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_make_no_sense_are_refused_before_anything_is_sent() {
    let server = busy_server().await;
    let repo = Repo::of_server(&server.uri());
    repo.campaign("one", &campaign("One", 45));
    for (flag, value) in [("--timeout", "0s"), ("--timeout", "soon"), ("--requests-per-minute", "-1"), ("--requests-per-minute", "many")] {
        repo.run(&["plan", &format!("{flag}={value}")]).exits(1).complains(flag);
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    repo.run(&["plan", "--requests-per-minute", "0", "--timeout", "5m"]).exits(0).says("1 to add");
    // A plan is two requests here, without the one for the token; a third asks for names of queues, and can be done without.
    repo.run(&["plan", "--requests-per-minute", "2", "--timeout", "50s"]).exits(0).says("1 to add");
    repo.run(&["plan", "--requests-per-minute", "1", "--timeout", "50s"]).exits(1).complains("the time limit of 50s is over");
}
