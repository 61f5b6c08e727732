//! What README and docs show is what the program does: blocks between `<!-- generated: NAME -->` and `<!-- /generated -->`
//! are made here and compared.
//!
//! `BLESS=1 cargo test --test documents` writes them; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use campaignctl::{lint, render};

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let mut documents = vec![root().join("README.md")];
    documents.extend(fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.sort();
    documents
}

/// What the program prints in `folder`, without the colours and widths of any terminal.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_campaignctl")).args(arguments).current_dir(folder).env_clear().output().unwrap();
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A block of code, every line without trailing blanks.
fn code(language: &str, text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    format!("```{language}\n{}\n```\n", lines.join("\n"))
}

/// A copy of the sample project, applied, and its campaigns folder.
fn applied() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join("campaignctl.yaml"), folder.path().join("campaignctl.yaml")).unwrap();
    let campaigns = folder.path().join("campaigns");
    fs::create_dir(&campaigns).unwrap();
    for entry in fs::read_dir(root().join("campaigns")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, campaigns.join(path.file_name().unwrap())).unwrap();
    }
    output(folder.path(), &["apply", "--auto-approve", "--quiet"]);
    (folder, campaigns)
}

/// The drift of the docs: a campaign that is off live, and on in the file and the state.
fn drift() -> String {
    let (folder, campaigns) = applied();
    let (file, state) = (campaigns.join("pricing-churn.yaml"), folder.path().join(".campaignctl/local/state.json"));
    let [on, remembered] = [&file, &state].map(|path| fs::read_to_string(path).unwrap());
    fs::write(&file, on.replace("enabled: true", "enabled: false")).unwrap();
    output(folder.path(), &["apply", "--auto-approve", "--quiet"]);
    fs::write(&file, on).unwrap();
    fs::write(&state, remembered).unwrap();
    let printed = output(folder.path(), &["drift"]);
    // Who, when and the suggested day are always the same ones here.
    let lines = printed.lines().map(|line| match (line.split_once(" by \""), line.split_once("--until ")) {
        (Some((before, _)), _) => format!("{before} by \"on-call\" at 2026-11-20T21:14:03Z"),
        (_, Some((before, _))) => format!("{before}--until 2026-11-27"),
        _ => line.to_owned(),
    });
    code("", &lines.collect::<Vec<_>>().join("\n"))
}

/// The session of the docs, with two slips, and what `explain` says of it.
const SESSION: &str = r#"{
  "contactId": "ext:customer_8842910", "channelId": "webchat:primary_embed",
  "sessionData": {
    "referrer.page": "/pricing", "external.churn_probability": "0.87", "session.dwell_time_seconds": 45
  },
  "evaluationContext": { "timestamp": "2026-11-20T14:02:11Z" }
}"#;

fn explained(arguments: &[&str]) -> String {
    let (folder, _) = applied();
    fs::write(folder.path().join("session.json"), SESSION).unwrap();
    code("", &output(folder.path(), &[&["explain", "session.json"], arguments].concat()))
}

/// The plan of the README: the sample project applied, one file edited.
fn plan() -> String {
    let (folder, campaigns) = applied();
    let file = campaigns.join("pricing-churn.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let edited = text.replace("value: 45,", "value: 60,").replace("cooldownSeconds: 86400", "cooldownSeconds: 3600");
    assert_ne!(text, edited);
    fs::write(&file, edited).unwrap();
    // Ids are random; the README shows always the same ones.
    let mut count = 0;
    let printed = output(folder.path(), &["plan"]);
    let lines = printed.lines().map(|line| match line.split_once("id: \"") {
        Some((before, _)) => {
            count += 1;
            format!("{before}id: \"0b3a3c5e-6f0e-4a53-9d0e-{count:012}\"")
        }
        None => line.to_owned(),
    });
    code("", &lines.collect::<Vec<_>>().join("\n"))
}

/// The replay of the docs: the dwell time of a sample lowered, and some visitors of an hour.
fn replay() -> String {
    let (folder, campaigns) = applied();
    let file = campaigns.join("pricing-churn.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("value: 45,", "value: 30,")).unwrap();
    let mut sessions = String::new();
    for second in (0..3600).step_by(12) {
        let dwell = 20 + second * 7 % 60;
        let at = jiff::Timestamp::from_second(1_795_168_800 + second).unwrap();
        let _ = writeln!(
            sessions,
            r#"{{"contactId":"c{second}","channelId":"web","sessionData":{{"referrer.page":"/pricing","external.churn_probability":0.8,"session.dwell_time_seconds":{dwell}}},"evaluationContext":{{"timestamp":"{at}"}}}}"#
        );
    }
    fs::write(folder.path().join("sessions.ndjson"), sessions).unwrap();
    code("", &output(folder.path(), &["replay", "sessions.ndjson"]))
}

fn help(command: &str) -> String {
    let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let text = output(&root(), &arguments);
    let (before, rest) = text.split_once("Every command:\n").unwrap();
    let (everywhere, after) = rest.split_once("Examples:").or_else(|| rest.split_once("Example:")).unwrap();
    if command.is_empty() {
        return code("", everywhere);
    }
    // What every command takes is said once, above.
    code("", &format!("{before}Examples:{after}"))
}

/// The table of the README: every command with the first line of its help.
fn commands() -> String {
    let text = output(&root(), &["-h"]);
    let listed = text.split("\n\n").find(|part| part.starts_with("Commands:")).unwrap();
    let mut table = "| command | what it does |\n|---|---|\n".to_owned();
    for line in listed.lines().skip(1) {
        let (name, what) = line.trim().split_once("  ").unwrap();
        if name != "help" {
            let _ = writeln!(table, "| `{name}` | {} |", what.trim());
        }
    }
    table
}

fn level(gravity: lint::Gravity) -> String {
    match gravity {
        lint::Gravity::Error => "error".to_owned(),
        lint::Gravity::Warning(level) => format!("`{level}`"),
    }
}

fn rules() -> String {
    let mut text = String::new();
    let mut rules: Vec<_> = lint::rules().collect();
    rules.sort_by_key(|rule| rule.id);
    text.push_str("| rule | level | finds |\n|---|---|---|\n");
    for lint::Rule { id, gravity, summary, .. } in &rules {
        let _ = writeln!(text, "| [{id}](#{id}) | {} | {summary} |", level(*gravity));
    }
    for lint::Rule { id, gravity, summary, what, why, example, fix } in rules {
        let _ = write!(text, "\n## {id}\n\n{summary} · level: {}\n\n{what}\n\n**Why:** {why}\n\n", level(*gravity));
        let _ = write!(text, "{}\n**Instead:**\n\n{}", code("yaml", example), code("yaml", fix));
    }
    text.trim_end().to_owned() + "\n"
}

/// What `validate` writes in a format about one campaign with one slip.
fn format(name: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join("campaignctl.yaml"), folder.path().join("campaignctl.yaml")).unwrap();
    fs::create_dir(folder.path().join("campaigns")).unwrap();
    let good = fs::read_to_string(root().join("campaigns/pricing-churn.yaml")).unwrap();
    let edited = good.replace("value: 0.72,", "value: \"0.72\",");
    assert_ne!(good, edited);
    fs::write(folder.path().join("campaigns/pricing-churn.yaml"), edited).unwrap();
    // The campaign that uses the variable of the sample project is not there.
    let arguments = ["validate", "--format", name, "--allow", "unused-variable"];
    code(if name == "github" { "" } else { "json" }, &output(folder.path(), &arguments))
}

/// The sample project with its test cases, and what `test` prints about it once a campaign is edited.
fn tested(edits: &[(&str, &str)], arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join("campaignctl.yaml"), folder.path().join("campaignctl.yaml")).unwrap();
    fs::create_dir(folder.path().join("campaigns")).unwrap();
    for entry in fs::read_dir(root().join("campaigns")).unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read_to_string(&path).unwrap();
        if path.ends_with("pricing-churn.yaml") {
            for (from, to) in edits {
                assert!(text.contains(from), "{from}");
                text = text.replace(from, to);
            }
        }
        fs::write(folder.path().join("campaigns").join(path.file_name().unwrap()), text).unwrap();
    }
    code("", output(folder.path(), arguments).trim_start_matches('\n'))
}

/// The rules on the form of files.
fn forms() -> String {
    let row = |(id, about): (&str, render::findings::About)| format!("| `{id}` | {} | {} |\n", about.summary, about.help);
    let rows: String = render::findings::form_rules().map(row).collect();
    format!("| rule | finds | instead |\n|---|---|---|\n{rows}")
}

fn generated(name: &str) -> String {
    match name.split_once(' ') {
        None if name == "campaign" => code("yaml", &fs::read_to_string(root().join("campaigns/pricing-churn.yaml")).unwrap()),
        None if name == "plan" => plan(),
        None if name == "drift" => drift(),
        None if name == "session" => code("json", SESSION),
        None if name == "explained" => explained(&["--campaign", "pricing-churn"]),
        None if name == "invited" => explained(&["--set", "external.churn_probability=0.87", "--set", "session.dwell_time_seconds=46"]),
        None if name == "replay" => replay(),
        None if name == "commands" => commands(),
        None if name == "rules" => rules(),
        None if name == "test-file" => code("yaml", &fs::read_to_string(root().join("campaigns/pricing-churn.test.yaml")).unwrap()),
        None if name == "test-failure" => {
            tested(&[("value: 0.72", "value: 0.71"), ("cooldownSeconds: 86400", "cooldownSeconds: 86399")], &["test", "-q"])
        }
        None if name == "test-mutate" => tested(&[], &["test", "--mutate", "-q"]),
        None if name == "forms" => forms(),
        None if name == "help" => help(""),
        Some(("help", command)) => help(command),
        Some(("format", name)) => format(name),
        _ => panic!("nothing is generated under the name {name:?}"),
    }
}

/// The document with every generated block made anew.
fn renewed(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- generated: ") {
        let (name, after) = after.split_once(" -->\n").unwrap();
        let (_, after) = after.split_once("<!-- /generated -->").unwrap();
        let _ = write!(out, "{before}<!-- generated: {name} -->\n\n{}\n<!-- /generated -->", generated(name));
        rest = after;
    }
    out + rest
}

#[test]
fn generated_blocks_are_up_to_date() {
    let mut stale = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let renewed = renewed(&text);
        if blessing() {
            fs::write(&path, &renewed).unwrap();
        } else if text != renewed {
            stale.push(format!("{}\n{}", path.display(), similar::TextDiff::from_lines(&text, &renewed).unified_diff()));
        }
    }
    assert!(stale.is_empty(), "stale; `BLESS=1 cargo test --test documents` refreshes them:\n{}", stale.join("\n"));
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !path.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_document_is_linked_from_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for path in documents().into_iter().filter(|path| path.parent() != Some(&root())) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(readme.contains(&format!("docs/{name}")), "README.md does not link docs/{name}");
    }
}

#[test]
fn the_project_file_of_the_documents_is_valid() {
    let text = fs::read_to_string(root().join("docs/files.md")).unwrap();
    let yaml = text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("campaignctl.yaml"), yaml).unwrap();
    let project = campaignctl::load::open_project(folder.path()).unwrap();
    for name in project.settings.environments.keys() {
        project.environment(Some(name)).unwrap();
    }
}
