//! What a plan costs: the comparison alone, and the whole way from files and server to the plan. `cargo bench --bench plan`
//!
//! `benches/compare/plan.sh` times the program itself, beside Terraform.

#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;

use campaignctl::apply::Options;
use campaignctl::emulator::{self, Emulator};
use campaignctl::load::{self, Project};
use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Destination, Guards, LastApplied, Lifecycle, Live, LiveCampaign,
    Organization, Origin, Remembered, Secret,
};
use campaignctl::ops::apply::{apply, prepare_apply};
use campaignctl::ops::plan::{Request, plan};
use campaignctl::ops::{Access, Scope};
use campaignctl::reconcile::{self, Goal, Policy};
use campaignctl::remote::{Credentials, Settings};
use campaignctl::render::plan::{Report, markdown};
use campaignctl::state::Holder;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Seconds of the one filter value that is changed.
const APPLIED: u64 = 45;
const CHANGED: u64 = 60;

/// Whether this is one of the 1 % that differ from what is live.
fn is_changed(number: usize) -> bool {
    number.is_multiple_of(100)
}

/// A campaign of the usual size; JSON is YAML, so that it is also what a file holds.
fn campaign(number: usize, seconds: u64) -> serde_json::Value {
    json!({
        "name": format!("Pricing page, high churn risk {number}"),
        "description": "Visitors who read the price list for the second time within a week and are likely to leave.",
        "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [
            { "attributeName": "referrer.page", "operator": "starts_with", "value": format!("/pricing/{number}"), "dataType": "string" },
            { "attributeName": "external.churn_probability", "operator": "greater_than", "value": 0.72, "dataType": "float" },
            { "attributeName": "session.dwell_time_seconds", "operator": "greater_than", "value": seconds, "dataType": "integer" },
        ],
        "actions": [{
            "type": "webchat_invite", "priority": 1,
            "config": { "inviteMessage": "Comparing plans? A specialist can tell you in two minutes which one fits.", "displayDuration": 300 },
            "routingConfig": {
                "queueId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "skillGroups": ["pricing_specialists"],
                "wrapUpCode": "proactive_invite_accepted", "priorityLevel": 5, "overflowQueueId": "b2c3d4e5-f6a7-8901-bcde-f12345678901",
            },
        }],
        "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 86400, "maxInvitesPerMinute": 500 },
    })
}

fn spec(number: usize, seconds: u64) -> CampaignSpec {
    serde_json::from_value(campaign(number, seconds)).expect("a good campaign")
}

/// The three snapshots of so many campaigns.
fn snapshots(count: usize) -> (Desired, Live, LastApplied) {
    let (mut desired, mut live, mut last_applied) = (Desired::default(), Live::default(), LastApplied::default());
    for number in 0..count {
        let key = CampaignKey::new(format!("campaign-{number:05}")).expect("a good key");
        let id = CampaignId(format!("00000000-0000-4000-8000-{number:012}"));
        let declared = DesiredCampaign {
            spec: spec(number, if is_changed(number) { CHANGED } else { APPLIED }),
            lifecycle: Lifecycle::default(),
            held: Vec::new(),
            previously: None,
            origin: Origin { file: format!("campaigns/{key}.yaml"), line: 1, overlay: None },
        };
        desired.campaigns.insert(key.clone(), declared);
        let body = spec(number, APPLIED);
        live.campaigns.push(LiveCampaign {
            id: id.clone(),
            version: 1,
            date_created: None,
            date_modified: None,
            modified_by: Some("bench".to_owned()),
            spec: body.clone(),
            unmodelled: Vec::new(),
        });
        last_applied.campaigns.insert(key, Remembered::new(id, body));
    }
    (desired, live, last_applied)
}

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare, 1 % changed");
    group.sample_size(20);
    for count in [1_000, 10_000] {
        let (desired, live, last_applied) = snapshots(count);
        let policy = Policy::default();
        assert_eq!(reconcile::plan(&desired, &live, &last_applied, &policy).summary().change, count / 100);
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| reconcile::plan(black_box(&desired), black_box(&live), black_box(&last_applied), &policy));
        });
    }
    group.finish();
}

/// A plan far beyond what a comment can hold: where every campaign is changed, and where all but one are deleted.
fn comment(criterion: &mut Criterion) {
    const COUNT: usize = 20_000;
    let (mut desired, live, last_applied) = snapshots(COUNT);
    for (number, campaign) in desired.campaigns.values_mut().enumerate() {
        campaign.spec = spec(number, CHANGED);
    }
    let changed = reconcile::plan(&desired, &live, &last_applied, &Policy::default());
    desired.campaigns.retain(|key, _| key.as_str() == "campaign-00000");
    let deleted = reconcile::plan(&desired, &live, &last_applied, &Policy::default());
    let destination = Destination {
        environment: "bench".to_owned(),
        organization: Organization { id: "bench".to_owned(), name: "bench".to_owned() },
        server: "http://127.0.0.1:8080".to_owned(),
    };
    let mut group = criterion.benchmark_group("as a comment on a pull request");
    group.sample_size(20);
    for (what, plan) in [("20,000 changed", &changed), ("20,000 deleted", &deleted)] {
        let report = Report { destination: &destination, plan, created: Timestamp::UNIX_EPOCH, saved: None, links: None };
        group.bench_function(what, |bencher| bencher.iter(|| markdown(black_box(&report))));
    }
    group.finish();
}

fn write_campaign(folder: &Path, number: usize, seconds: u64) {
    let file = folder.join(format!("campaigns/campaign-{number:05}.yaml"));
    let text = serde_json::to_string_pretty(&campaign(number, seconds)).expect("JSON");
    fs::write(file, text).expect("a temporary folder can be written");
}

fn request(project: Project) -> Request {
    let environment = project.environment(None).expect("a good environment");
    let credentials = Credentials::Client { id: "bench".to_owned(), secret: Secret::new("bench") };
    let access = Access { credentials: Some(credentials), region: None, ..Access::default() };
    let scope = Scope { project, environment, access, settings: Settings::default() };
    Request { scope, guards: Guards::default(), allow_destroy: BTreeSet::new(), goal: Goal::Files }
}

async fn apply_all(request: Request) {
    let holder = Holder { command: "bench".to_owned(), process: std::process::id(), since: Timestamp::now(), ..Holder::default() };
    let planned = prepare_apply(request, holder, None).await.expect("a plan");
    let options = Options {
        parallelism: NonZeroUsize::new(32).expect("not zero"),
        settle: std::time::Duration::ZERO,
        save_every: std::time::Duration::ZERO,
        run: "bench".to_owned(),
    };
    let (_keep, stop) = watch::channel(false);
    apply(planned, options, stop, |_| {}).await.expect("a report");
}

/// Files and, over HTTP, live campaigns and state, to a plan; the emulator runs in the same process.
fn read_and_plan(criterion: &mut Criterion) {
    const COUNT: usize = 1_000;
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = Runtime::new().expect("a runtime");
    let (folder, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let options = emulator::Options::new(data.path());
    let server = runtime.block_on(Emulator::start(options)).expect("an emulator");
    let settings = format!("environments: {{ bench: {{ baseUrl: \"{}\" }} }}\n", server.base_url());
    fs::write(folder.path().join("campaignctl.yaml"), settings).expect("a temporary folder can be written");
    fs::create_dir(folder.path().join("campaigns")).expect("a temporary folder can be written");
    for number in 0..COUNT {
        write_campaign(folder.path(), number, APPLIED);
    }
    let request = request(load::open_project(folder.path()).expect("a good project file"));
    runtime.block_on(apply_all(request.clone()));
    for number in (0..COUNT).filter(|number| is_changed(*number)) {
        write_campaign(folder.path(), number, CHANGED);
    }

    let mut group = criterion.benchmark_group("read and plan over HTTP, 1 % changed");
    group.sample_size(20);
    group.bench_function(BenchmarkId::from_parameter(COUNT), |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let planned = plan(request.clone()).await.expect("a plan");
                assert_eq!((planned.plan.summary().change, planned.plan.unchanged.len()), (COUNT / 100, COUNT - COUNT / 100));
                planned.close().await;
            });
        });
    });
    group.finish();
    runtime.block_on(server.stop());
}

criterion_group!(benches, compare, comment, read_and_plan);
criterion_main!(benches);
