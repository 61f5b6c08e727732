//! A server, a folder of files and a state, a moment before an apply that creates, updates and deletes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use campaignctl::apply::{Options, Outcome};
use campaignctl::emulator::{self, Emulator, UnknownFields};
use campaignctl::load::open_project;
use campaignctl::model::{Guards, Secret, StateLocation};
use campaignctl::ops::apply::{apply, prepare_apply};
use campaignctl::ops::plan::{Request, plan};
use campaignctl::ops::{Access, Scope};
use campaignctl::reconcile::{Goal, Plan};
use campaignctl::remote::{Credentials, Settings};
use campaignctl::state::{Holder, StateAccess, StateDocument, StateStore};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub use campaignctl::emulator::Moment;

/// After this a request that was on its way when its process was killed has arrived, and the list shows what it made.
const SETTLE: Duration = Duration::from_millis(50);

/// Client id of somebody else, whose requests are not counted.
pub const OUTSIDE: &str = "outside";

/// Client id of the runs.
pub const OURS: &str = "crash";

/// When the process is killed.
#[derive(Debug, Clone)]
pub enum Kill {
    /// At this moment of the server's work on this request, counted from 0.
    Server { request: usize, moment: Moment },
    /// When the run tells this event, counted from 0: before something is sent, before and after each writing of the state.
    Client { event: usize },
}

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// Everything is done.
    Complete,
    /// It was killed.
    Killed,
    /// It gave up, or left something undone.
    #[allow(dead_code, reason = "shown when a case fails")]
    Short(String),
}

/// Folders that a case starts from; copied for each.
pub struct Template {
    folder: tempfile::TempDir,
}

pub struct World {
    pub emulator: Arc<Emulator>,
    folder: tempfile::TempDir,
    armed: Arc<Mutex<Option<(Kill, AbortHandle)>>>,
    seen: Arc<AtomicUsize>,
    told: Arc<AtomicUsize>,
}

/// Where files are fast, if there is such a place: what is lost with the machine's power is not what is tested here.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn campaign(name: &str, dwell: u32) -> String {
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
    config: {{ inviteMessage: Hello, displayDuration: 300 }}
    routingConfig: {{ queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890, skillGroups: [web_support_tier1] }}
throttling: {{ maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }}
"
    )
}

/// What is live and what is declared once everything is done: names and dwell times.
pub const DESIRED: [(&str, &str, u32); 5] = [("a", "A", 60), ("b", "B", 30), ("d", "D", 45), ("e", "E", 45), ("f", "F", 45)];

impl Template {
    /// Three campaigns are live and managed; the files now update two, drop one, and declare three more.
    pub fn new() -> Self {
        let template = Self { folder: folder() };
        fs::create_dir(template.folder.path().join("campaigns")).unwrap();
        let write = |key: &str, name: &str, dwell: u32| {
            fs::write(template.folder.path().join(format!("campaigns/{key}.yaml")), campaign(name, dwell)).unwrap();
        };
        for (key, name) in [("a", "A"), ("b", "B"), ("c", "C")] {
            write(key, name, 45);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::in_folder(copy(template.folder.path())).await;
            assert!(matches!(world.apply(None, 1).await, End::Complete));
            Arc::into_inner(world.emulator).unwrap().stop().await;
            for name in ["emulator", "state.json"] {
                copy_into(&world.folder.path().join(name), &template.folder.path().join(name));
            }
        });
        fs::remove_file(template.folder.path().join("campaigns/c.yaml")).unwrap();
        for (key, name, dwell) in DESIRED {
            write(key, name, dwell);
        }
        template
    }
}

fn copy_into(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy_into(&from.join(&name), &to.join(&name));
        }
    } else if from.exists() {
        fs::copy(from, to).unwrap();
    }
}

fn copy(from: &Path) -> tempfile::TempDir {
    let folder = folder();
    copy_into(from, folder.path());
    folder
}

impl World {
    pub async fn of(template: &Template) -> Self {
        Self::in_folder(copy(template.folder.path())).await
    }

    async fn in_folder(folder: tempfile::TempDir) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let options = emulator::Options { unknown_fields: UnknownFields::Keep, ..emulator::Options::new(folder.path().join("emulator")) };
        let emulator = Emulator::start(options).await.unwrap();
        let project =
            format!("lint: {{ all: allow }}\nenvironments:\n  crash: {{ baseUrl: \"{}\", state: state.json }}\n", emulator.base_url());
        fs::write(folder.path().join("campaignctl.yaml"), project).unwrap();
        let armed: Arc<Mutex<Option<(Kill, AbortHandle)>>> = Arc::default();
        let seen: Arc<AtomicUsize> = Arc::default();
        let (of_hook, count) = (Arc::clone(&armed), Arc::clone(&seen));
        emulator.on(move |moment, record| {
            if record.client.as_deref() == Some(OUTSIDE) {
                return;
            }
            let request = if moment == Moment::Received {
                count.fetch_add(1, Ordering::Relaxed)
            } else {
                count.load(Ordering::Relaxed).saturating_sub(1)
            };
            let armed = of_hook.lock().unwrap();
            if let Some((Kill::Server { request: at, moment: when }, process)) = armed.as_ref()
                && (*at, *when) == (request, moment)
            {
                process.abort();
            }
        });
        Self { emulator: Arc::new(emulator), folder, armed, seen, told: Arc::default() }
    }

    /// Events that the last run told.
    pub fn events(&self) -> usize {
        self.told.load(Ordering::Relaxed)
    }

    fn request(&self, parallelism: usize) -> Request {
        let project = open_project(self.folder.path()).unwrap();
        let environment = project.environment(Some("crash")).unwrap();
        let credentials = Credentials::Client { id: OURS.to_owned(), secret: Secret::new("x") };
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
            guards: Guards::default(),
            allow_destroy: BTreeSet::new(),
            goal: Goal::Files,
        }
    }

    /// One run of `apply`, killed or not.
    pub async fn apply(&self, kill: Option<Kill>, parallelism: usize) -> End {
        self.apply_after(kill, parallelism, |_| std::future::ready(())).await
    }

    /// [`World::apply`], with something that happens between the plan and its first change.
    pub async fn apply_after<Between>(
        &self,
        kill: Option<Kill>,
        parallelism: usize,
        between: impl FnOnce(&Plan) -> Between + Send + 'static,
    ) -> End
    where
        Between: Future<Output = ()> + Send,
    {
        self.seen.store(0, Ordering::Relaxed);
        self.told.store(0, Ordering::Relaxed);
        let request = self.request(parallelism);
        let (armed, told) = (Arc::clone(&self.armed), Arc::clone(&self.told));
        let (start, started) = tokio::sync::oneshot::channel::<()>();
        let process = tokio::spawn(async move {
            started.await.unwrap();
            let holder = Holder { command: "apply".to_owned(), process: 1, ..Holder::default() };
            let planned = prepare_apply(request, holder, None).await.map_err(|failure| failure.message)?;
            between(&planned.plan).await;
            if !planned.plan.refusals.is_empty() {
                let refusals = format!("refused: {:?}", planned.plan.refusals);
                planned.close().await;
                return Err(refusals);
            }
            let (_sender, stop) = watch::channel(false);
            let options = Options {
                parallelism: NonZeroUsize::new(parallelism).unwrap(),
                settle: SETTLE,
                save_every: std::time::Duration::ZERO,
                run: "a-run".to_owned(),
            };
            let tell = move |_| {
                let event = told.fetch_add(1, Ordering::Relaxed);
                if let Some((Kill::Client { event: at }, process)) = armed.lock().unwrap().as_ref()
                    && *at == event
                {
                    process.abort();
                }
            };
            apply(planned, options, stop, tell).await.map_err(|failure| failure.message)
        });
        *self.armed.lock().unwrap() = kill.map(|kill| (kill, process.abort_handle()));
        start.send(()).unwrap();
        let ended = process.await;
        *self.armed.lock().unwrap() = None;
        match ended {
            Err(error) if error.is_cancelled() => {
                self.quiet().await;
                End::Killed
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
            Ok(Err(message)) => End::Short(message),
            Ok(Ok(report)) if report.is_complete() => End::Complete,
            Ok(Ok(report)) => {
                let rows = report.rows.iter().filter(|row| !matches!(row.outcome, Outcome::Done { .. }));
                End::Short(format!("{:?} {:?}", rows.map(|row| (&row.key, &row.outcome)).collect::<Vec<_>>(), report.state_error))
            }
        }
    }

    /// What was on its way when the process was killed arrives, as it does within the settle time on a machine that is not
    /// busy: no write is half done, and nothing new comes in.
    async fn quiet(&self) {
        let mut before = None;
        for _ in 0..200 {
            let requests = self.emulator.requests();
            let is_write = |method: &str| matches!(method, "POST" | "PUT" | "DELETE");
            let under_way = requests.iter().filter(|request| {
                is_write(&request.method)
                    && !request.committed
                    && request.faults.is_empty()
                    && request.status.is_none()
                    && request.answered_at.is_none()
            });
            let now = (requests.len(), under_way.count());
            if now.1 == 0 && before == Some(now) {
                return;
            }
            before = Some(now);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn state(&self) -> StateDocument {
        let location = StateLocation::File(self.folder.path().join("state.json"));
        StateStore::open(&location, &StateAccess::default(), "crash").unwrap().read().await.unwrap().unwrap()
    }

    /// How often a campaign of each name was created, over all runs.
    pub fn created(&self) -> BTreeMap<String, usize> {
        let mut created = BTreeMap::new();
        for request in self.emulator.requests().into_iter().filter(|request| request.method == "POST" && request.committed) {
            if let Some(name) = request.campaign_name {
                *created.entry(name).or_default() += 1;
            }
        }
        created
    }

    /// Live equals desired, the state equals live, nothing is left to do, and nothing was ever made twice.
    pub async fn is_as_desired(&self, case: &str) {
        for (name, times) in self.created() {
            assert_eq!(times, 1, "{name} was created {times} times: {case}");
        }
        let mut live: Vec<(String, u64, String)> = self
            .emulator
            .campaigns()
            .unwrap()
            .iter()
            .map(|campaign: &Value| {
                let text = |field: &str| campaign[field].as_str().unwrap().to_owned();
                (text("name"), campaign["filters"][0]["value"].as_u64().unwrap(), text("id"))
            })
            .collect();
        live.sort();
        let expected: Vec<(String, u64)> = DESIRED.iter().map(|(_, name, dwell)| ((*name).to_owned(), u64::from(*dwell))).collect();
        assert_eq!(live.iter().map(|(name, dwell, _)| (name.clone(), *dwell)).collect::<Vec<_>>(), expected, "{case}");
        let state = self.state().await;
        let remembered: Vec<(String, String)> =
            state.campaigns.campaigns.values().map(|campaign| (campaign.body.name.clone(), campaign.id.0.clone())).collect();
        assert_eq!(remembered, live.iter().map(|(name, _, id)| (name.clone(), id.clone())).collect::<Vec<_>>(), "{case}");
        assert!(state.intents.is_empty(), "{case}: {:?}", state.intents);
        self.has_nothing_left(case).await;
    }

    /// A further plan is empty.
    pub async fn has_nothing_left(&self, case: &str) {
        let planned = plan(self.request(1)).await.unwrap_or_else(|failure| panic!("{case}: {}", failure.message));
        assert!(planned.plan.is_empty() && planned.plan.state_only.is_empty(), "{case}: {:#?}", planned.plan);
        planned.close().await;
    }
}
