//! What is refused, and how a user lifts it.

use campaignctl::emulator::UnknownFields;
use serde_json::json;

use crate::repo::{Repo, Server, campaign};

const PROJECT: &str =
    "environments:\n  local: { emulator: .e }\n  careful: { emulator: .c, guards: { maxDeletes: 1, maxChangedPercent: 30 } }\n";

fn repo(count: u32, environment: &str) -> Repo {
    let repo = Repo::new(PROJECT);
    for number in 0..count {
        repo.campaign(&format!("c{number}"), &campaign(&format!("Campaign {number}"), 45));
    }
    repo.run(&["apply", "--auto-approve", "-e", environment]).exits(0);
    repo
}

#[test]
fn too_many_deletes_are_refused_with_names_count_and_flag() {
    let repo = repo(7, "local");
    for number in 1..7 {
        repo.remove(&format!("campaigns/c{number}.yaml"));
    }
    let refused = "the plan would destroy 6 campaigns, and at most 5 may go: campaign.c1, campaign.c2,";
    repo.run(&["plan", "-e", "local"]).exits(1).says("6 to destroy").complains(refused).complains("--max-deletes 6");
    repo.run(&["apply", "-e", "local", "--auto-approve"]).exits(1).complains(refused);
    repo.run(&["plan", "-e", "local", "--exit-codes", "fine"]).exits(3);
    repo.run(&["apply", "-e", "local", "--auto-approve", "--max-deletes", "6"]).exits(0).says("6 destroyed");
}

#[test]
fn too_much_change_is_refused() {
    let repo = repo(4, "careful");
    repo.campaign("c0", &campaign("Campaign 0", 60));
    repo.run(&["plan", "-e", "careful"]).exits(0);
    repo.campaign("c1", &campaign("Campaign 1", 60));
    repo.run(&["plan", "-e", "careful"])
        .exits(1)
        .complains("would change 2 of 4 managed campaigns (50 %), and at most 30 % are allowed")
        .complains("--max-changed-percent 50");
    repo.run(&["plan", "-e", "careful", "--max-changed-percent", "50"]).exits(0);
}

/// The share is of the campaigns that are managed and live: neither creates, nor what is only declared, nor strangers count.
#[tokio::test(flavor = "multi_thread")]
async fn the_share_of_changes_is_one_of_managed_campaigns() {
    let server = Server::start(UnknownFields::Reject).await;
    let repo = Repo::of_server(server.emulator.base_url());
    for number in 0..4 {
        repo.campaign(&format!("c{number}"), &campaign(&format!("Campaign {number}"), 45));
    }
    repo.run(&["apply", "--auto-approve"]).exits(0);
    for number in 0..6 {
        let mut stranger = server.campaigns().await.swap_remove(0);
        for field in ["id", "version", "dateCreated", "dateModified", "modifiedBy", "selfUri"] {
            stranger.as_object_mut().unwrap().remove(field);
        }
        stranger["name"] = json!(format!("Stranger {number}"));
        server.create(stranger).await;
        repo.campaign(&format!("n{number}"), &campaign(&format!("New {number}"), 45));
    }
    // One update and one delete of four: of the ten that are declared it would be 20 %, of the ten that are live as well.
    repo.campaign("c0", &campaign("Campaign 0", 60));
    repo.remove("campaigns/c1.yaml");
    repo.run(&["plan", "--max-changed-percent", "49"])
        .exits(1)
        .complains("would change 2 of 4 managed campaigns (50 %), and at most 49 % are allowed");
    repo.run(&["plan", "--max-changed-percent", "50"]).exits(0).says("6 to add, 1 to change, 1 to destroy");
}

#[test]
fn prevent_destroy_outlives_the_file() {
    let repo = Repo::new(PROJECT);
    repo.campaign("kept", &format!("{}lifecycle: {{ preventDestroy: true }}\n", campaign("Kept", 45)));
    repo.campaign("other", &campaign("Other", 45));
    repo.run(&["apply", "-e", "local", "--auto-approve"]).exits(0);
    repo.remove("campaigns/kept.yaml");
    repo.run(&["apply", "-e", "local", "--auto-approve"])
        .exits(1)
        .complains("campaign.kept would be destroyed, and its lifecycle says `preventDestroy: true`")
        .complains("--allow-destroy campaign.kept");
    repo.run(&["apply", "-e", "local", "--auto-approve", "--allow-destroy", "campaign.kept"]).exits(0).says("1 destroyed");
}

#[test]
fn an_empty_folder_is_an_error_not_a_wish_to_delete_everything() {
    let repo = repo(2, "local");
    repo.remove("campaigns/c0.yaml");
    repo.remove("campaigns/c1.yaml");
    repo.run(&["plan", "-e", "local"]).exits(1).complains("campaigns");
    repo.run(&["apply", "-e", "local", "--auto-approve"]).exits(1);
}

#[test]
fn the_state_of_one_environment_is_not_used_for_another() {
    let repo = repo(1, "local");
    std::fs::create_dir(repo.path(".c")).unwrap();
    std::fs::copy(repo.path(".e/state.json"), repo.path(".c/state.json")).unwrap();
    repo.run(&["plan", "-e", "careful"]).exits(1).complains("belongs to environment `local`");
}
