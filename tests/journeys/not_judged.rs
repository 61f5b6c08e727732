//! A guard that recorded sessions cannot judge refuses: a recording in a form that nobody can read is never a pass.

use serde_json::Value;

use crate::repo::{Repo, campaign};

/// At most half as many invites more.
const PROJECT: &str = "guards: { maxAddedInvitesPercent: 50 }\nenvironments:\n  local: { emulator: .e }\n";
const UTF8: &str = "save it as UTF-8; PowerShell: `… | Out-File -Encoding utf8`";

/// Visitors of a page, one a second.
fn session(nth: u32, dwell: &str, views: &str) -> String {
    let (minute, second) = (nth / 60, nth % 60);
    format!(
        r#"{{"contactId":"ext:{nth}","channelId":"web","sessionData":{{"session.dwell_time_seconds":{dwell},"contact.is_authenticated":true,"session.page_views":{views}}},"evaluationContext":{{"timestamp":"2026-11-20T10:{minute:02}:{second:02}Z"}}}}"#
    ) + "\n"
}

/// 90 visitors who stay 50 seconds, and 10 who stay longer.
fn sessions() -> String {
    (0..100).map(|nth| session(nth, if nth < 90 { "50" } else { "70" }, "1")).collect()
}

/// A campaign is live for those who stay a minute, and its file says 45 seconds: all 100 would be invited, and not 10.
fn repo() -> Repo {
    let repo = Repo::new(PROJECT);
    repo.campaign("greet", &campaign("Greet", 60));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("greet", &campaign("Greet", 45));
    repo
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn check(document: &Value) -> &Value {
    let checks = document["checks"].as_array().unwrap();
    checks.iter().find(|check| check["address"]["name"] == "max-added-invites-percent").unwrap()
}

/// Everything that must not pass with this recording, and the one sentence that all of it says.
fn is_refused(repo: &Repo, recording: &str, message: &str) {
    let with = |before: &[&str], after: &[&str]| repo.run(&[before, &["--replay", recording], after].concat());
    let ran = with(&["plan"], &[]).exits(1);
    // Warnings of the campaign files come before it.
    let said = &ran.err[ran.err.find("Error: ").unwrap_or(0)..];
    let expected = format!("Error: {message}\n\n");
    assert!(said.starts_with(&expected) && said.matches("\n\n").count() == 1, "{recording}: expected {message}\n{}", ran.err);
    with(&["plan"], &["--exit-codes", "fine"]).exits(3);
    let text = with(&["plan"], &["--format", "json"]).exits(1);
    let document: Value = serde_json::from_str(&text.out).unwrap();
    assert_eq!(check(&document)["status"], "unknown", "{recording}");
    let own = &document["campaignctl"];
    assert_eq!(own["not_judged"], serde_json::json!(["max-added-invites-percent"]), "{recording}");
    assert_eq!(
        (own["refusals"][0]["kind"].as_str(), own["refusals"][0]["message"].as_str()),
        (Some("max-added-invites-percent"), Some(message))
    );
    let first = message.lines().next().unwrap();
    with(&["plan"], &["--format", "markdown"]).exits(1).complains(first).says("Refused");
    with(&["plan"], &["--format", "html"]).exits(1).complains(first).says("was not judged");
    with(&["plan"], &["--json-stream"]).exits(1).says("was not judged").says("\"@level\":\"error\"");
    with(&["apply", "--auto-approve"], &[]).exits(1).complains(message);
    with(&["apply", "--auto-approve"], &["--exit-codes", "fine"]).exits(3);
    with(&["plan"], &["--out", "saved.plan"]).exits(1).says("nothing applies it");
    repo.run(&["apply", "saved.plan"]).exits(1).complains(message);
    repo.run(&["show", "saved.plan"]).exits(0).says("refused: it can be read, and not applied");
    repo.run(&["show", "saved.plan", "--format", "json"]).exits(0).says("\"status\":\"unknown\"");
    repo.run(&["replay", recording]).exits(0);
    repo.run(&["replay", recording, "--detailed-exitcode"]).exits(1).complains("Error: nothing was judged. ");
    // Nothing of all that was applied.
    repo.run(&["plan"]).exits(0).says("1 to change");
}

#[test]
fn a_recording_that_can_be_read_is_judged() {
    let repo = repo();
    repo.write("plain.ndjson", &sessions());
    repo.write("marked.ndjson", &format!("\u{feff}{}", sessions()));
    repo.write("twice.ndjson", &format!("\u{feff}{0}\u{feff}{0}", sessions()));
    for (recording, sessions) in [("plain.ndjson", 100), ("marked.ndjson", 100)] {
        let refused = "the recorded sessions would get 100 invites instead of 10 (+900 %), and at most 50 % more are allowed";
        let ran = repo.run(&["plan", "--replay", recording]).exits(1).complains(refused);
        ran.says(&format!("90 of {sessions} sessions flip: 90 newly invited."));
        let document: Value = serde_json::from_str(&repo.run(&["plan", "--replay", recording, "--format", "json"]).out).unwrap();
        assert_eq!((&check(&document)["status"], document["campaignctl"].get("not_judged")), (&Value::from("fail"), None));
        repo.run(&["plan", "--replay", recording, "--max-added-invites-percent", "900"]).exits(0);
        repo.run(&["plan", "--replay", recording, "--max-added-invites-percent", "900", "--strict"]).exits(0);
        repo.run(&["replay", recording, "--detailed-exitcode"]).exits(2);
    }
    repo.run(&["replay", "twice.ndjson", "--strict"]).exits(0).says("of 200 sessions flip");
}

#[test]
fn a_recording_in_which_nothing_can_be_read_is_refused() {
    let repo = repo();
    let guard = "`guards.maxAddedInvitesPercent` (50 %) was not judged:";
    let nothing = "nothing in the recording could be read";
    std::fs::write(repo.path("u16.ndjson"), utf16(&sessions())).unwrap();
    is_refused(&repo, "u16.ndjson", &format!("{guard} {nothing}\n  u16.ndjson:1: the file is UTF-16: {UTF8}"));
    let objects: Vec<Value> = sessions().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    repo.write("array.json", &serde_json::to_string(&objects).unwrap());
    let array = "a JSON array; write one JSON object per line: jq -c '.[]'";
    is_refused(&repo, "array.json", &format!("{guard} {nothing}\n  array.json:1: {array}"));
    repo.write("renamed.ndjson", &sessions().replace("contactId", "contact_id"));
    let columns = sessions().lines().next().unwrap().len() + 1;
    is_refused(&repo, "renamed.ndjson", &format!("{guard} {nothing}\n  renamed.ndjson:1: missing field `contactId` at column {columns}"));
    repo.write("empty.ndjson", "\n");
    is_refused(&repo, "empty.ndjson", &format!("{guard} there are no sessions in the recording"));
    // The rest of several recordings says nothing of one that cannot be read.
    repo.write("long.ndjson", &sessions().repeat(10));
    let ran = repo.run(&["plan", "--replay", "long.ndjson", "u16.ndjson", "--max-added-invites-percent", "900"]).exits(1);
    ran.complains("was not judged: nothing in the recording `u16.ndjson` could be read\n  u16.ndjson:1: the file is UTF-16");
    // Without the guard nothing is refused, but what could not be read comes first.
    repo.replace("campaignctl.yaml", "guards: { maxAddedInvitesPercent: 50 }\n", "");
    let ran = repo.run(&["plan", "--replay", "u16.ndjson"]).exits(0);
    assert!(
        ran.out
            .contains("Replay    The recording could not be read. There are no sessions.\n  ! u16.ndjson:1: the file is UTF-16: save it"),
        "{}",
        ran.out
    );
    let ran = repo.run(&["replay", "renamed.ndjson", "-q"]).exits(0);
    assert_eq!(ran.out, "None of 100 lines could be read. There are no sessions.\n");
}

/// The good lines lose their invites, and those that cannot be read would all be newly invited.
#[test]
fn lines_that_cannot_be_read_are_a_headline_before_any_number() {
    let repo = repo();
    repo.replace("campaigns/greet.yaml", "session.dwell_time_seconds", "session.page_views");
    let bad: String = (0..100).map(|nth| session(nth, "NaN", "100")).collect();
    let good: String = (100..120).map(|nth| session(nth, "100", "0")).collect();
    repo.write("nan.ndjson", &(bad + &good));
    let column = session(0, "", "").find(r#","contact.is"#).unwrap() + 1;
    is_refused(
        &repo,
        "nan.ndjson",
        &format!(
            "`guards.maxAddedInvitesPercent` (50 %) was not judged: 100 of 120 lines could not be read, and at most 1 % may be \
             unreadable\n  nan.ndjson:1: expected value at column {column}"
        ),
    );
    let headline = "100 of 120 lines could not be read, too many to judge by the rest. 20 of 20 sessions flip: 20 no longer invited.";
    for (arguments, begins) in [
        (&["replay", "nan.ndjson"][..], ""),
        (&["replay", "nan.ndjson", "-q"], ""),
        (&["plan", "--replay", "nan.ndjson"], "Replay    "),
        (&["plan", "--replay", "nan.ndjson", "--format", "markdown"], "**"),
    ] {
        let ran = repo.run(arguments);
        let line = ran.out.lines().find(|line| line.contains("of 20 sessions")).unwrap();
        assert!(line.starts_with(&format!("{begins}{headline}")), "{arguments:?} {}", ran.out);
    }
    repo.run(&["plan", "--replay", "nan.ndjson", "--json-stream"]).says(&format!("\"@level\":\"warn\",\"@message\":\"Replay: {headline}"));
    repo.run(&["plan", "--replay", "nan.ndjson", "--strict"])
        .exits(1)
        .complains("`nan.ndjson`, line 1: expected value")
        .complains("--strict");
    repo.run(&["apply", "--auto-approve", "--replay", "nan.ndjson", "--strict"]).exits(1).complains("`nan.ndjson`, line 1: ");
    repo.run(&["plan", "--strict"]).exits(1).complains("--replay");
}

#[test]
fn few_lines_that_cannot_be_read_count_as_invites() {
    let repo = repo();
    let recording = |good: u32, bad: usize| {
        repo.write("r.ndjson", &((0..good).map(|nth| session(nth, "70", "1")).collect::<String>() + &"NaN\n".repeat(bad)))
    };
    // 200 invites live, and as many desired: one that could not be read changes little.
    recording(200, 1);
    let ran = repo.run(&["plan", "--replay", "r.ndjson"]).exits(0);
    ran.says("Replay    1 of 201 lines could not be read. Nothing flips").says("  ! r.ndjson:201: expected value at column 1");
    let document: Value = serde_json::from_str(&repo.run(&["plan", "--replay", "r.ndjson", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(check(&document)["status"], "pass");
    repo.run(&["replay", "r.ndjson", "--detailed-exitcode"]).exits(0);
    // Exactly as many as may be added, and one more.
    recording(200, 2);
    repo.run(&["plan", "--replay", "r.ndjson", "--max-added-invites-percent", "1"]).exits(0);
    let refused =
        "was not judged: 2 of 202 lines could not be read; if each of them is one more invite, there are 202 invites instead of 200 (+1 %)";
    repo.run(&["plan", "--replay", "r.ndjson", "--max-added-invites-percent", "0"]).exits(1).complains(refused);
    repo.run(&["plan", "--replay", "r.ndjson", "--strict"]).exits(1).complains("`r.ndjson`, line 201: ");
    // No recording at all is a note, as ever.
    repo.run(&["plan"]).exits(0).says("not judged: at most 50 % more invites are allowed");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 changed");
}

#[test]
fn sessions_that_get_several_invites_are_said_and_every_number_agrees() {
    let repo = Repo::new("environments:\n  local: { emulator: .e }\n");
    let loud = |name: &str, dwell: u32| campaign(name, dwell).split("throttling").next().unwrap().to_owned();
    repo.campaign("greet", &loud("Greet", 60));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("greet", &loud("Greet", 45));
    repo.campaign("help", &loud("Help", 49));
    repo.write("s.ndjson", &sessions());
    let ran = repo.run(&["replay", "s.ndjson"]).exits(0);
    ran.says("100 of 100 sessions flip: 100 newly invited.\n  Invites     10 -> 200 (+190, +1900.0 %)\n  ! 100 sessions get 2 invites at once (live: 0)\n")
        .says("  90  by campaign.greet, 90 also by campaign.help; ")
        .says("  10  by campaign.help; it is new\n")
        .says("campaign.help: gains 100 sessions\n")
        .says("campaign.greet: gains 90 sessions\n");
    let document: Value = serde_json::from_str(&repo.run(&["replay", "s.ndjson", "--format", "json"]).exits(0).out).unwrap();
    let replay = &document["campaignctl"]["replay"];
    let desired = &replay["totals"]["desired"];
    assert_eq!((&desired["several_invites"], &desired["most_invites"]), (&Value::from(100), &Value::from(2)));
    assert_eq!(replay["flips"][0]["also_to"], serde_json::json!([{ "campaign": "campaign.help", "sessions": 90 }]));
    for format in ["markdown", "html"] {
        repo.run(&["replay", "s.ndjson", "--format", format]).exits(0).says("100 sessions get 2 invites at once (live: 0)");
        repo.run(&["plan", "--replay", "s.ndjson", "--format", format]).exits(0).says("100 sessions get 2 invites at once (live: 0)");
    }
    repo.run(&["replay", "s.ndjson", "--offline"]).exits(0).says("  ! 100 sessions get 2 invites at once\n");
}

/// Every place that reads sessions or other JSON from a person reads it alike.
#[test]
fn explain_and_scripts_of_faults_and_states_are_decoded_alike() {
    let repo = repo();
    let one = session(0, "50", "1");
    repo.write("one.json", &format!("\u{feff}{one}"));
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&one).unwrap()).unwrap();
    repo.write("pretty.json", &format!("\u{feff}{pretty}"));
    repo.write("many.ndjson", &format!("\u{feff}{}", sessions()));
    for place in ["one.json", "pretty.json", "many.ndjson:1", "many.ndjson:100"] {
        repo.run(&["explain", place]).exits(0).says("campaign.greet");
    }
    repo.run(&["explain", "many.ndjson:1", "--history", "many.ndjson"]).exits(0);
    repo.run(&["explain", "--session", &format!("\u{feff}{one}")]).exits(0).says("campaign.greet");
    std::fs::write(repo.path("u16.json"), utf16(&one)).unwrap();
    for place in ["u16.json", "u16.json:1"] {
        repo.run(&["explain", place]).exits(1).complains("`u16.json` is UTF-16").complains(UTF8);
    }
    repo.write("array.json", &format!("[{}]", one.trim()));
    repo.run(&["explain", "array.json"]).exits(1).complains("a JSON array; write one JSON object per line");
    let ran = repo.run(&["explain", "one.json", "--history", "many.ndjson", "u16.json"]).exits(1);
    ran.complains("the history: nothing in `u16.json` could be read, line 1: the file is UTF-16: save it as UTF-8");
    std::fs::write(repo.path("faults.json"), utf16("{\"faults\": []}")).unwrap();
    repo.run(&["emulator", "--fault", "@faults.json"]).exits(1).complains("UTF-16");
    let state = repo.run(&["state", "pull"]).exits(0).out;
    std::fs::write(repo.path("state16.json"), utf16(&state)).unwrap();
    repo.run(&["state", "push", "state16.json"]).exits(1).complains("is UTF-16").complains(UTF8);
    repo.write("state8.json", &format!("\u{feff}{state}"));
    repo.run(&["state", "push", "state8.json"]).exits(0);
}
