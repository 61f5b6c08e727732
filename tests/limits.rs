//! Nothing on the disk can hang, crash or blind the reader. Inputs too big or too odd to commit are made here.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "rules/harness.rs"]
mod harness;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use campaignctl::load::{self, MAX_NODES};
use harness::{GOOD, Run, project, rules_of};

/// Far more than any of these inputs takes, even in a debug build on a busy machine; a hang is what it catches.
const PATIENCE: Duration = Duration::from_secs(20);

/// Puts files beside a good campaign and reads them all: the good one must survive.
fn with_files(files: &[(&str, &[u8])]) -> Run {
    let folder = project();
    fs::write(folder.path().join("campaigns/good.yaml"), GOOD).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join("campaigns").join(name), bytes).unwrap();
    }
    checked(folder.path())
}

fn checked(folder: &Path) -> Run {
    let start = Instant::now();
    let run = harness::run(folder);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    run.assert_places("limits");
    assert!(run.keys.iter().any(|key| key.starts_with("good ")), "{:?}", run.keys);
    run
}

#[test]
fn a_large_file_is_refused_and_one_of_the_limit_is_read() {
    let mut large = GOOD.as_bytes().to_vec();
    large.resize(2 << 20, b'#');
    let run = with_files(&[("large.yaml", &large)]);
    assert_eq!(run.text().lines().next(), Some("campaigns/large.yaml:1:1: error[too-large] the file is larger than 1 MiB"));

    let mut full = format!("name: Full\n{}#", &GOOD[GOOD.find('\n').unwrap() + 1..]).into_bytes();
    full.resize(1 << 20, b'x');
    assert_eq!(rules_of(&with_files(&[("full.yaml", &full)])), [""; 0]);
}

#[test]
fn bytes_that_are_no_utf8_text_are_refused_with_their_place() {
    let run = with_files(&[
        ("a-binary.yaml", b"name: x\nb\x00\x01\x02"),
        ("b-latin1.yaml", b"name: caf\xE9\n"),
        ("c-utf16le.yaml", b"\xFF\xFEn\0a\0m\0e\0"),
        ("d-utf16be.yaml", b"\0n\0a\0m\0e"),
    ]);
    let lines: Vec<String> = run.text().lines().filter(|line| !line.starts_with("  ")).map(str::to_owned).collect();
    assert_eq!(
        lines[..4],
        [
            "campaigns/a-binary.yaml:2:1: error[not-utf8] the file is no text: byte 9 is NUL",
            "campaigns/b-latin1.yaml:1:9: error[not-utf8] the file is no UTF-8 text: byte 9 is 0xE9",
            "campaigns/c-utf16le.yaml:1:1: error[not-utf8] the file is UTF-16, from its first byte on",
            "campaigns/d-utf16be.yaml:1:1: error[not-utf8] the file is UTF-16, from its first byte on",
        ]
    );
}

#[test]
fn a_byte_order_mark_and_windows_lines_do_no_harm() {
    let windows = format!("\u{FEFF}{}", GOOD.replace("Good", "Windows").replace('\n', "\r\n") + "colour: red\r\n");
    let run = with_files(&[("windows.yaml", windows.as_bytes())]);
    assert_eq!(run.text().lines().next(), Some("campaigns/windows.yaml:8:1: error[unknown-field] unknown field `colour`"));
}

#[test]
fn hostile_documents_are_refused_quickly() {
    let mut laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='z').zip('a'..='z') {
        laughs += &format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", "));
    }
    let long_text = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(100_000));
    let chain: String = (0..4000)
        .fold("a: &a0 []\n".to_owned(), |text, n| text + &format!("k{n}: &a{} {}*a{n}{}\n", n + 1, "[".repeat(50), "]".repeat(50)));
    let nested_anchors: String = (0..60).map(|n| format!("&n{n} [")).collect::<String>() + &"x".repeat(900_000) + &"]".repeat(60);
    let variables = format!("name: \"{}\"\n", "${supportQueue}".repeat(60_000));
    let inputs = [
        ("laughs", laughs, "alias-budget"),
        ("long-text", long_text, "alias-budget"),
        ("chain", chain, "too-deep"),
        ("nested-anchors", nested_anchors, "alias-budget"),
        ("variables", variables, "bad-value"),
        ("brackets", "[".repeat(100_000), "too-deep"),
        ("braces", "{a: ".repeat(100_000), "too-deep"),
        ("dashes", "- ".repeat(100_000), "too-deep"),
        ("indents", (0..1000).map(|n| " ".repeat(n) + "a:\n").collect(), "too-deep"),
        ("items", format!("[{}]", "a,".repeat(MAX_NODES + 10)), "too-many-values"),
        ("duplicates", "a: 1\n".repeat(30_000), "too-many-problems"),
        ("unknown", (0..20_000).map(|n| format!("field{n}: 1\n")).collect(), "unknown-field"),
        ("long-key", format!("{}: 1\n", "k".repeat(900)), "unknown-field"),
        ("documents", "---\n".repeat(50_000), "empty-document"),
        ("broken-documents", "---\n[\n".repeat(50_000), "yaml-syntax"),
        ("quotes", format!("name: '{}", "x\n ".repeat(200_000)), "yaml-syntax"),
        ("question-marks", "? ".repeat(100_000), "too-deep"),
        ("comments", "# campaignctl: allow(a) b\n".repeat(38_000) + "a: 1\n", "unknown-field"),
        ("commented-documents", "---\n[] # campaignctl: \n".repeat(40_000), "wrong-type"),
        ("commented-items", "- # campaignctl: allow(a) b\n  x\n".repeat(30_000), "wrong-type"),
        ("commented-fields", (0..20_000).map(|n| format!("f{n}: 1 # campaignctl: allow(a) b\n")).collect(), "unknown-field"),
        ("anchors", (0..40_000).map(|n| format!("- &a{n} x\n")).collect(), "wrong-type"),
    ];
    for (name, text, rule) in inputs {
        assert!(text.len() <= 1 << 20, "{name} is {} bytes", text.len());
        let start = Instant::now();
        let run = with_files(&[("hostile.yaml", text.as_bytes())]);
        let found = rules_of(&run);
        assert!(found.contains(&rule), "{name}: {:?}", run.text().lines().take(5).collect::<Vec<_>>());
        eprintln_timing(name, start.elapsed(), found.len());
    }
}

/// Shown with `--nocapture`.
#[allow(clippy::print_stderr, reason = "a measurement for developers")]
fn eprintln_timing(name: &str, elapsed: Duration, findings: usize) {
    eprintln!("{name:>16}: {elapsed:>10.1?} {findings} findings");
}

#[test]
fn many_comments_for_us_are_read() {
    let comment = "# campaignctl: allow(no-cooldown) all of them\n";
    let text = GOOD.replace("Good", "Commented").replace("actions:", &format!("{}actions:", comment.repeat(20_000)));
    let found = with_files(&[("commented.yaml", text.as_bytes())]);
    assert_eq!(rules_of(&found), [""; 0], "a campaign that is switched off keeps its comments");
}

#[cfg(unix)]
#[test]
fn links_that_lead_round_or_nowhere_are_findings() {
    use std::os::unix::fs::symlink;
    let folder = project();
    let campaigns = folder.path().join("campaigns");
    fs::write(campaigns.join("good.yaml"), GOOD).unwrap();
    fs::create_dir(campaigns.join("sub")).unwrap();
    symlink("..", campaigns.join("sub/up")).unwrap();
    symlink("sub", campaigns.join("again")).unwrap();
    symlink("nowhere.yaml", campaigns.join("dangling.yaml")).unwrap();
    symlink("self.yaml", campaigns.join("self.yaml")).unwrap();
    symlink("/dev/zero", campaigns.join("zero.yaml")).unwrap();
    let run = checked(folder.path());
    assert_eq!(rules_of(&run), ["symlink-loop", "unreadable", "unreadable", "symlink-loop", "outside-project"], "{}", run.text());
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = project();
    let campaigns = folder.path().join("campaigns");
    fs::write(campaigns.join("good.yaml"), GOOD).unwrap();
    let made = std::process::Command::new("mkfifo").arg(campaigns.join("pipe.yaml")).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(rules_of(&checked(folder.path())), ["unreadable"]);
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_a_finding() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project();
    let campaigns = folder.path().join("campaigns");
    fs::write(campaigns.join("good.yaml"), GOOD).unwrap();
    fs::write(campaigns.join("secret.yaml"), GOOD).unwrap();
    fs::set_permissions(campaigns.join("secret.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything, then there is nothing to see.
    if fs::read(campaigns.join("secret.yaml")).is_err() {
        assert_eq!(rules_of(&checked(folder.path())), ["unreadable"]);
    }
}

#[test]
fn the_project_file_in_the_campaigns_folder_is_no_campaign() {
    let folder = project();
    fs::write(folder.path().join("campaignctl.yaml"), format!("campaigns: .\n{}", harness::PROJECT)).unwrap();
    fs::write(folder.path().join("good.yaml"), GOOD).unwrap();
    assert_eq!(rules_of(&checked(folder.path())), [""; 0]);
}

#[test]
fn projects_are_found_upwards_and_opened_exactly() {
    let folder = project();
    let below = folder.path().join("campaigns");
    let found = load::find_project(&below).unwrap();
    assert!(found.root.is_absolute() && found.root.ends_with(folder.path().file_name().unwrap()));
    assert_eq!(load::open_project(folder.path()).unwrap(), found);
    assert_eq!(load::open_project(&found.file).unwrap(), found);
    let error = load::open_project(&below).unwrap_err();
    assert!(error.to_string().starts_with("no campaignctl.yaml in `") && error.hint().unwrap().contains("campaignctl init"), "{error}");

    let environment = found.environment(None).unwrap();
    assert_eq!(environment.state.to_string(), found.root.join(".campaignctl/local/state.json").display().to_string());
    let error = found.environment(Some("locla")).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        ("there is no environment `locla`", Some("did you mean `local`? environments: local"))
    );

    fs::copy(&found.file, folder.path().join("campaignctl.yml")).unwrap();
    let error = load::find_project(&below).unwrap_err();
    assert!(error.to_string().starts_with("both campaignctl.yaml and campaignctl.yml are in `"), "{error}");
}
