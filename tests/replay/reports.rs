//! Every folder under `tests/replay/cases` is a situation: `desired/` (the files), `live.json` (what the API lists),
//! `last_applied.json` (what the state remembers) and `arguments.txt` where they matter, `sessions.ndjson` (the recording); and
//! what `campaignctl replay` makes of it: `replay.txt`, `replay.json`, `replay.md`. The page is parsed instead of kept.
//!
//! `BLESS=1 cargo test --test replay` writes what was printed; read the difference before you commit it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use sha2::Digest;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 15);
    cases
}

/// A user's repo and server in the situation of a case.
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
        let server = MockServer::builder().start().await;
        let page = |entities: &Value| {
            let total = entities.as_array().unwrap().len();
            json!({ "entities": entities, "pageSize": 100, "pageNumber": 1, "total": total, "pageCount": 1 })
        };
        let hostile = "\u{1b}[31m<b>Queue</b>\u{202e} ##[add-mask]";
        let queues = json!([
            { "id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "name": "Web Support" },
            { "id": "b1b2c3d4-e5f6-7890-abcd-ef1234567890", "name": "General" },
            { "id": "c1b2c3d4-e5f6-7890-abcd-ef1234567890", "name": hostile },
        ]);
        let answers = [
            ("POST", "/oauth/token", json!({ "access_token": "t", "token_type": "bearer", "expires_in": 86400 })),
            ("GET", "/api/v2/organizations/me", json!({ "id": "5a3b1c9e-7d24-4f68-9b0a-c1e2d3f4a5b6", "name": "Acme" })),
            ("GET", "/api/v2/routing/queues", page(&queues)),
            ("GET", CAMPAIGNS, page(&live)),
        ];
        for (verb, at, body) in answers {
            Mock::given(method(verb)).and(path(at)).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
        }
        let repo = tempfile::tempdir().unwrap();
        let project = format!("lint: {{ all: allow }}\nenvironments:\n  staging:\n    baseUrl: {}\n    state: state.json\n", server.uri());
        fs::write(repo.path().join("campaignctl.yaml"), project).unwrap();
        fs::create_dir(repo.path().join("campaigns")).unwrap();
        for entry in fs::read_dir(case.join("desired")).unwrap() {
            let file = entry.unwrap();
            fs::copy(file.path(), repo.path().join("campaigns").join(file.file_name())).unwrap();
        }
        fs::copy(case.join("sessions.ndjson"), repo.path().join("sessions.ndjson")).unwrap();
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

    fn is_offline(&self) -> bool {
        self.case.join("arguments.txt").exists()
    }

    async fn replay(&self, arguments: &[&str]) -> Ran {
        let own = fs::read_to_string(self.case.join("arguments.txt")).unwrap_or_default();
        let exit_code = if self.is_offline() { &[][..] } else { &["--detailed-exitcode"][..] };
        let all: Vec<&str> =
            ["replay", "sessions.ndjson"].into_iter().chain(own.split_whitespace()).chain(exit_code.iter().copied()).collect();
        self.run(&[&all, arguments].concat()).await
    }

    async fn plan(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["plan", "--replay", "sessions.ndjson"], arguments].concat()).await
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_campaignctl"))
            .args(arguments)
            .current_dir(self.repo.path())
            .env_clear()
            .env("GENESYSCLOUD_ACCESS_TOKEN", "a-token-for-tests")
            .output()
            .unwrap();
        let requests = self.server.received_requests().await.unwrap();
        assert!(requests.iter().all(|request| request.method.as_str() == "GET"), "{}: a replay only reads", self.case.display());
        assert!(requests.is_empty() || !self.is_offline(), "{}: offline asks nobody", self.case.display());
        let address = self.server.address().to_string();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&address, "127.0.0.1:8080");
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
async fn every_replay_reads_as_it_should() {
    let validator = jsonschema::draft202012::new(&campaignctl::render::replay::json_schema()).unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let situation = Situation::of(&case).await;
        let name = case.display();
        let human = situation.replay(&[]).await;
        let printed = format!("{}--- standard error\n{}--- exit code {}\n", human.out, human.err, human.code);
        let markdown = situation.replay(&["--format", "markdown"]).await;
        let json = situation.replay(&["--format", "json"]).await;
        let html = situation.replay(&["--format", "html"]).await;
        for other in [&markdown, &json, &html] {
            assert_eq!((other.code, &other.err), (human.code, &human.err), "{name}: the format changes nothing else");
        }
        // What a terminal or a runner of GitHub Actions would obey.
        let acts = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains(char::is_control);
        for (file, text) in [("replay.txt", &printed), ("replay.md", &markdown.out), ("replay.json", &json.out), ("", &html.out)] {
            assert_eq!(text.lines().find(acts), None, "{name}/{file}");
            assert!(!text.contains("person") && !text.contains("49151234567"), "{name}/{file}: who it was is nobody's business\n{text}");
            if !file.is_empty() {
                compare(&case, file, text, &mut wrong);
            }
        }
        let document: Value = serde_json::from_str(&json.out).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let replay = &document["campaignctl"]["replay"];
        let flips: u64 = replay["flips"].as_array().unwrap().iter().map(|flip| flip["sessions"].as_u64().unwrap()).sum();
        // What could not be judged is never a pass.
        let code = match replay.get("not_judged") {
            Some(_) if !situation.is_offline() => 1,
            _ => i32::from(flips > 0) * 2,
        };
        assert_eq!(human.code, code, "{name}");
        page(&html.out, replay);
        // The marker finds an earlier comment again, and stands once.
        assert_eq!(markdown.out.matches("<!-- campaignctl:").count(), 1, "{name}");
        // A server ends only on a task that may still wait.
        tokio::task::yield_now().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_a_replay_says() {
    let validator = jsonschema::draft202012::new(&campaignctl::render::plan::json_schema()).unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let situation = Situation::of(&case).await;
        if situation.is_offline() {
            continue;
        }
        let name = case.display();
        let human = situation.plan(&[]).await;
        let markdown = situation.plan(&["--format", "markdown"]).await;
        let json = situation.plan(&["--format", "json"]).await;
        let html = situation.plan(&["--format", "html"]).await;
        for other in [&human, &markdown, &json, &html] {
            assert_eq!((other.code, other.err.as_str()), (0, ""), "{name}: {}", other.out);
        }
        for (file, text) in [("plan.txt", &human.out), ("plan.md", &markdown.out), ("", &json.out), ("", &html.out)] {
            assert!(!text.contains("person") && !text.contains("49151234567"), "{name}/{file}: who it was is nobody's business\n{text}");
            if !file.is_empty() {
                compare(&case, file, text, &mut wrong);
            }
        }
        let document: Value = serde_json::from_str(&json.out).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let alone: Value = serde_json::from_str(&situation.replay(&["--format", "json"]).await.out).unwrap();
        assert_eq!(document["campaignctl"]["replay"], alone["campaignctl"]["replay"], "{name}");
        let page = Html::parse_document(&html.out);
        assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
        let all = |selector: &str| page.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
        assert_eq!(all("#replay")[0].text().collect::<String>(), alone["campaignctl"]["replay"]["headline"].as_str().unwrap());
        let ids: Vec<&str> = all("[id]").iter().filter_map(|element| element.attr("id")).collect();
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "{name}: an id stands once: {ids:?}");
        assert!(all("script").len() == 1 && all("[onmouseover], img, iframe, base").is_empty(), "{name}");
        tokio::task::yield_now().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Elements and attributes that the page may have; everything else came from the data.
const KNOWN: [(&str, &str); 36] = [
    ("body", ""),
    ("caption", ""),
    ("code", ""),
    ("dd", ""),
    ("desc", "id"),
    ("details", ""),
    ("div", "class"),
    ("dl", "class"),
    ("dt", ""),
    ("footer", ""),
    ("h1", ""),
    ("h2", "id"),
    ("head", ""),
    ("header", ""),
    ("html", "lang"),
    ("li", ""),
    ("link", "rel href"),
    ("main", ""),
    ("meta", "charset http-equiv content name"),
    ("p", "class"),
    ("path", "class d"),
    ("section", "class aria-labelledby"),
    ("small", ""),
    ("span", "class aria-hidden"),
    ("strong", ""),
    ("style", ""),
    ("summary", ""),
    ("svg", "class viewBox role aria-labelledby"),
    ("table", "class id"),
    ("tbody", ""),
    ("td", "class"),
    ("text", "class x y dy text-anchor"),
    ("th", "scope"),
    ("thead", ""),
    ("title", "id"),
    ("tr", ""),
];

/// The page says what the document says, and nothing in it comes to life.
fn page(text: &str, replay: &Value) {
    let page = Html::parse_document(text);
    assert!(page.errors.is_empty(), "{:?}\n{text}", page.errors);
    let all = |selector: &str| page.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
    for element in all("*") {
        let name = element.value().name();
        if name == "ul" {
            continue;
        }
        let known = KNOWN.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("a <{name}> came from the data: {text}")).1;
        for (attribute, value) in element.value().attrs() {
            assert!(known.split(' ').any(|known| known == attribute), "<{name} {attribute}={value:?}> came from the data");
            assert!(attribute != "d" || value.chars().all(|c| "MVHZ. ".contains(c) || c.is_ascii_digit()), "{value}");
        }
    }
    let style: String = all("style")[0].text().collect();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&style));
    let policy = all("meta[http-equiv]")[0].attr("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains(&format!("style-src 'sha256-{hash}'; ")), "{policy}");
    assert!(!policy.contains("script-src"), "the page has no script");
    let words = |selector: &str| all(selector).iter().map(|element| element.text().collect::<String>()).collect::<Vec<_>>();
    assert_eq!(words("#replay"), [replay["headline"].as_str().unwrap()]);
    let ids: Vec<&str> = all("[id]").iter().filter_map(|element| element.attr("id")).collect();
    let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "an id stands once: {ids:?}");
    for named in all("[aria-labelledby]") {
        for id in named.attr("aria-labelledby").unwrap().split(' ') {
            assert!(ids.contains(&id), "{id} names nothing");
        }
    }
    assert_eq!(all("table").len(), all("table > caption").len(), "every table has a caption");
    assert_eq!(all("svg").len(), all("svg > title").len());
    let flips = replay["flips"].as_array().unwrap();
    assert_eq!(all(".flipped tbody tr").len(), flips.len(), "every flip has a row");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_never_longer_than_one_can_be() {
    // Hundreds of campaigns that all flip in their own way.
    let case = tempfile::tempdir().unwrap();
    fs::create_dir(case.path().join("desired")).unwrap();
    fs::write(case.path().join("live.json"), "[]").unwrap();
    let mut sessions = String::new();
    for number in 0..600 {
        let body = json!({
            "name": format!("{number} {}", "|`@ü".repeat(40)), "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [{ "attributeName": "session.number", "operator": "equals", "value": number, "dataType": "integer" }],
            "actions": [{ "type": "webchat_invite", "priority": 1, "routingConfig": { "queueId": format!("a1b2c3d4-e5f6-7890-abcd-{number:012}"), "skillGroups": ["x"] } }],
        });
        fs::write(case.path().join(format!("desired/{}-{number}.yaml", "k".repeat(100))), body.to_string()).unwrap();
        let session = json!({ "contactId": format!("c{number}"), "channelId": "w", "sessionData": { "session.number": number } });
        sessions.push_str(&format!("{session}\n"));
    }
    fs::write(case.path().join("sessions.ndjson"), sessions).unwrap();
    let situation = Situation::of(case.path()).await;
    let Ran { out, err, code } = situation.replay(&["--format", "markdown"]).await;
    tokio::task::yield_now().await;
    assert_eq!((code, err.as_str()), (2, ""));
    assert!(out.len() <= 65_536, "{}", out.len());
    assert!(out.contains("**600 of 600 sessions flip: 600 newly invited.**") && out.contains("in the JSON document"), "{out}");
}
