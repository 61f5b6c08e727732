//! A user's repo in a temporary folder, and the program run in it with an environment of nothing but what the test sets.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use campaignctl::emulator::{Emulator, EmulatorError, Options, UnknownFields};

pub struct Repo {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Repo {
    /// An empty repo with this project file.
    pub fn new(project: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("campaigns")).unwrap();
        let repo = Self { folder, environment: Vec::new() };
        repo.write("campaignctl.yaml", project);
        repo
    }

    /// The sample project of this repository: the embedded emulator and the sample campaigns.
    pub fn sample() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repo = Self::new(&fs::read_to_string(root.join("campaignctl.yaml")).unwrap());
        for entry in fs::read_dir(root.join("campaigns")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, repo.path("campaigns").join(path.file_name().unwrap())).unwrap();
        }
        repo
    }

    /// A repo whose one environment is this server.
    pub fn of_server(url: &str) -> Self {
        let mut repo = Self::new(&format!("environments:\n  rehearsal: {{ baseUrl: \"{url}\", state: state.json }}\n"));
        repo.set("GENESYSCLOUD_OAUTHCLIENT_ID", "journey");
        repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", "a-secret-of-a-journey");
        repo
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap();
    }

    /// Writes `campaigns/<key>.yaml`.
    pub fn campaign(&self, key: &str, text: &str) {
        self.write(&format!("campaigns/{key}.yaml"), text);
    }

    pub fn replace(&self, relative: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(relative)).unwrap();
        assert!(text.contains(from), "{relative} has no {from:?}");
        self.write(relative, &text.replace(from, to));
    }

    pub fn remove(&self, relative: &str) {
        fs::remove_file(self.path(relative)).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campaignctl"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran::of(&output)
    }

    pub fn answer(&self, arguments: &[&str], answer: &str) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        Ran::of(&child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub fn of(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Asserts the exit code, with everything that was printed as the reason.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    pub fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "standard output lacks {text:?}: {self:#?}");
        self
    }

    pub fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "standard error lacks {text:?}: {self:#?}");
        self
    }
}

/// A state that somebody edited, in the format that has no checksum: it is read for ever.
pub fn in_format_1(state: &serde_json::Value) -> String {
    let mut state = state.clone();
    state.as_object_mut().unwrap().remove("checksum");
    state["version"] = serde_json::json!(1);
    state.to_string()
}

/// A campaign file that needs nothing looked up.
pub fn campaign(name: &str, dwell_seconds: u32) -> String {
    format!(
        "name: {name}
enabled: true
campaignType: proactive
evaluationMode: realtime
filters:
  - {{ attributeName: session.dwell_time_seconds, operator: greater_than, value: {dwell_seconds}, dataType: integer }}
  - {{ attributeName: contact.is_authenticated, operator: equals, value: true, dataType: boolean }}
actions:
  - type: webchat_invite
    priority: 1
    config: {{ inviteMessage: Hello, displayDuration: 300 }}
    routingConfig: {{ queueId: a1b2c3d4-e5f6-7890-abcd-ef1234567890, skillGroups: [web_support_tier1] }}
throttling: {{ maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }}
"
    )
}

/// A server of the API inside this test, to look at and to change behind the program's back.
pub struct Server {
    pub emulator: Emulator,
    data: tempfile::TempDir,
    http: reqwest::Client,
    token: String,
}

impl Server {
    pub async fn start(unknown_fields: UnknownFields) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let data = tempfile::tempdir().unwrap();
        let options = Options { unknown_fields, ..Options::new(data.path()) };
        Self::of(options, data).await
    }

    /// Stops the server and lets `meanwhile` happen; then it is there again, at the same address and with the same data.
    pub async fn down_while<T>(self, meanwhile: impl AsyncFnOnce() -> T) -> (Self, T) {
        let port = self.emulator.base_url().rsplit_once(':').unwrap().1.parse().unwrap();
        let Self { emulator, data, .. } = self;
        emulator.stop().await;
        let happened = meanwhile().await;
        (Self::of(Options { port, ..Options::new(data.path()) }, data).await, happened)
    }

    async fn of(options: Options, data: tempfile::TempDir) -> Self {
        // Any client on this machine may have been given the port while the server was down.
        let mut tries = 0;
        let emulator = loop {
            match Emulator::start(options.clone()).await {
                Err(EmulatorError::PortInUse { .. }) if options.port != 0 && tries < 3_000 => {
                    tokio::time::sleep(Duration::from_millis(20)).await
                }
                started => break started.unwrap(),
            }
            tries += 1;
        };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let token: serde_json::Value = http
            .post(format!("{}/oauth/token", emulator.base_url()))
            .basic_auth("somebody-else", Some("x"))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = token["access_token"].as_str().unwrap().to_owned();
        Self { emulator, data, http, token }
    }

    fn url(&self, id: &str) -> String {
        format!("{}/api/v2/analytics/predictiveengagement/campaigns{id}", self.emulator.base_url())
    }

    /// All live campaigns, at most 100.
    pub async fn campaigns(&self) -> Vec<serde_json::Value> {
        let page: serde_json::Value =
            self.http.get(self.url("?pageSize=100")).bearer_auth(&self.token).send().await.unwrap().json().await.unwrap();
        page["entities"].as_array().unwrap().clone()
    }

    pub async fn create(&self, body: serde_json::Value) -> String {
        let answer = self.http.post(self.url("")).bearer_auth(&self.token).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let created: serde_json::Value = answer.json().await.unwrap();
        created["id"].as_str().unwrap().to_owned()
    }

    /// Changes a live campaign as somebody in the admin interface would.
    pub async fn edit(&self, name: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let mut campaign = self.campaigns().await.into_iter().find(|campaign| campaign["name"] == name).unwrap();
        let id = format!("/{}", campaign["id"].as_str().unwrap());
        for field in ["id", "dateCreated", "dateModified", "modifiedBy", "selfUri"] {
            campaign.as_object_mut().unwrap().remove(field);
        }
        change(&mut campaign);
        let answer = self.http.put(self.url(&id)).bearer_auth(&self.token).json(&campaign).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    pub async fn delete(&self, id: &str) {
        let answer = self.http.delete(self.url(&format!("/{id}"))).bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
}
