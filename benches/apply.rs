//! How long 1,000 creates take when every answer takes 50 ms and nothing limits them: `cargo bench --bench apply`.
//!
//! Not sooner than N requests of L seconds, P at a time: N * L / P. Measured are the writer alone and the whole command, which
//! reads 1,000 files, logs in, lists, plans, and records every create on the disk.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use campaignctl::model::Secret;
use campaignctl::remote::{Credentials, Reader, Server, Settings, Writer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

const CREATES: u32 = 1_000;
const PARALLELISM: u32 = 16;
const LATENCY: Duration = Duration::from_millis(50);
const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

type Live = Arc<Mutex<Vec<Value>>>;

fn campaign(number: u32) -> Value {
    json!({
        "name": format!("Pricing page, high churn risk {number}"), "description": "", "enabled": true,
        "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "referrer.page", "operator": "starts_with", "value": format!("/pricing/{number}"), "dataType": "string" },
            { "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": 45, "dataType": "integer" },
        ],
        "actions": [{
            "type": "webchat_invite", "priority": 1,
            "config": { "inviteMessage": "Comparing plans? A specialist can help.", "displayDuration": 300, "autoDismissOnScroll": false },
            "routingConfig": { "queueId": "a1b2c3d4-e5f6-4890-abcd-ef1234567890", "skillGroups": ["pricing"] },
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400, "maxInvitesPerMinute": 500 },
    })
}

async fn create(State(live): State<Live>, Json(mut body): Json<Value>) -> (axum::http::StatusCode, Json<Value>) {
    tokio::time::sleep(LATENCY).await;
    let mut live = live.lock().expect("nobody panics");
    body["id"] = json!(format!("00000000-0000-4000-8000-{:012}", live.len()));
    body["version"] = json!(1);
    body["modifiedBy"] = json!("bench");
    live.push(body.clone());
    (axum::http::StatusCode::CREATED, Json(body))
}

async fn list(State(live): State<Live>) -> Json<Value> {
    tokio::time::sleep(LATENCY).await;
    let live = live.lock().expect("nobody panics");
    assert!(live.len() <= 100, "the bench only lists in the beginning");
    Json(json!({ "entities": *live, "pageSize": 100, "pageNumber": 1, "total": live.len(), "pageCount": 1 }))
}

/// Starts a server that answers after the latency; tells its address.
async fn serve() -> (String, Live) {
    let live = Live::default();
    let token = || async {
        tokio::time::sleep(LATENCY).await;
        Json(json!({ "access_token": "bench-token", "token_type": "bearer", "expires_in": 86400 }))
    };
    let organization = || async {
        tokio::time::sleep(LATENCY).await;
        Json(json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Bench" }))
    };
    let router = Router::new()
        .route("/oauth/token", post(token))
        .route("/api/v2/organizations/me", get(organization))
        .route(CAMPAIGNS, get(list).post(create))
        .with_state(Arc::clone(&live));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, live)
}

async fn writer_alone() -> Duration {
    let (url, live) = serve().await;
    let settings = Settings { parallelism: PARALLELISM as usize, ..Settings::default() };
    let credentials = Credentials::Client { id: "bench".to_owned(), secret: Secret::new("bench-secret") };
    let reader = Reader::new(Server::base_url(&url).expect("a good URL"), credentials, settings).expect("a reader");
    reader.organization().await.expect("an organization");
    let writer = Arc::new(Writer::new(reader));
    let permits = Arc::new(Semaphore::new(PARALLELISM as usize));
    let began = Instant::now();
    let made = (0..CREATES).map(|number| {
        let (writer, permits) = (Arc::clone(&writer), Arc::clone(&permits));
        tokio::spawn(async move {
            let _permit = permits.acquire_owned().await;
            writer.create(&campaign(number)).await
        })
    });
    for one in made.collect::<Vec<_>>() {
        one.await.expect("no panic").expect("a campaign");
    }
    assert_eq!(live.lock().expect("nobody panics").len(), CREATES as usize);
    began.elapsed()
}

/// Runs `campaignctl apply` on files that are all new.
async fn whole_command() -> Duration {
    let (url, live) = serve().await;
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("campaigns")).expect("a folder");
    fs::write(folder.path().join("campaignctl.yaml"), format!("environments: {{ bench: {{ baseUrl: \"{url}\" }} }}\n")).expect("a file");
    for number in 0..CREATES {
        let file = folder.path().join(format!("campaigns/campaign-{number:05}.yaml"));
        fs::write(file, serde_json::to_string_pretty(&campaign(number)).expect("JSON")).expect("a file");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_campaignctl"));
    command
        .args(["apply", "--auto-approve", "--environment", "bench", "--parallelism", &PARALLELISM.to_string(), "--project"])
        .arg(folder.path())
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", "bench")
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "bench-secret");
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("the program runs");
    let took = began.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(live.lock().expect("nobody panics").len(), CREATES as usize);
    took
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let ideal = LATENCY * CREATES / PARALLELISM;
    println!("{CREATES} creates, {} ms each, {PARALLELISM} at a time: {:.3} s at best", LATENCY.as_millis(), ideal.as_secs_f64());
    for _ in 0..3 {
        for (what, took) in [("writer alone", runtime.block_on(writer_alone())), ("whole command", runtime.block_on(whole_command()))] {
            let (took, over) = (took.as_secs_f64(), 100.0 * (took.as_secs_f64() / ideal.as_secs_f64() - 1.0));
            println!("{what:<14} {took:.3} s, {over:.1} % more");
        }
    }
}
