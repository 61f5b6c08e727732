//! Every folder under `tests/suite/cases` is a project with `commands`: what each of them prints stands in `expected.txt`.
//!
//! `BLESS=1 cargo test --test suite` writes what was printed; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "suite/properties.rs"]
mod properties;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The project file of cases without one.
const PROJECT: &str = "environments:\n  default: { emulator: .campaignctl/default }\n";

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What the commands of a case print, and how each of them ends.
fn transcript(case: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(case, folder.path());
    if !folder.path().join("campaignctl.yaml").exists() {
        fs::write(folder.path().join("campaignctl.yaml"), PROJECT).unwrap();
    }
    let mut out = String::new();
    for line in fs::read_to_string(case.join("commands")).unwrap().lines() {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campaignctl"));
        let ran = command.args(line.split(' ')).current_dir(folder.path()).env_clear().stdin(Stdio::null()).output().unwrap();
        let (printed, said) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
        writeln!(out, "$ campaignctl {line}\n{printed}{said}[exit {}]\n", ran.status.code().unwrap()).unwrap();
    }
    out
}

#[test]
fn every_case_prints_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 5, "{cases:?}");
    let mut wrong = Vec::new();
    for case in &cases {
        let found = transcript(case);
        if blessing() {
            fs::write(case.join("expected.txt"), &found).unwrap();
        }
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default().replace("\r\n", "\n");
        if expected != found {
            wrong.push(format!("{}\n{}", case.display(), similar::TextDiff::from_lines(&expected, &found).unified_diff()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
