//! Where one thing turns into another: the last second of a lease, the last attempt of a write, the first word of an error.

use object_store::Error;

use super::faulty::Fault;
use super::*;

#[tokio::test]
async fn a_lease_is_good_until_the_second_in_which_it_expires() {
    let world = World::new();
    let held = lock(&world.state(), 1).await;
    world.sleep(10);
    held.confirm().await.unwrap();
    // Renewed: from now on for another minute.
    let lease = world.state().held().await.unwrap().unwrap().lease.unwrap();
    assert_eq!((lease.heartbeat.as_second(), lease.expires.as_second()), (1_790_000_010, 1_790_000_070));
    world.sleep(59);
    assert!(matches!(world.state().lock(&holder(2)).await, Err(StateError::Locked { .. })));
    world.sleep(1);
    assert!(lock(&world.state(), 2).await.taken_over().is_some());
}

#[tokio::test]
async fn a_write_that_never_arrives_is_tried_three_times() {
    for (times, arrives) in [(1, true), (2, true), (3, false), (9, false)] {
        let world = World::new();
        let faulty = world.faulty();
        faulty.next(vec![Fault::Before; times]);
        let outcome = world.behind(&faulty).lock(&holder(1)).await;
        assert_eq!(outcome.is_ok(), arrives, "{times}: {outcome:?}");
        assert_eq!(faulty.writes(), usize::from(arrives), "{times}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_dropped_without_being_given_back_is_not_kept_alive() {
    let world = World::new();
    let faulty = world.faulty();
    drop(lock(&world.behind(&faulty), 1).await);
    let told = faulty.writes();
    tokio::time::sleep(3 * LEASE).await;
    assert_eq!(faulty.writes(), told, "no heartbeat");
}

#[tokio::test]
async fn an_error_says_what_was_tried_and_what_to_do() {
    let world = World::new();
    let faulty = world.faulty();
    faulty.cut(true);
    let state = world.behind(&faulty);
    let error = state.read().await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read the state `s3://bucket/state.json`"), "{error}");
    let error = state.held().await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read the lock of the state `s3://bucket/state.json`"), "{error}");

    let path = || "state.json".to_owned();
    let table = [
        (Error::PermissionDenied { path: path(), source: "no".into() }, "check the credentials"),
        (Error::Unauthenticated { path: path(), source: "no".into() }, "check the credentials"),
        (Error::NotFound { path: path(), source: "NoSuchBucket".into() }, "make the bucket first"),
        (Error::NotImplemented { operation: "put".to_owned(), implementer: "x".to_owned() }, "so it cannot hold a state"),
        (Error::NotSupported { source: "no".into() }, "so it cannot hold a state"),
        (Error::Generic { store: "S3", source: "no".into() }, "check the network"),
    ];
    for (error, expected) in table {
        let hint = state.bucket.error("write", &error).hint();
        assert!(hint.contains(expected), "{error}: {hint}");
    }
    let told = |text: &str| state.bucket.error("write", &Error::Generic { store: "S3", source: text.into() }).to_string();
    assert_eq!(told("<Error><Code>SlowDown</Code></Error>"), "cannot write the state `s3://bucket/state.json`: SlowDown");
}
