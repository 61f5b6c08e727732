//! Pipes, colours, and text from outside.

use campaignctl::emulator::UnknownFields;
use serde_json::json;

use crate::repo::{Repo, Server, campaign};

#[test]
fn a_pipe_gets_no_colours_unless_it_asks() {
    let mut repo = Repo::sample();
    assert!(!repo.run(&["plan"]).out.contains('\u{1b}'));
    assert!(repo.run(&["plan", "--color", "always"]).out.contains('\u{1b}'));
    assert!(!repo.run(&["plan", "--color", "never"]).out.contains('\u{1b}'));
    repo.set("NO_COLOR", "1");
    assert!(!repo.run(&["plan"]).out.contains('\u{1b}'));
    repo.replace("campaigns/pricing-churn.yaml", "value: 0.72", "value: high");
    assert!(!repo.run(&["validate"]).out.contains('\u{1b}'));
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let repo = Repo::sample();
    let mut child = repo.command(&["apply", "--auto-approve"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[test]
fn quiet_says_one_line() {
    let repo = Repo::sample();
    assert_eq!(repo.run(&["plan", "-q"]).exits(0).out, "Plan: 5 to add, 0 to change, 0 to destroy.\n");
    assert_eq!(repo.run(&["validate", "-q"]).exits(0).out, "");
    let applied = repo.run(&["apply", "-q", "--auto-approve"]).exits(0).out;
    assert!(applied.trim_end().ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed."), "{applied}");
    assert!(!applied.contains("Creating"), "{applied}");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_text_cannot_act_on_the_terminal_and_secrets_are_not_shown() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}evil\r\n::add-mask::x";
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    server.edit("One", |campaign| campaign["description"] = json!(hostile)).await;
    let body = json!({
        "name": hostile, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }],
        "actions": [{ "type": "webchat_invite", "priority": 1 }]
    });
    server.create(body).await;
    let ran = repo.run(&["plan", "--show-unmanaged", "--log", "debug"]).exits(0);
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{text:?}");
        assert!(!text.contains("a-secret-of-a-journey"), "{text}");
    }
    assert!(ran.out.contains("\\u{1b}]0;owned\\u{7}\\u{202e}evil\\r"), "{}", ran.out);
    assert!(ran.err.contains("GET"), "each request is logged: {}", ran.err);
    assert!(!ran.err.to_lowercase().contains("bearer"), "{}", ran.err);
    let state = std::fs::read_to_string(repo.path("state.json")).unwrap();
    assert!(!state.contains("a-secret-of-a-journey"));
}

#[test]
fn completions_know_the_commands() {
    let repo = Repo::sample();
    for (shell, told) in [("bash", "complete -F _campaignctl"), ("zsh", "#compdef campaignctl"), ("fish", "complete -c campaignctl")] {
        repo.run(&["completions", shell]).exits(0).says(told).says("unlock").says("detailed-exitcode");
    }
    repo.run(&["completions", "cmd"]).exits(1).complains("possible values");
}
