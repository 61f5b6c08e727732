//! A project with a neighbour that is nobody's business, and the program run in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Stands in everything outside the project, and in the environment of the program.
pub const MARKER: &str = "hunter2-of-the-neighbour";

/// Only so that a command that waits for ever is reported.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct World {
    folder: tempfile::TempDir,
}

#[derive(Debug)]
pub struct Ran {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A campaign file with this name in it.
pub fn campaign(name: &str) -> String {
    format!(
        "name: {name}\ncampaignType: proactive\nevaluationMode: realtime\nenabled: false\nfilters:\n  - {{ attributeName: \
         session.page_count, operator: greater_than, value: 3, dataType: integer }}\nactions:\n  - {{ type: webchat_invite, priority: 1 }}\n"
    )
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["project/campaigns", "project/links", "outside/folder", "outside/repository/.git"] {
            fs::create_dir_all(folder.path().join(part)).unwrap();
        }
        let world = Self { folder };
        world.project("");
        world.write("campaigns/good.yaml", &campaign("Good"));
        world.write(
            "campaigns/good.test.yaml",
            "cases:\n  - name: nobody\n    session: { session.page_count: 5 }\n    expect: { good: disabled }\n",
        );
        world.write(
            "sessions.ndjson",
            "{\"contactId\":\"ext:1\",\"channelId\":\"w\",\"timestamp\":\"2026-11-20T10:00:00Z\",\"sessionData\":{}}\n",
        );
        let secret = campaign(MARKER);
        for (path, text) in [
            ("secret", format!("{MARKER}\n")),
            ("secret.yaml", secret.clone()),
            ("secret.json", format!("{{\"contactId\": \"{MARKER}\", \"{MARKER}\": [\"{MARKER}\"]}}")),
            ("project.yaml", format!("campaigns: {MARKER}\nenvironments: {{ {MARKER}: {{ emulator: .x }} }}\n")),
            ("text.json", format!("\"{MARKER}\"")),
            ("object.json", format!("{{\"version\": \"{MARKER}\", \"{MARKER}\": 1}}")),
            ("empty", String::new()),
            ("folder/a.yaml", secret.clone()),
            ("folder/local/good.yaml", format!("name: {MARKER}\n")),
            ("folder/deep/b.yaml", secret),
            ("folder/campaign.schema.json", format!("\"{MARKER}\"")),
            ("repository/.git/config", format!("[remote \"origin\"]\n\turl = git@{MARKER}.github.example:a/b\n")),
        ] {
            let path = world.folder.path().join("outside").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        world
    }

    /// Writes the project file: this is put before the usual environment, or in the place of `local: …` where it has one.
    pub fn project(&self, text: &str) {
        let usual = if text.contains("local:") { "" } else { "environments: { local: { emulator: .campaignctl/local } }\n" };
        self.write("campaignctl.yaml", &format!("lint: {{ all: allow }}\n{text}\n{usual}"));
    }

    /// A path in the project, or outside of it where it begins with `{out}`; anything else absolute stays.
    pub fn path(&self, text: &str) -> PathBuf {
        let outside = self.folder.path().join("outside");
        self.folder.path().join("project").join(text.replace("{out}", outside.to_str().unwrap()))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Everything outside: path, kind and bytes.
    pub fn outside(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        walk(&self.folder.path().join("outside"), &mut |path| {
            let bytes = if path.is_file() { fs::read(path).unwrap() } else { b"a folder".to_vec() };
            found.insert(path.to_owned(), bytes);
        });
        let beside = fs::read_dir(self.folder.path()).unwrap().map(|entry| (entry.unwrap().path(), b"beside".to_vec()));
        found.extend(beside);
        found
    }

    /// The files of the project that hold the marker.
    pub fn marked(&self) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        walk(&self.folder.path().join("project"), &mut |path| {
            let kind = fs::symlink_metadata(path).unwrap();
            if kind.is_file() && kind.len() < 50_000_000 {
                let bytes = fs::read(path).unwrap_or_default();
                if bytes.windows(MARKER.len()).any(|part| part == MARKER.as_bytes()) {
                    found.insert(path.to_owned());
                }
            }
        });
        found
    }

    /// The names in a folder of the project, as a shell would find them.
    pub fn names_in(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).map(|name| format!("{folder}/{name}")).collect();
        names.sort();
        names
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campaignctl"));
        command.args(arguments).current_dir(self.folder.path().join("project")).env_clear();
        command.env("GENESYSCLOUD_OAUTHCLIENT_ID", "somebody").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", MARKER).env("HOME", MARKER);
        command.envs(environment.iter().copied());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let process = child.id();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(PATIENCE) else {
            drop(Command::new("kill").args(["-9", &process.to_string()]).status());
            panic!("{arguments:?} hangs");
        };
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Calls `visit` for everything below a folder; links are not followed.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        visit(&path);
        let is_folder = fs::symlink_metadata(&path).unwrap().is_dir();
        if is_folder && path.as_os_str().as_bytes().len() < 2_000 {
            walk(&path, visit);
        }
    }
}
