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
fn the_warnings_of_changed_campaigns_are_in_every_format() {
    let repo = repo();
    let counts = "1 in the campaign files, all about campaigns of this plan";
    repo.run(&["plan"]).exits(0).says(&format!("Warnings  {counts}\n    campaign.one: ")).says("[no-overflow] (campaigns/one.yaml:");
    let markdown = format!("**Warnings:** {counts}\n\n- `campaign.one`: ");
    repo.run(&["plan", "--format", "markdown"]).exits(0).says(&markdown).says("no-overflow");
    repo.run(&["plan", "--format", "html"]).exits(0).says(&format!("Warnings: {counts}")).says("no-overflow, campaigns/one.yaml:");
    let json: serde_json::Value = serde_json::from_str(&repo.run(&["plan", "--format", "json"]).exits(0).out).unwrap();
    let warnings = &json["campaignctl"]["warnings"];
    assert_eq!((&warnings["total"], warnings["changed"].as_array().unwrap().len()), (&1.into(), 1), "{warnings}");
    let warning = &warnings["changed"][0];
    assert_eq!((&warning["address"], &warning["rule"]), (&"campaign.one".into(), &"no-overflow".into()), "{warnings}");
    let stream = repo.run(&["plan", "--json-stream"]).exits(0).out;
    assert_eq!(stream.lines().filter(|line| line.contains("\"kind\":\"no-overflow\"")).count(), 1, "{stream}");
    // A saved plan has them too.
    repo.run(&["plan", "--out", "p.plan"]).exits(0);
    repo.run(&["show", "p.plan"]).exits(0).says(counts);
    // Those of campaigns that stay as they are, are only counted.
    repo.run(&["apply", "p.plan"]).exits(0);
    repo.campaign("two", &campaign("Two", 30));
    let shown = repo.run(&["plan"]).exits(0).says(" about campaigns of this plan\n    campaign.two: ").out;
    assert!(!shown.contains("    campaign.one: no"), "{shown}");
}

#[test]
fn quiet_keeps_the_counts_of_dangers() {
    let repo = repo();
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.replace("campaigns/one.yaml", "45", "30");
    let both = "Plan: 0 to add, 1 to change, 0 to destroy.\nDanger: 1 of 1 change\n";
    assert_eq!(repo.run(&["plan", "-q"]).exits(0).out, both);
    let whole = repo.run(&["plan"]).exits(0).out;
    assert!(whole.ends_with(&format!("\n{both}")), "{whole}");
    repo.run(&["plan", "--out", "p.plan"]).exits(0);
    repo.run(&["apply", "p.plan"]).exits(0).says(both);
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
