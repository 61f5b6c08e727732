//! Writing: lost races stop the run, lost answers do not.

use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::faulty::Fault;
use super::{StateError, World, document, lock, reason, write_once};
use crate::state::{Owner, StateDocument};

/// Somebody who does not know what a lock is.
async fn meddle(world: &World, document: &StateDocument) {
    world.store.put(&Path::from("state.json"), document.bytes().into()).await.unwrap();
}

#[tokio::test]
async fn what_somebody_else_wrote_is_never_overwritten_and_never_merged() {
    let world = World::new();
    let written = write_once(&world.state(), 1).await.unwrap();
    // Before the first write of a run, and after it.
    for ahead in [0, 1] {
        let mut held = lock(&world.state(), 2).await;
        let mut mine = held.read().await.unwrap().unwrap();
        for _ in 0..ahead {
            held.write(&mut mine).await.unwrap();
        }
        let theirs = StateDocument { serial: 77, ..written.clone() };
        meddle(&world, &theirs).await;
        let serial = mine.serial;
        let told = reason(held.write(&mut mine).await);
        assert!(told.contains("serial 77") && told.contains("something that does not hold the lock"), "{told}");
        assert_eq!(mine.serial, serial);
        assert_eq!(world.state().read().await.unwrap().unwrap(), theirs);
        reason(held.write(&mut mine).await);
        held.release().await.unwrap();
        meddle(&world, &written).await;
    }
}

#[tokio::test]
async fn another_lineage_and_a_vanished_state_are_lost_races_too() {
    let world = World::new();
    let written = write_once(&world.state(), 1).await.unwrap();
    let mut held = lock(&world.state(), 2).await;
    let mut mine = held.read().await.unwrap().unwrap();
    let other = StateDocument { lineage: "another".to_owned(), ..written.clone() };
    meddle(&world, &other).await;
    reason(held.write(&mut mine).await);
    assert_eq!(world.state().read().await.unwrap().unwrap(), other);
    held.release().await.unwrap();

    meddle(&world, &written).await;
    let mut held = lock(&world.state(), 3).await;
    let mut mine = held.read().await.unwrap().unwrap();
    held.write(&mut mine).await.unwrap();
    world.store.delete(&Path::from("state.json")).await.unwrap();
    assert!(reason(held.write(&mut mine).await).contains("it was deleted"));
    assert_eq!(world.state().read().await.unwrap(), None);
}

#[tokio::test]
async fn a_first_state_that_appeared_meanwhile_stays() {
    let world = World::new();
    let mut held = lock(&world.state(), 1).await;
    assert_eq!(held.read().await.unwrap(), None);
    let owner = Owner { environment: "production".to_owned(), organization: "org".to_owned() };
    let theirs = StateDocument { serial: 1, ..StateDocument::new("theirs".to_owned(), owner) };
    meddle(&world, &theirs).await;
    reason(held.write(&mut document()).await);
    assert_eq!(world.state().read().await.unwrap().unwrap(), theirs);
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_reading_back() {
    for fault in [Fault::None, Fault::Before, Fault::After, Fault::Again] {
        let world = World::new();
        let faulty = world.faulty();
        let state = world.behind(&faulty);
        // Each of: the lock made, the state made, the lock given back; then the lock taken, the state written twice, the
        // lock given back.
        faulty.next([fault]);
        let mut held = lock(&state, 1).await;
        let mut document = document();
        // The lease renewed, the state made.
        faulty.next([fault]);
        held.confirm().await.unwrap();
        faulty.next([fault]);
        held.write(&mut document).await.unwrap();
        faulty.next([fault]);
        held.release().await.unwrap();
        assert_eq!(document.serial, 1, "{fault:?}");
        faulty.next([fault]);
        let mut held = lock(&state, 2).await;
        let mut document = held.read().await.unwrap().unwrap();
        faulty.next([Fault::None, Fault::None, fault]);
        held.write(&mut document).await.unwrap();
        faulty.next([fault]);
        held.write(&mut document).await.unwrap();
        faulty.next([fault]);
        held.release().await.unwrap();
        assert_eq!(document.serial, 3, "{fault:?}");
        assert_eq!(state.read().await.unwrap().unwrap(), document, "{fault:?}");
        assert_eq!(state.held().await.unwrap(), None, "{fault:?}");
    }
}

#[tokio::test]
async fn a_storage_that_is_gone_is_an_error_and_the_document_is_as_it_was() {
    let world = World::new();
    let faulty = world.faulty();
    let state = world.behind(&faulty);
    let mut held = lock(&state, 1).await;
    let mut document = document();
    held.write(&mut document).await.unwrap();
    faulty.cut(true);
    let error = held.write(&mut document).await.unwrap_err();
    assert!(matches!(error, StateError::Remote { verb: "write", .. }), "{error}");
    assert_eq!(error.to_string(), "cannot write the state `s3://bucket/state.json`: Generic test error: the line broke");
    assert_eq!(document.serial, 1);
    faulty.cut(false);
    held.write(&mut document).await.unwrap();
    assert_eq!(state.read().await.unwrap().unwrap().serial, 2);
}

#[tokio::test]
async fn the_state_before_the_run_is_kept_beside_it() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let before = world.text("state.json").await;
    let mut held = lock(&world.state(), 2).await;
    let mut document = held.read().await.unwrap().unwrap();
    for _ in 0..3 {
        held.write(&mut document).await.unwrap();
    }
    assert_eq!(world.text("state.json.backup").await, before);
    world.store.put(&Path::from("state.json"), "{".into()).await.unwrap();
    let error = world.state().read().await.unwrap_err();
    assert!(error.hint().contains("`s3://bucket/state.json.backup`"), "{}", error.hint());
}

#[tokio::test]
async fn a_state_of_an_earlier_version_is_read_and_carried_on() {
    let world = World::new();
    let old = r#"{"version":1,"tool":"0.1.0","lineage":"l","serial":4,"owner":{"environment":"e","organization":"o"},"campaigns":{}}"#;
    world.store.put(&Path::from("state.json"), old.into()).await.unwrap();
    let next = write_once(&world.state(), 1).await.unwrap();
    assert_eq!((next.serial, next.fence, next.lineage.as_str()), (5, 1, "l"));
}

#[tokio::test]
async fn a_damaged_state_is_replaced_under_the_lock_and_kept_beside_a_good_backup() {
    let world = World::new();
    write_once(&world.state(), 1).await.unwrap();
    let good = write_once(&world.state(), 1).await.unwrap();
    let backup = world.text("state.json.backup").await;
    world.store.put(&Path::from("state.json"), "{\"version\":1,".into()).await.unwrap();

    let mut held = lock(&world.state(), 2).await;
    assert!(matches!(held.read().await, Err(StateError::Corrupt { .. })));
    let stored = world.state().stored("").await.unwrap();
    // As it was pulled from another place, where locks had higher numbers.
    let mut pushed = StateDocument { fence: 99, ..good.clone() };
    held.put(&mut pushed, stored.as_ref()).await.unwrap();
    assert_eq!((pushed.serial, pushed.fence), (good.serial + 1, 3), "the number of the lock is this place's own");
    assert_eq!(world.text("state.json.damaged").await, "{\"version\":1,");
    assert_eq!(world.text("state.json.backup").await, backup);
    // What it wrote it may write again, and the next one goes on from it.
    held.write(&mut pushed).await.unwrap();
    held.release().await.unwrap();
    assert_eq!(write_once(&world.state(), 3).await.unwrap().serial, good.serial + 3);
}

#[tokio::test]
async fn what_was_written_since_it_was_looked_at_is_not_replaced() {
    let world = World::new();
    let written = write_once(&world.state(), 1).await.unwrap();
    let mut held = lock(&world.state(), 2).await;
    let stored = world.state().stored("").await.unwrap();
    let theirs = StateDocument { serial: 77, ..written.clone() };
    meddle(&world, &theirs).await;
    assert!(reason(held.put(&mut document(), stored.as_ref()).await).contains("serial 77"));
    assert_eq!(world.state().read().await.unwrap().unwrap(), theirs);
    held.release().await.unwrap();

    // Nor by somebody who slept while another one took the lock.
    let mut slept = lock(&world.state(), 3).await;
    let stored = world.state().stored("").await.unwrap();
    world.sleep(61);
    let awake = lock(&world.state(), 4).await;
    reason(slept.put(&mut document(), stored.as_ref()).await);
    awake.release().await.unwrap();
    assert_eq!(world.state().read().await.unwrap().unwrap().serial, 77);
}
