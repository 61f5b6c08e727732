//! Saved plans: exactly what was reviewed is applied, or nothing.

use std::fs;

use campaignctl::emulator::UnknownFields;
use campaignctl::model::Secret;
use campaignctl::saved::{SavedPlan, read, seal};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::repo::{Repo, Server, campaign, in_format_1};

const KEY: &str = "a-key-that-no-output-may-show";

/// Two campaigns live and managed; a plan that updates one, creates one and deletes none lies in `p.plan`.
async fn planned() -> (Server, Repo) {
    let server = Server::start(UnknownFields::Keep).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.campaign("two", &campaign("Two", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("one", &campaign("One", 60));
    repo.campaign("three", &campaign("Three", 45));
    repo.run(&["plan", "--out", "p.plan"])
        .exits(0)
        .says("Saved the plan to: p.plan (can be applied until ")
        .says("campaignctl apply \"p.plan\"");
    (server, repo)
}

/// Writes that reached the server.
fn writes(server: &Server) -> usize {
    server.emulator.requests().iter().filter(|request| request.method != "GET" && !request.path_and_query.contains("oauth")).count()
}

/// The plan is refused as stale, names this, and nothing is written; and it can be shown all the same.
fn is_stale(server: &Server, repo: &Repo, moved: &str) {
    let before = writes(server);
    repo.run(&["apply", "p.plan", "--exit-codes", "fine"])
        .exits(4)
        .complains("`p.plan` is stale: what it was made from at 20")
        .complains(moved)
        .complains("run `campaignctl plan -e rehearsal --out p.plan` and have the new plan reviewed");
    assert_eq!(writes(server), before, "a stale plan writes nothing");
    repo.run(&["show", "p.plan"])
        .exits(0)
        .says("# campaign.one will be updated in-place")
        .says("Plan: 1 to add, 1 to change, 0 to destroy.");
}

/// Changes what is in the plan and seals it again: what a plan of another day or version would hold.
fn reseal(repo: &Repo, change: impl FnOnce(&mut SavedPlan)) {
    let mut saved = read(&repo.path("p.plan")).unwrap().saved;
    change(&mut saved);
    fs::write(repo.path("p.plan"), seal(&saved, None).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_applied_as_it_is_without_asking_and_once() {
    let (server, repo) = planned().await;
    repo.run(&["apply", "p.plan"])
        .exits(0)
        .says("Applying the saved plan p.plan, made 20")
        .says("Plan: 1 to add, 1 to change, 0 to destroy.")
        .says("Apply complete! Resources: 1 added, 1 changed, 0 destroyed.");
    assert_eq!(server.campaigns().await.len(), 3);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    is_stale(&server, &repo, "the state: serial ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_stale_with_the_state() {
    let (server, repo) = planned().await;
    let mut state: serde_json::Value = serde_json::from_slice(&fs::read(repo.path("state.json")).unwrap()).unwrap();
    state["serial"] = serde_json::json!(99);
    let moved = in_format_1(&state);
    repo.write("state.json", &moved);
    is_stale(&server, &repo, "is now 99, written 20");
    repo.remove("state.json");
    is_stale(&server, &repo, "the state: it is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_stale_with_the_files() {
    let (server, repo) = planned().await;
    repo.campaign("two", &campaign("Two", 46));
    is_stale(&server, &repo, "campaign.two: `campaigns/two.yaml` says something else now");
    repo.campaign("two", &format!("# a comment is no change\n{}", campaign("Two", 45)));
    repo.campaign("four", &campaign("Four", 45));
    is_stale(&server, &repo, "campaign.four: `campaigns/four.yaml` declares it now, and the plan does not know it");
    repo.remove("campaigns/four.yaml");
    repo.remove("campaigns/three.yaml");
    is_stale(&server, &repo, "campaign.three: `campaigns/three.yaml` no longer declares it");
    repo.campaign("three", "name: Three\n");
    repo.run(&["apply", "p.plan"]).exits(1).complains("the campaign files have errors, so they are not those of the plan");
    repo.campaign("three", &campaign("Three", 45));
    repo.replace("campaignctl.yaml", "state: state.json", "state: state.json, guards: { maxDeletes: 1 }");
    is_stale(&server, &repo, "campaignctl.yaml: the guards of the environment are others now");
    repo.replace("campaignctl.yaml", ", guards: { maxDeletes: 1 }", "");
    repo.run(&["apply", "p.plan"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_stale_with_a_live_campaign_it_would_write_to() {
    let (server, repo) = planned().await;
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    is_stale(&server, &repo, "campaign.one: changed live by \"somebody-else\" at 20");
    is_stale(&server, &repo, "(enabled; version 1 is now 2)");

    let (server, repo) = planned().await;
    server.edit("One", |campaign| campaign["schedule"] = json!("mornings")).await;
    is_stale(&server, &repo, "(version 1 is now 2)");

    let (server, repo) = planned().await;
    let one = server.campaigns().await.into_iter().find(|campaign| campaign["name"] == "One").unwrap();
    server.delete(one["id"].as_str().unwrap()).await;
    is_stale(&server, &repo, &format!("campaign.one: the live campaign {} is gone", one["id"].as_str().unwrap()));

    let (server, repo) = planned().await;
    let mut body = json!({ "name": "Three", "campaignType": "proactive", "evaluationMode": "realtime" });
    body["filters"] = json!([{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }]);
    body["actions"] = json!([{ "type": "webchat_invite", "priority": 1 }]);
    let id = server.create(body).await;
    is_stale(&server, &repo, &format!("campaign.three: the live campaign {id} of this name was created at 20"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_plan_does_not_touch_may_move() {
    let (server, repo) = planned().await;
    server.edit("Two", |campaign| campaign["enabled"] = json!(false)).await;
    let mut stranger = server.campaigns().await[0].clone();
    for field in ["id", "dateCreated", "dateModified", "modifiedBy", "selfUri", "version"] {
        stranger.as_object_mut().unwrap().remove(field);
    }
    stranger["name"] = json!("Somebody else's");
    server.create(stranger).await;
    repo.run(&["apply", "p.plan"]).exits(0);
    let live = server.campaigns().await;
    let two = live.iter().find(|campaign| campaign["name"] == "Two").unwrap();
    assert_eq!(two["enabled"], json!(false), "nobody planned to switch it on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_needs_no_files_where_it_is_applied() {
    let (server, repo) = planned().await;
    for key in ["one", "two", "three"] {
        repo.remove(&format!("campaigns/{key}.yaml"));
    }
    fs::remove_dir(repo.path("campaigns")).unwrap();
    repo.run(&["apply", "p.plan"]).exits(0);
    assert_eq!(server.campaigns().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_plan_can_be_read_and_not_applied() {
    let (server, repo) = planned().await;
    let before = server.emulator.request_count();
    reseal(&repo, |saved| saved.expires = Timestamp::now() - SignedDuration::from_secs(1));
    repo.run(&["apply", "p.plan", "--exit-codes", "fine"]).exits(4).complains("`p.plan` cannot be applied: it expired at 20");
    repo.run(&["show", "p.plan"]).exits(0).says("it can be read, and no longer applied");
    reseal(&repo, |saved| {
        saved.expires = Timestamp::now() + SignedDuration::from_hours(1);
        saved.tool = "0.0.9".to_owned();
    });
    repo.run(&["apply", "p.plan"]).exits(1).complains("it was made by campaignctl 0.0.9, and this is ");
    assert_eq!(server.emulator.request_count(), before, "nothing was asked of the server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_holds_for_one_environment_organization_and_server() {
    let (server, repo) = planned().await;
    repo.run(&["apply", "p.plan", "-e", "production"])
        .exits(1)
        .complains("`p.plan` is a plan for environment `rehearsal`, not for `production`");
    reseal(&repo, |saved| saved.destination.organization.id = "another".to_owned());
    repo.run(&["apply", "p.plan", "--exit-codes", "fine"]).exits(4).complains("is for organization another at http://127.0.0.1:");
    let elsewhere = Server::start(UnknownFields::Keep).await;
    reseal(&repo, |saved| saved.destination.server = elsewhere.emulator.base_url().to_owned());
    repo.run(&["apply", "p.plan"]).exits(1).complains(elsewhere.emulator.base_url());
    assert_eq!(writes(&server), 2, "the two creates of the beginning");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_made_and_demanded_with_the_key() {
    let (server, mut repo) = planned().await;
    repo.set("CAMPAIGNCTL_PLAN_KEY", KEY);
    repo.run(&["apply", "p.plan"]).exits(1).complains("it is not signed, and CAMPAIGNCTL_PLAN_KEY demands a signature");
    repo.run(&["show", "p.plan"]).exits(0).complains("this plan is not signed");
    let plan = repo.run(&["plan", "--out", "signed.plan"]).exits(0).says("signed with CAMPAIGNCTL_PLAN_KEY");
    let text = fs::read_to_string(repo.path("signed.plan")).unwrap();
    assert!(!text.contains(KEY) && !plan.out.contains(KEY) && !plan.err.contains(KEY));
    let shown = repo.run(&["show", "signed.plan"]).exits(0).says("campaign.one");
    assert!(!shown.err.contains("signed"), "{}", shown.err);

    repo.set("CAMPAIGNCTL_PLAN_KEY", "another-key");
    repo.run(&["apply", "signed.plan"]).exits(1).complains("its signature was not made with the key in CAMPAIGNCTL_PLAN_KEY");
    repo.run(&["show", "signed.plan"]).exits(1).complains("its signature was not made with the key");
    repo.set("CAMPAIGNCTL_PLAN_KEY", "");
    repo.run(&["apply", "signed.plan"]).exits(1).complains("it is signed, and CAMPAIGNCTL_PLAN_KEY is not set");
    repo.run(&["show", "signed.plan"]).exits(0).says("campaign.one");

    // Whoever may write the file and has no key can seal it, and not sign it.
    let mut saved = read(&repo.path("signed.plan")).unwrap().saved;
    saved.policy.allow_destroy.clear();
    saved.expires += SignedDuration::from_hours(1000);
    fs::write(repo.path("signed.plan"), seal(&saved, Some(&Secret::new("guessed"))).unwrap()).unwrap();
    repo.set("CAMPAIGNCTL_PLAN_KEY", KEY);
    repo.run(&["apply", "signed.plan"]).exits(1).complains("its signature was not made with the key");
    assert_eq!(writes(&server), 2, "the two creates of the beginning");
    repo.run(&["plan", "--out", "signed.plan"]).exits(0);
    repo.run(&["apply", "signed.plan"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_plan_is_saved_to_be_read_and_never_applied() {
    let (server, repo) = planned().await;
    repo.replace("campaignctl.yaml", "state: state.json", "state: state.json, guards: { maxDeletes: 0 }");
    repo.remove("campaigns/two.yaml");
    let refused = "the plan would destroy 1 campaign, and at most 0 may go: campaign.two";
    repo.run(&["plan", "--out", "p.plan"]).exits(1).complains(refused).says("The plan is refused: `campaignctl show p.plan` shows it");
    repo.run(&["show", "p.plan"]).exits(0).says("campaign.two will be destroyed").complains(refused);
    repo.run(&["apply", "p.plan", "--exit-codes", "fine"]).exits(3).complains(refused).complains("--max-deletes 1");
    repo.run(&["plan", "--out", "p.plan", "--max-deletes", "1"]).exits(0);
    repo.run(&["apply", "p.plan"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    assert_eq!(server.campaigns().await.len(), 2);
}

#[test]
fn a_plan_is_never_written_over_something_else() {
    let repo = Repo::sample();
    let before = fs::read_to_string(repo.path("campaignctl.yaml")).unwrap();
    repo.run(&["plan", "--out", "campaignctl.yaml"])
        .exits(1)
        .complains("`campaignctl.yaml` exists and is no saved plan; it is left as it is");
    assert_eq!(fs::read_to_string(repo.path("campaignctl.yaml")).unwrap(), before);
    repo.run(&["plan", "--out", "nowhere/p.plan"]).exits(1).complains("check that the folder of `nowhere/p.plan` exists");
    repo.run(&["plan", "--out", "campaigns"]).exits(1).complains("is no saved plan");
    repo.run(&["plan", "--out", "p.plan"]).exits(0);
    repo.run(&["plan", "--out", "p.plan"]).exits(0);
    repo.run(&["plan", "--expires-in", "1h"]).exits(1).complains("--out <FILE>");
    repo.run(&["plan", "--out", "p.plan", "--expires-in", "soon"]).exits(1).complains("write a time such as 30s, 90m, 24h or 7d");
    repo.run(&["apply", "p.plan", "--max-deletes", "3"]).exits(1).complains("cannot be used with");
}

#[test]
fn what_is_no_plan_is_said_so() {
    let repo = Repo::sample();
    repo.run(&["show", "nothing.plan"]).exits(1).complains("cannot read the plan `nothing.plan`").complains("plan --out FILE");
    repo.run(&["apply", "campaignctl.yaml"]).exits(1).complains("`campaignctl.yaml` cannot be used: it is no saved plan");
    repo.run(&["plan", "--out", "p.plan"]).exits(0);
    repo.replace("p.plan", "\"enabled\":true", "\"enabled\":false");
    let damaged = "it was changed or damaged after it was written: its checksum does not match";
    repo.run(&["show", "p.plan"]).exits(1).complains(damaged);
    repo.run(&["apply", "p.plan", "--exit-codes", "fine"]).exits(4).complains(damaged);
    repo.run(&["plan", "--out", "q.plan"]).exits(0);
    repo.replace("q.plan", "\"version\":4,\"sha256\"", "\"version\":5,\"other\":{},\"sha256\"");
    repo.run(&["show", "q.plan"]).exits(1).complains("it has format 5, and this version of campaignctl reads up to format 4");
}

#[test]
fn a_plan_can_be_shown_where_there_is_nothing_else() {
    let repo = Repo::sample();
    let planned = repo.run(&["plan", "--out", "p.plan"]).exits(0);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(repo.path("p.plan"), elsewhere.path().join("p.plan")).unwrap();
    let output = repo.command(&["show", "p.plan"]).current_dir(elsewhere.path()).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    // Everything but the line about the file, and what `plan` says of the saving.
    let changes = |text: &str| text[text.find("\nVisitors").unwrap()..text.find("\nPlan:").unwrap()].to_owned();
    assert_eq!(changes(&shown), changes(&planned.out));
}
