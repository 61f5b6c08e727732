//! What the emulator costs a command: starting it, listing 10,000 campaigns over HTTP, writing alone and in parallel.
//! `cargo bench --bench emulator`

#![allow(missing_docs)] // `criterion_group!` makes an undocumented function

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use campaignctl::emulator::{Emulator, Options};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

/// What a client needs to send requests.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    campaigns: String,
    token: String,
}

impl Client {
    async fn of(emulator: &Emulator) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::new();
        let form = [("grant_type", "client_credentials")];
        let request = http.post(format!("{}/oauth/token", emulator.base_url())).basic_auth("bench", Some("any")).form(&form);
        let body: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        let token = body["access_token"].as_str().expect("a token").to_owned();
        Self { http, campaigns: format!("{}{CAMPAIGNS}", emulator.base_url()), token }
    }

    async fn create(&self, body: &Value) {
        let request = self.http.post(&self.campaigns).bearer_auth(&self.token).json(body);
        assert_eq!(request.send().await.expect("an answer").status(), 201);
    }

    /// As many creates as asked for, so many at a time.
    async fn create_many(&self, count: usize, parallel: usize) {
        let mut tasks = JoinSet::new();
        for worker in 0..parallel {
            let client = self.clone();
            tasks.spawn(async move {
                for number in (worker..count).step_by(parallel) {
                    client.create(&campaign(number)).await;
                }
            });
        }
        tasks.join_all().await;
    }

    async fn list_all(&self, pages: u64) -> usize {
        let mut bytes = 0;
        for number in 1..=pages {
            let page = self.http.get(format!("{}?pageSize=100&pageNumber={number}", self.campaigns)).bearer_auth(&self.token);
            bytes += page.send().await.expect("an answer").bytes().await.expect("a body").len();
        }
        bytes
    }
}

/// A campaign of the usual size: three filters, an action with routing, throttling.
fn campaign(number: usize) -> Value {
    json!({
        "name": format!("Pricing page, high churn risk {number}"), "description": "Visitors who compare plans and are likely to leave",
        "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "external.churn_probability", "operator": "greater_than", "value": 0.72, "dataType": "float" },
            { "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": 45, "dataType": "integer" },
            { "attributeName": "contact.is_authenticated", "operator": "equals", "value": true, "dataType": "boolean" },
        ],
        "actions": [{
            "type": "webchat_invite", "priority": 1,
            "config": { "inviteMessage": "Any questions about our plans? We are here.", "displayDuration": 300, "autoDismissOnScroll": false },
            "routingConfig": {
                "queueId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "skillGroups": ["web_support_tier1"],
                "wrapUpCode": "proactive_invite_accepted", "priorityLevel": 5,
            },
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400, "maxInvitesPerMinute": 500 },
    })
}

async fn start(folder: &Path) -> Emulator {
    Emulator::start(Options::new(folder)).await.expect("an emulator")
}

/// As many requests at once as asked for, on connections that are open already.
async fn list_at_once(client: &Client, count: usize) {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let client = client.clone();
        tasks.spawn(async move { client.list_all(1).await });
    }
    tasks.join_all().await;
}

fn emulator(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let running = runtime.block_on(start(folder.path()));
    let client = runtime.block_on(Client::of(&running));
    let mut group = criterion.benchmark_group("emulator");
    group.sample_size(10);

    group.bench_function("create one, alone", |bencher| bencher.iter(|| runtime.block_on(client.create(&campaign(0)))));
    group.bench_function("create 80, 8 at a time", |bencher| bencher.iter(|| runtime.block_on(client.create_many(80, 8))));
    runtime.block_on(running.stop());

    let large = tempfile::tempdir().expect("a folder");
    let running = runtime.block_on(start(large.path()));
    let client = runtime.block_on(Client::of(&running));
    runtime.block_on(client.create_many(10_000, 64));
    group.bench_function("list 10,000 in 100 pages, one after the other", |bencher| {
        bencher.iter(|| black_box(runtime.block_on(client.list_all(100))));
    });
    runtime.block_on(running.stop());
    let slow = tempfile::tempdir().expect("a folder");
    let options = Options { latency: Duration::from_millis(50), ..Options::new(slow.path()) };
    let running = runtime.block_on(Emulator::start(options)).expect("an emulator");
    let client = runtime.block_on(Client::of(&running));
    group.bench_function("16 requests at once, each with a latency of 50 ms", |bencher| {
        bencher.iter(|| runtime.block_on(list_at_once(&client, 16)));
    });
    runtime.block_on(running.stop());
    let small = tempfile::tempdir().expect("a folder");
    group.bench_function("start and stop, empty", |bencher| {
        bencher.iter(|| runtime.block_on(async { start(small.path()).await.stop().await }));
    });
    group.bench_function("start and stop with 10,000", |bencher| {
        bencher.iter(|| runtime.block_on(async { start(large.path()).await.stop().await }));
    });
    group.finish();
}

criterion_group!(benches, emulator);
criterion_main!(benches);
