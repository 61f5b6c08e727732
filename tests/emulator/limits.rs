//! The limit of requests a minute, and its headers.

use std::num::NonZeroU32;

use campaignctl::emulator::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::folder;
use crate::session::{CAMPAIGNS, Hands, Session};

/// The status, the headers `count`, `allowed`, `reset`, `remaining`, `reset` and `Retry-After`, and the body.
async fn asked(session: &Session) -> (u16, [Option<String>; 6], Value) {
    let response = session.request(Method::GET, CAMPAIGNS).send().await.expect("an answer");
    let names = [
        "inin-ratelimit-count",
        "inin-ratelimit-allowed",
        "inin-ratelimit-reset",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "Retry-After",
    ];
    let headers = names.map(|name| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned()));
    (response.status().as_u16(), headers, response.json().await.expect("JSON"))
}

fn headers(texts: [&str; 6]) -> [Option<String>; 6] {
    texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

#[tokio::test]
async fn a_client_over_its_limit_waits_for_the_end_of_the_minute() {
    let folder = folder();
    let hands = Hands::at("2026-11-20T10:00:20.500Z");
    let options = Options { rate_limit: NonZeroU32::new(2), ..Options::new(folder.path()) };
    let mut session = Session::start_with(options, hands.clock()).await;
    let (status, found, _) = asked(&session).await;
    assert_eq!((status, found), (200, headers(["1", "2", "60", "1", "60", ""])));
    hands.set("2026-11-20T10:00:38Z");
    let (status, found, _) = asked(&session).await;
    assert_eq!((status, found), (200, headers(["2", "2", "43", "0", "43", ""])));
    let (status, found, body) = asked(&session).await;
    assert_eq!((status, found), (429, headers(["2", "2", "43", "0", "43", "43"])));
    assert_eq!(body["code"], "too.many.requests.retry.after");
    assert_eq!(body["message"], "Rate limit exceeded the maximum. Retry the request in [43] seconds");
    session.log_in().await;
    assert_eq!(asked(&session).await.0, 429, "another token of the same client");
    hands.set("2026-11-20T10:01:20.500Z");
    let (status, found, _) = asked(&session).await;
    assert_eq!((status, found), (200, headers(["1", "2", "60", "1", "60", ""])));
}

#[tokio::test]
async fn without_a_limit_there_are_no_headers_and_refused_requests_meet_no_faults() {
    let folder = folder();
    let session = Session::start_with(Options::new(folder.path()), Hands::at("2026-11-20T10:00:00Z").clock()).await;
    assert_eq!(asked(&session).await.1, headers([""; 6]));
    session.emulator.stop().await;

    let faults = campaignctl::emulator::FaultScript::of(&["list@2:status=503"]).expect("a script");
    let options = Options { rate_limit: NonZeroU32::new(1), faults, ..Options::new(folder.path()) };
    let hands = Hands::at("2026-11-20T10:00:00Z");
    let session = Session::start_with(options, hands.clock()).await;
    let mut statuses = Vec::new();
    for time in ["2026-11-20T10:00:00Z", "2026-11-20T10:00:01Z", "2026-11-20T10:01:00Z"] {
        hands.set(time);
        statuses.push(asked(&session).await.0);
    }
    assert_eq!(json!(statuses), json!([200, 429, 503]));
}
