//! Every folder under `tests/rules/cases` is a project with `findings.txt`: what validate must find in it, and nothing else.
//!
//! `BLESS=1 cargo test --test rules` writes what was found; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "rules/harness.rs"]
mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use campaignctl::lint;

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Runs a case in a copy, so that cases without a project file get the usual one.
fn run(case: &Path) -> harness::Run {
    let folder = tempfile::tempdir().unwrap();
    copy(case, folder.path());
    let file = folder.path().join("campaignctl.yaml");
    if !file.exists() && !folder.path().join("campaignctl.yml").exists() {
        fs::write(file, harness::PROJECT).unwrap();
    }
    harness::run(folder.path())
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn every_case_finds_what_it_says() {
    let cases = cases();
    assert!(cases.len() >= 35, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let run = run(case);
        run.assert_places(&name);
        let expected_file = case.join("findings.txt");
        if blessing() {
            fs::write(&expected_file, run.text()).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_else(|_| panic!("{name} has no findings.txt"));
        if expected.replace("\r\n", "\n") != run.text() {
            wrong.push(format!("--- {name}: expected\n{expected}--- found\n{}", run.text()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case() {
    let found: BTreeSet<&str> = cases().iter().flat_map(|case| harness::rules_of(&run(case))).collect();
    let missing: Vec<&str> = lint::rules().map(|rule| rule.id).filter(|id| !found.contains(id)).collect();
    assert!(missing.is_empty(), "rules without a case: {missing:?}");
}

#[test]
fn every_rule_is_documented() {
    let mut ids = BTreeSet::new();
    for rule in lint::rules() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert_eq!(lint::rule(rule.id), Some(rule));
        for text in [rule.summary, rule.what, rule.why, rule.example, rule.fix] {
            assert!(!text.trim().is_empty(), "{}", rule.id);
        }
    }
}
