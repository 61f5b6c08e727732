//! The first hour of a user, and the promises on the first page.

use crate::repo::{Repo, campaign};

const NO_CHANGES: &str = "No changes. Your infrastructure matches the configuration.";

#[test]
fn plan_apply_edit_delete_and_nothing_left_to_do() {
    let repo = Repo::sample();
    let ran = repo.run(&["plan"]).exits(0);
    assert!(ran.out.starts_with("Environment: local, organization: Sample Organization"), "{}", ran.out);
    ran.says("# campaign.pricing-churn will be created").says("Plan: 5 to add, 0 to change, 0 to destroy.");
    repo.run(&["plan", "--detailed-exitcode"]).exits(2);

    repo.answer(&["apply"], "no\n").exits(1).complains("apply cancelled");
    repo.run(&["plan"]).says("Plan: 5 to add");
    repo.answer(&["apply"], "yes\n").exits(0).says("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);

    repo.replace("campaigns/pricing-churn.yaml", "value: 45,", "value: 60,");
    repo.run(&["plan", "--detailed-exitcode"])
        .exits(2)
        .says("# campaign.pricing-churn will be updated in-place")
        .says("~ filters[session.dwell_time_seconds greater_than].value: 45 -> 60")
        .says("Plan: 0 to add, 1 to change, 0 to destroy.");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("Resources: 0 added, 1 changed, 0 destroyed.");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);

    repo.remove("campaigns/enterprise-demo.yaml");
    repo.run(&["plan"]).exits(0).says("# campaign.enterprise-demo will be destroyed").says("1 to destroy");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("Resources: 0 added, 0 changed, 1 destroyed.");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
}

#[test]
fn reordering_and_respelling_a_file_changes_nothing() {
    let repo = Repo::sample();
    repo.run(&["apply", "--auto-approve"]).exits(0);
    let text = std::fs::read_to_string(repo.path("campaigns/pricing-churn.yaml")).unwrap();
    let (filters, others): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("  - { attributeName"));
    let reversed: Vec<&str> = filters.into_iter().rev().collect();
    let text = others.join("\n").replace("filters:", &format!("filters:\n{}", reversed.join("\n"))).replace("0.72", "7.2e-1") + "\n";
    repo.campaign("pricing-churn", &text);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
}

#[test]
fn the_project_is_found_from_a_folder_below_it() {
    let repo = Repo::sample();
    let output = repo.command(&["plan", "-q"]).current_dir(repo.path("campaigns")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Plan: 5 to add, 0 to change, 0 to destroy.\n");
}

#[test]
fn a_lost_state_adopts_what_is_live_by_name() {
    let repo = Repo::sample();
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.remove(".campaignctl/local/state.json");
    repo.replace("campaigns/pricing-churn.yaml", "value: 45,", "value: 60,");
    repo.run(&["plan"]).exits(0).says("Plan: 5 to import, 0 to add, 1 to change, 0 to destroy.");
    repo.run(&["apply", "--auto-approve"]).exits(0).says("Apply complete! Resources: 5 imported, 0 added, 1 changed, 0 destroyed.");
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
}

#[test]
fn a_damaged_state_is_said_plainly_and_its_backup_named() {
    let repo = Repo::sample();
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.write(".campaignctl/local/state.json", "{\"version\":1,");
    repo.run(&["plan"]).exits(1).complains("is damaged").complains("state.json.backup");
}

#[test]
fn renaming_a_file_moves_the_campaign() {
    let repo = Repo::sample();
    repo.run(&["apply", "--auto-approve"]).exits(0);
    std::fs::rename(repo.path("campaigns/pricing-churn.yaml"), repo.path("campaigns/pricing.yaml")).unwrap();
    repo.run(&["plan"])
        .exits(0)
        .says("# campaign.pricing-churn has moved to campaign.pricing")
        .says("Plan: 0 to add, 0 to change, 0 to destroy.");
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.run(&["plan", "--detailed-exitcode"]).exits(0).says(NO_CHANGES);
}

#[test]
fn several_documents_in_one_file_and_variables() {
    let repo = Repo::new("environments:\n  local: { emulator: .e, variables: { dwell: 33, word: Hello } }\n");
    let one =
        campaign("One", 45).replace("value: 45", "value: '${dwell}'").replace("inviteMessage: Hello", "inviteMessage: '${word}, $${you}'");
    repo.campaign("both", &format!("key: one\n{one}---\nkey: two\n{}", campaign("Two", 46)));
    repo.run(&["plan"])
        .exits(0)
        .says("# campaign.one will be created")
        .says("(campaigns/both.yaml:1)")
        .says("# campaign.two will be created")
        .says("+ filters[session.dwell_time_seconds greater_than]: 33 (integer)")
        .says("config.inviteMessage: \"Hello, ${you}\"");
}
