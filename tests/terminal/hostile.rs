//! Texts that try to act on the terminal, through every door there is: live campaigns, refusals, files, sessions.

use serde_json::json;
use wiremock::MockServer;

use crate::repo::{Repo, campaign};
use crate::screen::{Session, run};
use crate::server::{HOSTILE, SHOWN, live, refusal, shows, writes};

/// A repo with one campaign that is live and in the state.
async fn managed() -> (MockServer, Repo) {
    let server = MockServer::start().await;
    let repo = Repo::of_server(&server.uri());
    repo.campaign("one", &campaign("One", 45));
    shows(&server, &[live(1, "One")], "Web Support", refusal("no")).await;
    repo.run(&["apply", "--auto-approve"]).exits(0);
    (server, repo)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_why_a_campaign_cannot_be_read_is_shown_and_not_obeyed() {
    let (server, repo) = managed().await;
    let mut unreadable = live(1, "One");
    unreadable["evaluationMode"] = json!(HOSTILE);
    let mut stranger = live(2, HOSTILE);
    stranger["campaignType"] = json!(HOSTILE);
    shows(&server, &[unreadable, stranger], HOSTILE, refusal("no")).await;
    for arguments in [
        &["plan", "--show-unmanaged"][..],
        &["apply"],
        &["apply", "--auto-approve"],
        &["drift", "--show-unmanaged"],
        &["plan", "--color", "always"],
    ] {
        let screen = run(&repo, arguments, 120, &[]).shows_only_colours_and_a_bar().exits(1);
        screen.says(&format!("unknown variant `{SHOWN}`, expected `realtime` or `batch`"));
    }
    assert_eq!(writes(&server).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_texts_of_live_campaigns_are_shown_and_not_obeyed() {
    let (server, repo) = managed().await;
    let mut moved = live(1, HOSTILE);
    moved["version"] = json!(4);
    moved["modifiedBy"] = json!(HOSTILE);
    moved["description"] = json!(HOSTILE);
    moved["enabled"] = json!(false);
    moved["filters"][0]["attributeName"] = json!(HOSTILE);
    moved["actions"][0]["config"]["inviteMessage"] = json!(HOSTILE);
    moved[HOSTILE] = json!(1);
    shows(&server, &[moved, live(2, HOSTILE)], HOSTILE, refusal(HOSTILE)).await;
    for (arguments, code) in [
        (&["plan", "--show-unmanaged"][..], 0),
        (&["drift", "--show-unmanaged", "--detailed-exitcode"], 2),
        (&["plan", "--concise"], 0),
        (&["apply", "--auto-approve"], 1),
    ] {
        run(&repo, arguments, 200, &[]).shows_only_colours_and_a_bar().exits(code).has_colours().says("\\u{1b}]0;owned\\u{7}");
    }
    // The refusal of the write was told, too.
    assert_eq!(writes(&server).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_below_a_plan_that_could_not_touch_it() {
    let (server, repo) = managed().await;
    let mut moved = live(1, "One");
    moved["description"] = json!(HOSTILE);
    shows(&server, &[moved], HOSTILE, refusal("no")).await;
    let mut session = Session::start(&repo, &["apply"], 100, &[]);
    session.until("Enter a value: ");
    session.types("no\n");
    let screen = session.end().shows_only_colours_and_a_bar().exits(1).says(SHOWN).says("apply cancelled");
    let (plan, question) = screen.text.split_once("Do you want to perform these actions").unwrap();
    assert!(plan.contains(SHOWN) && !question.contains("owned"), "{}", screen.text);
    assert_eq!(writes(&server).await, 0);
}

#[test]
fn what_stands_in_files_is_shown_and_not_obeyed() {
    let repo = Repo::new("environments:\n  local: { emulator: .e }\n");
    let escaped = r#""\e]0;owned\a\u202eevil\u009b2A""#;
    let text = campaign("One", 45).replace("evaluationMode: realtime", &format!("evaluationMode: {escaped}"));
    // Turned round, and invisible, as they are in the file itself: in a value, in a comment, and in a key.
    let text = text
        .replace("name: One", "name: \"One\u{202e}\u{200b}\" # \u{202e}\u{2066}")
        .replace("displayDuration: 300", "\u{202e}duration: 300");
    repo.campaign("one", &text);
    let shown = "\\u{1b}]0;owned\\u{7}\\u{202e}evil\\u{9b}2A";
    for arguments in [&["validate"][..], &["plan"], &["apply"]] {
        run(&repo, arguments, 120, &[]).shows_only_colours_and_a_bar().exits(1).says(shown).says("campaigns/one.yaml:");
    }
    // Raw bytes that YAML does not allow at all.
    repo.campaign("one", &campaign("One\u{1b}]0;owned\u{7}", 45));
    run(&repo, &["validate"], 120, &[]).shows_only_colours().exits(1).says("campaigns/one.yaml:");
}

#[test]
fn what_a_session_sends_is_shown_and_not_obeyed() {
    let repo = Repo::sample();
    let session = json!({
        "contactId": HOSTILE, "channelId": HOSTILE, "evaluationContext": { "timestamp": "2026-11-20T14:02:11Z" },
        "sessionData": { "referrer.page": format!("/pricing{HOSTILE}"), "external.churn_probability": HOSTILE, HOSTILE: HOSTILE },
    });
    repo.write("session.json", &session.to_string());
    let screen = run(&repo, &["explain", "session.json"], 120, &[]).shows_only_colours().exits(0).says("\\u{1b}]0;owned\\u{7}");
    assert!(!screen.text.contains('\r'), "{:?}", screen.text);
    run(&repo, &["explain", "session.json", "--format", "json"], 120, &[]).shows_only_colours().exits(0);
    repo.write("session.json", &format!("{{\"contactId\": {HOSTILE}"));
    run(&repo, &["explain", "session.json"], 120, &[]).shows_only_colours().exits(1);
}

/// Documents for files and programs go to a terminal, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_printed_is_shown_and_not_obeyed() {
    let (_server, repo) = managed().await;
    let state = std::fs::read_to_string(repo.path("state.json")).unwrap();
    std::fs::write(repo.path("state.json"), format!("{state}\u{1b}]0;owned\u{7}\u{9b}2A")).unwrap();
    run(&repo, &["state", "pull"], 120, &[]).shows_only_colours();
    run(&repo, &["state", "list"], 120, &[]).shows_only_colours();
}
