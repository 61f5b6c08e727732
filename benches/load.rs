//! How long a large project takes from the disk to typed, checked campaigns: `cargo bench --bench load`.

#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::fs;
use std::path::Path;

use campaignctl::lint::{self, Subject};
use campaignctl::load;
use criterion::{Criterion, criterion_group, criterion_main};

const FILES: usize = 10_000;

/// About 1.2 KB, as campaigns are written.
fn campaign(index: usize) -> String {
    format!(
        "# yaml-language-server: $schema=../schema/campaign.schema.json
name: Pricing page, high churn risk {index}
description: |
  Visitors who read the price list and are likely to leave. Owner: growth team.
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  - {{ attributeName: external.churn_probability, operator: greater_than, value: 0.72, dataType: float }}
  - {{ attributeName: session.dwell_time_seconds, operator: greater_than, value: {index}, dataType: integer }}
  - {{ attributeName: contact.is_authenticated, operator: equals, value: true, dataType: boolean }}
  - {{ attributeName: browser.locale, operator: in, value: [en-US, en-GB], dataType: string }}
actions:
  - type: webchat_invite
    priority: 1
    config:
      inviteMessage: We noticed you are looking at our plans. Would you like to speak with a specialist?
      displayDuration: 300
      autoDismissOnScroll: false
    routingConfig:
      queue: ${{supportQueue}}            # by name
      skillGroups: [web_support_tier1]
      wrapUpCode: proactive_invite_accepted
      priorityLevel: 5
      overflowQueue: General
throttling: {{ maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }}
lifecycle: {{ preventDestroy: true, ignoreChanges: [/enabled] }}
"
    )
}

fn write_project(folder: &Path) {
    let settings = "environments: { local: { emulator: .campaignctl/local, variables: { supportQueue: Web Support } } }\n";
    fs::write(folder.join("campaignctl.yaml"), settings).expect("a temporary folder can be written");
    fs::create_dir(folder.join("campaigns")).expect("a temporary folder can be written");
    for index in 0..FILES {
        let file = folder.join(format!("campaigns/campaign-{index:05}.yaml"));
        fs::write(file, campaign(index)).expect("a temporary folder can be written");
    }
}

fn load_and_lint(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_project(folder.path());
    let project = load::open_project(folder.path()).expect("a good project file");
    let environment = project.environment(None).expect("a good environment");
    let mut group = criterion.benchmark_group("10000 files of 1.3 KB");
    group.sample_size(10);
    group.bench_function("load", |bencher| {
        bencher.iter(|| {
            let loaded = load::load_campaigns(&project, &environment);
            assert!(loaded.findings.is_empty() && loaded.campaigns.len() == FILES);
            loaded
        });
    });
    let loaded = load::load_campaigns(&project, &environment);
    let subjects: Vec<Subject<'_>> = loaded
        .campaigns
        .iter()
        .map(|campaign| Subject { key: &campaign.key, document: &campaign.document, indices: None, source: campaign.source })
        .collect();
    group.bench_function("lint", |bencher| bencher.iter(|| lint::check(&subjects, &loaded.sources)));
    // Every campaign has another cooldown and one of two priorities: each one has to be compared with others.
    let differing: Vec<_> = loaded
        .campaigns
        .iter()
        .enumerate()
        .map(|(index, campaign)| {
            let mut document = campaign.document.clone();
            document.enabled = true;
            document.actions.iter_mut().for_each(|action| action.priority = 1 + (index as u64 % 2));
            if let Some(throttling) = &mut document.throttling {
                throttling.cooldown_seconds = Some(3600 + index as u64);
            }
            document
        })
        .collect();
    let subjects: Vec<Subject<'_>> = differing
        .iter()
        .zip(&loaded.campaigns)
        .map(|(document, campaign)| Subject { key: &campaign.key, document, indices: None, source: campaign.source })
        .collect();
    group.bench_function("lint, every cooldown and two priorities differ", |bencher| {
        bencher.iter(|| lint::check(&subjects, &loaded.sources).len());
    });
    group.finish();
}

criterion_group!(benches, load_and_lint);
criterion_main!(benches);
