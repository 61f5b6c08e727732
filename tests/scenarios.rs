//! Every folder under `tests/scenarios/cases` is a situation: `desired/` (the files), `live.json` (what the API lists),
//! `last_applied.json` (what the state remembers), `queues.json`, `environment.yaml` and `arguments.txt` where they matter; and
//! `plan.txt`: what `campaignctl plan` prints and its exit code, nothing more and nothing less; `plan.json` and
//! `plan.stream.jsonl`: the same plan for machines, checked against the schema and the rules of the stream; and `plan.md`:
//! the same plan as a comment on a pull request.
//!
//! `BLESS=1 cargo test --test scenarios` writes what was printed; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "formats/stream.rs"]
mod stream;

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

/// A server that lists exactly these campaigns, and these queues; without any it does not list queues.
async fn server(live: &Value, queues: Option<&Value>) -> MockServer {
    let server = MockServer::builder().start().await;
    let page = |entities: &Value| json!({ "entities": entities, "pageSize": 100, "pageNumber": 1, "total": entities.as_array().unwrap().len(), "pageCount": 1 });
    let answers = [
        ("POST", "/oauth/token", json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
        ("GET", "/api/v2/organizations/me", json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Acme" })),
        ("GET", CAMPAIGNS, page(live)),
    ];
    let queues = queues.map(|queues| ("GET", "/api/v2/routing/queues", page(queues)));
    for (verb, at, body) in answers.into_iter().chain(queues) {
        Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
    }
    server
}

/// A user's repo in the situation of a case.
struct Situation {
    case: PathBuf,
    server: MockServer,
    repo: tempfile::TempDir,
}

struct Ran {
    out: String,
    err: String,
    code: i32,
}

impl Situation {
    async fn of(case: &Path) -> Self {
        let live: Value = serde_json::from_str(&fs::read_to_string(case.join("live.json")).unwrap()).unwrap();
        let queues = fs::read_to_string(case.join("queues.json")).ok().map(|text| serde_json::from_str::<Value>(&text).unwrap());
        let server = server(&live, queues.as_ref()).await;
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
        Self { case: case.to_owned(), server, repo }
    }

    /// Plans with these arguments and those of the case.
    async fn plan(&self, arguments: &[&str]) -> Ran {
        let own = fs::read_to_string(self.case.join("arguments.txt")).unwrap_or_default();
        // What only people are shown.
        let own = own.split_whitespace().filter(|argument| arguments.is_empty() || *argument != "--show-unmanaged");
        let output = Command::new(env!("CARGO_BIN_EXE_campaignctl"))
            .args(["plan", "--detailed-exitcode", "--exit-codes", "fine"])
            .args(own)
            .args(arguments)
            .current_dir(self.repo.path())
            .env_clear()
            .env("GENESYSCLOUD_ACCESS_TOKEN", "a-token-for-tests")
            .output()
            .unwrap();
        let next_week = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(7);
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(&self.server.uri(), "http://127.0.0.1:8080").replace(&format!("--until {next_week}"), "--until IN_A_WEEK")
        };
        let writes = self.server.received_requests().await.unwrap().into_iter().filter(|request| request.method.as_str() != "GET").count();
        assert_eq!(writes, 0, "{}: a plan only reads", self.case.display());
        Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}

/// Compares with the file of the case, or writes it.
fn compare(case: &Path, file: &str, printed: &str, wrong: &mut Vec<String>) {
    let path = case.join(file);
    if blessing() {
        fs::write(&path, printed).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if known != printed {
        let name = case.file_name().unwrap().to_string_lossy();
        wrong.push(format!("== {name}/{file}\n{}", similar::TextDiff::from_lines(&known, printed).unified_diff()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_situation_reads_as_it_should() {
    let cases = cases();
    assert!(cases.len() >= 20);
    let mut wrong = Vec::new();
    for case in cases {
        let situation = Situation::of(&case).await;
        let Ran { out, err, code } = situation.plan(&[]).await;
        let link_base = ["--link-base", "https://github.com/acme/campaigns/blob/0a1b2c3"];
        let markdown = situation.plan(&["--format", "markdown", link_base[0], link_base[1]]).await;
        assert_eq!((markdown.code, &markdown.err), (code, &err), "{}: the format changes nothing else", case.display());
        let printed = format!("{out}--- standard error\n{err}--- exit code {code}\n");
        // What a runner of GitHub Actions would obey, where a plan is printed in its log.
        let acts = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains(char::is_control);
        for (file, printed) in [("plan.txt", &printed), ("plan.md", &markdown.out)] {
            assert_eq!(printed.lines().find(acts), None, "{}/{file}", case.display());
            compare(&case, file, printed, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_situation_has_its_json() {
    let validator = jsonschema::draft202012::new(&campaignctl::render::plan::json_schema()).unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let situation = Situation::of(&case).await;
        let people = situation.plan(&[]).await;
        let Ran { out, err, code } = situation.plan(&["--format", "json"]).await;
        let name = case.display();
        assert_eq!((code, err), (people.code, people.err), "{name}: the format changes nothing else");
        assert!(out.starts_with("{\"format_version\":\"1.2\",\"terraform_version\":") && out.ends_with("}\n"), "{name}: {out}");
        let mut document: Value = serde_json::from_str(&out).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let counts: Value = serde_json::from_str(&situation.plan(&["--format", "gitlab"]).await.out).unwrap();
        assert_eq!(counts, by_jq(&document), "{name}: GitLab's report is what its documentation makes of the JSON");
        document["timestamp"] = json!("NOW");
        document["campaignctl"]["created"] = json!("NOW");
        // Indented here, so that a difference can be read.
        compare(&case, "plan.json", &format!("{document:#}\n"), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the jq program of GitLab's documentation counts.
fn by_jq(document: &Value) -> Value {
    let changes = document["resource_changes"].as_array().unwrap();
    let actions: Vec<&str> =
        changes.iter().flat_map(|change| change["change"]["actions"].as_array().unwrap()).map(|action| action.as_str().unwrap()).collect();
    let count = |wanted: &str| actions.iter().filter(|action| **action == wanted).count();
    json!({ "create": count("create"), "update": count("update"), "delete": count("delete") })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_situation_has_its_stream() {
    let mut wrong = Vec::new();
    for case in cases() {
        let situation = Situation::of(&case).await;
        let people = situation.plan(&[]).await;
        let Ran { out, err, code } = situation.plan(&["--json-stream"]).await;
        assert_eq!((code, err.as_str()), (people.code, ""), "{}", case.display());
        let lines = stream::check(&out);
        let mut shown = String::new();
        for mut line in lines {
            line["@timestamp"] = json!("NOW");
            shown.push_str(&format!("{line}\n"));
        }
        compare(&case, "plan.stream.jsonl", &shown, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
