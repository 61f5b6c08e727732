//! Warnings: told, counted, denied, allowed.

use crate::repo::{Repo, campaign};

/// A project whose one campaign has no overflow queue.
fn repo() -> Repo {
    let repo = Repo::new("environments:\n  local: { emulator: .e }\n");
    repo.campaign("one", &campaign("One", 45));
    repo
}

#[test]
fn a_warning_is_told_and_stops_nothing() {
    let repo = repo();
    repo.run(&["validate"]).exits(0).says("warning[no-overflow]").says("1 warning in 1 file.");
    let told = "Warning: 1 warning in the campaign files; `campaignctl validate -e local` shows it";
    let planned = repo.run(&["plan"]).exits(0).says("1 to add").complains(told);
    assert_eq!(planned.err.lines().count(), 1, "{}", planned.err);
    assert_eq!(repo.run(&["plan", "-q"]).exits(0).err, "");
    repo.run(&["apply", "--auto-approve"]).exits(0).complains(told);
}

#[test]
fn a_denied_warning_is_an_error_for_every_command() {
    let repo = repo();
    repo.run(&["validate", "--deny", "all"]).exits(1).says("error[no-overflow]");
    repo.write("campaignctl.yaml", "environments:\n  local: { emulator: .e, lint: { no-overflow: deny } }\n");
    repo.run(&["validate"]).exits(1).says("1 error in 1 file.");
    repo.run(&["validate", "--warn", "no-overflow"]).exits(0).says("1 warning in 1 file.");
    repo.run(&["validate", "--allow", "no-overflow", "--deny", "all"]).exits(0).says("1 campaign in 1 file is valid.");
    for command in [&["plan"][..], &["apply", "--auto-approve"]] {
        repo.run(command).exits(1).complains("error[no-overflow]").complains("nothing was planned");
    }
    repo.replace("campaigns/one.yaml", "actions:", "# campaignctl: allow(no-overflow) open day and night\nactions:");
    assert_eq!(repo.run(&["plan"]).exits(0).err, "");
}

#[test]
fn only_errors_stand_before_a_refused_plan() {
    let repo = repo();
    repo.campaign("two", &campaign("One", 60));
    let refused = repo.run(&["plan"]).exits(1).complains("error[duplicate-name]");
    assert!(!refused.err.contains("no-overflow"), "{}", refused.err);
}

#[test]
fn rules_are_explained_and_listed_with_and_without_a_project() {
    let repo = repo();
    repo.write("campaignctl.yaml", "environments:\n  local: { emulator: .e }\n  live: { emulator: .f, lint: { no-overflow: deny } }\n");
    let level = |ran: &crate::repo::Ran| {
        let line = ran.out.lines().find(|line| line.trim_start().starts_with("no-overflow")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(level(&repo.run(&["validate", "--rules", "-e", "local"]).exits(0)), "warn");
    assert_eq!(level(&repo.run(&["validate", "--rules", "-e", "live"]).exits(0)), "deny");
    assert_eq!(level(&repo.run(&["validate", "--rules", "-e", "live", "--allow", "no-overflow"]).exits(0)), "allow");
    repo.remove("campaignctl.yaml");
    assert_eq!(level(&repo.run(&["validate", "--rules"]).exits(0)), "warn");
    repo.run(&["validate", "--explain", "no-overflow"]).exits(0).says("overflowQueue: General").says("warn by default");
    repo.run(&["validate", "--explain", "no-overfow"]).exits(1).complains("did you mean `no-overflow`?");
    repo.run(&["validate", "--deny", "no-overfow"]).exits(1).complains("did you mean `no-overflow`?");
    repo.run(&["validate", "--allow", "value-type"]).exits(1).complains("always an error");
}

#[test]
fn every_rule_that_a_finding_can_name_is_explained() {
    let repo = Repo::sample();
    for rule in ["value-type", "shadowed-campaign", "unknown-reference", "wrong-type", "tab-indentation"] {
        repo.run(&["validate", "--explain", rule]).exits(0).says(rule).says("Why").says("Instead").says("Level");
    }
    repo.run(&["validate", "--explain", "throtling-off"]).exits(1).complains("did you mean `throttling-off`?");
}
