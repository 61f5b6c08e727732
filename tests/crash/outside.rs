//! Somebody else at work at the same time: random schedules of edits, renames, deletes and creates by another client, between
//! our runs, between a plan and its first change, and between requests; together with random faults and kills.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use campaignctl::emulator::{Emulator, FaultScript, RequestRecord};
use campaignctl::reconcile::{Action, Plan};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::world::{DESIRED, End, Kill, Machine, Moment, OURS, OUTSIDE, Template, World};

/// Threads, each with its own seed; now and then they wait.
const THREADS: u8 = 6;
/// Of each thread.
const CASES: u32 = 40;

/// Names the files declare, one they declared once, and one they never did.
const NAMES: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "Z"];

/// What somebody else does to one of the live campaigns, by its place among them in the order of their names.
#[derive(Debug, Clone)]
enum Act {
    Describe(usize),
    Toggle(usize),
    Rename(usize, &'static str),
    Delete(usize),
    /// With the body of another live campaign.
    Create(usize, &'static str),
}

#[derive(Debug, Clone)]
struct OneRun {
    before: Vec<Act>,
    planned: Vec<Act>,
    /// Begun at this moment of this request of the run, counted from 0.
    during: Vec<(usize, Moment, Act)>,
    kill: Option<Kill>,
    parallelism: usize,
}

#[derive(Debug, Clone)]
struct Schedule {
    seed: u64,
    faults: Vec<String>,
    runs: Vec<OneRun>,
}

fn act() -> impl Strategy<Value = Act> {
    let name = || proptest::sample::select(&NAMES[..]);
    prop_oneof![
        4 => (0..8_usize).prop_map(Act::Describe),
        2 => (0..8_usize).prop_map(Act::Toggle),
        2 => (0..8_usize, name()).prop_map(|(which, name)| Act::Rename(which, name)),
        2 => (0..8_usize).prop_map(Act::Delete),
        2 => (0..8_usize, name()).prop_map(|(which, name)| Act::Create(which, name)),
    ]
}

fn moment() -> impl Strategy<Value = Moment> {
    proptest::sample::select(vec![Moment::Received, Moment::Committed, Moment::Answered])
}

fn one_run() -> impl Strategy<Value = OneRun> {
    let kill = prop_oneof![
        (0..20_usize, moment()).prop_map(|(request, moment)| Kill::Server { request, moment }),
        (0..20_usize).prop_map(|event| Kill::Client { event }),
    ];
    (
        proptest::collection::vec(act(), 0..2),
        proptest::collection::vec(act(), 0..2),
        proptest::collection::vec((0..20_usize, moment(), act()), 0..4),
        proptest::option::of(kill),
        1..5_usize,
    )
        .prop_map(|(before, planned, during, kill, parallelism)| OneRun { before, planned, during, kill, parallelism })
}

fn fault() -> impl Strategy<Value = String> {
    let kinds = vec![
        "any~P:status-before-commit=503",
        "any~P:status-before-commit=429,retry-after=0",
        "any~P:delay=1ms",
        "any~P:drop-before-commit",
        "any~P:token-expiry",
        "create~P:status-after-commit=504",
        "create~P:drop-after-commit",
        "create~P:torn-body",
        "update~P:status-after-commit=502",
        "update~P:drop-after-commit",
        "update~P:torn-body",
        "delete~P:drop-after-commit",
        "list~P:torn-body",
        "get~P:status-before-commit=500",
    ];
    (proptest::sample::select(kinds), proptest::sample::select(vec!["0.05", "0.2", "0.5"])).prop_map(|(kind, chance)| {
        // What happens to every kind of request ends more runs than it tells us about.
        kind.replace('P', if kind.starts_with("any") { "0.05" } else { chance })
    })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    (0..1000_u64, proptest::collection::vec(fault(), 0..4), proptest::collection::vec(one_run(), 1..4))
        .prop_map(|(seed, faults, runs)| Schedule { seed, faults, runs })
}

/// What somebody else has done.
#[derive(Debug, Default)]
struct Done {
    /// Versions written, and the request that wrote each.
    versions: BTreeMap<(String, u64), u64>,
    /// Names that a campaign was given, by its id.
    names: BTreeMap<String, BTreeSet<String>>,
    /// How often a campaign of this name was deleted or got another name.
    removed: BTreeMap<String, usize>,
    tale: Vec<String>,
}

/// Somebody else. What was done is read from the server itself, because faults happen to these requests, too.
struct Outsider {
    emulator: Arc<Emulator>,
    http: reqwest::Client,
    /// Enough of them, as faults take them away.
    tokens: Vec<String>,
    done: Arc<Mutex<Done>>,
    count: usize,
}

/// What to do, if anything, and who waits until it is done.
type Order = (Option<Act>, Option<oneshot::Sender<()>>);

impl Outsider {
    async fn new(emulator: Arc<Emulator>, done: Arc<Mutex<Done>>) -> Self {
        // No connection stays open: whoever waits until the server has nothing left to do waits for those as well.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().unwrap();
        let mut outsider = Self { emulator, http, tokens: Vec::new(), done, count: 0 };
        for _ in 0..8 {
            outsider.log_in().await;
        }
        outsider
    }

    async fn log_in(&mut self) {
        let asked = self.http.post(format!("{}/oauth/token", self.emulator.base_url())).basic_auth(OUTSIDE, Some("y"));
        let answer = asked.form(&[("grant_type", "client_credentials")]).send().await.unwrap();
        self.tokens.push(text(&answer.json::<Value>().await.unwrap(), "access_token"));
    }

    /// Does what is ordered, one after the other, until nobody orders any more.
    async fn work(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        while let Some((act, told)) = orders.recv().await {
            if let Some(act) = act {
                self.act(&act).await;
            }
            if let Some(told) = told {
                told.send(()).ok();
            }
        }
    }

    async fn act(&mut self, act: &Act) {
        let mut live = self.emulator.campaigns().unwrap();
        live.sort_by_key(|campaign| (text(campaign, "name"), text(campaign, "dateCreated"), text(campaign, "id")));
        let (Act::Describe(which) | Act::Toggle(which) | Act::Rename(which, _) | Act::Delete(which) | Act::Create(which, _)) = act;
        if live.is_empty() {
            return;
        }
        let mut body = live.swap_remove(which % live.len());
        let (id, name, version) = (text(&body, "id"), text(&body, "name"), body["version"].as_u64().unwrap());
        for field in ["id", "dateCreated", "dateModified", "modifiedBy", "selfUri"] {
            body.as_object_mut().unwrap().remove(field);
        }
        self.count += 1;
        match act {
            Act::Describe(_) => body["description"] = json!(format!("outside {}", self.count)),
            Act::Toggle(_) => body["enabled"] = json!(!body["enabled"].as_bool().unwrap()),
            Act::Rename(_, to) => body["name"] = json!(to),
            Act::Create(_, to) => {
                body["name"] = json!(to);
                body.as_object_mut().unwrap().remove("version");
            }
            Act::Delete(_) => {}
        }
        let campaigns = format!("{}/api/v2/analytics/predictiveengagement/campaigns", self.emulator.base_url());
        let one = format!("{campaigns}/{id}");
        let asked = match act {
            Act::Create(..) => self.http.post(campaigns).json(&body),
            Act::Delete(_) => self.http.delete(one),
            _ => self.http.put(one).json(&body),
        };
        let seen = self.emulator.request_count();
        let answer = asked.bearer_auth(self.tokens.last().unwrap()).send().await;
        if answer.is_ok_and(|answer| answer.status() == 401) && self.tokens.len() > 1 {
            self.tokens.pop();
        }
        let records = self.emulator.requests();
        let own = records.iter().filter(|record| record.index > seen && record.committed && record.client.as_deref() == Some(OUTSIDE));
        let mut done = self.done.lock().unwrap();
        for record in own {
            done.tale.push(format!("#{} {act:?}: {name} {id} version {version}", record.index));
            match act {
                Act::Create(..) => {
                    done.names.entry(record.campaign_id.clone().unwrap()).or_default().insert(text(&body, "name"));
                }
                Act::Delete(_) => *done.removed.entry(name.clone()).or_default() += 1,
                _ => {
                    done.versions.insert((id.clone(), version + 1), record.index);
                    done.names.entry(id.clone()).or_default().insert(text(&body, "name"));
                    if body["name"] != name.as_str() {
                        *done.removed.entry(name.clone()).or_default() += 1;
                    }
                }
            }
        }
    }
}

fn text(campaign: &Value, field: &str) -> String {
    campaign[field].as_str().unwrap_or_default().to_owned()
}

/// What our plans meant to do to campaigns that were live.
#[derive(Debug, Default)]
struct Meant {
    /// Versions that an update was planned against.
    updates: BTreeSet<(String, u64)>,
    deletes: BTreeSet<(String, u64)>,
    /// Taken over because a file declares their name.
    imported: BTreeSet<String>,
    /// Taken for what an earlier run, or this one, had made.
    found: BTreeSet<String>,
}

impl Meant {
    fn learn(&mut self, plan: &Plan) {
        self.found.extend(plan.found.iter().map(|found| found.id.0.clone()));
        for change in &plan.changes {
            let Some(live) = &change.live else { continue };
            let at = (live.id.0.clone(), live.version);
            match change.action {
                Action::Update => drop(self.updates.insert(at)),
                Action::Delete => drop(self.deletes.insert(at)),
                _ => {}
            }
            if change.imported && change.desired.as_ref().is_some_and(|desired| desired.name == live.spec.name) {
                self.imported.insert(live.id.0.clone());
            }
        }
    }
}

struct Case<'m> {
    world: World<'m>,
    /// Ids that the state knew at first, by key.
    managed: BTreeMap<String, String>,
    done: Arc<Mutex<Done>>,
    meant: Arc<Mutex<Meant>>,
    told: Vec<String>,
}

impl Case<'_> {
    /// What must hold at any time when nothing is under way.
    fn check(&self) -> Result<(), String> {
        if let Some(wrong) = self.world.witness.lock().unwrap().wrong.first() {
            return Err(wrong.clone());
        }
        let done = self.done.lock().unwrap();
        let meant = self.meant.lock().unwrap();
        let requests = self.world.emulator.requests();
        let ours: Vec<_> = requests.iter().filter(|request| request.committed && request.client.as_deref() == Some(OURS)).collect();
        let mut created: BTreeMap<&str, usize> = BTreeMap::new();
        let mut of_us: BTreeSet<&str> = BTreeSet::new();
        for request in ours.iter().filter(|request| request.method == "POST") {
            *created.entry(request.campaign_name.as_deref().unwrap()).or_default() += 1;
            of_us.insert(request.campaign_id.as_deref().unwrap());
        }
        for (name, times) in created {
            let first = usize::from(!["A", "B", "C", "G"].contains(&name));
            let allowed = first + done.removed.get(name).copied().unwrap_or_default();
            if times > allowed || !DESIRED.iter().any(|declared| declared.name == name) {
                return Err(format!("{name} was created {times} times by us, not {allowed}"));
            }
        }
        let mut puts: BTreeMap<&str, u64> = BTreeMap::new();
        for request in &ours {
            let id = request.campaign_id.as_deref().unwrap_or_default();
            match request.method.as_str() {
                "PUT" => *puts.entry(id).or_default() += 1,
                "DELETE" => {
                    if self.managed.get("c").map(String::as_str) != Some(id) {
                        return Err(format!("{id} was deleted by us"));
                    }
                    let planned = meant.deletes.iter().filter(|(of, _)| of == id).map(|(_, version)| *version).max();
                    let Some(planned) = planned else { return Err(format!("{id} was deleted without a plan")) };
                    // Between this look and the delete somebody may still write: the API deletes whatever version there is.
                    let is_look = |other: &&RequestRecord| {
                        other.method == "GET" && other.campaign_id.as_deref() == Some(id) && other.index < request.index
                    };
                    let look = requests.iter().filter(is_look).map(|look| look.received_at).max();
                    for ((of, version), index) in &done.versions {
                        let answered = requests.iter().find(|other| other.index == *index).and_then(|other| other.answered_at);
                        if of == id && *version > planned && answered.zip(look).is_some_and(|(answered, look)| answered < look) {
                            return Err(format!("{id} was deleted although version {version} was never planned against"));
                        }
                    }
                }
                _ => {}
            }
        }
        let is_declared = |name: &String| DESIRED.iter().any(|declared| declared.name == name);
        for id in meant.found.iter().filter(|id| !of_us.contains(id.as_str()) && !self.managed.values().any(|managed| managed == *id)) {
            if !done.names.get(id).is_some_and(|names| names.iter().any(is_declared)) {
                return Err(format!("{id} was taken over, and never had a declared name"));
            }
        }
        for (id, count) in puts {
            let known = of_us.contains(id)
                || meant.found.contains(id)
                || meant.imported.contains(id)
                || self.managed.values().any(|managed| managed == id);
            if !known {
                return Err(format!("{id} was changed by us, and is none of ours"));
            }
            // Every version of a campaign was written by somebody: those that nobody else wrote are ours.
            let theirs: Vec<u64> = done.versions.keys().filter(|(of, _)| of == id).map(|(_, version)| *version).collect();
            // Every campaign begins with 1, and nothing had been updated when the case began.
            for version in 2..=1 + count + theirs.len() as u64 {
                let replaced = (id.to_owned(), version - 1);
                if !theirs.contains(&version) && !meant.updates.contains(&replaced) {
                    return Err(format!("{id}: version {} was overwritten, and no plan had seen it", version - 1));
                }
            }
        }
        Ok(())
    }

    /// Whether two live campaigns carry the same declared name.
    fn is_ambiguous(&self) -> bool {
        let live = self.world.emulator.campaigns().unwrap();
        DESIRED.iter().any(|declared| live.iter().filter(|campaign| campaign["name"] == declared.name).count() > 1)
    }

    /// Whether a live campaign that nothing manages carries the name by which the state knows another live one, which somebody
    /// may have renamed since.
    fn is_live_twice(&self) -> bool {
        let live = self.world.emulator.campaigns().unwrap();
        let state = self.world.state().campaigns.campaigns;
        let is_managed = |campaign: &Value| state.values().any(|known| known.id.0 == text(campaign, "id"));
        let known = state.values().filter(|known| live.iter().any(|campaign| text(campaign, "id") == known.id.0));
        let names: BTreeSet<&str> = known.map(|known| known.body.name.as_str()).collect();
        live.iter().any(|campaign| !is_managed(campaign) && names.contains(text(campaign, "name").as_str()))
    }

    fn run(&mut self, run: &OneRun, orders: &mpsc::UnboundedSender<Order>) -> Result<End, String> {
        let (meant, planned, between) = (Arc::clone(&self.meant), run.planned.clone(), orders.clone());
        let end = self.world.apply_after(run.kill.clone(), run.parallelism, move |plan| {
            meant.lock().unwrap().learn(plan);
            order(between, planned.into_iter().map(Some).collect())
        });
        self.told.push(format!("{end:?}"));
        // What was ordered while it ran is done before anything is judged.
        self.world.machine.block_on(order(orders.clone(), vec![None]));
        let state = self.world.state();
        self.meant.lock().unwrap().found.extend(state.campaigns.campaigns.values().map(|campaign| campaign.id.0.clone()));
        self.check()?;
        if matches!(end, End::Complete) && !state.intents.is_empty() {
            return Err("intents are left after a complete run".to_owned());
        }
        Ok(end)
    }
}

async fn order(orders: mpsc::UnboundedSender<Order>, acts: Vec<Option<Act>>) {
    for act in acts {
        let (told, done) = oneshot::channel();
        orders.send((act, Some(told))).ok();
        done.await.ok();
    }
}

/// Requests seen so far, and what the outside writer does at which moment of which one.
type During = (usize, Vec<(usize, Moment, Act)>);

fn follow(template: &Template, machine: &Machine, schedule: &Schedule) -> Result<(), String> {
    let world = World::of(template, machine);
    world.witness.lock().unwrap().is_alone = false;
    let managed = world.state().campaigns.campaigns;
    let managed = managed.iter().map(|(key, campaign)| (key.to_string(), campaign.id.0.clone())).collect();
    let done: Arc<Mutex<Done>> = Arc::default();
    let outsider = machine.block_on(Outsider::new(Arc::clone(&world.emulator), Arc::clone(&done)));
    let (orders, taken) = mpsc::unbounded_channel::<Order>();
    let working = machine.spawn(outsider.work(taken));
    let during: Arc<Mutex<During>> = Arc::default();
    let (triggers, triggered) = (Arc::clone(&during), orders.downgrade());
    world.emulator.on(move |moment, record| {
        if record.client.as_deref() == Some(OUTSIDE) {
            return;
        }
        let (count, waiting) = &mut *triggers.lock().unwrap();
        *count += usize::from(moment == Moment::Received);
        for (_, _, act) in waiting.extract_if(.., |(request, when, _)| (*request + 1, *when) == (*count, moment)) {
            if let Some(orders) = triggered.upgrade() {
                orders.send((Some(act), None)).ok();
            }
        }
    });
    let rules: Vec<&str> = schedule.faults.iter().map(String::as_str).collect();
    world.emulator.set_faults(FaultScript { seed: Some(schedule.seed), ..FaultScript::of(&rules).unwrap() });
    let mut case = Case { world, managed, done, meant: Arc::default(), told: Vec::new() };
    let mut result = Ok(());
    for run in &schedule.runs {
        machine.block_on(order(orders.clone(), run.before.iter().cloned().map(Some).collect()));
        *during.lock().unwrap() = (0, run.during.clone());
        result = case.run(run, &orders).map(drop);
        if result.is_err() {
            break;
        }
    }
    *during.lock().unwrap() = (0, Vec::new());
    drop(orders);
    machine.block_on(working).unwrap();
    case.world.emulator.clear_faults();
    if result.is_ok() {
        result = finish(&mut case);
    }
    result.map_err(|reason| {
        let tale = case.done.lock().unwrap().tale.join("\n  ");
        let ours = case.world.emulator.requests().into_iter().map(|request| {
            let (client, faults) = (request.client.unwrap_or_default(), request.faults);
            let (name, id) = (request.campaign_name.unwrap_or_default(), request.campaign_id.unwrap_or_default());
            let (committed, status) = (if request.committed { "committed" } else { "" }, request.status);
            format!("#{} {client} {} {name} {id} {status:?} {committed} {faults:?}", request.index, request.method)
        });
        let ours = ours.collect::<Vec<_>>().join("\n  ");
        format!("{reason}\nruns: {:#?}\noutside:\n  {tale}\nrequests:\n  {ours}", case.told)
    })
}

/// Nobody disturbs any more: it is done, or refused because somebody has to say which campaign is meant.
fn finish(case: &mut Case<'_>) -> Result<(), String> {
    let (orders, _) = mpsc::unbounded_channel::<Order>();
    let calm = OneRun { before: Vec::new(), planned: Vec::new(), during: Vec::new(), kill: None, parallelism: 4 };
    for _ in 0..5 {
        match case.run(&calm, &orders)? {
            End::Complete => {
                case.world.has_nothing_left("after a complete run");
                return Ok(());
            }
            End::Short(reason) if reason.starts_with("refused: ") => {
                let [ambiguous, twice] = ["AmbiguousName {", "LiveTwice("].map(|kind| reason.contains(kind));
                let only = (ambiguous || twice) && !reason.contains("Unreadable") && !reason.contains("TooMany");
                let is_so = (!ambiguous || case.is_ambiguous()) && (!twice || case.is_live_twice());
                return if only && is_so { Ok(()) } else { Err(format!("it is refused: {reason}")) };
            }
            _ => {}
        }
    }
    Err("it does not come to an end".to_owned())
}

#[test]
fn somebody_else_writes_at_the_same_time() {
    let template = Template::new(&Machine::new());
    std::thread::scope(|scope| {
        let template = &template;
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let config =
                        ProptestConfig { cases: CASES, failure_persistence: None, max_shrink_iters: 150, ..ProptestConfig::default() };
                    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[thread; 32]));
                    let machine = Machine::new();
                    runner.run(&schedule(), |schedule| follow(template, &machine, &schedule).map_err(TestCaseError::fail))
                })
            })
            .collect();
        for thread in threads {
            match thread.join().unwrap() {
                Ok(()) => {}
                Err(TestError::Fail(reason, schedule)) => panic!("{reason}\n{schedule:#?}"),
                Err(error) => panic!("{error}"),
            }
        }
    });
}

#[test]
fn somebody_else_changes_what_was_just_created() {
    let machine = Machine::new();
    let template = Template::new(&machine);
    let acts = [Act::Describe(2), Act::Toggle(2), Act::Rename(2, "Z"), Act::Delete(2), Act::Create(2, "D"), Act::Create(0, "D")];
    for act in acts {
        for request in 10..15 {
            let run = OneRun {
                before: Vec::new(),
                planned: Vec::new(),
                during: vec![(request, Moment::Committed, act.clone())],
                kill: None,
                parallelism: 1,
            };
            let schedule = Schedule { seed: 0, faults: vec!["create:drop-after-commit,campaign=D".to_owned()], runs: vec![run] };
            follow(&template, &machine, &schedule).unwrap_or_else(|reason| panic!("{schedule:?}: {reason}"));
        }
    }
}
