//! Sessions without a time: each counts at the time of the one before it, the first ones at the first time of the recording.

use std::io::Cursor;

use campaignctl::model::DecisionStatus::{Invited, Suppressed, Throttled};
use campaignctl::model::{CampaignSpec, Replayed, SessionPlace, TooLittle, World};
use campaignctl::ops::explain::{Question, ask};
use campaignctl::replay::{Contest, Source, pick};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::recordings::{Recording, contested, spec};

const FIRST: &str = "2026-11-20T10:00:05Z";

fn campaign(throttling: &Value) -> CampaignSpec {
    let mut spec = spec(&json!([{ "attributeName": "a.x", "operator": "equals", "value": 1, "dataType": "integer" }]));
    spec.throttling = serde_json::from_value(throttling.clone()).unwrap();
    spec
}

/// Calm for a day after an invite, and two invites a minute.
fn calm() -> CampaignSpec {
    campaign(&json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 86_400, "maxInvitesPerMinute": 2 }))
}

/// A session with so many characters beside it.
fn session(contact: &str, at: Option<&str>, padding: usize) -> String {
    let at = at.map(|at| format!(r#","evaluationContext":{{"timestamp":"{at}"}}"#)).unwrap_or_default();
    format!(r#"{{"contactId":"{contact}","channelId":"w","sessionData":{{"a.x":1,"b.p":"{}"}}{at}}}"#, "p".repeat(padding)) + "\n"
}

fn replay(recording: &Recording) -> Replayed {
    recording.replay(vec![contested("c0", None, Some(&calm()))])
}

#[test]
fn the_first_session_counts_at_the_first_time() {
    let text = session("x", None, 0) + &session("x", Some(FIRST), 0);
    let replayed = replay(&Recording::of(text.as_bytes()));
    assert_eq!((replayed.totals.desired.invites, replayed.totals.desired.suppressed), (1, 1), "the second is in the cooldown of the first");
    let decided = replayed.contenders[0].decided.desired.as_ref().unwrap();
    assert_eq!(decided.worst_minute.unwrap().start, "2026-11-20T10:00:00Z".parse::<Timestamp>().unwrap());
    assert_eq!(decided.timeline.start, Some("2026-11-20T10:00:00Z".parse().unwrap()));
    assert_eq!((replayed.lines.untimed, replayed.lines.timeless), (1, 0));
}

/// However many lines come before it: those of a piece, of several pieces, of several blocks.
#[test]
fn so_do_all_sessions_before_it() {
    for (untimed, padding) in [(3, 0), (700, 1_000), (5_500, 1_000)] {
        let lines = |at: Option<&str>| -> String { (0..untimed).map(|nth| session(&format!("c{}", nth % 1000), at, padding)).collect() };
        let rest: String = (0..50).map(|nth| session(&format!("c{nth}"), Some(&format!("2026-11-20T10:{:02}:05Z", nth % 20)), 0)).collect();
        let without = replay(&Recording::of((lines(None) + &rest).as_bytes()));
        let mut with = replay(&Recording::of((lines(Some(FIRST)) + &rest).as_bytes()));
        assert_eq!((with.lines.untimed, without.lines.untimed, without.lines.timeless), (0, untimed, 0));
        with.lines.untimed = untimed;
        assert_eq!(without, with, "{untimed} lines");
    }
}

/// Nobody knows when such a recording was made: it counts at the first time of the others.
#[test]
fn a_recording_without_any_time_counts_at_the_first_time_of_the_others() {
    let lines = |at: Option<&str>| (0..300).map(|nth| session(&format!("c{nth}"), at, 1_000)).collect::<String>();
    let timed: String = (0..50).map(|nth| session(&format!("d{nth}"), Some(&format!("2026-11-20T10:{:02}:05Z", nth % 20)), 0)).collect();
    for turned in [false, true] {
        let together = |untimed: String| match turned {
            false => Recording::of(untimed.as_bytes()).and(Recording::of(timed.as_bytes())),
            true => Recording::of(timed.as_bytes()).and(Recording::of(untimed.as_bytes())),
        };
        let without = replay(&together(lines(None)));
        let with = replay(&together(lines(Some(FIRST))));
        assert_eq!(without.totals, with.totals);
        assert_eq!(without.contenders, with.contenders);
        assert_eq!(without.from, Some(FIRST.parse().unwrap()));
    }
}

/// More than is held back, so memory does not grow with the recording; and what no time was known for is counted.
#[test]
fn recordings_without_any_time_say_nothing_of_minutes() {
    let text: String = (0..80_000).map(|nth| session(&format!("c{nth}"), None, 100)).collect();
    let replayed = replay(&Recording::of(text.as_bytes()));
    assert_eq!((replayed.lines.sessions, replayed.lines.untimed, replayed.lines.timeless), (80_000, 80_000, 80_000));
    assert_eq!((replayed.totals.desired.invites, replayed.totals.desired.throttled), (2, 79_998), "all in one minute");
    let decided = replayed.contenders[0].decided.desired.as_ref().unwrap();
    assert_eq!((replayed.from, decided.worst_minute, decided.timeline.start), (None, None, None));
    assert_eq!(replayed.too_little(), None::<TooLittle>);
    let then_timed = replay(&Recording::of((text + &session("d", Some(FIRST), 0)).as_bytes()));
    assert!(then_timed.lines.timeless > 60_000 && then_timed.lines.timeless < 80_000, "{:?}", then_timed.lines);
    assert_eq!(then_timed.totals.desired.invites + then_timed.totals.desired.throttled, 80_001);
}

/// What `explain FILE:LINE` says of such a line is what a replay decides.
#[test]
fn a_line_before_the_first_time_is_explained_as_it_is_decided() {
    let lines = [session("x", None, 0), session("x", None, 0), session("y", None, 0), session("z", None, 0), session("x", Some(FIRST), 0)];
    let text = lines.concat();
    let campaign = calm();
    let contest = Contest::new(vec![contested("c0", None, Some(&campaign))]);
    let source = || Source { name: "file".to_owned(), from: Box::new(Cursor::new(text.clone().into_bytes())) };
    let mut statuses = Vec::new();
    for line in 1..=5 {
        let picked = pick(source(), Some(line)).unwrap();
        assert_eq!(picked.time_before, None);
        assert_eq!(picked.time_after, if line == 5 { None } else { Some(FIRST.parse().unwrap()) }, "line {line}");
        let at = picked.session.timestamp.or(picked.time_after).unwrap();
        let question = Question { picked, at, place: Some(SessionPlace { file: 0, line }), as_it_stands: true };
        let answered = ask(&contest, &[World::Desired], &question, vec![source()], &mut |_| {}).unwrap();
        assert_eq!(answered.at, FIRST.parse().unwrap());
        statuses.push(answered.worlds[0].1[0].answer.as_ref().unwrap().status);
    }
    assert_eq!(statuses, [Invited, Suppressed, Invited, Throttled, Suppressed]);
}
