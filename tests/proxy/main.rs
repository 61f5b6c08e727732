//! Thirty campaigns, applied again and again through a proxy that repeats, swaps, truncates, delays and drops answers at random,
//! by processes that are killed at random. In every round: live equals the files, one campaign an address, and nothing was ever
//! created twice.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod awkward;
mod wire;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// Rounds of changed files, over all worlds.
const ROUNDS: u64 = 100;
/// Each world goes through this many rounds with its own server and seed.
const ROUNDS_OF_A_WORLD: u64 = 10;

#[test]
fn whatever_answers_arrive_live_ends_as_the_files_say() {
    let next = AtomicU64::new(0);
    let done: [AtomicU64; 6] = Default::default();
    let killed = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= ROUNDS / ROUNDS_OF_A_WORLD {
                        return;
                    }
                    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
                    runtime.block_on(async {
                        let mut world = World::start(seed).await;
                        for round in 0..ROUNDS_OF_A_WORLD {
                            world.round(&format!("world {seed}, round {round}")).await;
                        }
                        for (sum, of_world) in done.iter().zip(world.disturbed()) {
                            sum.fetch_add(of_world, Ordering::Relaxed);
                        }
                        killed.fetch_add(world.killed, Ordering::Relaxed);
                    });
                }
            });
        }
    });
    let names = ["repeated", "swapped", "truncated", "delayed", "dropped before", "dropped after"];
    for (name, count) in names.iter().zip(&done) {
        assert!(count.load(Ordering::Relaxed) >= ROUNDS, "too few answers were {name}: {done:?}");
    }
    assert!(killed.load(Ordering::Relaxed) >= ROUNDS / 4, "too few runs were killed: {killed:?}");
}
