//! The lock: one holder at a time, heartbeats, expiry, taking over, breaking.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::faulty::Fault;
use super::{Clock, LEASE, ObjectState, StateError, World, document, holder, lock, reason, write_once};
use crate::state::Ended;

#[tokio::test]
async fn of_many_at_once_one_gets_the_lock_and_the_others_are_told_whose_it_is() {
    let world = World::new();
    let faulty = world.faulty();
    let tasks: Vec<_> = (0..16)
        .map(|process| {
            let state = world.behind(&faulty);
            tokio::spawn(async move { state.lock(&holder(process)).await })
        })
        .collect();
    let mut held = Vec::new();
    let mut told = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(lock) => held.push(lock),
            Err(error) => told.push(error),
        }
    }
    assert_eq!((held.len(), told.len()), (1, 15));
    let error = &told[0];
    let text = error.to_string();
    for part in [
        "`s3://bucket/state.json` is locked by `campaignctl apply` (process ",
        " on runner-",
        "since 2026-09-21T14:13:20Z",
        "last heartbeat 2026-09-21T14:13:20Z",
        "expires 2026-09-21T14:14:20Z",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let id = world.state().held().await.unwrap().unwrap().lease.unwrap().id;
    assert!(error.hint().ends_with(&format!("campaignctl state unlock {id} -e production")), "{}", error.hint());
    held.pop().unwrap().release().await.unwrap();
    assert_eq!(world.state().held().await.unwrap(), None);
    lock(&world.state(), 99).await;
}

#[tokio::test]
async fn who_slept_past_the_lease_cannot_write_though_nobody_has_written_since() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let mut sleeper = lock(&world.state(), 2).await;
    let mut mine = sleeper.read().await.unwrap().unwrap();
    sleeper.write(&mut mine).await.unwrap();
    world.sleep(61);
    let next = lock(&world.state(), 3).await;
    let ended = next.taken_over().unwrap().to_string();
    assert!(ended.starts_with("the lock of `campaignctl apply` (process 2 on runner-2, since "), "{ended}");
    assert!(ended.contains("had expired at 2026-09-21T14:14:20Z, last heartbeat 2026-09-21T14:13:20Z"), "{ended}");

    let before = world.text("state.json").await;
    let told = reason(sleeper.write(&mut mine).await);
    assert!(told.contains("taken over by `campaignctl apply` (process 3 on runner-3)"), "{told}");
    reason(sleeper.confirm().await);
    assert_eq!(mine.serial, 2, "what was not written is not counted");
    sleeper.release().await.unwrap();
    assert_eq!(world.text("state.json").await, before);
    next.confirm().await.unwrap();
    assert_eq!(next.read().await.unwrap().unwrap().serial, 2, "a saved plan that is bound to the serial still holds");
}

#[tokio::test]
async fn a_write_that_was_on_its_way_when_the_lock_was_taken_over_comes_to_nothing() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let mut sleeper = lock(&world.state(), 2).await;
    let mut mine = sleeper.read().await.unwrap().unwrap();
    sleeper.write(&mut mine).await.unwrap();
    // The sleeper believes that its lease is good: its own clock is behind.
    let ahead = ObjectState::of_store(
        Arc::clone(&world.store) as Arc<dyn ObjectStore>,
        Clock::new(|| Timestamp::from_second(1_790_000_000 + 61).unwrap()),
        LEASE,
    );
    let mut next = lock(&ahead, 3).await;
    reason(sleeper.write(&mut mine).await);
    let mut theirs = next.read().await.unwrap().unwrap();
    next.write(&mut theirs).await.unwrap();
    assert_eq!(theirs.serial, 3);
}

#[tokio::test]
async fn who_slept_and_was_not_missed_goes_on() {
    let world = World::new();
    let mut sleeper = lock(&world.state(), 1).await;
    world.sleep(3600);
    let mut document = document();
    sleeper.write(&mut document).await.unwrap();
    assert_eq!(document.serial, 1);
    assert!(world.state().lock(&holder(2)).await.is_err(), "the write renewed the lease");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_the_lock_and_silence_loses_it() {
    let world = World::new();
    let began = tokio::time::Instant::now();
    let clock = Clock::new(move || Timestamp::from_second(1_790_000_000).unwrap() + began.elapsed());
    let faulty = world.faulty();
    let state = ObjectState::of_store(Arc::clone(&faulty) as Arc<dyn ObjectStore>, clock.clone(), LEASE);
    let other = ObjectState::of_store(Arc::clone(&world.store) as Arc<dyn ObjectStore>, clock, LEASE);
    let held = lock(&state, 1).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(31)).await;
        let error = other.lock(&holder(2)).await.unwrap_err();
        assert!(matches!(error, StateError::Locked { .. }), "{error}");
    }
    let told = faulty.writes();
    assert!((40..50).contains(&told), "one heartbeat in 15 s: {told}");
    // An answer that is lost, and one that never comes, cost nothing.
    faulty.next([Fault::After, Fault::Again, Fault::Before]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    held.confirm().await.unwrap();

    faulty.cut(true);
    tokio::time::sleep(Duration::from_secs(61)).await;
    let next = lock(&other, 2).await;
    assert!(next.taken_over().is_some());
    faulty.cut(false);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(reason(held.confirm().await).contains("taken over by"), "the next heartbeat notices");
    next.confirm().await.unwrap();
}

#[tokio::test]
async fn a_broken_lock_is_on_record_and_its_holder_is_told_by_whom() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let mut stuck = lock(&world.state(), 2).await;
    let mut mine = stuck.read().await.unwrap().unwrap();
    let id = world.state().held().await.unwrap().unwrap().lease.unwrap().id;
    let other = world.state().unlock("another-id", &holder(3)).await.unwrap_err();
    assert!(other.to_string().contains("is locked under another id") && other.hint().contains(&id), "{other}");
    assert_eq!(world.state().breakable(&id).await.unwrap().holder, holder(2));

    let Ended { lease, by, .. } = world.state().unlock(&id, &holder(3)).await.unwrap();
    assert_eq!((lease.holder, by), (holder(2), holder(3)));
    assert!(reason(stuck.write(&mut mine).await).contains("was broken by `campaignctl apply` (process 3 on runner-3)"));
    assert!(world.text("state.json.lock").await.contains("\"how\":\"broken\""));
    let again = world.state().unlock(&id, &holder(3)).await.unwrap_err();
    assert!(again.to_string().ends_with("is not locked"), "{again}");

    let next = write_once(&world.state(), 4).await.unwrap();
    assert_eq!(next.fence, 4, "one for each taking of the lock, one for the breaking");
}

#[tokio::test]
async fn a_write_that_was_on_its_way_when_the_lock_was_broken_comes_to_nothing() {
    let world = World::new();
    let faulty = world.faulty();
    write_once(&world.state(), 1).await.unwrap();
    let mut stuck = lock(&world.behind(&faulty), 2).await;
    let mut mine = stuck.read().await.unwrap().unwrap();
    // From here on a write is one request, and nothing is asked first.
    stuck.write(&mut mine).await.unwrap();
    faulty.next([Fault::Late]);
    let writing = tokio::spawn(async move { stuck.write(&mut mine).await });
    faulty.set_out().await;
    let id = world.state().held().await.unwrap().unwrap().lease.unwrap().id;
    world.state().unlock(&id, &holder(3)).await.unwrap();
    let broken = world.state().read().await.unwrap().unwrap();
    assert_eq!((broken.serial, broken.fence), (2, 3), "the state carries the number of the breaking, and is otherwise as it was");
    faulty.let_through();
    assert!(reason(writing.await.unwrap()).contains("was broken by `campaignctl apply` (process 3 on runner-3)"));
    assert_eq!(world.state().read().await.unwrap().unwrap(), broken);
}

#[tokio::test]
async fn a_lock_that_was_broken_while_a_person_read_the_plan_is_noticed_before_anything_is_done() {
    let world = World::new();
    let stuck = lock(&world.state(), 1).await;
    let id = world.state().held().await.unwrap().unwrap().lease.unwrap().id;
    world.state().unlock(&id, &holder(2)).await.unwrap();
    assert!(reason(stuck.confirm().await).contains("was broken by"), "though there is no state yet that could tell");
}

#[tokio::test]
async fn a_lock_that_somebody_deleted_is_lost_and_its_number_does_not_start_again() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let mut robbed = lock(&world.state(), 2).await;
    let mut mine = robbed.read().await.unwrap().unwrap();
    robbed.write(&mut mine).await.unwrap();
    world.store.delete(&Path::from("state.json.lock")).await.unwrap();
    let next = lock(&world.state(), 3).await;
    reason(robbed.write(&mut mine).await);
    next.release().await.unwrap();
    assert_eq!(write_once(&world.state(), 4).await.unwrap().fence, 4);
}

#[tokio::test]
async fn a_lock_that_cannot_be_read_stops_everybody_and_says_what_to_do() {
    let world = World::new();
    world.store.put(&Path::from("state.json.lock"), "{".into()).await.unwrap();
    let error = world.state().lock(&holder(1)).await.unwrap_err();
    assert!(error.hint().contains("delete the object `s3://bucket/state.json.lock`"), "{}", error.hint());
    world.store.put(&Path::from("state.json.lock"), r#"{"version":3,"fence":1}"#.into()).await.unwrap();
    assert!(matches!(world.state().lock(&holder(1)).await.unwrap_err(), StateError::Newer { found: 3, .. }));
}

/// A lock that looks free, expired or of another number because of one bit would let a second run in.
#[tokio::test]
async fn a_lock_is_believed_only_as_it_was_written() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let held = lock(&world.state(), 2).await;
    let good = world.text("state.json.lock").await;
    assert!(good.starts_with("{\"version\":2,\"checksum\":\""), "{good}");
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            world.store.put(&Path::from("state.json.lock"), bytes.into()).await.unwrap();
            let error = world.state().lock(&holder(3)).await.unwrap_err();
            assert!(matches!(error, StateError::NotUnlocked { .. }), "bit {bit} of byte {at}: {error}");
            assert!(error.to_string().contains("has a lock that is damaged") && error.hint().contains("state.json.lock`"), "{error}");
        }
    }
    world.store.put(&Path::from("state.json.lock"), good.into()).await.unwrap();
    assert!(matches!(world.state().lock(&holder(3)).await, Err(StateError::Locked { .. })));
    drop(held);
}

/// The lock of a version that wrote no checksum, free and held.
#[tokio::test]
async fn a_lock_of_the_first_format_is_read() {
    let world = World::new();
    let free = r#"{"version":1,"fence":8}"#;
    world.store.put(&Path::from("state.json.lock"), free.into()).await.unwrap();
    lock(&world.state(), 1).await.release().await.unwrap();
    assert!(world.text("state.json.lock").await.contains("\"fence\":9"));
    let lease = r#"{"version":1,"fence":9,"lease":{"id":"an-id","holder":{"command":"apply","process":7,"since":"2026-09-21T14:13:20Z"},"heartbeat":"2026-09-21T14:13:20Z","expires":"2099-01-01T00:00:00Z"}}"#;
    world.store.put(&Path::from("state.json.lock"), lease.into()).await.unwrap();
    assert!(matches!(world.state().lock(&holder(2)).await, Err(StateError::Locked { .. })));
    assert_eq!(world.state().unlock("an-id", &holder(2)).await.unwrap().lease.id, "an-id");
}
