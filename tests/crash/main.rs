//! Apply, broken off at every point: every fault at every request, every moment at which a process can be killed, and both
//! together. Whatever happens, applying again ends where an undisturbed run ends, and no campaign is ever made twice.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod outside;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

use world::{End, Kill, Moment, World};

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
async fn check(template: &world::Template, case: &Case) {
    let world = World::of(template).await;
    world.emulator.set_faults(campaignctl::emulator::FaultScript::of(&case.faults.iter().map(String::as_str).collect::<Vec<_>>()).unwrap());
    let mut ends = vec![world.apply(case.kill.clone(), case.parallelism).await];
    // A fault happens once; so a few runs end it, whatever it was.
    while !matches!(ends.last(), Some(End::Complete)) {
        assert!(ends.len() < 6, "{case:?}: it does not come to an end: {ends:?}");
        ends.push(world.apply(None, case.parallelism).await);
    }
    world.emulator.clear_faults();
    world.is_as_desired(&format!("{case:?}, {ends:?}")).await;
}

/// Runs cases on as many threads as there are cores, each with its own runtime.
fn run(cases: Vec<Case>) -> usize {
    let template = world::Template::new();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    runtime.block_on(check(&template, case));
                }
            });
        }
    });
    cases.len()
}

/// Requests of an undisturbed run, and what it tells.
fn undisturbed() -> (usize, usize) {
    let template = world::Template::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::of(&template).await;
        assert!(matches!(world.apply(None, 1).await, End::Complete));
        let counted = (usize::try_from(world.emulator.request_count()).unwrap(), world.events());
        world.is_as_desired("undisturbed").await;
        counted
    })
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
    assert!(run(cases) >= 300, "the matrix has shrunk");
}

#[test]
fn every_moment_at_which_the_process_is_killed() {
    let (requests, events) = undisturbed();
    let cases = kills(requests, events)
        .into_iter()
        .flat_map(|kill| [1, 4].map(|parallelism| Case { faults: Vec::new(), kill: Some(kill.clone()), parallelism }))
        .collect();
    assert!(run(cases) >= 120, "the matrix has shrunk");
}

#[test]
fn a_fault_and_a_kill_in_one_run() {
    let (requests, events) = undisturbed();
    let mut cases = Vec::new();
    let kills = kills(requests, events);
    for (number, fault) in FAULTS.iter().enumerate() {
        for request in 1..=requests {
            // Every third kill, another third for each fault and request: all of them together meet every kill many times.
            for kill in kills.iter().skip((number + request) % 3).step_by(3) {
                let faults = vec![format!("any@{request}:{fault}")];
                cases.push(Case { faults, kill: Some(kill.clone()), parallelism: 1 + number % 4 });
            }
        }
    }
    assert!(run(cases) >= 2_500, "the matrix has shrunk");
}
