//! Single stories about creates, each told to its end: what a run must remember, and what it must look for.

use std::time::Duration;

use campaignctl::emulator::FaultScript;

use super::world::{End, Kill, LONG, Machine, Moment, SETTLE, Template, World};

/// A world in which this goes wrong.
fn world<'m>(machine: &'m Machine, faults: &[&str]) -> World<'m> {
    let world = World::of(&Template::new(machine), machine);
    world.emulator.set_faults(FaultScript::of(faults).unwrap());
    world
}

/// Ends of further runs, until one is complete.
fn finish(world: &World<'_>) {
    let ends: Vec<End> = (0..5).map(|_| world.apply(None, 1)).take_while(|end| !matches!(end, End::Complete)).collect();
    assert!(ends.len() < 5, "it does not come to an end: {ends:?}");
    world.emulator.clear_faults();
    world.is_as_desired(&format!("{ends:?}"));
}

/// The number of the first create among the requests of an undisturbed run, counted from 0.
const FIRST_CREATE: usize = 12;

/// A run that has nothing but creates to do writes nothing else down before them: their intents are on disk all the same when
/// the first one is received.
#[test]
fn intents_do_not_wait_for_a_result_to_be_written_down() {
    let machine = Machine::new();
    let mut world = world(&machine, &["create:status-before-commit=400,times=3"]);
    assert!(matches!(world.apply(None, 1), End::Short(_)));
    assert!(world.state().intents.is_empty(), "what was refused leaves none");
    world.save_every = LONG;
    finish(&world);
}

/// The run waits longer than the settle time before it sends: the time at which the intent was written down says nothing
/// about when the create was sent.
#[test]
fn a_create_that_was_sent_long_after_its_intent_is_looked_for_too() {
    let machine = Machine::new();
    let slow = format!("create:delay={}ms", 3 * SETTLE.as_millis());
    let world = world(&machine, &[&slow, "list:stale-list=1"]);
    let kill = Kill::Server { request: FIRST_CREATE, moment: Moment::Committed };
    assert!(matches!(world.apply(Some(kill), 1), End::Killed));
    assert_eq!(world.created()["D"], 1);
    finish(&world);
}

/// The first answer is lost, the list does not show the create for two requests, and when it is sent again nothing is done:
/// there is no time left, or the server refuses it. The first one may still turn up.
#[test]
fn a_create_that_may_have_been_done_keeps_its_intent_whatever_becomes_of_sending_it_again() {
    let machine = Machine::new();
    // With more time to wait than the run has; and with more than is ever waited for.
    for (retry_after, end) in [(150, "NotAttempted"), (200, "Failed")] {
        let again = format!("create@2:status-before-commit=429,retry-after={retry_after},campaign=D");
        let mut world = world(&machine, &["create:drop-after-commit,campaign=D", &again, "list:stale-list=2"]);
        world.deadline = Some(Duration::from_secs(100));
        match world.apply(None, 1) {
            End::Short(rows) => assert!(rows.contains(end), "{rows}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.emulator.fired(), [1, 1, 1], "it was lost, looked for, sent again and refused");
        let intents = world.state().intents;
        assert_eq!(intents.values().map(|intent| intent.name.as_str()).collect::<Vec<_>>(), ["D"], "{end}");
        world.deadline = None;
        finish(&world);
    }
}
