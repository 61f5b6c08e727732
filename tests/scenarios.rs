//! Every folder under `tests/scenarios/cases` is a situation: `desired/` (the files), `live.json` (what the API lists),
//! `last_applied.json` (what the state remembers), `environment.yaml` and `arguments.txt` where they matter; and
//! `plan.txt`: what `campaignctl plan` prints and its exit code, nothing more and nothing less; and `plan.md`: the same
//! plan as a comment on a pull request.
//!
//! `BLESS=1 cargo test --test scenarios` writes what was printed; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// A server that lists exactly these campaigns.
async fn server(live: &Value) -> MockServer {
    let server = MockServer::start().await;
    let answers = [
        ("POST", "/oauth/token", json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
        ("GET", "/api/v2/organizations/me", json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Acme" })),
        (
            "GET",
            CAMPAIGNS,
            json!({ "entities": live, "pageSize": 100, "pageNumber": 1, "total": live.as_array().unwrap().len(), "pageCount": 1 }),
        ),
    ];
    for (verb, at, body) in answers {
        Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    }
    server
}

/// What a case prints: in the form for people with exit code and standard error, and as Markdown.
struct Printed {
    human: String,
    markdown: String,
}

async fn run(case: &Path) -> Printed {
    let live: Value = serde_json::from_str(&fs::read_to_string(case.join("live.json")).unwrap()).unwrap();
    let server = server(&live).await;
    let repo = tempfile::tempdir().unwrap();
    let extra = fs::read_to_string(case.join("environment.yaml")).unwrap_or_default();
    let extra: String = extra.lines().map(|line| format!("    {line}\n")).collect();
    // Plans are looked at here, not what rules say of campaigns that are made to be short.
    let project =
        format!("lint: {{ all: allow }}\nenvironments:\n  staging:\n    baseUrl: {}\n    state: state.json\n{extra}", server.uri());
    fs::write(repo.path().join("campaignctl.yaml"), project).unwrap();
    fs::create_dir(repo.path().join("campaigns")).unwrap();
    for entry in fs::read_dir(case.join("desired")).unwrap() {
        let file = entry.unwrap();
        fs::copy(file.path(), repo.path().join("campaigns").join(file.file_name())).unwrap();
    }
    if let Ok(text) = fs::read_to_string(case.join("last_applied.json")) {
        let state = json!({
            "version": 1, "tool": "0.1.0", "lineage": "a-lineage", "serial": 7,
            "owner": { "environment": "staging", "organization": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6" },
            "campaigns": serde_json::from_str::<Value>(&text).unwrap(),
        });
        fs::write(repo.path().join("state.json"), state.to_string()).unwrap();
    }
    let arguments = fs::read_to_string(case.join("arguments.txt")).unwrap_or_default();
    let plan = |format: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_campaignctl"))
            .args(["plan", "--detailed-exitcode", "--exit-codes", "fine"])
            .args(arguments.split_whitespace())
            .args(format)
            .current_dir(repo.path())
            .env_clear()
            .env("GENESYSCLOUD_ACCESS_TOKEN", "a-token-for-tests")
            .output()
            .unwrap()
    };
    let output = plan(&[]);
    let markdown = plan(&["--format", "markdown", "--link-base", "https://github.com/acme/campaigns/blob/0a1b2c3"]);
    assert_eq!(markdown.status, output.status, "{}: the exit code does not depend on the format", case.display());
    let next_week = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(7);
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace(&server.uri(), "http://127.0.0.1:8080").replace(&format!("--until {next_week}"), "--until IN_A_WEEK")
    };
    let (out, err) = (text(output.stdout), text(output.stderr));
    let writes = server.received_requests().await.unwrap().into_iter().filter(|request| request.method.as_str() != "GET").count();
    assert_eq!(writes, 0, "{}: a plan only reads", case.display());
    Printed {
        human: format!("{out}--- standard error\n{err}--- exit code {}\n", output.status.code().unwrap_or(-1)),
        markdown: text(markdown.stdout),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_situation_reads_as_it_should() {
    let cases = cases();
    assert!(cases.len() >= 20);
    let mut wrong = Vec::new();
    for case in cases {
        let Printed { human, markdown } = run(&case).await;
        for (file, printed) in [("plan.txt", human), ("plan.md", markdown)] {
            let expected = case.join(file);
            if blessing() {
                fs::write(&expected, &printed).unwrap();
            }
            // What a runner of GitHub Actions would obey, where a plan is printed in its log.
            let acts = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains(char::is_control);
            assert_eq!(printed.lines().find(acts), None, "{}", expected.display());
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            let known = fs::read_to_string(&expected).unwrap_or_default();
            if known != printed {
                wrong.push(format!("== {name} {file}\n{}", similar::TextDiff::from_lines(&known, &printed).unified_diff()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
