//! A server behind the proxy, thirty files that change from round to round, and processes that apply them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::time::Duration;

use campaignctl::apply::{Options, Outcome};
use campaignctl::emulator::{self, Emulator};
use campaignctl::load::open_project;
use campaignctl::model::{Guards, Secret, StateLocation};
use campaignctl::ops::apply::{apply, prepare_apply};
use campaignctl::ops::plan::{Request, plan};
use campaignctl::ops::{Access, Scope};
use campaignctl::reconcile::Goal;
use campaignctl::remote::{Credentials, Settings};
use campaignctl::state::{Holder, StateAccess, StateStore};
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::awkward::Proxy;

/// Campaigns that a world may have, by number.
const CAMPAIGNS: usize = 30;
/// Disturbed runs of a round; then calm ones until it is done.
const DISTURBED: usize = 3;
/// Calm runs are at most this many: the first may have to find out what became of the disturbed ones.
const CALM: usize = 3;

/// A campaign as a file declares it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Declared {
    name: String,
    dwell: u64,
    message: String,
}

/// How a run ended.
#[derive(Debug)]
enum End {
    Complete,
    Killed,
    Short(#[allow(dead_code, reason = "shown when a round fails")] String),
}

pub struct World {
    emulator: Emulator,
    proxy: Proxy,
    folder: tempfile::TempDir,
    files: BTreeMap<usize, Declared>,
    /// Names that were given out, so that a new campaign gets a new one.
    named: u64,
    pub killed: u64,
}

impl World {
    pub async fn start(seed: u64) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::start(emulator::Options::new(folder.path().join("emulator"))).await.unwrap();
        let proxy = Proxy::start(emulator.base_url(), seed).await;
        let project = format!("lint: {{ all: allow }}\nenvironments:\n  proxy: {{ baseUrl: \"{}\", state: state.json }}\n", proxy.base_url);
        fs::write(folder.path().join("campaignctl.yaml"), project).unwrap();
        fs::create_dir(folder.path().join("campaigns")).unwrap();
        Self { emulator, proxy, folder, files: BTreeMap::new(), named: 0, killed: 0 }
    }

    pub fn disturbed(&self) -> [u64; 6] {
        self.proxy.done()
    }

    /// Changes files, applies them through all that can go wrong, then in peace, and looks at what is there.
    pub async fn round(&mut self, round: &str) {
        self.edit();
        let first = self.emulator.request_count();
        let mut ends = Vec::new();
        for _ in 0..DISTURBED {
            self.proxy.disturb(5 + self.proxy.random(40));
            let kill = (self.proxy.random(2) == 0).then(|| self.proxy.random(150));
            ends.push(self.run(kill).await);
        }
        self.proxy.disturb(0);
        for _ in 0..CALM {
            if !matches!(ends.last(), Some(End::Complete)) {
                ends.push(self.run(None).await);
            }
        }
        assert!(matches!(ends.last(), Some(End::Complete)), "{round}: it does not come to an end: {ends:#?}");
        self.killed += ends.iter().filter(|end| matches!(end, End::Killed)).count() as u64;
        self.check(first, &format!("{round}, {ends:?}")).await;
    }

    /// Some files appear, some change, some go, some get another name.
    fn edit(&mut self) {
        for number in 0..CAMPAIGNS {
            let dice = self.proxy.random(10);
            let dwell = 1 + self.proxy.random(1_000);
            match self.files.get_mut(&number) {
                Some(declared) => match dice {
                    0 => drop(self.files.remove(&number)),
                    1 => declared.name = format!("{} again", declared.name.trim_end_matches(" again")),
                    2..=4 => declared.dwell = dwell,
                    5 => declared.message = format!("Hello number {dwell}"),
                    _ => {}
                },
                None if dice < 6 => {
                    self.named += 1;
                    let declared = Declared { name: format!("Campaign {}", self.named), dwell, message: "Hello".to_owned() };
                    self.files.insert(number, declared);
                }
                None => {}
            }
        }
        let folder = self.folder.path().join("campaigns");
        for number in 0..CAMPAIGNS {
            let path = folder.join(format!("c{number}.yaml"));
            match self.files.get(&number) {
                Some(declared) => fs::write(path, declared.yaml()).unwrap(),
                None => drop(fs::remove_file(path)),
            }
        }
    }

    fn request(&self, parallelism: usize) -> Request {
        let project = open_project(self.folder.path()).unwrap();
        let environment = project.environment(Some("proxy")).unwrap();
        let credentials = Credentials::Client { id: "proxy".to_owned(), secret: Secret::new("x") };
        let settings = Settings {
            parallelism,
            backoff_base: Duration::ZERO,
            backoff_cap: Duration::ZERO,
            throttle_wait: Duration::ZERO,
            ..Settings::default()
        };
        let access = Access { credentials: Some(credentials), ..Access::default() };
        Request {
            scope: Scope { project, environment, access, settings },
            guards: Guards { max_deletes: Some(1_000), ..Guards::default() },
            allow_destroy: BTreeSet::new(),
            goal: Goal::Files,
        }
    }

    /// One process: a thread with a runtime of its own, of which nothing is left once it is killed. What it had sent arrives.
    async fn run(&self, kill: Option<u64>) -> End {
        let killed = self.proxy.kill_at(kill);
        let parallelism = 1 + usize::try_from(self.proxy.random(8)).unwrap();
        let request = self.request(parallelism);
        let (tell, told) = oneshot::channel();
        let process = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let end = runtime.block_on(async {
                tokio::select! {
                    end = applied(request, parallelism) => end,
                    Ok(()) = killed => End::Killed,
                }
            });
            drop(runtime);
            tell.send(end).ok();
        });
        let end = told.await;
        if let Err(panic) = process.join() {
            std::panic::resume_unwind(panic);
        }
        self.proxy.quiet().await;
        end.unwrap()
    }

    async fn check(&self, first: u64, round: &str) {
        let mut live: Vec<(Declared, String)> = self.emulator.campaigns().unwrap().iter().map(read).collect();
        live.sort();
        let mut files: Vec<Declared> = self.files.values().cloned().collect();
        files.sort();
        assert_eq!(live.iter().map(|(declared, _)| declared.clone()).collect::<Vec<_>>(), files, "{round}");
        let location = StateLocation::File(self.folder.path().join("state.json"));
        let state = StateStore::open(&location, &StateAccess::default(), "proxy").unwrap().read().await.unwrap().unwrap();
        let remembered: BTreeMap<String, String> =
            state.campaigns.campaigns.iter().map(|(key, campaign)| (key.to_string(), campaign.id.0.clone())).collect();
        let ids: BTreeMap<&Declared, &String> = live.iter().map(|(declared, id)| (declared, id)).collect();
        let expected: BTreeMap<String, String> =
            self.files.iter().map(|(number, declared)| (format!("c{number}"), ids[declared].clone())).collect();
        assert_eq!(remembered, expected, "{round}");
        assert!(state.intents.is_empty(), "{round}: {:?}", state.intents);
        let mut created: BTreeMap<String, usize> = BTreeMap::new();
        for record in
            self.emulator.requests().into_iter().filter(|record| record.index > first && record.method == "POST" && record.committed)
        {
            *created.entry(record.campaign_name.unwrap_or_default()).or_default() += 1;
        }
        created.retain(|_, times| *times > 1);
        assert!(created.is_empty(), "{round}: created more than once: {created:?}");
        let planned = plan(self.request(4)).await.unwrap_or_else(|failure| panic!("{round}: {}", failure.message));
        assert!(planned.plan.is_empty() && planned.plan.state_only.is_empty(), "{round}: {:#?}", planned.plan);
        planned.close().await;
    }
}

async fn applied(request: Request, parallelism: usize) -> End {
    let holder = Holder { command: "apply".to_owned(), process: 1, ..Holder::default() };
    let planned = match prepare_apply(request, holder, None).await {
        Ok(planned) => planned,
        Err(failure) => return End::Short(failure.message),
    };
    if !planned.plan.refusals.is_empty() {
        let refusals = format!("refused: {:?}", planned.plan.refusals);
        planned.close().await;
        return End::Short(refusals);
    }
    let (_sender, stop) = watch::channel(false);
    let options = Options {
        parallelism: NonZeroUsize::new(parallelism).unwrap(),
        settle: Duration::from_millis(1),
        save_every: Duration::ZERO,
        run: "a-run".to_owned(),
    };
    match apply(planned, options, stop, |_| {}).await {
        Err(failure) => End::Short(failure.message),
        Ok(report) if report.is_complete() => End::Complete,
        Ok(report) => {
            let mut short = String::new();
            for row in report.rows.iter().filter(|row| !matches!(row.outcome, Outcome::Done { .. })) {
                write!(short, "{}: {:?}; ", row.key, row.outcome).unwrap();
            }
            End::Short(format!("{short}{:?}", report.state_error))
        }
    }
}

fn read(campaign: &Value) -> (Declared, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let dwell = campaign["filters"][0]["value"].as_u64().unwrap();
    let message = text(&campaign["actions"][0]["config"]["inviteMessage"]);
    (Declared { name: text(&campaign["name"]), dwell, message }, text(&campaign["id"]))
}

impl Declared {
    fn yaml(&self) -> String {
        let Self { name, dwell, message } = self;
        format!(
            "name: {name}
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  - {{ attributeName: session.dwell_time_seconds, operator: greater_than, value: {dwell}, dataType: integer }}
actions:
  - type: webchat_invite
    priority: 1
    config: {{ inviteMessage: {message}, displayDuration: 300 }}
    routingConfig: {{ queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890, skillGroups: [web_support_tier1] }}
throttling: {{ maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }}
"
        )
    }
}
