//! Recorded sessions, decided again before anything is applied.

use std::io::{Read, Write};
use std::process::Stdio;

use crate::repo::{Ran, Repo, campaign};

const PROJECT: &str = "environments:\n  local: { emulator: .e }\n";

/// A recording of visitors who stay so many seconds, ten seconds apart.
fn sessions(dwells: &[u32]) -> String {
    let line = |(nth, dwell): (usize, &u32)| {
        format!(
            r#"{{"contactId":"ext:{nth}","channelId":"web","sessionData":{{"session.dwell_time_seconds":{dwell},"contact.is_authenticated":true}},"evaluationContext":{{"timestamp":"2026-11-20T10:{:02}:{:02}Z"}}}}"#,
            nth / 6,
            nth % 6 * 10
        ) + "\n"
    };
    dwells.iter().enumerate().map(line).collect()
}

/// A campaign is live for those who stay a minute, and its file says 45 seconds.
fn repo() -> Repo {
    let repo = Repo::new(PROJECT);
    repo.campaign("greet", &campaign("Greet", 60));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("greet", &campaign("Greet", 45));
    repo.write("sessions.ndjson", &sessions(&[50, 50, 70]));
    repo
}

/// Runs the program with these bytes on standard input.
fn piped(repo: &Repo, arguments: &[&str], bytes: &[u8]) -> Ran {
    let mut child = repo.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_changes_for_visitors_is_known_before_it_is_applied() {
    let repo = repo();
    let found = "2 of 3 sessions flip: 2 newly invited.";
    repo.run(&["replay", "sessions.ndjson"])
        .exits(0)
        .says("Environment: local")
        .says(found)
        .says("Invites     1 -> 3 (+2, +200.0 %)")
        .says("`filters[session.dwell_time_seconds greater_than] 60` does not hold")
        .says("Web Support");
    repo.run(&["replay", "sessions.ndjson", "--detailed-exitcode"]).exits(2);
    repo.run(&["replay", "sessions.ndjson", "-q"]).exits(0).says(found);
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["replay", "sessions.ndjson", "--detailed-exitcode"]).exits(0).says("Nothing flips");
}

#[test]
fn recordings_come_as_files_compressed_or_from_standard_input() {
    let repo = repo();
    let text = sessions(&[50, 50, 70]);
    let found = "2 of 3 sessions flip: 2 newly invited.";
    std::fs::write(repo.path("sessions.ndjson.gz"), gzip(&text)).unwrap();
    repo.run(&["replay", "sessions.ndjson.gz"]).exits(0).says(found);
    piped(&repo, &["replay", "-"], text.as_bytes()).exits(0).says(found).says("standard input");
    piped(&repo, &["replay", "-"], &gzip(&text)).exits(0).says(found);
    let (first, rest) = text.split_once('\n').unwrap();
    repo.write("a.ndjson", first);
    repo.write("b.ndjson", rest);
    repo.run(&["replay", "b.ndjson", "a.ndjson"]).exits(0).says(found).says("e.g. a.ndjson:1, b.ndjson:1");
    piped(&repo, &["replay", "-", "-"], b"").exits(1).complains("standard input can be read only once");
    // Nothing could read standard input again.
    assert!(!piped(&repo, &["replay", "-"], text.as_bytes()).out.contains("campaignctl explain"));
}

#[test]
fn what_is_no_recording_is_said() {
    let repo = repo();
    repo.run(&["replay", "nowhere.ndjson"]).exits(1).complains("`nowhere.ndjson` cannot be read").complains("one session a line");
    repo.run(&["replay", "campaigns"]).exits(1).complains("`campaigns` is a folder");
    repo.run(&["replay"]).exits(1).complains("<FILE>");
    repo.write("empty.ndjson", "");
    repo.run(&["replay", "empty.ndjson"]).exits(0).says("There are no sessions.");
    std::fs::write(repo.path("garbage.bin"), [0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe, b'\n', 0xc3, 0x28]).unwrap();
    repo.run(&["replay", "garbage.bin"]).exits(0).says("None of 2 lines could be read. There are no sessions.");
    std::fs::write(repo.path("damaged.gz"), &gzip(&sessions(&[50; 500]))[..200]).unwrap();
    repo.run(&["replay", "damaged.gz"]).exits(1).complains("`damaged.gz` cannot be read");
    repo.write("one-bad.ndjson", &format!("{}nonsense\n", sessions(&[50])));
    repo.run(&["replay", "one-bad.ndjson"])
        .exits(0)
        .says("1 of 2 lines could not be read, too many to judge by the rest. 1 of 1 session flips")
        .says("one-bad.ndjson:2: ");
    repo.run(&["replay", "one-bad.ndjson", "--strict"]).exits(1).complains("`one-bad.ndjson`, line 2: ").complains("leave out --strict");
    repo.campaign("greet", "name: [");
    repo.run(&["replay", "sessions.ndjson", "--offline"]).exits(1).complains("nothing was replayed");
}

#[test]
fn a_document_goes_to_a_file_and_its_first_sentence_to_the_terminal() {
    let repo = repo();
    for (format, begins) in [
        ("html", "<!doctype html>"),
        ("json", "{\n  \"format_version\": \"1.0\""),
        ("markdown", "<!-- campaignctl:replay"),
        ("human", "Environment: local"),
    ] {
        let ran = repo.run(&["replay", "sessions.ndjson", "--color", "always", "--format", format, "--out", "replay.out"]).exits(0);
        assert_eq!(ran.out, "2 of 3 sessions flip: 2 newly invited.\n");
        let written = std::fs::read_to_string(repo.path("replay.out")).unwrap();
        assert!(written.starts_with(begins) && !written.contains('\u{1b}'), "{written}");
    }
    repo.run(&["replay", "sessions.ndjson", "--out", "no/such/folder"]).exits(1).complains("cannot write `no/such/folder`");
}

#[test]
fn offline_asks_nobody_and_calls_queues_as_the_files_do() {
    let repo = Repo::new("environments:\n  far: { baseUrl: \"http://127.0.0.1:9\", state: state.json }\n");
    repo.campaign("greet", &campaign("Greet", 45).replace("queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890", "queue: Web Support"));
    repo.write("sessions.ndjson", &sessions(&[50, 50, 70]));
    repo.run(&["replay", "sessions.ndjson", "--offline"])
        .exits(0)
        .says("Environment: far, offline")
        .says("3 of 3 sessions get 3 invites.")
        .says("Web Support: 3, at most 3 a minute");
    repo.run(&["replay", "sessions.ndjson", "--offline", "--detailed-exitcode"]).exits(1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let repo = repo();
    let mut child = repo.command(&["replay", "sessions.ndjson"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.contains("Error")), (Some(0), false), "{said}");
}

#[test]
fn a_plan_that_invites_too_many_is_refused() {
    let repo = repo();
    repo.replace("campaignctl.yaml", ".e }", ".e, guards: { maxAddedInvitesPercent: 50 } }");
    let not_judged = "not judged: at most 50 % more invites are allowed";
    repo.run(&["plan"]).exits(0).says(not_judged);
    repo.run(&["plan", "--json-stream"]).exits(0).says(not_judged);
    repo.run(&["plan", "--format", "markdown"]).exits(0).says(not_judged);
    repo.run(&["plan", "--format", "html"]).exits(0).says(not_judged);
    repo.run(&["plan", "--format", "json"]).exits(0).says("\"not_judged\":[\"max-added-invites-percent\"]").says("\"status\":\"unknown\"");
    let refused = "the recorded sessions would get 3 invites instead of 1 (+200 %), and at most 50 % more are allowed; most are added by \
                   campaign.greet (+2)";
    let replay = ["--replay", "sessions.ndjson"];
    let with = |before: &[&'static str], after: &[&'static str]| repo.run(&[before, &replay[..], after].concat());
    with(&["plan"], &[]).exits(1).says("2 of 3 sessions flip").complains(refused).complains("--max-added-invites-percent 200");
    with(&["plan"], &["--exit-codes", "fine"]).exits(3);
    with(&["plan"], &["--max-added-invites-percent", "199"]).exits(1);
    with(&["plan"], &["--max-added-invites-percent", "200"]).exits(0);
    repo.run(&["plan", "--max-added-invites-percent", "200"]).exits(1).complains("--replay");
    with(&["apply", "--auto-approve"], &[]).exits(1).complains(refused);
    with(&["apply", "--auto-approve"], &["--max-added-invites-percent", "200"]).exits(0).says("1 changed").says("2 of 3 sessions flip");
    // Nothing is added any more.
    with(&["plan"], &[]).exits(0).says("Nothing flips");
}

#[test]
fn a_first_campaign_adds_without_end_and_can_be_allowed_all_the_same() {
    let repo = Repo::new("guards: { maxAddedInvitesPercent: 100 }\nenvironments:\n  local: { emulator: .e }\n");
    repo.campaign("greet", &campaign("Greet", 45));
    repo.write("sessions.ndjson", &sessions(&[50, 50, 70]));
    let replay = ["plan", "--replay", "sessions.ndjson"];
    repo.run(&replay).exits(1).complains("3 invites instead of 0 (+300 %)").complains("--max-added-invites-percent 300");
    repo.run(&[&replay[..], &["--max-added-invites-percent", "300"]].concat()).exits(0);
}

#[test]
fn a_saved_plan_keeps_what_recorded_sessions_made_of_it() {
    let repo = repo();
    repo.replace("campaignctl.yaml", ".e }", ".e, guards: { maxAddedInvitesPercent: 500 } }");
    repo.run(&["plan", "--replay", "sessions.ndjson", "--out", "a.plan"]).exits(0).says("2 of 3 sessions flip");
    repo.remove("sessions.ndjson");
    for format in ["human", "markdown", "html", "json"] {
        repo.run(&["show", "a.plan", "--format", format]).exits(0).says("2 of 3 sessions flip: 2 newly invited.");
    }
    let plan = std::fs::read_to_string(repo.path("a.plan")).unwrap();
    assert!(!plan.contains("ext:0"), "who it was is in no file of ours");
    repo.write("b.plan", &plan.replace("\"sessions\":3", "\"sessions\":4"));
    repo.run(&["show", "b.plan"]).exits(1).complains("checksum");
    repo.run(&["apply", "a.plan"]).exits(0).says("1 changed");
}

#[test]
fn a_recording_is_of_one_environment_and_standard_input_does_one_thing() {
    let repo = Repo::new("environments:\n  local: { emulator: .e }\n  other: { emulator: .o }\n");
    repo.campaign("greet", &campaign("Greet", 45));
    repo.write("sessions.ndjson", &sessions(&[50]));
    repo.run(&["plan", "-e", "local", "-e", "other", "--replay", "sessions.ndjson"]).exits(1).complains("works on one environment");
    repo.run(&["apply", "-e", "local", "--replay", "-"]).exits(1).complains("cannot hold a recording and answer a question");
    repo.run(&["plan", "-e", "local", "--replay", "nowhere"]).exits(1).complains("`nowhere` cannot be read");
    let planned = repo.run(&["plan", "-e", "local", "--replay", "sessions.ndjson", "--json-stream"]).exits(0);
    planned.says("\"@message\":\"Replay: 1 of 1 session flips: 1 newly invited.\"").says("\"replay_invites_desired\":1");
}
