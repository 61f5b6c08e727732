//! A state that can be lost: whatever leaned on it, the next plan makes no campaign twice and deletes none.

use campaignctl::emulator::{FaultScript, UnknownFields};
use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

use crate::repo::{Ran, Repo, Server, campaign, in_format_1};

const STATE: &str = "state.json";
const NO_CHANGES: &str = "No changes. Your infrastructure matches the configuration.";

async fn applied(keys: &[&str]) -> (Server, Repo) {
    let server = Server::start(UnknownFields::Keep).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for key in keys {
        repo.campaign(key, &campaign(&name(key), 45));
    }
    repo.run(&["apply", "--auto-approve"]).exits(0);
    (server, repo)
}

fn name(key: &str) -> String {
    format!("Campaign {key}")
}

fn rename_file(repo: &Repo, old: &str, new: &str) {
    std::fs::rename(repo.path(&format!("campaigns/{old}.yaml")), repo.path(&format!("campaigns/{new}.yaml"))).unwrap();
}

/// Without the state the plan takes over so many campaigns and does nothing else; after it nothing is left to do.
async fn adopts(server: &Server, repo: &Repo, count: usize) {
    let live = server.campaigns().await;
    repo.run(&["plan"]).exits(0).says(&format!("Plan: {count} to import, 0 to add, 0 to change, 0 to destroy."));
    repo.run(&["apply", "--auto-approve"]).exits(0).says(&format!("{count} imported, 0 added, 0 changed, 0 destroyed"));
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
    assert_eq!(server.campaigns().await, live, "nothing live was touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_campaigns_each_is_found_by_its_name_and_two_that_cannot_be_are_asked_for() {
    let keys: Vec<String> = (0..34).map(|number| format!("c{number:02}")).collect();
    let (server, repo) = applied(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let owned: Vec<(String, String)> = {
        let state: Value = serde_json::from_slice(&std::fs::read(repo.path(STATE)).unwrap()).unwrap();
        ["c07", "c21"].map(|key| (key.to_owned(), state["campaigns"][key]["id"].as_str().unwrap().to_owned())).to_vec()
    };
    for (key, _) in &owned {
        server
            .create(json!({
                "name": name(key), "campaignType": "proactive", "evaluationMode": "realtime",
                "filters": [{ "attributeName": "session.a", "operator": "equals", "value": true, "dataType": "boolean" }],
                "actions": [{ "type": "webchat_invite", "priority": 1 }]
            }))
            .await;
    }
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);

    repo.remove(STATE);
    let refused = repo.run(&["apply", "--auto-approve"]).exits(1);
    let commands: Vec<&str> = refused.err.lines().filter_map(|line| line.trim().strip_prefix("campaignctl ")).collect();
    assert_eq!(commands.len(), 4, "two candidates each: {refused:#?}");
    assert_eq!(server.campaigns().await.len(), 36, "nothing was created");
    assert!(!repo.path(STATE).exists(), "nothing was applied");
    for (key, id) in owned {
        let command = commands.iter().find(|command| command.contains(&id)).unwrap();
        assert!(command.contains(&format!("campaign.{key} ")), "{command}");
        repo.run(&command.split(' ').collect::<Vec<_>>()).exits(0).says("Import successful!");
    }
    adopts(&server, &repo, 32).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rename_said_or_seen_the_campaign_is_found_under_its_new_key() {
    for said in [true, false] {
        for is_applied in [true, false] {
            let (server, repo) = applied(&["one", "two"]).await;
            rename_file(&repo, "one", "uno");
            if said {
                repo.campaign("uno", &format!("previously: one\n{}", campaign(&name("one"), 45)));
            }
            if is_applied {
                repo.run(&["apply", "--auto-approve"]).exits(0);
            }
            repo.remove(STATE);
            adopts(&server, &repo, 2).await;
            assert_eq!(repo.run(&["state", "list"]).exits(0).out, "campaign.two\ncampaign.uno\n");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_mv_rm_and_forget_what_is_declared_is_found_and_the_rest_is_left_alone() {
    let (server, repo) = applied(&["moved", "released", "stays"]).await;
    repo.campaign("kept", &format!("{}lifecycle: {{ keep: true }}\n", campaign(&name("kept"), 45)));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    rename_file(&repo, "moved", "anew");
    repo.run(&["state", "mv", "moved", "anew"]).exits(0);
    repo.remove("campaigns/released.yaml");
    repo.run(&["state", "rm", "released"]).exits(0);
    repo.remove("campaigns/kept.yaml");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("0 added, 0 changed, 0 destroyed");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
    repo.remove(STATE);
    repo.run(&["plan", "--show-unmanaged"]).exits(0).says(&name("released")).says(&name("kept"));
    adopts(&server, &repo, 2).await;
    assert_eq!(server.campaigns().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_to_be_deleted_kept_or_protected_is_left_alone() {
    let (server, repo) = applied(&["stays", "goes"]).await;
    for (key, flag) in [("kept", "keep"), ("protected", "preventDestroy")] {
        repo.campaign(key, &format!("{}lifecycle: {{ {flag}: true }}\n", campaign(&name(key), 45)));
    }
    repo.run(&["apply", "--auto-approve"]).exits(0);
    for key in ["goes", "kept", "protected"] {
        repo.remove(&format!("campaigns/{key}.yaml"));
    }
    repo.run(&["plan"]).exits(1).complains("campaign.protected").says("# campaign.goes will be destroyed");
    repo.remove(STATE);
    let plan = repo.run(&["plan", "--show-unmanaged"]).exits(0);
    ["goes", "kept", "protected"].iter().fold(plan, |plan, key| plan.says(&name(key)));
    adopts(&server, &repo, 1).await;
    assert_eq!(server.campaigns().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_half_an_apply_only_the_other_half_is_created() {
    let server = Server::start(UnknownFields::Keep).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for number in 0..6 {
        repo.campaign(&format!("c{number}"), &campaign(&name(&format!("c{number}")), 45));
    }
    server.emulator.set_faults(FaultScript::of(&["create%2:status-before-commit=400,times=unlimited"]).unwrap());
    repo.run(&["apply", "--auto-approve"]).exits(1).says("3 added");
    server.emulator.clear_faults();
    repo.remove(STATE);
    repo.run(&["plan"]).exits(0).says("Plan: 3 to import, 3 to add, 0 to change, 0 to destroy.");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    assert_eq!(server.campaigns().await.len(), 6);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_live_is_a_difference_of_two_sides_again() {
    let (server, repo) = applied(&["one", "two"]).await;
    server.edit(&name("one"), |campaign| campaign["enabled"] = json!(false)).await;
    repo.run(&["plan"]).exits(0).says("enabled: false -> true  # drift");
    repo.remove(STATE);
    let plan = repo.run(&["plan"]).exits(0).says("enabled: false -> true").says("Plan: 2 to import, 0 to add, 1 to change, 0 to destroy.");
    assert!(!plan.out.contains("# drift") && !plan.out.contains("nobody else changed"), "{plan:#?}");
    // Two campaigns of the same name by a rename that somebody made live: the other one is not taken for it.
    server.edit(&name("two"), |campaign| campaign["name"] = json!("Renamed by hand")).await;
    repo.run(&["plan"]).exits(0).says("1 to import, 1 to add").says("# campaign.two will be created");
}

#[tokio::test(flavor = "multi_thread")]
async fn saved_plans_and_rollbacks_of_a_lost_state_are_refused() {
    let (server, repo) = applied(&["one"]).await;
    repo.campaign("one", &campaign(&name("one"), 60));
    repo.run(&["plan", "--out", "saved.plan"]).exits(0);
    let live = server.campaigns().await;
    repo.remove(STATE);
    repo.run(&["apply", "saved.plan"]).exits(1).complains("is stale");
    repo.run(&["apply", "--rollback", "last", "--auto-approve"]).exits(1).complains("the state remembers no run `last`");
    assert_eq!(server.campaigns().await, live);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_shows_what_it_does_not_know_and_creates_nothing_twice() {
    let (server, repo) = applied(&["changed", "deleted", "released", "stays"]).await;
    let older = std::fs::read_to_string(repo.path(STATE)).unwrap();
    repo.campaign("created", &campaign(&name("created"), 45));
    repo.campaign("changed", &campaign(&name("changed"), 60));
    repo.remove("campaigns/deleted.yaml");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added, 1 changed, 1 destroyed");
    repo.write("campaigns/stays.yaml", &campaign(&name("stays"), 90));
    repo.run(&["apply", "--auto-approve"]).exits(0);

    repo.write(STATE, &older);
    repo.run(&["plan"]).exits(0).says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);

    // What was let go since is known again: its end is announced, not silent.
    repo.remove("campaigns/released.yaml");
    repo.run(&["state", "rm", "released"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0);
    repo.run(&["state", "pull", "--backup"]).exits(0).says("released");
    let backup = repo.run(&["state", "pull", "--backup"]).out;
    repo.answer(&["state", "push", "-", "--force"], &backup).exits(0);
    repo.run(&["plan"]).exits(0).says("# campaign.released will be destroyed").says("1 to destroy");
    assert_eq!(server.campaigns().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_another_organization_or_version_is_refused_before_anything_is_planned() {
    let (server, repo) = applied(&["one"]).await;
    let good: Value = serde_json::from_slice(&std::fs::read(repo.path(STATE)).unwrap()).unwrap();
    for (field, value, told) in [
        ("owner", json!({ "environment": "rehearsal", "organization": "another" }), "of organization another"),
        ("owner", json!({ "environment": "staging", "organization": "another" }), "belongs to environment `staging`"),
        ("version", json!(3), "has format 3, and this version of campaignctl reads up to format 2"),
    ] {
        let mut state: Value = serde_json::from_str(&in_format_1(&good)).unwrap();
        state[field] = value;
        repo.write(STATE, &state.to_string());
        for command in [&["plan"][..], &["apply", "--auto-approve"], &["drift"]] {
            let ran = repo.run(command).exits(1).complains(told);
            assert!(!ran.out.contains("Plan:"), "{ran:#?}");
        }
        assert_eq!(std::fs::read_to_string(repo.path(STATE)).unwrap(), state.to_string(), "it is left as it was");
    }
    assert_eq!(server.campaigns().await.len(), 1);
}

/// A damaged state is refused with its backup named, and neither is touched.
fn is_refused(repo: &Repo, bytes: &[u8], what: &str) {
    std::fs::write(repo.path(STATE), bytes).unwrap();
    let backup = std::fs::read(repo.path("state.json.backup")).unwrap();
    let Ran { code, out, err } = repo.run(&["plan", "-q"]);
    assert_eq!((code, out.as_str()), (1, ""), "{what}: {err}");
    assert!(
        err.contains("/state.json` is damaged: ") && err.contains("is whole, in `") && err.contains("/state.json.backup`"),
        "{what}: {err}"
    );
    assert_eq!(std::fs::read(repo.path(STATE)).unwrap(), bytes, "{what}");
    assert_eq!(std::fs::read(repo.path("state.json.backup")).unwrap(), backup, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_is_refused() {
    let (server, repo) = applied(&["one", "two"]).await;
    repo.campaign("two", &format!("{}lifecycle: {{ preventDestroy: true }}\n", campaign(&name("two"), 45)));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let good = std::fs::read(repo.path(STATE)).unwrap();
    let backup = std::fs::read(repo.path("state.json.backup")).unwrap();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for end in (0..good.len() - 1).step_by(good.len() / 20) {
        is_refused(&repo, &good[..end], &format!("cut at {end}"));
    }
    for _ in 0..40 {
        // The last byte is the line end, which means nothing.
        let (at, bit) = (random.random_range(0..good.len() - 1), random.random_range(0..8));
        let mut bytes = good.clone();
        bytes[at] ^= 1 << bit;
        is_refused(&repo, &bytes, &format!("bit {bit} of byte {at}"));
    }
    for _ in 0..20 {
        let (at, bit) = (random.random_range(0..backup.len() - 1), random.random_range(0..8));
        let mut bytes = backup.clone();
        bytes[at] ^= 1 << bit;
        std::fs::write(repo.path("state.json.backup"), &bytes).unwrap();
        let ran = repo.run(&["state", "pull", "--backup"]).exits(1).complains("/state.json.backup` is damaged: ");
        assert_eq!(ran.out, "", "bit {bit} of byte {at} of the backup");
    }
    assert_eq!(server.campaigns().await.len(), 2);
}

/// The flip that cost a campaign: without its protection, a file that is gone means that the campaign goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_lifted_protection_is_not_believed() {
    let (server, repo) = applied(&["stays"]).await;
    repo.campaign("one", &format!("{}lifecycle: {{ preventDestroy: true }}\n", campaign(&name("one"), 45)));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.remove("campaigns/one.yaml");
    repo.run(&["plan"]).exits(1).complains("its lifecycle says `preventDestroy: true`");
    let good = std::fs::read_to_string(repo.path(STATE)).unwrap();
    for lifted in ["\"preventDestroy\":false", "\"preventDestrox\":true"] {
        repo.write(STATE, &good.replacen("\"preventDestroy\":true", lifted, 1));
        repo.run(&["apply", "--auto-approve"]).exits(1).complains("is damaged");
    }
    assert_eq!(server.campaigns().await.len(), 2);
}

/// A run is killed in the middle of writing the state; the next one cleans up after it, and only after it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_beside_the_state_goes_with_the_next_run() {
    let (_server, repo) = applied(&["one"]).await;
    for name in [".state.json.Ab12Cd.tmp", ".other.json.Ab12Cd.tmp"] {
        repo.write(name, "{\"version\":2,\"chec");
    }
    repo.run(&["plan"]).exits(0);
    assert!(repo.path(".state.json.Ab12Cd.tmp").exists(), "a plan takes no lock");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    assert!(!repo.path(".state.json.Ab12Cd.tmp").exists() && repo.path(".other.json.Ab12Cd.tmp").exists());
}
