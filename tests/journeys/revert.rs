//! Putting back what somebody changed live, and nothing else.

use std::fs;

use campaignctl::emulator::UnknownFields;
use serde_json::{Value, json};

use crate::repo::{Repo, Server, campaign};

/// Two campaigns that are live as they were applied.
async fn applied() -> (Server, Repo) {
    let server = Server::start(UnknownFields::Keep).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve", "-q"]).exits(0);
    (server, repo)
}

async fn live(server: &Server, name: &str) -> Value {
    server.campaigns().await.into_iter().find(|campaign| campaign["name"] == name).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_live_edit_is_undone_and_pending_changes_wait() {
    let (server, repo) = applied().await;
    let before = live(&server, "One").await;
    // A change of the files that nobody applied: another field of the same campaign, another campaign, a new one.
    repo.campaign("one", &campaign("One", 60));
    repo.campaign("two", &campaign("Two", 60));
    repo.campaign("three", &campaign("Three", 45));
    let pending = repo.run(&["plan"]).exits(0);
    server
        .edit("One", |campaign| {
            campaign["throttling"]["cooldownSeconds"] = json!(5);
            campaign["schedule"] = json!({ "from": "09:00" });
        })
        .await;

    let drift = repo.run(&["drift"]).exits(0);
    let command = drift.out.lines().find(|line| line.contains("put back what was applied")).unwrap().split("campaignctl ").nth(1).unwrap();
    assert_eq!(command, "apply -e rehearsal --revert campaign.one");

    for arguments in
        [&["drift", "--revert", "campaign.one"][..], &["drift", "--revert"], &["plan", "--revert", "one"], &["plan", "--revert", "all"]]
    {
        let mut arguments = arguments.to_vec();
        arguments.push("--detailed-exitcode");
        let ran = repo.run(&arguments).exits(2);
        let ran = ran
            .says("\nRevert of drift: ")
            .says("What moved live goes back to what was applied last; pending changes of the files are no part of it.\n")
            .says("# campaign.one will be updated in-place")
            .says("~ throttling.cooldownSeconds: 5 -> 86400  # drift: live moved (by \"somebody-else\" at 20")
            .says("(+1 field not modelled, kept)")
            .says("Plan: 0 to add, 1 to change, 0 to destroy.");
        assert!(!ran.out.contains("dwell") && !ran.out.contains("three ways out") && !ran.out.contains("campaign.two"), "{}", ran.out);
    }
    assert_eq!(live(&server, "One").await["throttling"]["cooldownSeconds"], 5, "a plan writes nothing");

    repo.answer(&["apply", "--revert", "campaign.one"], "yes\n").exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    let after = live(&server, "One").await;
    for field in ["name", "enabled", "filters", "actions", "throttling"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["schedule"], json!({ "from": "09:00" }), "what is not modelled is no drift, and stays");
    repo.run(&["drift", "--detailed-exitcode"]).exits(0);
    repo.run(&["plan", "--revert", "--detailed-exitcode"]).exits(0).says("No changes. Nothing drifted.");
    let after = repo.run(&["plan"]).exits(0).out.replace("        # (+1 field not modelled, kept)\n", "");
    assert_eq!(after, pending.out, "the plan of the files is the one that it was");
    // Going back is a run itself.
    repo.run(&["plan", "--rollback", "last"]).exits(0).says("\nRollback of run 20").says("throttling.cooldownSeconds: 86400 -> 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_the_file_moved_too_gets_what_the_file_says_and_stays_settled() {
    let (server, repo) = applied().await;
    repo.campaign("one", &campaign("One", 60));
    server.edit("One", |campaign| campaign["filters"][0]["value"] = json!(50)).await;
    repo.run(&["apply", "--revert", "--auto-approve"])
        .exits(0)
        .says("Revert of drift: all campaigns.")
        .says(": 50 -> 60  # conflict: code and live both moved")
        .says("1 changed");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_revert_says_what_it_is_in_every_format_and_is_applied_or_stale() {
    let (server, repo) = applied().await;
    repo.campaign("two", &campaign("Two", 60));
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    let meaning = "What moved live goes back to what was applied last";
    repo.run(&["drift", "--revert", "one", "two", "--out", "back.plan"])
        .exits(0)
        .says("Revert of drift: campaign.one, campaign.two.")
        .says("campaign.two has not drifted.")
        .says("! it was paused live by somebody-else")
        .says("campaignctl apply \"back.plan\"");
    repo.run(&["show", "back.plan"]).exits(0).says("Revert of drift: campaign.one, campaign.two.").says(meaning);
    repo.run(&["show", "back.plan", "--format", "markdown"])
        .exits(0)
        .says("**Revert of drift: `campaign.one`, `campaign.two`.** ")
        .says("`campaign.two` has not drifted.");
    repo.run(&["show", "back.plan", "--format", "html"]).exits(0).says("<strong>Revert of drift: campaign.one, campaign.two.</strong>");
    repo.run(&["drift", "--revert", "--format", "html"]).exits(0).says("<strong>Revert of drift: all campaigns.</strong>");
    repo.run(&["drift", "--revert", "--format", "gitlab"]).exits(0).says("{\"create\":0,\"update\":1,\"delete\":0}");
    let json: Value = serde_json::from_str(&repo.run(&["show", "back.plan", "--format", "json"]).exits(0).out).unwrap();
    assert_eq!(json["campaignctl"]["goal"], json!({ "kind": "revert", "campaigns": ["campaign.one", "campaign.two"] }));
    let stream = repo.run(&["plan", "--revert", "--json-stream"]).exits(0);
    let lines: Vec<Value> = stream.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = lines.iter().find(|line| line["type"] == "log").unwrap();
    assert!(told["@message"].as_str().unwrap().starts_with("Revert of drift: all campaigns. "), "{told}");
    let summary = lines.iter().find(|line| line["type"] == "change_summary").unwrap();
    assert_eq!(summary["campaignctl"]["goal"], "revert");

    let stale = fs::read(repo.path("back.plan")).unwrap();
    repo.run(&["apply", "back.plan"]).exits(0).says("Revert of drift: campaign.one, campaign.two.").says("1 changed");
    assert_eq!(live(&server, "One").await["enabled"], true);
    fs::write(repo.path("back.plan"), stale).unwrap();
    repo.run(&["apply", "back.plan", "--exit-codes", "fine"])
        .exits(4)
        .complains("plan -e rehearsal --revert campaign.one --revert campaign.two --out back.plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_gone_comes_back_as_it_was_applied_and_only_where_it_is_meant() {
    let (server, repo) = applied().await;
    for name in ["One", "Two"] {
        server.delete(live(&server, name).await["id"].as_str().unwrap()).await;
    }
    repo.campaign("one", &campaign("One", 60));
    repo.run(&["drift"])
        .exits(0)
        .says("create it again  campaignctl apply -e rehearsal --revert campaign.one\n")
        .says("keep it gone     delete it from campaigns/one.yaml, then campaignctl apply -e rehearsal\n");
    repo.run(&["apply", "--revert", "campaign.one", "--auto-approve"]).exits(0).says("1 added, 0 changed, 0 destroyed");
    assert_eq!(live(&server, "One").await["filters"][0]["value"], 45, "as it was applied, not as the file says by now");
    assert_eq!(server.campaigns().await.len(), 1);
    repo.run(&["drift", "--detailed-exitcode"])
        .exits(2)
        .says("1 of 2 campaigns drifted: 1 missing.")
        .says("campaign.two deleted in Genesys Cloud");
    repo.run(&["apply", "--revert", "--auto-approve"]).exits(0).says("1 added, 0 changed, 0 destroyed");
    repo.run(&["plan"]).exits(0).says("value: 45 -> 60  # code\n").says("0 to add, 1 to change, 0 to destroy");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_drift_is_said_and_nobody_is_guessed_at() {
    let (server, repo) = applied().await;
    repo.campaign("one", &campaign("One", 60));
    repo.run(&["plan", "--revert", "one", "--detailed-exitcode"])
        .exits(0)
        .says("Revert of drift: campaign.one.")
        .says("campaign.one has not drifted.\n")
        .says("No changes. There is nothing to put back.");
    repo.run(&["apply", "--revert", "one", "--auto-approve"]).exits(0).says("0 added, 0 changed, 0 destroyed");
    repo.run(&["plan"]).exits(0).says("1 to change");
    repo.campaign("new", &campaign("New", 45));
    repo.run(&["plan", "--revert", "new"]).exits(1).complains("campaign.new was not applied by this tool yet");
    repo.run(&["drift", "--revert", "nobody"]).exits(1).complains("campaign.nobody is not declared");
    repo.run(&["apply", "--revert", "No such key!"]).exits(1).complains("--revert");
    repo.run(&["plan", "--revert", "--rollback", "last"]).exits(1).complains("cannot be used with");
    repo.run(&["drift", "--revert", "--format", "prometheus"]).exits(1).complains("a plan is not written in this format");
    repo.run(&["drift", "--format", "html"]).exits(1).complains("add --revert for the plan that undoes the drift");
    assert_eq!(server.campaigns().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_nobody_can_say_what_drifted() {
    let (server, repo) = applied().await;
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    repo.remove("state.json");
    for arguments in [&["drift", "--revert"][..], &["plan", "--revert", "one"], &["apply", "--revert", "--auto-approve"]] {
        repo.run(arguments)
            .exits(1)
            .complains("there is no state: without a state nobody can say what drifted")
            .complains("`campaignctl plan -e rehearsal` shows how live and the files differ");
    }
    assert_eq!(live(&server, "One").await["enabled"], false, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_protection_hold_for_going_back_too() {
    let (server, repo) = applied().await;
    for name in ["One", "Two"] {
        server.edit(name, |campaign| campaign["enabled"] = json!(false)).await;
    }
    repo.replace("campaignctl.yaml", "state: state.json", "state: state.json, guards: { maxChangedPercent: 50 }");
    repo.run(&["apply", "--revert", "--auto-approve", "--exit-codes", "fine"]).exits(3).complains("at most 50 % are allowed");
    repo.run(&["drift", "--revert"]).exits(1).complains("--max-changed-percent 100");
    repo.run(&["apply", "--revert", "two", "--auto-approve"]).exits(0).says("1 changed");
    assert_eq!((&live(&server, "One").await["enabled"], &live(&server, "Two").await["enabled"]), (&json!(false), &json!(true)));
}
