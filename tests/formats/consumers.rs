//! The rules by which public tools read Terraform's output, written down anew: they must come to what the plan says.

use campaignctl::reconcile::{Action, Plan};
use serde_json::Value;

/// What a tool finds in a plan.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    created: Vec<String>,
    updated: Vec<String>,
    deleted: Vec<String>,
    moved: Vec<String>,
    imported: Vec<String>,
}

impl Found {
    fn sorted(mut self) -> Self {
        for list in [&mut self.created, &mut self.updated, &mut self.deleted, &mut self.moved, &mut self.imported] {
            list.sort();
        }
        self
    }
}

fn of_plan(plan: &Plan) -> Found {
    let addresses = |wanted: fn(&campaignctl::reconcile::Change) -> bool| -> Vec<String> {
        plan.changes.iter().filter(|change| wanted(change)).map(|change| change.key.address().to_string()).collect()
    };
    Found {
        created: addresses(|change| change.action == Action::Create),
        updated: addresses(|change| change.action == Action::Update),
        deleted: addresses(|change| change.action == Action::Delete),
        moved: addresses(|change| change.moved_from.is_some()),
        imported: addresses(|change| change.imported),
    }
    .sorted()
}

/// terraform-json and tf-summarize: a format version from 0.1 to below 2.0 in a plan and its state; one action is what it
/// says, two are a replacement; an import has an id, a move another address.
fn tf_summarize(document: &Value) -> Found {
    for version in [&document["format_version"], &document["prior_state"]["format_version"]] {
        assert!(["1.2", "1.0"].contains(&version.as_str().unwrap()), "{version}");
    }
    let mut found = Found::default();
    for change in document["resource_changes"].as_array().unwrap() {
        let address = change["address"].as_str().unwrap().to_owned();
        let actions = change["change"]["actions"].as_array().unwrap();
        assert_eq!(actions.len(), 1, "nothing is replaced: {actions:?}");
        match actions[0].as_str().unwrap() {
            "create" => found.created.push(address.clone()),
            "update" => found.updated.push(address.clone()),
            "delete" => found.deleted.push(address.clone()),
            other => assert!(["no-op", "forget"].contains(&other), "{other}"),
        }
        if change["change"]["importing"]["id"].as_str().is_some_and(|id| !id.is_empty()) {
            found.imported.push(address.clone());
        }
        if change["previous_address"].as_str().is_some_and(|previous| previous != address) {
            found.moved.push(address);
        }
    }
    found.sorted()
}

/// tfcmt: a line that begins with `Plan: ` and a digit, or `No changes.`; then one comment line a campaign.
fn tfcmt(text: &str) -> Option<Found> {
    let result = |line: &&str| {
        line.starts_with("No changes.") || line.strip_prefix("Plan: ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    text.lines().find(result)?;
    let mut found = Found::default();
    for line in text.lines() {
        let Some(said) = line.trim_start_matches(' ').strip_prefix("# ") else { continue };
        let ends = |words: &str| said.strip_suffix(words).map(str::to_owned);
        found.created.extend(ends(" will be created"));
        found.updated.extend(ends(" will be updated in-place"));
        found.deleted.extend(ends(" will be destroyed"));
        found.imported.extend(ends(" will be imported"));
        found.moved.extend(said.split_once(" has moved to ").map(|(_, after)| after.to_owned()));
    }
    Some(found.sorted())
}

/// Atlantis: `Plan: [N to import, ]A to add, C to change, D to destroy[, F to forget].` or `No changes. Your infrastructure
/// matches the configuration.`
fn atlantis(text: &str) -> Option<[usize; 5]> {
    if text.contains("No changes. Your infrastructure matches the configuration.") {
        return Some([0; 5]);
    }
    let rest = text.lines().find_map(|line| line.strip_prefix("Plan: "))?.strip_suffix('.')?;
    let mut counts = [0; 5];
    for part in rest.split(", ") {
        let (number, word) = part.split_once(" to ")?;
        let place = ["import", "add", "change", "destroy", "forget"].iter().position(|known| *known == word)?;
        counts[place] = number.parse().ok()?;
    }
    Some(counts)
}

/// Every tool comes to what the plan says.
pub fn agree(plan: &Plan, document: &Value, text: &str) {
    let said = of_plan(plan);
    assert_eq!(tf_summarize(document), said);
    if plan.is_empty() && !plan.refusals.is_empty() {
        // Nothing is planned and nothing matches: only the error is told, which all of them know.
        return;
    }
    let summary = plan.summary();
    let counts = [summary.import, summary.add, summary.change, summary.destroy, summary.forget];
    assert_eq!(atlantis(text), Some(counts), "{text}");
    let read = tfcmt(text).unwrap_or_else(|| panic!("tfcmt would say `cannot parse plan result`: {text}"));
    assert_eq!((&read.created, &read.updated, &read.deleted), (&said.created, &said.updated, &said.deleted), "{text}");
    // A move or an import that also updates has its own line only where nothing else is done.
    assert!(read.moved.iter().all(|address| said.moved.contains(address)), "{text}");
    assert!(read.imported.iter().all(|address| said.imported.contains(address)), "{text}");
    // A panic of tfcmt: this line without its counterpart.
    assert!(!text.lines().any(|line| line == "Note: Objects have changed outside of Terraform"));
}
