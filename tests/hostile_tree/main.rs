//! A repository that somebody hostile prepared: every form of it, under every command. Nothing outside the project is quoted or
//! changed, nothing hangs, and the refusal names the file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod credentials;
mod forms;
mod named;
mod world;

use std::collections::BTreeSet;

use forms::{Form, forms};
use world::{MARKER, World};

/// The formats of findings.
const FORMATS: [&str; 6] = ["human", "json", "sarif", "github", "gitlab", "junit"];

/// Every command that looks at files, as far as it can be run without a question. The last ones change the most.
const COMMANDS: [&str; 34] = [
    "validate --fix --diff",
    "fmt --check",
    "fmt --diff",
    "test",
    "test --file campaigns",
    "plan",
    "plan --format json",
    "plan --format markdown",
    "plan --show-rendered",
    "plan --out p.plan",
    "plan --out plans/p.plan",
    "plan --replay sessions.ndjson",
    "plan -e ../../x",
    "show p.plan",
    "drift",
    "drift --adopt all",
    "explain sessions.ndjson",
    "explain --session {}",
    "replay sessions.ndjson",
    "replay sessions.ndjson --offline --format html --out report.html",
    "import --all",
    "import --all --into imported --diff",
    "state list",
    "state pull",
    "state pull --backup",
    "apply p.plan --auto-approve",
    "apply --auto-approve",
    "import --all --into imported",
    "state mv good better",
    "validate --fix",
    "fmt",
    "schema --write",
    "init --ci github",
    "init . --ci gitlab",
];

/// Commands that write the state. A `state:` of the project file may name any file: these are for changes that were reviewed.
const WRITE_STATE: [&str; 6] =
    ["import --all", "import --all --into imported", "apply p.plan --auto-approve", "apply --auto-approve", "state mv good better", "init"];

fn check(form: &Form) {
    let world = World::new();
    form.build(&world);
    let outside = world.outside();
    let marked = world.marked();
    let mut said = String::new();
    let mut run = |arguments: &[&str]| {
        let ran = world.run(arguments);
        let what = format!("{}: {arguments:?}", form.name);
        assert!(ran.code.is_some(), "{what}: ended by a signal");
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains(MARKER), "{what} quotes what is outside: {all}");
        assert!(!all.contains("panicked"), "{what}: {all}");
        if arguments[0] == "validate" || form.says_anywhere {
            said.push_str(&all);
        }
    };
    for format in FORMATS {
        run(&["validate", "--format", format]);
    }
    for command in COMMANDS.iter().filter(|command| !(form.state_is_outside && WRITE_STATE.contains(command))) {
        run(&command.split(' ').collect::<Vec<_>>());
    }
    // A shell hands over the names that a pattern finds.
    let names = world.names_in("campaigns");
    let mut globbed = vec!["fmt", "--"];
    globbed.extend(names.iter().map(String::as_str));
    run(&globbed);
    let silent: Vec<_> = form.says.iter().filter(|part| !said.contains(**part)).collect();
    assert!(silent.is_empty(), "{}: nothing says {silent:?}: {}", form.name, said.chars().take(3000).collect::<String>());
    assert_eq!(world.outside(), outside, "{}: something outside was changed", form.name);
    let now: BTreeSet<_> = world.marked().difference(&marked).cloned().collect();
    assert!(now.is_empty(), "{}: what is outside was copied into {now:?}", form.name);
}

/// Every `nth` form of four, so that they run side by side. All of them are tried, whatever is wrong with one.
fn quarter(nth: usize) {
    let forms = forms();
    let failed = |form: &&Form| std::panic::catch_unwind(|| check(form)).is_err();
    let wrong: Vec<&str> = forms.iter().skip(nth).step_by(4).filter(failed).map(|form| form.name).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_outside_is_quoted_or_changed_1() {
    quarter(0);
}

#[test]
fn nothing_outside_is_quoted_or_changed_2() {
    quarter(1);
}

#[test]
fn nothing_outside_is_quoted_or_changed_3() {
    quarter(2);
}

#[test]
fn nothing_outside_is_quoted_or_changed_4() {
    quarter(3);
}

/// The control: without anything hostile the commands do their work, so that the others are not refused for another reason.
#[test]
fn a_tree_without_anything_hostile_works() {
    let world = World::new();
    for command in ["validate", "test", "plan", "plan --out p.plan", "show p.plan", "apply p.plan --auto-approve", "drift", "state list"] {
        let ran = world.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{command}: {ran:?}");
    }
    for command in ["schema", "completions bash", "state show good", "fmt --check campaigns/good.test.yaml", "replay --emit-sql duckdb"] {
        assert_eq!(world.run(&command.split(' ').collect::<Vec<_>>()).code, Some(0), "{command}");
    }
    assert!(world.run(&["state", "pull"]).out.contains("\"good\""));
    assert_eq!(world.run(&["replay", "sessions.ndjson", "--offline", "--format", "html", "--out", "report.html"]).code, Some(0));
    assert!(world.path("report.html").is_file());
}

#[test]
fn there_are_sixty_forms_and_each_has_its_own_name() {
    let names: BTreeSet<_> = forms().iter().map(|form| form.name).collect();
    assert!(names.len() >= 60, "{}", names.len());
    assert_eq!(names.len(), forms().len());
}
