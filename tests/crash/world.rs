//! A server, a folder of files and a state, a moment before an apply that creates, updates and deletes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use campaignctl::apply::{Options, Outcome};
use campaignctl::emulator::{self, Clock, Emulator, UnknownFields};
use campaignctl::load::open_project;
use campaignctl::model::{Guards, Secret, StateLocation};
use campaignctl::ops::apply::{apply, prepare_apply};
use campaignctl::ops::plan::{Request, plan};
use campaignctl::ops::{Access, Scope};
use campaignctl::reconcile::{Goal, Plan, Tier};
use campaignctl::remote::{Credentials, Settings};
use campaignctl::state::{Holder, StateAccess, StateDocument, StateStore};
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::process::Process;
use super::witness::Witness;

pub use campaignctl::emulator::Moment;

/// How long a run waits before it believes a list about a create that may have been done.
pub const SETTLE: Duration = Duration::from_millis(50);

/// What no run waits for, on any machine.
pub const LONG: Duration = Duration::from_secs(3600);

/// Client id of somebody else, whose requests are not counted.
pub const OUTSIDE: &str = "outside";

/// Client id of the runs.
pub const OURS: &str = "crash";

/// When the process is killed.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// The thread that servers run on, apart from every process: one, so that what it tells has an order.
pub struct Machine(Runtime);

impl Machine {
    pub fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        Self(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
    }

    /// Runs something that is no part of any process.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }

    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
        self.0.spawn(future)
    }
}

/// A kill to come, and whom it hits.
type Armed = (Kill, Arc<Process>);

pub struct World<'m> {
    pub emulator: Arc<Emulator>,
    pub witness: Arc<Mutex<Witness>>,
    pub machine: &'m Machine,
    folder: tempfile::TempDir,
    armed: Arc<Mutex<Option<Armed>>>,
    told: Arc<AtomicUsize>,
    /// How long a run may take.
    pub deadline: Option<Duration>,
    /// How long results may wait for the next write of the state.
    pub save_every: Duration,
}

/// Where files are fast, if there is such a place: what is lost with the machine's power is not what is tested here.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn campaign(Declared { name, dwell, message, .. }: Declared) -> String {
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

/// A campaign file.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    pub key: &'static str,
    pub name: &'static str,
    pub dwell: u32,
    pub message: &'static str,
}

const fn declared(key: &'static str, name: &'static str, dwell: u32, message: &'static str) -> Declared {
    Declared { key, name, dwell, message }
}

/// What is live and managed at first.
const BEFORE: [Declared; 4] =
    [declared("a", "A", 45, "Hello"), declared("b", "B", 45, "Hello"), declared("c", "C", 45, "Hello"), declared("g", "G", 45, "Hello")];

/// What is declared, and live once everything is done.
pub const DESIRED: [Declared; 6] = [
    declared("a", "A", 60, "Hello"),
    declared("b", "B", 30, "Hello"),
    declared("d", "D", 45, "Hello"),
    declared("e", "E", 45, "Hello"),
    declared("f", "F", 45, "Hello"),
    declared("g", "G", 45, "Welcome"),
];

/// When each change is made: fewer invites first, more invites last.
pub const TIERS: [(&str, Tier); 7] = [
    ("c", Tier::Tighten),
    ("a", Tier::Tighten),
    ("g", Tier::Neutral),
    ("b", Tier::Loosen),
    ("d", Tier::Loosen),
    ("e", Tier::Loosen),
    ("f", Tier::Loosen),
];

impl Template {
    /// Four campaigns are live and managed; the files now update three, drop one, and declare three more.
    pub fn new(machine: &Machine) -> Self {
        let template = Self { folder: folder() };
        fs::create_dir(template.folder.path().join("campaigns")).unwrap();
        let write = |campaigns: &[Declared]| {
            for declared in campaigns {
                let path = template.folder.path().join(format!("campaigns/{}.yaml", declared.key));
                fs::write(path, campaign(*declared)).unwrap();
            }
        };
        write(&BEFORE);
        let world = World::in_folder(copy(template.folder.path()), machine);
        assert!(matches!(world.apply(None, 1), End::Complete));
        let World { emulator, folder, .. } = world;
        machine.block_on(Arc::into_inner(emulator).unwrap().stop());
        for name in ["emulator", "state.json"] {
            copy_into(&folder.path().join(name), &template.folder.path().join(name));
        }
        fs::remove_file(template.folder.path().join("campaigns/c.yaml")).unwrap();
        write(&DESIRED);
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

impl<'m> World<'m> {
    pub fn of(template: &Template, machine: &'m Machine) -> Self {
        Self::in_folder(copy(template.folder.path()), machine)
    }

    fn in_folder(folder: tempfile::TempDir, machine: &'m Machine) -> Self {
        let options = emulator::Options { unknown_fields: UnknownFields::Keep, ..emulator::Options::new(folder.path().join("emulator")) };
        // Whatever happens to the clock of the machine, that of the server goes on.
        let (began, at) = (Instant::now(), Timestamp::now());
        let emulator = machine.block_on(Emulator::start_with_clock(options, Clock::new(move || at + began.elapsed()))).unwrap();
        let project =
            format!("lint: {{ all: allow }}\nenvironments:\n  crash: {{ baseUrl: \"{}\", state: state.json }}\n", emulator.base_url());
        fs::write(folder.path().join("campaignctl.yaml"), project).unwrap();
        let armed: Arc<Mutex<Option<Armed>>> = Arc::default();
        let witness = Arc::new(Mutex::new(Witness::new(folder.path().join("state.json"))));
        let (of_hook, watching) = (Arc::clone(&armed), Arc::clone(&witness));
        emulator.on(move |moment, record| {
            if record.client.as_deref() == Some(OUTSIDE) {
                return;
            }
            let request = watching.lock().unwrap().see(moment, record);
            let now = Kill::Server { request, moment };
            let killed = of_hook.lock().unwrap().as_ref().filter(|(kill, _)| *kill == now).map(|(_, process)| Arc::clone(process));
            // The request goes on once nothing of the process is left.
            if let Some(process) = killed {
                process.kill_and_wait();
            }
        });
        Self {
            emulator: Arc::new(emulator),
            witness,
            machine,
            folder,
            armed,
            told: Arc::default(),
            deadline: None,
            save_every: Duration::ZERO,
        }
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
            connect_timeout: LONG,
            request_timeout: LONG,
            deadline: self.deadline,
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
    pub fn apply(&self, kill: Option<Kill>, parallelism: usize) -> End {
        self.apply_after(kill, parallelism, |_| std::future::ready(()))
    }

    /// [`World::apply`], with something that happens between the plan and its first change.
    pub fn apply_after<Between: Future<Output = ()>>(
        &self,
        kill: Option<Kill>,
        parallelism: usize,
        between: impl FnOnce(&Plan) -> Between,
    ) -> End {
        self.witness.lock().unwrap().begin_run();
        self.told.store(0, Ordering::SeqCst);
        let request = self.request(parallelism);
        let process = Arc::<Process>::default();
        let work = async {
            let holder = Holder { command: "apply".to_owned(), process: 1, ..Holder::default() };
            let planned = prepare_apply(request, holder, None).await.map_err(|failure| failure.message)?;
            self.witness.lock().unwrap().learn(&planned.plan);
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
                save_every: self.save_every,
                run: "a-run".to_owned(),
            };
            let tell = |_| {
                let now = Kill::Client { event: self.told.fetch_add(1, Ordering::SeqCst) };
                if let Some((_, process)) = self.armed.lock().unwrap().as_ref().filter(|(kill, _)| *kill == now) {
                    process.kill();
                }
            };
            apply(planned, options, stop, tell).await.map_err(|failure| failure.message)
        };
        *self.armed.lock().unwrap() = kill.map(|kill| (kill, Arc::clone(&process)));
        let ended = process.run(work);
        self.settle();
        *self.armed.lock().unwrap() = None;
        match ended {
            None => End::Killed,
            Some(Err(message)) => End::Short(message),
            Some(Ok(report)) if report.is_complete() => End::Complete,
            Some(Ok(report)) => {
                let rows = report.rows.iter().filter(|row| !matches!(row.outcome, Outcome::Done { .. }));
                End::Short(format!("{:?} {:?}", rows.map(|row| (&row.key, &row.outcome)).collect::<Vec<_>>(), report.state_error))
            }
        }
    }

    /// Waits until whatever the process sent has arrived, and is done.
    fn settle(&self) {
        self.machine.block_on(async {
            // Connections are taken in the order in which they were made: once this one is answered, those of the process
            // have been taken. They are closed, at its end at least, so the server reads each to its end.
            let host = self.emulator.base_url().trim_start_matches("http://");
            let mut last = TcpStream::connect(host).await.unwrap();
            let request = format!("GET /_emulator/requests?since={} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n", u64::MAX);
            last.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            last.read_to_end(&mut answer).await.unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
            drop(last);
            self.emulator.settled().await;
        });
    }

    pub fn state(&self) -> StateDocument {
        let location = StateLocation::File(self.folder.path().join("state.json"));
        let state = StateStore::open(&location, &StateAccess::default(), "crash").unwrap();
        self.machine.block_on(state.read()).unwrap().unwrap()
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

    /// Live equals desired, the state equals live, nothing is left to do, nothing was ever made twice, and everything came in
    /// its order.
    pub fn is_as_desired(&self, case: &str) {
        for (name, times) in self.created() {
            assert_eq!(times, 1, "{name} was created {times} times: {case}");
        }
        assert!(self.witness.lock().unwrap().wrong.is_empty(), "{case}: {:#?}", self.witness.lock().unwrap().wrong);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut live: Vec<(String, u64, String, String)> = self
            .emulator
            .campaigns()
            .unwrap()
            .iter()
            .map(|campaign: &Value| {
                let message = text(&campaign["actions"][0]["config"]["inviteMessage"]);
                (text(&campaign["name"]), campaign["filters"][0]["value"].as_u64().unwrap(), message, text(&campaign["id"]))
            })
            .collect();
        live.sort();
        let found: Vec<_> = live.iter().map(|(name, dwell, message, _)| (name.as_str(), *dwell, message.as_str())).collect();
        let expected: Vec<_> = DESIRED.iter().map(|declared| (declared.name, u64::from(declared.dwell), declared.message)).collect();
        assert_eq!(found, expected, "{case}");
        let state = self.state();
        let remembered: Vec<(&str, &str)> =
            state.campaigns.campaigns.values().map(|campaign| (campaign.body.name.as_str(), campaign.id.0.as_str())).collect();
        assert_eq!(remembered, live.iter().map(|(name, _, _, id)| (name.as_str(), id.as_str())).collect::<Vec<_>>(), "{case}");
        assert!(state.intents.is_empty(), "{case}: {:?}", state.intents);
        self.has_nothing_left(case);
    }

    /// A further plan is empty.
    pub fn has_nothing_left(&self, case: &str) {
        let planned = Arc::<Process>::default().run(async {
            let planned = plan(self.request(1)).await.unwrap_or_else(|failure| panic!("{case}: {}", failure.message));
            let plan = planned.plan.clone();
            planned.close().await;
            plan
        });
        assert!(planned.is_some_and(|plan| plan.is_empty() && plan.state_only.is_empty()), "{case}: something is left to do");
    }

    /// The plan that a run would make now.
    pub fn tiers(&self) -> Vec<(String, Tier)> {
        let planned = Arc::<Process>::default().run(async {
            let planned = plan(self.request(1)).await.unwrap_or_else(|failure| panic!("{}", failure.message));
            let tiers = planned.plan.changes.iter().map(|change| (change.key.to_string(), change.tier)).collect();
            planned.close().await;
            tiers
        });
        planned.unwrap()
    }
}
