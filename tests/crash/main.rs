//! Apply, broken off at every point: every fault at every request, every moment at which a process can be killed, and both
//! together. Whatever happens, applying again ends where an undisturbed run ends, and no campaign is ever made twice.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod outside;
mod process;
mod promises;
mod witness;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

use campaignctl::emulator::FaultScript;

use world::{End, Kill, Machine, Moment, TIERS, World};

/// What can happen to a request, in the words of `campaignctl emulator --fault`.
/// A 404 is not among them: it is an answer with a meaning, and is believed.
const FAULTS: [&str; 11] = [
    "status-before-commit=500",
    "status-before-commit=503",
    "status-before-commit=429,retry-after=0",
    "status-after-commit=500",
    "status-after-commit=502",
    "status-after-commit=504",
    "drop-before-commit",
    "drop-after-commit",
    "torn-body",
    "token-expiry",
    "delay=1ms",
];

/// One way to disturb the first runs.
#[derive(Debug, Clone)]
struct Case {
    faults: Vec<String>,
    kill: Option<Kill>,
    parallelism: usize,
}

/// Applies under the disturbance, then until it is done; and checks everything that is promised.
fn check(template: &world::Template, machine: &Machine, case: &Case) {
    let world = World::of(template, machine);
    world.emulator.set_faults(FaultScript::of(&case.faults.iter().map(String::as_str).collect::<Vec<_>>()).unwrap());
    let mut ends = vec![world.apply(case.kill.clone(), case.parallelism)];
    // A fault happens once; so a few runs end it, whatever it was.
    while !matches!(ends.last(), Some(End::Complete)) {
        assert!(ends.len() < 6, "{case:?}: it does not come to an end: {ends:?}");
        ends.push(world.apply(None, case.parallelism));
    }
    world.emulator.clear_faults();
    world.is_as_desired(&format!("{case:?}, {ends:?}"));
}

/// Cases at the same time for each core: some wait, for what a run waits for.
const THREADS_PER_CORE: usize = 3;

/// Runs cases on several threads, each with a machine for its servers.
fn run(cases: Vec<Case>) -> usize {
    let template = world::Template::new(&Machine::new());
    let next = AtomicUsize::new(0);
    let threads = THREADS_PER_CORE * std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let machine = Machine::new();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(&template, &machine, case);
                }
            });
        }
    });
    cases.len()
}

/// Requests of an undisturbed run, and what it tells.
fn undisturbed() -> (usize, usize) {
    let machine = Machine::new();
    let world = World::of(&world::Template::new(&machine), &machine);
    assert_eq!(world.tiers(), TIERS.map(|(key, tier)| (key.to_owned(), tier)), "every tier has something to do");
    let before = world.emulator.request_count();
    assert!(matches!(world.apply(None, 1), End::Complete));
    let counted = (usize::try_from(world.emulator.request_count() - before).unwrap(), world.events());
    world.is_as_desired("undisturbed");
    counted
}

fn kills(requests: usize, events: usize) -> Vec<Kill> {
    let moments = [Moment::Received, Moment::Committed, Moment::Answered];
    let of_server = (0..requests).flat_map(|request| moments.map(|moment| Kill::Server { request, moment }));
    of_server.chain((0..events).map(|event| Kill::Client { event })).collect()
}

#[test]
fn every_fault_at_every_request() {
    let (requests, _) = undisturbed();
    let mut cases = Vec::new();
    for parallelism in [1, 4] {
        for fault in FAULTS {
            for request in 1..=requests + 3 {
                cases.push(Case { faults: vec![format!("any@{request}:{fault}")], kill: None, parallelism });
            }
        }
    }
    for route in ["token", "list", "create", "update", "delete", "get"] {
        for fault in ["status-before-commit=503,times=3", "drop-before-commit,times=3"] {
            cases.push(Case { faults: vec![format!("{route}:{fault}")], kill: None, parallelism: 4 });
        }
    }
    // The list lags behind, by less than is waited for.
    for hidden in ["10ms", "30ms"] {
        for fault in ["create:drop-after-commit,times=3", "create@2:status-after-commit=500", "create:torn-body,times=2"] {
            cases.push(Case { faults: vec![format!("list:stale-list={hidden}"), fault.to_owned()], kill: None, parallelism: 4 });
        }
    }
    assert!(run(cases) >= 414, "the matrix has shrunk");
}

#[test]
fn every_moment_at_which_the_process_is_killed() {
    let (requests, events) = undisturbed();
    let cases = kills(requests, events)
        .into_iter()
        .flat_map(|kill| [1, 4].map(|parallelism| Case { faults: Vec::new(), kill: Some(kill.clone()), parallelism }))
        .collect();
    assert!(run(cases) >= 150, "the matrix has shrunk");
}

/// The list that is read for the next plan does not show yet what the killed run wrote last; the next one does.
#[test]
fn every_moment_of_a_kill_while_the_list_lags_behind() {
    let (requests, events) = undisturbed();
    let lags = || vec!["list:stale-list=1".to_owned()];
    let cases = kills(requests, events)
        .into_iter()
        .flat_map(|kill| [1, 4].map(|parallelism| Case { faults: lags(), kill: Some(kill.clone()), parallelism }))
        .collect();
    assert!(run(cases) >= 150, "the matrix has shrunk");
}

#[test]
fn a_fault_and_a_kill_in_one_run() {
    let (requests, events) = undisturbed();
    let mut cases = Vec::new();
    let kills = kills(requests, events);
    for (number, fault) in FAULTS.iter().enumerate() {
        for request in 1..=requests {
            // Every fourth kill, others for each fault and request: all of them together meet every kill many times.
            for kill in kills.iter().skip((number + request) % 4).step_by(4) {
                let faults = vec![format!("any@{request}:{fault}")];
                cases.push(Case { faults, kill: Some(kill.clone()), parallelism: 1 + number % 4 });
            }
        }
    }
    assert!(run(cases) >= 3_093, "the matrix has shrunk");
}
