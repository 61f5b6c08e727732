//! Every folder under `tests/formats/cases` is a project with what `validate` writes of it in each format, and any text from
//! outside stays text in all of them.
//!
//! `BLESS=1 cargo test --test formats` writes what was printed; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "formats/attacks.rs"]
mod attacks;
#[path = "formats/by_hand.rs"]
mod by_hand;
#[path = "formats/described.rs"]
mod described;
#[path = "formats/run.rs"]
mod run;
#[path = "formats/shape.rs"]
mod shape;

use std::fs;
use std::path::{Path, PathBuf};

use run::{FORMATS, Project};

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

#[test]
fn every_format_writes_what_the_case_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let project = Project::copy_of(&case);
        let mut printed: Vec<(String, String)> =
            FORMATS.iter().map(|(format, file)| ((*file).to_owned(), project.validate(format).out)).collect();
        printed.push(("human-60.txt".to_owned(), project.human(60)));
        for (file, text) in printed {
            let expected_file = case.join("expected").join(&file);
            if blessing() {
                fs::create_dir_all(case.join("expected")).unwrap();
                fs::write(&expected_file, &text).unwrap();
            }
            let expected = fs::read_to_string(&expected_file).unwrap_or_else(|_| panic!("{name} has no expected/{file}"));
            if expected.replace("\r\n", "\n") != text {
                wrong.push(format!("{name}/expected/{file}\n{}", similar::TextDiff::from_lines(&expected, &text).unified_diff()));
            }
        }
    }
    assert!(wrong.is_empty(), "`BLESS=1 cargo test --test formats` renews them:\n{}", wrong.join("\n"));
}

#[test]
fn every_case_has_the_shape_of_its_format() {
    for case in cases() {
        let project = Project::copy_of(&case);
        for (format, _) in FORMATS {
            shape::check(format, &project.validate(format).out);
        }
    }
}

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    for case in cases() {
        let project = Project::copy_of(&case);
        let wanted = i32::from(!case.ends_with("all-good"));
        for (format, _) in FORMATS {
            for set in ["terraform", "fine"] {
                assert_eq!(project.run(&["validate", "--format", format, "--exit-codes", set]).code, wanted, "{format} {set} {case:?}");
            }
        }
    }
}

#[test]
fn a_project_that_cannot_be_opened_is_still_a_report() {
    let case = cases().into_iter().find(|case| case.ends_with("broken-project")).unwrap();
    let ran = Project::copy_of(&case).validate("sarif");
    assert_eq!(ran.code, 1);
    let log: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "campaignctl.yaml");
    assert!(ran.err.starts_with("Error: the project file") && !ran.err.contains("-->"), "{}", ran.err);
}

#[test]
fn where_there_is_no_project_only_json_has_a_report() {
    let project = Project::empty();
    for (format, _) in FORMATS {
        let ran = project.validate(format);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("no campaignctl.yaml"), "{format}: {}", ran.err);
        if format == "json" {
            shape::check(format, &ran.out);
            assert!(ran.out.contains("no campaignctl.yaml"), "{}", ran.out);
        } else {
            assert_eq!(ran.out, "", "{format}");
        }
    }
}

#[test]
fn paths_start_at_the_root_of_the_repository() {
    let project = Project::empty();
    project.write(".git", b"gitdir: elsewhere");
    project.write("infra/genesys/campaignctl.yaml", b"campaigns: ../shared\nenvironments: { local: { emulator: .x } }\n");
    project.write("infra/shared/a.yaml", b"name: A\n");
    // Both folders are in the repository, and whoever runs the command says that they belong together.
    for (format, path) in [
        ("json", "\"filename\": \"infra/shared/a.yaml\""),
        ("sarif", "\"uri\": \"infra/shared/a.yaml\""),
        ("github", "file=infra/shared/a.yaml,"),
        ("gitlab", "\"path\": \"infra/shared/a.yaml\""),
        ("junit", "file=\"infra/shared/a.yaml\""),
    ] {
        let ran = project.run_with(&["validate", "--project", "infra/genesys", "--format", format], &[("CAMPAIGNCTL_ROOT", ".")]);
        assert!(ran.out.contains(path), "{format}: {}", ran.out);
    }
}

#[test]
fn a_terminal_of_sixty_columns_is_wide_enough() {
    use unicode_width::UnicodeWidthStr;
    for case in cases() {
        for width in [60, 80, 120] {
            let text = Project::copy_of(&case).human(width);
            for line in text.lines().filter(|line| !line.contains("--> ") && !line.contains("::: ")) {
                assert!(line.width() <= width, "{} columns, not {width}: {line}\n{text}", line.width());
            }
        }
    }
}

#[test]
fn a_pipe_gets_whole_sentences() {
    let case = cases().into_iter().find(|case| case.ends_with("many-findings")).unwrap();
    let out = Project::copy_of(&case).validate("human").out;
    assert!(out.lines().any(|line| line.len() > 120 && line.starts_with("error[")), "{out}");
    assert!(out.trim_end().lines().last().unwrap().contains(" errors in "), "the summary is the last line: {out}");
}
