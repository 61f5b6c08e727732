//! `--json-stream`: every line is of the stream, whatever happens, and the exit code is the one that people get.

#[path = "../formats/stream.rs"]
mod rules;

use serde_json::Value;

use crate::faults::{live, refusal, server};
use crate::repo::{Ran, Repo, campaign};

fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

/// Only the stream is printed, and it ends with this code.
fn streamed(ran: Ran, code: i32) -> Vec<Value> {
    let ran = ran.exits(code);
    assert_eq!(ran.err, "");
    rules::check(&ran.out)
}

#[test]
fn an_apply_is_told_from_the_plan_to_the_summary() {
    let repo = Repo::sample();
    let lines = streamed(repo.run(&["apply", "--auto-approve", "--json-stream"]), 0);
    assert_eq!(types(&lines)[0], "version");
    let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((count("planned_change"), count("apply_start"), count("apply_complete")), (5, 5, 5));
    let last = lines.last().unwrap();
    assert_eq!(last["@message"], "Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    assert_eq!(last["changes"]["operation"], "apply");
    // Each change begins before it ends, and its end names the new id.
    for end in lines.iter().filter(|line| line["type"] == "apply_complete") {
        let resource = &end["hook"]["resource"];
        let at = |kind: &str| lines.iter().position(|line| line["type"] == kind && &line["hook"]["resource"] == resource).unwrap();
        assert!(at("apply_start") < at("apply_complete"));
        assert_eq!(end["hook"]["id_key"], "id");
        assert_eq!(end["hook"]["id_value"].as_str().unwrap().len(), 36);
    }
    let again = streamed(repo.run(&["plan", "--json-stream", "--detailed-exitcode"]), 0);
    assert_eq!(types(&again), ["version", "change_summary"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_an_error_of_its_change_and_a_diagnostic() {
    let server = server(&[live("one", 45)], "PUT", refusal(409, "version.conflict", "the version moved")).await;
    let repo = Repo::of_server(&server.uri());
    repo.campaign("one", &campaign("one", 60));
    let lines = streamed(repo.run(&["apply", "--auto-approve", "--json-stream", "--exit-codes", "fine"]), 4);
    let errored = lines.iter().find(|line| line["type"] == "apply_errored").unwrap();
    assert_eq!(errored["campaignctl"]["outcome"], "conflict");
    let told = lines.iter().find(|line| line["type"] == "diagnostic" && line["@level"] == "error").unwrap();
    assert_eq!((&told["diagnostic"]["address"], &told["diagnostic"]["severity"]), (&"campaign.one".into(), &"error".into()));
    let last = lines.last().unwrap();
    assert_eq!((&last["campaignctl"]["complete"], &last["campaignctl"]["conflict"]), (&false.into(), &1.into()));
}

#[test]
fn findings_in_the_files_are_diagnostics_with_their_place() {
    let repo = Repo::sample();
    repo.replace("campaigns/pricing-churn.yaml", "value: 0.72,", "value: \"0.72\",");
    for command in [&["plan", "--json-stream"][..], &["apply", "--auto-approve", "--json-stream"]] {
        let lines = streamed(repo.run(command), 1);
        assert_eq!(types(&lines), ["version", "diagnostic", "diagnostic"]);
        let diagnostic = &lines[1]["diagnostic"];
        assert_eq!(diagnostic["range"]["filename"], "campaigns/pricing-churn.yaml");
        assert!(diagnostic["snippet"]["code"].as_str().unwrap().contains("\"0.72\""), "{diagnostic}");
        assert_eq!(diagnostic["campaignctl"]["rule"], "value-type");
    }
}

#[test]
fn a_server_that_is_down_a_project_that_is_not_there_and_a_guard_are_diagnostics() {
    let mut repo = Repo::of_server("http://127.0.0.1:1");
    repo.set("GENESYSCLOUD_ACCESS_TOKEN", "x");
    repo.campaign("one", &campaign("one", 60));
    assert_eq!(types(&streamed(repo.run(&["plan", "--json-stream"]), 1)), ["version", "diagnostic"]);
    repo.remove("campaignctl.yaml");
    assert_eq!(types(&streamed(repo.run(&["plan", "--json-stream"]), 1)), ["version", "diagnostic"]);

    let repo = Repo::sample();
    streamed(repo.run(&["apply", "--auto-approve", "--json-stream"]), 0);
    repo.remove("campaigns/pricing-churn.yaml");
    let arguments = ["apply", "--auto-approve", "--json-stream", "--max-deletes", "0", "--exit-codes", "fine"];
    let lines = streamed(repo.run(&arguments), 3);
    assert_eq!(lines.last().unwrap()["diagnostic"]["campaignctl"]["kind"], "max-deletes");
    assert!(!types(&lines).contains(&"apply_start"));
}

#[test]
fn a_stream_cannot_ask_and_says_so_before_anything_is_read() {
    let repo = Repo::sample();
    repo.remove("campaignctl.yaml");
    let ran = repo.run(&["apply", "--json-stream"]).exits(1).complains("--json-stream cannot ask").complains("--auto-approve");
    assert_eq!(ran.out, "");
    let ran = repo.run(&["plan", "--json-stream", "--format", "json"]).exits(1);
    assert_eq!(ran.out, "");
}

#[test]
fn a_saved_plan_is_streamed_without_asking() {
    let repo = Repo::sample();
    let lines = streamed(repo.run(&["plan", "--json-stream", "--out", "campaigns.plan"]), 0);
    assert_eq!(types(&lines).last(), Some(&"change_summary"), "that the plan is saved is no line of the stream");
    let lines = streamed(repo.run(&["apply", "campaigns.plan", "--json-stream"]), 0);
    assert_eq!(lines.last().unwrap()["@message"], "Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    let lines = streamed(repo.run(&["apply", "campaigns.plan", "--json-stream", "--exit-codes", "fine"]), 4);
    assert_eq!(types(&lines), ["version", "diagnostic"], "a stale plan is refused");
}
