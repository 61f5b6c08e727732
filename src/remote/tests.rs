//! Tests of what needs waiting: a script answers instead of a server, and the clock stands still unless all wait.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::answer::Answer;
use super::auth::Authorization;
use super::http::{Failure, Sending, Transport};
use super::limits::Limits;
use super::request::{Method, Request, Target};
use super::session::Session;
use super::{Credentials, Reader, RemoteErrorKind, Settings, Writer};
use crate::model::{CampaignId, Secret};

type Answered = Result<Answer, Failure>;

/// What the script saw: when (in milliseconds of the test's clock), which method, with which credentials.
type Seen = Arc<Mutex<Vec<(u64, Method, Target, String)>>>;

struct Script {
    started: Instant,
    latency: Duration,
    seen: Seen,
    /// Answers API requests, by how many there were before.
    api: Box<dyn Fn(usize) -> Answered + Send + Sync>,
    /// Answers token requests, by how many there were before.
    login: Box<dyn Fn(usize) -> Answered + Send + Sync>,
}

impl Transport for Script {
    fn send<'a>(&'a self, request: &'a Request, authorization: &'a Authorization) -> Sending<'a> {
        Box::pin(async move {
            let credentials = match authorization {
                Authorization::Basic { id, .. } => id.clone(),
                Authorization::Bearer(token) => token.expose().to_owned(),
            };
            let before = {
                let mut seen = self.seen.lock().unwrap();
                let before = seen.iter().filter(|(_, _, target, _)| *target == request.target).count();
                let now = u64::try_from(self.started.elapsed().as_millis()).unwrap();
                seen.push((now, request.method, request.target, credentials));
                before
            };
            sleep(self.latency).await;
            match request.target {
                Target::Api => (self.api)(before),
                Target::Login => (self.login)(before),
            }
        })
    }
}

fn answer(status: u16, body: &serde_json::Value) -> Answered {
    Ok(Answer { status, correlation_header: None, limits: Limits::default(), body: body.to_string(), redactor: Arc::default() })
}

fn throttled(seconds: u64) -> Answered {
    let body = json!({"message": "slow down", "code": "too.many.requests", "status": 429}).to_string();
    let limits = Limits { retry_after: Some(Duration::from_secs(seconds)), quota: None };
    Ok(Answer { status: 429, correlation_header: Some("c-429".to_owned()), limits, body, redactor: Arc::default() })
}

/// The smallest campaign that can be sent.
fn small_body() -> serde_json::Value {
    json!({"name": "n", "campaignType": "proactive", "evaluationMode": "realtime", "filters": [], "actions": []})
}

/// The answer to its create.
fn small_campaign() -> serde_json::Value {
    let mut campaign = small_body();
    (campaign["id"], campaign["version"]) = (json!("c-1"), json!(1));
    campaign
}

fn organization() -> Answered {
    answer(200, &json!({"id": "o-1", "name": "Acme"}))
}

/// Tokens `t1`, `t2`, … that live for an hour.
fn issue(before: usize) -> Answered {
    answer(200, &json!({"access_token": format!("t{}", before + 1), "token_type": "bearer", "expires_in": 3600}))
}

fn reader_with(
    settings: Settings,
    api: impl Fn(usize) -> Answered + Send + Sync + 'static,
    login: impl Fn(usize) -> Answered + Send + Sync + 'static,
) -> (Reader, Seen) {
    let seen = Seen::default();
    let latency = Duration::from_millis(100);
    let script = Script { started: Instant::now(), latency, seen: Arc::clone(&seen), api: Box::new(api), login: Box::new(login) };
    let credentials = Credentials::Client { id: "client".to_owned(), secret: Secret::new("hunter2hunter2") };
    let session = Session::new(Box::new(script), "script:".to_owned(), credentials, settings, None).unwrap();
    (Reader { session: Arc::new(session) }, seen)
}

fn reader(api: impl Fn(usize) -> Answered + Send + Sync + 'static) -> (Reader, Seen) {
    reader_with(Settings::default(), api, issue)
}

/// When the API requests went out.
fn times(seen: &Seen) -> Vec<u64> {
    seen.lock().unwrap().iter().filter(|(_, _, target, _)| *target == Target::Api).map(|(at, ..)| *at).collect()
}

/// How many token requests went out.
fn logins(seen: &Seen) -> usize {
    seen.lock().unwrap().iter().filter(|(_, _, target, _)| *target == Target::Login).count()
}

mod pace;
mod writes;

#[tokio::test(start_paused = true)]
async fn a_429_pauses_every_request_of_the_reader() {
    let (reader, seen) = reader(|before| if before == 0 { throttled(42) } else { organization() });
    let first = tokio::spawn({
        let reader = reader.clone();
        async move { reader.organization().await }
    });
    sleep(Duration::from_millis(300)).await;
    // The first request (token 0-100 ms, itself 100-200 ms) has been told to wait until 42,200 ms.
    let others = [0, 1, 2].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.organization().await })
    });
    first.await.unwrap().unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(times(&seen), [100, 42_200, 42_200, 42_200, 42_200]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_over_three_minutes_is_refused_at_once() {
    let (reader, seen) = reader(|_| throttled(181));
    let error = reader.organization().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::TooManyRequests { retry_after: Some(wait), .. } if wait.as_secs() == 181));
    assert!(error.hint().unwrap().contains("181 s"));
    assert_eq!(error.to_string(), "API error: 429 on GET /api/v2/organizations/me: slow down (correlation id c-429)");
    assert_eq!(times(&seen), [100]);
}

#[tokio::test(start_paused = true)]
async fn a_create_is_repeated_only_where_nothing_was_done() {
    let campaign = small_campaign;
    let (reader, seen) = reader(move |before| match before {
        0 => throttled(5),
        1 => answer(401, &json!({})),
        _ => answer(201, &campaign()),
    });
    Writer::new(reader).create(&small_body()).await.unwrap();
    assert_eq!(times(&seen), [100, 5_200, 5_400]);
    assert_eq!(logins(&seen), 2);

    let lost: [fn() -> Answered; 5] = [
        || answer(500, &json!({"message": "oops"})),
        || answer(503, &json!({"message": "later"})),
        || Err(Failure::Timeout),
        || Err(Failure::Interrupted("reset".to_owned())),
        || answer(201, &json!({"id": 5})),
    ];
    for make in lost {
        let (reader, seen) = self::reader(move |_| make());
        let error = Writer::new(reader).create(&small_body()).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert!(error.hint().unwrap().contains("may have been done"), "{error}");
        assert_eq!(times(&seen).len(), 1, "{error}");
    }
    let (reader, seen) =
        self::reader(move |before| if before < 4 { Err(Failure::Connect("refused".to_owned())) } else { answer(201, &campaign()) });
    Writer::new(reader).create(&small_body()).await.unwrap();
    assert_eq!(times(&seen).len(), 5);
    let refused: [fn() -> Answered; 3] = [
        || answer(400, &json!({"message": "bad"})),
        || answer(403, &json!({"message": "You are missing the following permission(s): x"})),
        || throttled(500),
    ];
    for make in refused {
        let (reader, seen) = self::reader(move |_| make());
        let error = Writer::new(reader).update(&CampaignId("c-1".to_owned()), &json!({})).await.unwrap_err();
        assert!(!error.outcome_unknown(), "{error}");
        assert_eq!(times(&seen).len(), 1, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_fails_before_a_write_leaves_no_doubt() {
    let (reader, seen) = reader_with(Settings::default(), |_| organization(), |_| answer(500, &json!({"error": "server_error"})));
    let error = Writer::new(reader).delete(&CampaignId("c-1".to_owned())).await.unwrap_err();
    assert!(!error.outcome_unknown(), "{error}");
    assert_eq!((times(&seen).len(), logins(&seen)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_five_times_with_growing_waits() {
    let failures: [fn() -> Answered; 6] = [
        || answer(502, &json!({})),
        || answer(503, &json!({})),
        || answer(504, &json!({})),
        || Err(Failure::Timeout),
        || Err(Failure::Connect("refused".to_owned())),
        || Err(Failure::Interrupted("reset".to_owned())),
    ];
    for make in failures {
        let (reader, seen) = reader(move |_| make());
        let error = reader.campaigns().await.unwrap_err();
        assert!(!error.outcome_unknown());
        let times = times(&seen);
        assert_eq!(times.len(), 5, "{error}");
        for (longest, pair) in [500, 1000, 2000, 4000].into_iter().zip(times.windows(2)) {
            let waited = pair[1] - pair[0] - 100;
            assert!(waited <= longest + 1, "{waited} > {longest}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_than_allowed_are_under_way() {
    let page = |_| answer(200, &json!({"entities": [], "pageSize": 100, "pageNumber": 1, "total": 0, "pageCount": 0}));
    let (reader, seen) = reader_with(Settings { parallelism: 2, ..Settings::default() }, page, issue);
    let tasks = [0; 6].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.campaigns().await })
    });
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(times(&seen), [100, 100, 200, 200, 300, 300]);
    assert_eq!(logins(&seen), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_a_minute_before_its_end() {
    let (reader, seen) = reader(|_| organization());
    for (wait, expected) in [(0, 1), (3500, 1), (39, 1), (2, 2), (3500, 2)] {
        sleep(Duration::from_secs(wait)).await;
        reader.organization().await.unwrap();
        assert_eq!(logins(&seen), expected);
    }
    let used: Vec<_> = seen.lock().unwrap().iter().map(|(_, _, _, credentials)| credentials.clone()).collect();
    assert_eq!(used, ["client", "t1", "t1", "t1", "client", "t2", "t2"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_ends_is_left() {
    let page = |before: usize| answer(200, &json!({"entities": [], "nextUri": format!("/api/v2/routing/skillgroups?after={before}")}));
    let (reader, seen) = reader(page);
    let error = reader.skill_groups().await.unwrap_err();
    assert!(error.to_string().contains("the list has more than 2000 pages"), "{error}");
    assert_eq!(times(&seen).len(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn requests_share_one_login_and_its_failure() {
    let refused = |_| answer(401, &json!({"error": "invalid_client", "description": "client not found"}));
    let (reader, seen) = reader_with(Settings::default(), |_| organization(), refused);
    let tasks = [0; 8].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.organization().await })
    });
    for task in tasks {
        assert!(matches!(task.await.unwrap().unwrap_err().kind(), RemoteErrorKind::Unauthorized { .. }));
    }
    assert_eq!((times(&seen).len(), logins(&seen)), (0, 1));
    // Asked again later, it tries again.
    reader.organization().await.unwrap_err();
    assert_eq!(logins(&seen), 2);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_token_endpoint_is_asked_again_later() {
    let login = |before| match before {
        0 | 1 => answer(400, &json!({"error": "invalid_request", "description": "rate limit exceeded; wait"})),
        _ => issue(before),
    };
    let (reader, seen) = reader_with(Settings::default(), |_| organization(), login);
    reader.organization().await.unwrap();
    assert_eq!(logins(&seen), 3);
    let at: Vec<_> = seen.lock().unwrap().iter().map(|(at, ..)| *at).collect();
    assert!((1_600..=3_200).contains(&at[1]) && (3_000..=6_200).contains(&(at[2] - at[1])), "{at:?}");
    // The third login is no failure any more, and the pause it waited for is over.
    assert_eq!(at[3], at[2] + 100);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_stands_drops_the_other_pages() {
    let api = |before| match before {
        0 => answer(200, &json!({"entities": [], "pageSize": 100, "pageNumber": 1, "total": 100_000, "pageCount": 1000})),
        _ => answer(400, &json!({"message": "bad page", "code": "bad.request"})),
    };
    let (reader, seen) = reader(api);
    let error = reader.campaigns().await.unwrap_err();
    assert!(error.to_string().contains("400 bad.request"), "{error}");
    assert!(times(&seen).len() <= 1 + 2 * Settings::default().parallelism, "{}", times(&seen).len());
}
