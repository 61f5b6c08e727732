//! A standalone emulator that fails on request, set on the command line and while it runs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::json;

use crate::repo::{Repo, campaign};

/// A child that is killed when the test ends, however it ends.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(repo: &Repo, arguments: &[&str]) -> Self {
        let arguments: Vec<&str> = ["emulator", "--port", "0", "--data", "data"].iter().chain(arguments).copied().collect();
        let mut child = repo.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn url(&mut self) -> String {
        let line = self.line();
        line.split_whitespace().find(|word| word.starts_with("http")).unwrap().trim_end_matches(',').to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_command_line_happen_and_the_seed_is_told() {
    let folder = Repo::new("");
    folder.write("script.json", &json!({ "seed": 3, "faults": ["list@2:status=403", "any~0:status=500"] }).to_string());
    let arguments = ["--fault", "token:throttled", "--fault", "@script.json", "--latency", "1ms", "--rate-limit", "10"];
    let mut emulator = Running::start(&folder, &arguments);
    let url = emulator.url();
    assert_eq!(emulator.line(), "3 faults are set. `--seed 3` repeats what happens by chance.\n");
    rustls::crypto::ring::default_provider().install_default().ok();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let token =
        || http.post(format!("{url}/oauth/token")).basic_auth("me", Some("me")).form(&[("grant_type", "client_credentials")]).send();
    assert_eq!(token().await.unwrap().status(), 400);
    let grant: serde_json::Value = token().await.unwrap().json().await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..11 {
        let list = http.get(format!("{url}/api/v2/analytics/predictiveengagement/campaigns"));
        let answer = list.bearer_auth(grant["access_token"].as_str().unwrap()).send().await.unwrap();
        answers.push((answer.status().as_u16(), answer.headers()["inin-ratelimit-count"].to_str().unwrap().to_owned()));
    }
    assert_eq!(answers[..3], [(200, "1".to_owned()), (403, "2".to_owned()), (200, "3".to_owned())]);
    assert_eq!(answers[10], (429, "10".to_owned()));

    drop(emulator);
    let mut again = Running::start(&folder, &["--fault", "@script.json", "--seed", "9"]);
    again.url();
    assert!(again.line().contains("`--seed 9`"), "the command line goes first");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_that_is_refused_for_a_moment_is_rehearsed() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = Repo::new("");
    let mut emulator = Running::start(&folder, &["--fault", "create:status=429,retry-after=0,times=2"]);
    let url = emulator.url();
    let repo = Repo::of_server(&url);
    repo.campaign("one", &campaign("One", 45));
    repo.run(&["apply", "--auto-approve"]).exits(0).says("1 added");
    let log = reqwest::get(format!("{url}/_emulator/requests")).await.unwrap().json::<serde_json::Value>().await.unwrap();
    let creates = log["requests"].as_array().unwrap().iter().filter(|record| record["route"] == "create");
    let statuses: Vec<_> = creates.map(|record| record["status"].clone()).collect();
    assert_eq!(statuses, [json!(429), json!(429), json!(201)]);
}

#[test]
fn a_fault_that_cannot_be_read_is_told_before_anything_starts() {
    let repo = Repo::new("");
    repo.write("bad.json", &json!({ "faults": ["list:status=503", "create:stale=2"] }).to_string());
    let table: [(&[&str], &str); 7] = [
        (&["--fault", "creat:status=503"], "there is no route `creat`; there are any, token"),
        (&["--fault", "create:status=200"], "the status of `status-before-commit` is one of 400, 401"),
        (&["--fault", "@bad.json"], "`bad.json`: faults[1]: `stale-list` cannot happen to `create`"),
        (&["--fault", "@nowhere.json"], "cannot read `nowhere.json`"),
        (&["--latency", "50"], "a time is written as 50ms, 2s or 1m; it is `50`"),
        (&["--rate-limit", "0"], "--rate-limit"),
        (&["--seed", "x"], "--seed"),
    ];
    for (arguments, expected) in table {
        let arguments: Vec<&str> = ["emulator", "--port", "0"].iter().chain(arguments).copied().collect();
        let ran = repo.run(&arguments);
        assert_eq!(ran.code, 1, "{ran:#?}");
        let complaint = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(complaint.contains(expected), "{expected}: {ran:#?}");
        assert!(!repo.path(".campaignctl").exists());
    }
}
