//! A standalone server: what it costs, what it keeps, and what happens when somebody else changes things.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use campaignctl::emulator::UnknownFields;
use serde_json::json;

use crate::repo::{Repo, Server, campaign};

fn campaigns(repo: &Repo, count: u32) {
    for number in 0..count {
        repo.campaign(&format!("c{number:03}"), &campaign(&format!("Campaign {number}"), 10 + number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_campaigns_are_created_and_then_match() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    campaigns(&repo, 200);
    repo.run(&["apply", "--auto-approve"]).exits(0).says("Apply complete! Resources: 200 added, 0 changed, 0 destroyed.");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_costs_one_token_one_organization_and_a_request_per_hundred_campaigns() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    // Without a queue: names of queues cost one list more, where there is something to name.
    let routing = "    routingConfig: { queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890, skillGroups: [web_support_tier1] }\n";
    repo.campaign("one", &campaign("One", 45).replace(routing, ""));
    let mut created = 0;
    for (live, pages) in [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)] {
        for number in created..live {
            let body = json!({
                "name": format!("Live {number}"), "campaignType": "proactive", "evaluationMode": "realtime",
                "filters": [{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }],
                "actions": [{ "type": "webchat_invite", "priority": 1 }]
            });
            server.create(body).await;
        }
        created = live;
        let before = server.emulator.request_count();
        repo.run(&["plan"]).exits(0);
        assert_eq!(server.emulator.request_count() - before, 2 + pages, "{live} live campaigns");
    }
    repo.campaign("one", &campaign("One", 45));
    let before = server.emulator.request_count();
    repo.run(&["plan"]).exits(0);
    assert_eq!(server.emulator.request_count() - before, 2 + 3 + 1, "the plan shows a queue, and names it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_the_model_does_not_know_survives_an_update() {
    let server = Server::start(UnknownFields::Keep).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    server
        .edit("One", |campaign| {
            campaign["schedule"] = json!({ "from": "09:00" });
            campaign["filters"][1]["weight"] = json!(3);
        })
        .await;
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
    repo.campaign("one", &campaign("One", 60));
    repo.run(&["plan"]).exits(0).says("(+2 fields not modelled, kept)");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let live = &server.campaigns().await[0];
    assert_eq!(live["schedule"], json!({ "from": "09:00" }));
    let weighted: Vec<_> = live["filters"].as_array().unwrap().iter().filter(|filter| filter["weight"] == json!(3)).collect();
    assert_eq!(weighted.len(), 1);
    assert_eq!(weighted[0]["attributeName"], "contact.is_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_live_is_shown_as_drift_with_who() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    server.edit("One", |campaign| campaign["enabled"] = json!(false)).await;
    let plan = repo.run(&["plan"]).exits(0);
    let line = plan.out.lines().find(|line| line.contains("enabled:")).unwrap();
    assert!(line.contains("~ enabled: false -> true  # drift: live moved (by \"somebody-else\" at 20"), "{line}");
    plan.says("! it was paused live by somebody-else at 20");

    repo.campaign("one", &campaign("One", 60));
    server.edit("One", |campaign| campaign["filters"][0]["value"] = json!(50)).await;
    repo.run(&["plan"]).says("conflict: code and live both moved").says("last applied 45");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_deleted_outside_is_created_again_and_said_so() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let id = server.campaigns().await[0]["id"].as_str().unwrap().to_owned();
    server.delete(&id).await;
    repo.run(&["plan"]).says("# campaign.one will be created").says("was deleted outside of campaignctl");
}

/// A child that is killed when the test ends, however it ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `campaignctl emulator` on a free port and returns its URL.
fn emulator(folder: &std::path::Path) -> (Killed, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_campaignctl"))
        .args(["emulator", "--port", "0", "--data"])
        .arg(folder)
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http")).unwrap().trim_end_matches(',').to_owned();
    (Killed(child), url)
}

#[test]
fn kill_nine_of_the_emulator_after_an_apply_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let (child, url) = emulator(data.path());
    let repo = Repo::of_server(&url);
    campaigns(&repo, 20);
    repo.run(&["apply", "--auto-approve"]).exits(0).says("20 added");
    drop(child);
    repo.run(&["plan"])
        .exits(1)
        .complains("could not connect")
        .complains("no server answers on this machine; start it (`campaignctl emulator");
    let (_child, url) = emulator(data.path());
    repo.write("campaignctl.yaml", &format!("environments:\n  rehearsal: {{ baseUrl: \"{url}\", state: state.json }}\n"));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}
