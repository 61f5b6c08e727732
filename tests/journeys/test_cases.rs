//! `test`: cases beside the campaigns, the limits they look at, and the changes they notice.

use std::fmt::Write;

use serde_json::Value;

use crate::repo::{Repo, campaign};

#[test]
fn the_cases_of_the_samples_pass_and_notice_a_change() {
    let repo = Repo::sample();
    let ran = repo.run(&["test"]).exits(0);
    assert!(ran.out.starts_with("running 46 cases of 5 files, environment local\n"), "{}", ran.out);
    assert!(ran.out.contains("test result: ok. 46 passed; 0 failed\n"), "{}", ran.out);
    assert_eq!(ran.err, "");
    assert_eq!(repo.run(&["test"]).out, ran.out);
    assert_eq!(repo.run(&["test", "-q"]).exits(0).out, "test result: ok. 46 passed; 0 failed\n");
    repo.run(&["validate", "--deny", "all"]).exits(0).says("5 campaigns in 5 files are valid.");

    repo.replace("campaigns/pricing-churn.yaml", "greater_than, value: 0.72", "greater_than_or_equal, value: 0.72");
    repo.run(&["test"])
        .exits(1)
        .says("test pricing-churn: exactly at the threshold is not above it ... FAILED")
        .says("- expected not_matched\n    + got      invited")
        .says("test result: FAILED. 45 passed; 1 failed");
    repo.run(&["test", "45 seconds"]).exits(0).says("1 passed; 0 failed; 45 filtered out");
    repo.run(&["test", "46 minutes"]).exits(1).complains("no case has `46 minutes` in its title").complains("campaignctl test --list");
}

#[test]
fn every_change_of_the_documented_sample_is_noticed() {
    let repo = Repo::sample();
    let ran = repo.run(&["test", "--mutate", "pricing-churn", "--format", "json"]).exits(0);
    let mutants: Value = serde_json::from_str::<Value>(&ran.out).unwrap()["mutants"].take();
    assert_eq!(mutants["survivors"], Value::Array(Vec::new()));
    assert!(mutants["tried"].as_u64().unwrap() >= 20, "{mutants:#}");
    repo.run(&["test", "--mutate", "--min-score", "80"]).exits(0).says("mutants: ");
    repo.run(&["test", "--mutate", "--min-score", "100"]).exits(1).complains("--min-score asks for 100 %");
}

#[test]
fn what_coverage_suggests_can_be_pasted_and_covers_everything() {
    let repo = Repo::sample();
    for entry in std::fs::read_dir(repo.path("campaigns")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".test.yaml") {
            std::fs::remove_file(path).unwrap();
        }
    }
    repo.run(&["test"]).exits(0).says("No test cases: there is no file `*.test.yaml`").says("coverage: 0 of 69 boundaries (0 %)");
    repo.run(&["test", "--min-coverage", "1"]).exits(1).complains("--min-coverage asks for 1 %");

    let told: Value = serde_json::from_str(&repo.run(&["test", "--coverage", "--format", "json"]).exits(0).out).unwrap();
    let mut files = std::collections::BTreeMap::new();
    for uncovered in told["coverage"]["uncovered"].as_array().unwrap() {
        let text = files.entry(uncovered["campaign"].as_str().unwrap()).or_insert_with(|| "cases:\n".to_owned());
        write!(text, "{}", uncovered["case"].as_str().unwrap()).unwrap();
    }
    assert_eq!(files.len(), 4, "the campaign that is switched off has no limits");
    for (campaign, text) in files {
        repo.write(&format!("campaigns/{campaign}.test.yaml"), &text);
    }
    repo.run(&["test", "--min-coverage", "100"]).exits(0).says("69 passed; 0 failed").says("coverage: 69 of 69 boundaries (100 %)\n");
    repo.run(&["validate"]).exits(0);
}

#[test]
fn what_could_not_be_looked_at_is_no_pass() {
    let repo = Repo::new("environments:\n  local: { emulator: .e }\n");
    let off = campaign("Greet", 60).replace("enabled: true", "enabled: false");
    repo.campaign("greet", &off);
    repo.run(&["test"]).exits(0).says("No test cases").says("coverage: no boundaries, because no enabled campaign has any\n");
    let message = "there are no boundaries to look at; --min-coverage asks for 90 %";
    repo.run(&["test", "--min-coverage", "90"]).exits(1).complains(message).complains("enable one, or leave out --min-coverage");
    repo.run(&["test", "--min-coverage", "0"]).exits(0);
    repo.run(&["test", "--mutate", "--max-mutants", "0", "--min-score", "90"])
        .exits(1)
        .complains("there was no change to try; --min-score asks for 90 %");
    repo.run(&["test", "greet"]).exits(1).complains("no case has `greet` in its title: there are no cases").complains("*.test.yaml");
    let case = "cases:\n  - name: late\n    at: 9999-12-31T23:59:59Z\n    expect: { greet: disabled }\n";
    repo.write("campaigns/greet.test.yaml", case);
    let late = "`9999-12-31T23:59:59Z` is later than the latest possible time, 9999-12-30T22:00:00Z";
    repo.run(&["test"]).exits(1).complains(late).complains("write a time within this range");
    repo.write("campaigns/greet.test.yaml", &case.replace("12-31T23:59:59", "12-30T22:00:00"));
    repo.run(&["test"]).exits(0).says("1 passed");
    repo.run(&["test", "--min-coverage", "90"]).exits(1).complains(message);
    repo.run(&["test", "greet"]).exits(0).says("1 passed");
    repo.run(&["test", "other"]).exits(1).complains("no case has `other` in its title; there are 1");
    repo.run(&["explain", "--set", "a.b=1", "--at", "9999-12-31T23:59:59Z"]).exits(1).complains("is later than the latest possible time");
}

#[test]
fn a_broken_test_file_fails_tests_and_validation_and_keeps_nobody_from_planning() {
    let repo = Repo::sample();
    repo.replace("campaigns/pricing-churn.test.yaml", "only: pricing-churn", "only: pricing_churn");
    let told = "error[unknown-campaign]: there is no campaign `pricing_churn`\n  --> campaigns/pricing-churn.test.yaml:14:11";
    repo.run(&["validate"]).exits(1).says(told).says("did you mean `pricing-churn`?");
    repo.run(&["test"]).exits(1).complains(told).complains("did you mean `pricing-churn`?");
    repo.run(&["validate", "--explain", "unknown-campaign"]).exits(0);
    repo.run(&["plan"]).exits(0).says("Plan: 5 to add");
}

#[test]
fn a_misspelt_attribute_is_a_warning_and_broken_campaigns_run_no_case() {
    let repo = Repo::sample();
    repo.replace("campaigns/enterprise-demo.test.yaml", "referrer.source:", "referrer.sorce:");
    repo.run(&["test", "enterprise"])
        .exits(0)
        .complains("warning[unknown-attribute]: no filter looks at the attribute `referrer.sorce`")
        .complains("did you mean `referrer.source`?")
        .says("1 passed");
    repo.replace("campaigns/pricing-churn.yaml", "value: 0.72,", "value: \"0.72\",");
    let ran = repo.run(&["test"]).exits(1).complains("error[value-type]").complains("no case was run: the files have errors");
    assert_eq!(ran.out, "");
}

#[test]
fn junit_is_well_formed_whatever_a_case_is_called() {
    let repo = Repo::sample();
    repo.replace("campaigns/pricing-churn.test.yaml", "46 seconds are", "\"<46 & \\\"more\\\"> ]]> \\e[31m\"");
    repo.replace("campaigns/pricing-churn.yaml", "value: 45", "value: 46");
    let ran = repo.run(&["test", "--format", "junit"]).exits(1);
    let document = roxmltree::Document::parse(&ran.out).unwrap();
    let failed: Vec<_> = document.descendants().filter(|node| node.has_tag_name("failure")).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].parent_element().unwrap().attribute("name").unwrap(), "<46 & \"more\"> ]]> \\u{1b}[31m");
    assert!(failed[0].text().unwrap().contains("the session has 46"), "{:?}", failed[0].text());
    assert!(!ran.out.contains('\u{1b}'));
}

#[test]
fn a_campaign_that_is_broken_is_still_a_campaign_for_its_cases() {
    let repo = Repo::sample();
    repo.replace("campaigns/pricing-churn.yaml", "description:", "descripton:");
    let checked = repo.run(&["validate"]).exits(1);
    let said = format!("{}{}", checked.out, checked.err);
    assert!(said.contains("unknown field `descripton`") && !said.contains("unknown-campaign"), "{said}");
    // A slip in a case is told all the same.
    repo.write("campaigns/other.test.yaml", "cases:\n  - { name: x, session: {}, expect: { pricing-chrn: invited } }\n");
    let checked = repo.run(&["validate"]).exits(1);
    let said = format!("{}{}", checked.out, checked.err);
    assert!(said.contains("there is no campaign `pricing-chrn`") && said.contains("did you mean `pricing-churn`?"), "{said}");
    assert_eq!(said.matches("error[unknown-campaign]").count(), 1, "{said}");
}
