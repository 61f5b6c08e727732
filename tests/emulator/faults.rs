//! Each fault does what it says: what is done, what is answered, and what the connection looks like.

use std::path::Path;
use std::time::Duration;

use campaignctl::emulator::{Fault, FaultRule, FaultScript, Moment, Options, Route, Staleness, UnknownFields};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;

use crate::session::{CAMPAIGNS, Hands, Session, one};
use crate::{body_of, campaign, folder};

async fn start(folder: &Path) -> Session {
    Session::start(folder, UnknownFields::Reject).await
}

fn script(specs: &[&str]) -> FaultScript {
    FaultScript::of(specs).expect("a script")
}

fn names(session: &Session) -> Vec<String> {
    let mut names: Vec<String> = session.emulator.campaigns().expect("campaigns").iter().map(|one| text(&one["name"])).collect();
    names.sort_unstable();
    names
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Sends a request on a connection of its own and returns every byte that comes back until it closes. A request without
/// `Connection: close`: it is the server that closes.
async fn raw(session: &Session, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut stream = connected(session, method, path, body).await;
    let mut bytes = Vec::new();
    // A reset is as good an end as any other.
    drop(stream.read_to_end(&mut bytes).await);
    bytes
}

async fn connected(session: &Session, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(session.emulator.base_url().trim_start_matches("http://")).await.expect("a connection");
    let (length, token) = (body.len(), session.token());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("sent");
    stream
}

#[tokio::test]
async fn an_error_before_the_commit_changes_nothing() {
    let folder = folder();
    let session = start(folder.path()).await;
    let kept = session.create(&campaign("kept")).await;
    for status in Fault::BEFORE {
        session.emulator.set_faults(script(&[
            &format!("create:status={status}"),
            &format!("update:status={status}"),
            &format!("delete:status={status}"),
        ]));
        let refused = [
            session.post(&campaign("new")).await,
            session.put(&kept["id"], &body_of(&kept)).await,
            crate::answer(session.request(Method::DELETE, &one(&kept["id"]))).await,
        ];
        for (found, body) in refused {
            assert_eq!((found, &body["status"]), (status, &json!(status)), "{body}");
            assert!(body["code"].as_str().is_some_and(|code| !code.is_empty()), "{body}");
        }
        assert_eq!(session.emulator.fired(), [1, 1, 1]);
        assert_eq!(session.get(&one(&kept["id"])).await, (200, kept.clone()), "only once, and nothing was done");
        assert_eq!(names(&session), ["kept"]);
        let last = session.emulator.requests().into_iter().rev().nth(1).expect("the delete");
        assert_eq!((last.status, last.committed, last.faults), (Some(status), false, vec!["status-before-commit"]));
    }
}

#[tokio::test]
async fn an_error_says_what_it_is_told_to_say() {
    let folder = folder();
    let mut session = start(folder.path()).await;
    let fault =
        Fault::StatusBeforeCommit { status: 429, retry_after: Some(7), code: Some("quota".into()), message: Some("no more".into()) };
    session.emulator.set_faults(vec![FaultRule::once(Route::Queues, fault)]);
    let response = session.request(Method::GET, "/api/v2/routing/queues").send().await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (429, &b"7"[..]));
    let body: Value = response.json().await.expect("JSON");
    assert_eq!((&body["code"], &body["message"]), (&json!("quota"), &json!("no more")));

    let created = session.create(&campaign("one")).await;
    session.emulator.set_faults(script(&["update:version-mismatch"]));
    let (status, body) = session.put(&created["id"], &body_of(&created)).await;
    assert_eq!((status, &body["code"]), (400, &json!("bad.request")));
    assert!(text(&body["message"]).contains("does not match the current version"), "{body}");
    assert_eq!(session.put(&created["id"], &body_of(&created)).await.0, 200);

    // The login host has words of its own.
    session.emulator.set_faults(script(&["token:throttled", "token@2:status=503"]));
    let (status, body) = session.log_in().await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
    assert!(text(&body["description"]).starts_with("rate limit exceeded;"), "{body}");
    let (status, body) = session.log_in().await;
    assert_eq!((status, &body["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(session.log_in().await.0, 200);
}

#[tokio::test]
async fn an_error_after_the_commit_hides_what_was_done() {
    let folder = folder();
    let session = start(folder.path()).await;
    for status in Fault::AFTER {
        session.emulator.set_faults(script(&[
            &format!("create:status-after-commit={status}"),
            &format!("update:status-after-commit={status}"),
            &format!("delete:status-after-commit={status}"),
        ]));
        let (found, body) = session.post(&campaign("hidden")).await;
        assert_eq!((found, body.get("id")), (status, None));
        assert_eq!(names(&session), ["hidden"]);
        let live = session.emulator.campaigns().expect("campaigns").remove(0);
        let created = session.emulator.requests().pop().expect("a request");
        assert_eq!((created.committed, created.status), (true, Some(status)));
        assert_eq!((created.campaign_id.as_deref(), created.campaign_name.as_deref()), (live["id"].as_str(), Some("hidden")));

        assert_eq!(session.put(&live["id"], &body_of(&live)).await.0, status);
        assert_eq!(session.emulator.campaigns().expect("campaigns")[0]["version"], 2);
        assert_eq!(crate::answer(session.request(Method::DELETE, &one(&live["id"]))).await.0, status);
        assert_eq!(names(&session), [""; 0]);
    }
}

#[tokio::test]
async fn a_dropped_connection_closes_without_a_byte() {
    let folder = folder();
    let session = start(folder.path()).await;
    let body = campaign("one").to_string();
    session.emulator.set_faults(script(&["create:drop-before-commit"]));
    assert_eq!(raw(&session, "POST", CAMPAIGNS, &body).await, b"");
    assert_eq!(names(&session), [""; 0]);
    let record = session.emulator.requests().pop().expect("a request");
    assert_eq!((record.status, record.committed, record.answered_at), (None, false, None));
    assert_eq!(record.faults, ["drop-before-commit"]);

    session.emulator.set_faults(script(&["create:drop-after-commit", "list:drop-after-commit", "token:drop-before-commit"]));
    assert_eq!(raw(&session, "POST", CAMPAIGNS, &body).await, b"");
    assert_eq!(names(&session), ["one"]);
    let record = session.emulator.requests().pop().expect("a request");
    assert_eq!((record.status, record.committed, record.campaign_name.as_deref()), (None, true, Some("one")));
    assert_eq!(raw(&session, "GET", CAMPAIGNS, "").await, b"", "reads as well");
    assert_eq!(raw(&session, "POST", "/oauth/token", "").await, b"", "and tokens");
    assert_eq!(session.get(CAMPAIGNS).await.0, 200);
}

#[tokio::test]
async fn a_torn_body_breaks_off_in_the_middle() {
    let folder = folder();
    let session = start(folder.path()).await;
    session.emulator.set_faults(script(&["create:torn-body", "list:torn-body"]));
    for (method, path, body, status) in [("POST", CAMPAIGNS, campaign("torn").to_string(), "201"), ("GET", CAMPAIGNS, String::new(), "200")]
    {
        let bytes = String::from_utf8(raw(&session, method, path, &body).await).expect("text");
        let (head, body) = bytes.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
        assert_eq!(length.expect("a length") / 2, body.len(), "{bytes}");
        assert!(body.starts_with('{'));
    }
    assert_eq!(names(&session), ["torn"], "it was done");
    session.emulator.set_faults(script(&["list:torn-body"]));
    let response = session.request(Method::GET, CAMPAIGNS).send().await.expect("a head");
    response.bytes().await.expect_err("no whole body");
}

#[tokio::test(start_paused = true)]
async fn delays_and_slow_bodies_take_their_time_and_lose_nothing() {
    let folder = folder();
    let session = start(folder.path()).await;
    let created = session.create(&campaign("slow")).await;
    for spec in ["get:delay=90s", "get:slow-body=90s"] {
        session.emulator.set_faults(script(&[spec]));
        let start = tokio::time::Instant::now();
        assert_eq!(session.get(&one(&created["id"])).await, (200, created.clone()), "{spec}");
        let taken = start.elapsed();
        assert!(taken >= Duration::from_secs(90), "{spec}: {taken:?}");
    }
}

#[tokio::test]
async fn pages_shift_as_when_the_list_changes_in_between() {
    let folder = folder();
    let session = start(folder.path()).await;
    for number in 0..6 {
        session.create(&campaign(&number.to_string())).await;
    }
    let page = async |number: u32| {
        let (status, page) = session.get(&format!("{CAMPAIGNS}?pageSize=2&pageNumber={number}")).await;
        assert_eq!(status, 200);
        let ids: Vec<String> = page["entities"].as_array().expect("entities").iter().map(|one| text(&one["id"])).collect();
        (ids, page["total"].as_u64().expect("a total"))
    };
    let all: Vec<String> = session.emulator.campaigns().expect("campaigns").iter().map(|one| text(&one["id"])).collect();
    session.emulator.set_faults(script(&["list:duplicate-page-entry"]));
    assert_eq!(page(1).await, (all[0..2].to_vec(), 6), "the first page never shifts");
    assert_eq!(page(2).await, (all[1..3].to_vec(), 6));
    assert_eq!(page(2).await, (all[2..4].to_vec(), 6));
    session.emulator.set_faults(script(&["list@2:missing-page-entry"]));
    assert_eq!(page(2).await, (all[2..4].to_vec(), 6));
    assert_eq!(page(3).await, (all[5..6].to_vec(), 5));
    assert_eq!(page(3).await, (all[4..6].to_vec(), 6));
}

#[tokio::test]
async fn an_expired_token_is_refused_until_there_is_a_new_one() {
    let folder = folder();
    let mut session = start(folder.path()).await;
    session.emulator.set_faults(script(&["create:token-expiry"]));
    assert_eq!(session.get(CAMPAIGNS).await.0, 200);
    let (status, body) = session.post(&campaign("one")).await;
    assert_eq!((status, &body["code"]), (401, &json!("bad.credentials")));
    assert_eq!(session.get(CAMPAIGNS).await.0, 401, "other routes too");
    assert_eq!(session.log_in().await.0, 200);
    assert_eq!(session.post(&campaign("one")).await.0, 201);
}

#[tokio::test]
async fn a_list_is_behind_by_requests_by_writes_or_by_time() {
    let folder = folder();
    let hands = Hands::at("2026-11-20T10:00:00Z");
    let session = Session::start_with(Options::new(folder.path()), hands.clock()).await;
    let old = session.create(&campaign("old")).await;
    let gone = session.create(&campaign("gone")).await;
    let shown = async || {
        let (_, page) = session.get(CAMPAIGNS).await;
        let mut shown: Vec<(String, u64)> = page["entities"]
            .as_array()
            .expect("entities")
            .iter()
            .map(|one| (text(&one["name"]), one["version"].as_u64().expect("a version")))
            .collect();
        assert_eq!(page["total"], shown.len());
        shown.sort_unstable();
        shown
    };
    let pairs = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect::<Vec<_>>();

    session.emulator.set_faults(script(&["list:stale=2"]));
    assert_eq!(shown().await, pairs(&[("gone", 1), ("old", 1)]), "what was there before the script is there");
    let new = session.create(&campaign("new")).await;
    session.put(&old["id"], &body_of(&old)).await;
    crate::answer(session.request(Method::DELETE, &one(&gone["id"]))).await;
    assert_eq!(session.get(&one(&new["id"])).await.0, 200, "one campaign is read as it is");
    assert_eq!(session.get(&one(&gone["id"])).await.0, 404);
    for _ in 0..2 {
        assert_eq!(shown().await, pairs(&[("gone", 1), ("old", 1)]));
    }
    assert_eq!(shown().await, pairs(&[("new", 1), ("old", 2)]));
    assert_eq!(session.emulator.fired(), [2], "only where something was hidden");

    session.emulator.set_faults(vec![FaultRule::always(Route::List, Fault::StaleList(Staleness::Writes(1)))]);
    session.create(&campaign("a")).await;
    assert_eq!(shown().await, pairs(&[("new", 1), ("old", 2)]));
    session.create(&campaign("b")).await;
    assert_eq!(shown().await, pairs(&[("a", 1), ("new", 1), ("old", 2)]));

    session.emulator.set_faults(script(&["list:stale=500ms"]));
    let (_, twice) = session.put(&new["id"], &body_of(&new)).await;
    session.put(&new["id"], &body_of(&twice)).await;
    hands.set("2026-11-20T10:00:00.499Z");
    assert_eq!(shown().await, pairs(&[("a", 1), ("b", 1), ("new", 1), ("old", 2)]));
    hands.set("2026-11-20T10:00:00.500Z");
    assert_eq!(shown().await, pairs(&[("a", 1), ("b", 1), ("new", 3), ("old", 2)]));
    session.create(&campaign("late")).await;
    assert_eq!(session.get(&format!("{CAMPAIGNS}?name=late")).await.1["total"], 0, "by name too");
    session.emulator.clear_faults();
    assert_eq!(session.get(&format!("{CAMPAIGNS}?name=late")).await.1["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hooks_are_called_in_the_order_of_things() {
    let folder = folder();
    let session = start(folder.path()).await;
    let (events, mut called) = unbounded_channel();
    let database = folder.path().join("emulator.redb");
    session.emulator.on(move |moment, record| {
        // What a killed process would leave behind at this moment.
        let saved = std::fs::read(&database).expect("the database");
        let is_there = saved.windows(9).any(|bytes| bytes == b"hook-name");
        events.send((moment, record.index, record.route, record.committed, record.status, is_there)).expect("a listener");
    });
    session.post(&campaign("hook-name")).await;
    session.get(CAMPAIGNS).await;
    session.emulator.set_faults(script(&["create:drop-after-commit"]));
    raw(&session, "POST", CAMPAIGNS, &campaign("other").to_string()).await;
    let (create, list) = (Some(Route::Create), Some(Route::List));
    let expected = [
        (Moment::Received, 2, create, false, None, false),
        (Moment::Committed, 2, create, true, None, true),
        (Moment::Answered, 2, create, true, Some(201), true),
        (Moment::Received, 3, list, false, None, true),
        (Moment::Answered, 3, list, false, Some(200), true),
        (Moment::Received, 4, create, false, None, true),
        (Moment::Committed, 4, create, true, None, true),
    ];
    let mut seen = Vec::new();
    for _ in expected {
        seen.push(called.recv().await.expect("a call"));
    }
    // A client may be faster with its next request than the hook with the answer to the one before.
    seen.sort_by_key(|(_, request, ..)| *request);
    let fields = |(moment, request, route, committed, status, _)| (moment, request, route, committed, status);
    assert_eq!(seen.into_iter().map(fields).collect::<Vec<_>>(), expected.map(fields));
    assert!(called.try_recv().is_err(), "a dropped answer was never handed over");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_does_not_take_back_what_was_asked_for() {
    let folder = folder();
    let session = start(folder.path()).await;
    let (events, mut called) = unbounded_channel();
    let (go, held) = std::sync::mpsc::channel();
    let held = std::sync::Mutex::new(held);
    session.emulator.on(move |moment, record| {
        events.send((moment, record.committed)).expect("a listener");
        if moment == Moment::Received {
            held.lock().expect("a lock").recv().expect("a word");
        }
    });
    let stream = connected(&session, "POST", CAMPAIGNS, &campaign("orphan").to_string()).await;
    assert_eq!(called.recv().await, Some((Moment::Received, false)));
    drop(stream);
    go.send(()).expect("a hook");
    assert_eq!(called.recv().await, Some((Moment::Committed, true)));
    assert_eq!(names(&session), ["orphan"]);
}

#[tokio::test]
async fn a_restart_forgets_the_faults_and_keeps_the_campaigns() {
    let folder = folder();
    let session = start(folder.path()).await;
    session.emulator.set_faults(script(&["any:status-after-commit=500,times=unlimited"]));
    assert_eq!(session.post(&campaign("kept")).await.0, 500);
    session.emulator.stop().await;
    let session = start(folder.path()).await;
    assert_eq!(session.get(CAMPAIGNS).await.1["total"], 1);
}
