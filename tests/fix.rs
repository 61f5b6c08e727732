//! Every folder under `tests/fix/cases` is campaign files before and after `validate --fix`, and what it reports: the fixes, and
//! the findings that are left.
//!
//! `BLESS=1 cargo test --test fix` writes them; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "rules/harness.rs"]
mod harness;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use campaignctl::load;
use campaignctl::ops::{self, fix::fix};
use campaignctl::render::rewrite::{fixes, refusals};
use proptest::prelude::*;

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Fixes the files of a folder and writes them; what was reported.
fn run(folder: &Path) -> String {
    let project = load::open_project(folder).unwrap();
    let environment = project.environment(None).unwrap();
    let fixed = fix(&project, &environment, &campaignctl::lint::Overrides::default());
    let mut report = fixes(&fixed.files) + &refusals(&fixed.refused, "not fixed");
    assert_eq!(ops::write(&fixed.files), []);
    let left = harness::run(folder);
    assert_eq!(left.findings, fixed.left.findings, "what was announced is what is found in the files");
    assert!(left.findings.iter().all(|finding| finding.fix.is_none()) || !fixed.refused.is_empty(), "{:?}", left.findings);
    let _ = write!(report, "left:\n{}", left.text());
    report
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())).collect()
}

fn project(files: &BTreeMap<String, Vec<u8>>) -> tempfile::TempDir {
    let folder = harness::project();
    for (name, bytes) in files {
        fs::write(folder.path().join("campaigns").join(name), bytes).unwrap();
    }
    folder
}

#[test]
fn every_case_is_fixed_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fix/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let folder = project(&files(&case.join("before")));
        let report = run(folder.path());
        let found = files(&folder.path().join("campaigns"));
        if blessing() {
            let _ = fs::create_dir(case.join("after"));
            found.iter().for_each(|(name, bytes)| fs::write(case.join("after").join(name), bytes).unwrap());
            fs::write(case.join("report.txt"), &report).unwrap();
        }
        let (expected, text) = (files(&case.join("after")), fs::read_to_string(case.join("report.txt")).unwrap_or_default());
        if expected != found || text != report {
            let found: Vec<_> = found.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
            wrong.push(format!("--- {}\n{report}\n{}", case.display(), found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn command(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_campaignctl")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

const QUOTED: &str = "name: A\ncampaignType: proactive\nevaluationMode: realtime\nfilters:\n  - { attributeName: external.x, operator: greater_then, value: \"0.87\", dataType: float }  # ä\nactions: [{ type: webchat_invite, priority: 1 }]";

#[test]
fn the_command_says_what_it_fixed_and_a_diff_writes_nothing() {
    let folder = project(&BTreeMap::from([("a.yaml".to_owned(), QUOTED.as_bytes().to_vec())]));
    let shown = command(folder.path(), &["validate", "--fix", "--diff"]);
    let diff = String::from_utf8(shown.stdout).unwrap();
    assert!(diff.starts_with("--- a/campaigns/a.yaml\n+++ b/campaigns/a.yaml\n@@ "), "{diff}");
    assert!(diff.contains("\n-  - { attributeName: external.x, operator: greater_then, value: \"0.87\""), "{diff}");
    assert!(diff.contains("\n+  - { attributeName: external.x, operator: greater_than, value: 0.87, dataType: float }  # ä\n"), "{diff}");
    assert_eq!(shown.status.code(), Some(1));
    let file = folder.path().join("campaigns/a.yaml");
    assert_eq!(fs::read_to_string(&file).unwrap(), QUOTED);
    let found = command(folder.path(), &["validate"]);
    assert!(String::from_utf8(found.stdout).unwrap().contains("(fixable with --fix)"));

    let written = command(folder.path(), &["validate", "--fix"]);
    assert_eq!(
        String::from_utf8(written.stdout).unwrap(),
        "campaigns/a.yaml:5: filters[0].operator: greater_then -> greater_than\n\
         campaigns/a.yaml:5: filters[0].value: \"0.87\" -> 0.87\n\
         Made 2 fixes in 1 file.\n\n\
         1 campaign in 1 file is valid.\n"
    );
    assert_eq!(written.status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap(), QUOTED.replace("greater_then", "greater_than").replace("\"0.87\"", "0.87"));
    assert_eq!(command(folder.path(), &["validate", "--diff"]).status.code(), Some(1), "--diff is for --fix");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_named_and_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project(&BTreeMap::from([("a.yaml".to_owned(), QUOTED.as_bytes().to_vec())]));
    let file = folder.path().join("campaigns/a.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new().write(true).open(&file).is_ok() {
        return; // root may write everything
    }
    let written = command(folder.path(), &["validate", "--fix"]);
    assert_eq!(written.status.code(), Some(1));
    assert!(String::from_utf8(written.stderr).unwrap().starts_with("campaigns/a.yaml: not fixed: it cannot be written: "));
    assert_eq!(fs::read_to_string(&file).unwrap(), QUOTED);
    assert_eq!(files(&folder.path().join("campaigns")).len(), 1);
}

/// A filter as somebody may write it, and what is made of it: operator, value, type.
type Slip = [(&'static str, &'static str); 3];

fn slips() -> impl Strategy<Value = Slip> {
    let same = |text| (text, text);
    prop::sample::select(vec![
        [same("greater_than"), ("\"0.87\"", "0.87"), same("float")],
        [("GreaterThan", "greater_than"), ("'45'", "45"), same("integer")],
        [("\">=\"", "\"greater_than_or_equal\""), same("0.870"), ("Float", "float")],
        [("'<'", "'less_than'"), ("\"1e3\"", "1e3"), same("float")],
        [same("equals"), ("'true'", "true"), ("bool", "boolean")],
        [("Equals", "equals"), ("1.10", "\"1.10\""), same("string")],
        [("not_equal", "not_equals"), ("false", "\"false\""), same("string")],
        [same("contains"), same("'a # b'"), ("String", "string")],
        [same("in"), ("[\"1\", 2, '3']", "[1, 2, 3]"), ("int", "integer")],
        // Nobody knows what is meant; and what the operator is decides whether the value is looked at.
        [same("is"), same("\"5\""), same("float")],
        [same("less_than"), same("\"${churnLimit}\""), same("float")],
        [same("less_than"), same("\"${quotedLimit}\""), same("float")],
        [same("less_than"), same("\" 5\""), same("float")],
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    /// What is not part of a fix stays byte for byte, whatever stands around it, and nothing that could be fixed is left.
    #[test]
    fn fixes_change_nothing_else(
        slips in prop::collection::vec((slips(), any::<bool>(), "(# [a-zä:{}'\"]{0,8})?"), 1..5),
        crlf in any::<bool>(), mark in any::<bool>(), cut in any::<bool>(), gap in "[ ]{1,3}",
    ) {
        let write = |fixed: bool| {
            let mut text = format!("# ä\nname:{gap}N   # x\ncampaignType: proactive\nevaluationMode: realtime\nfilters:\n");
            for (at, (slip, flow, comment)) in slips.iter().enumerate() {
                let [operator, value, data_type] = slip.map(|(before, after)| if fixed { after } else { before });
                text.push_str(&if *flow {
                    format!("  - {{attributeName: external.x{at},  operator: {operator}, value: {value}, dataType: {data_type}}} {comment}\n")
                } else {
                    format!("  -   attributeName: external.x{at} {comment}\n      # own\n      operator:  {operator}{gap}{comment}\n      value: {value} {comment}\n      dataType: {data_type}\n")
                });
            }
            text.push_str("actions:\n- {type: webchat_invite, priority: 1}");
            if !cut { text.push_str("  \n\n# end\n"); }
            if crlf { text = text.replace('\n', "\r\n"); }
            if mark { text.insert(0, '\u{feff}'); }
            text
        };
        let folder = project(&BTreeMap::from([("a.yaml".to_owned(), write(false).into_bytes())]));
        run(folder.path());
        prop_assert_eq!(fs::read_to_string(folder.path().join("campaigns/a.yaml")).unwrap(), write(true));
    }

    #[test]
    fn whatever_the_file_holds_it_survives(at in 0..QUOTED.len(), with in "[ \t\n:\\-\\[\\]{}&*!|>'\"%@`~$a1]{0,3}", cut in 0..4usize) {
        let end = (at + cut).min(QUOTED.len());
        let (Some(before), Some(after)) = (QUOTED.get(..at), QUOTED.get(end..)) else { return Ok(()) };
        let folder = project(&BTreeMap::from([("a.yaml".to_owned(), format!("{before}{with}{after}").into_bytes())]));
        run(folder.path());
    }
}
