//! Runs load and lint over a folder and prints the findings as the cases expect them.

#![allow(dead_code, reason = "each test file uses its part of it")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use campaignctl::diagnostic::{Finding, Place, Severity, SourceMap};
use campaignctl::load::{self, Loaded};
use campaignctl::ops::validate::{Validated, validate};
use tempfile::TempDir;

/// The project file of a case that brings none.
pub const PROJECT: &str = "environments:
  local:
    emulator: .campaignctl/local
    variables: { supportQueue: Web Support, churnLimit: 0.72, quotedLimit: \"0.72\", launched: true }
";

/// A campaign that is right.
pub const GOOD: &str = "name: Good
campaignType: proactive
evaluationMode: realtime
filters:
  - { attributeName: session.dwell_time_seconds, operator: greater_than, value: 45, dataType: integer }
actions:
  - { type: webchat_invite, priority: 1 }
";

/// An empty project in a temporary folder.
pub fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("campaignctl.yaml"), PROJECT).unwrap();
    fs::create_dir(folder.path().join("campaigns")).unwrap();
    folder
}

/// What was found in a project folder, sorted, with what it was found in.
pub struct Run {
    pub findings: Vec<Finding>,
    pub sources: SourceMap,
    pub keys: Vec<String>,
    /// What is said about the whole project, when it cannot be opened.
    pub failure: Option<String>,
}

pub fn run(folder: &Path) -> Run {
    let refused =
        |findings: Vec<Finding>, sources: SourceMap, failure: String| Run { findings, sources, keys: Vec::new(), failure: Some(failure) };
    let project = match load::open_project(folder) {
        Ok(project) => project,
        Err(error) => return refused(error.findings().to_vec(), error.sources().clone(), error.to_string()),
    };
    let environment = match project.environment(None) {
        Ok(environment) => environment,
        Err(error) => return refused(vec![error.finding().clone()], error.sources().clone(), error.to_string()),
    };
    let Validated { loaded: Loaded { campaigns, sources, .. }, findings } = validate(&project, &environment);
    let keys = campaigns.iter().map(|campaign| format!("{} ({}:{})", campaign.key, campaign.origin.file, campaign.origin.line)).collect();
    Run { findings, sources, keys, failure: None }
}

impl Run {
    /// One finding a line, with its help and its second places below it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
            let _ = writeln!(text, "{}: {severity}[{}] {}", self.place(finding.place), finding.rule, finding.message);
            for label in &finding.also {
                let _ = writeln!(text, "  also {}: {}", self.place(label.place), label.text);
            }
            if let Some(help) = &finding.help {
                let _ = writeln!(text, "  help: {help}");
            }
        }
        if !self.keys.is_empty() {
            let _ = writeln!(text, "read: {}", self.keys.join(", "));
        }
        text
    }

    fn place(&self, place: Place) -> String {
        let position = self.sources.position(place);
        format!("{}:{}:{}", self.sources.path(place.file), position.line, position.column)
    }

    /// Every finding has a file, and bytes in it where the file has text.
    pub fn assert_places(&self, name: &str) {
        for finding in &self.findings {
            let file = self.sources.file(finding.place.file).unwrap_or_else(|| panic!("{name}: no file: {finding:?}"));
            assert!(!file.path.is_empty(), "{name}: {finding:?}");
            let span = finding.place.span;
            assert!(span.start < span.end || file.text.trim().is_empty(), "{name}: empty place: {finding:?}");
            assert!(finding.help.as_ref().is_some_and(|help| !help.is_empty()), "{name}: no help: {finding:?}");
            assert!(!finding.message.is_empty() && !finding.message.contains('\n'), "{name}: {finding:?}");
        }
    }
}

/// The rules that were broken, in order.
pub fn rules_of(run: &Run) -> Vec<&'static str> {
    run.findings.iter().map(|finding| finding.rule).collect()
}
