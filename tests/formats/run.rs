//! A project in a temporary folder, and `validate` run in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use campaignctl::load;
use campaignctl::ops::validate::validate;
use campaignctl::render::findings;
use tempfile::TempDir;

/// Every format, and the file of a case that holds what is printed.
pub const FORMATS: [(&str, &str); 6] = [
    ("human", "human.txt"),
    ("json", "terraform.json"),
    ("sarif", "sarif.json"),
    ("github", "github.txt"),
    ("gitlab", "gitlab.json"),
    ("junit", "junit.xml"),
];

pub struct Project {
    folder: TempDir,
}

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Project {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A case without what is expected of it.
    pub fn copy_of(case: &Path) -> Self {
        fn copy(from: &Path, to: &Path) {
            for entry in fs::read_dir(from).unwrap() {
                let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
                if path.is_dir() && !path.ends_with("expected") {
                    fs::create_dir(&target).unwrap();
                    copy(&path, &target);
                } else if path.is_file() {
                    fs::write(&target, fs::read_to_string(&path).unwrap().replace("\r\n", "\n")).unwrap();
                }
            }
        }
        let project = Self::empty();
        copy(case, project.folder.path());
        project
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_campaignctl"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(environment.iter().copied());
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn validate(&self, format: &str) -> Ran {
        self.run(&["validate", "--format", format])
    }

    /// What a terminal of this width shows, without colours; nothing for a project that cannot be opened.
    pub fn human(&self, width: usize) -> String {
        let Ok(project) = load::open_project(self.folder.path()) else { return String::new() };
        let Ok(environment) = project.environment(None) else { return String::new() };
        let validated = validate(&project, &environment);
        let text = findings::human(&validated.findings, &validated.loaded.sources, Some(width));
        anstream::adapter::strip_str(&text).to_string()
    }

    /// How many findings there are, counted without any format; `None` for a project that cannot be opened.
    pub fn findings(&self) -> Option<usize> {
        let project = load::open_project(self.folder.path()).ok()?;
        let environment = project.environment(None).ok()?;
        Some(validate(&project, &environment).findings.len())
    }
}
