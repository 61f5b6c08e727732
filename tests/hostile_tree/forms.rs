//! The forms: what a repository holds, and what is said about it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::world::{MARKER, World, campaign};

pub struct Form {
    pub name: &'static str,
    steps: Vec<Step>,
    /// What `validate` says, in some format; any command, where that is set.
    pub says: &'static [&'static str],
    pub says_anywhere: bool,
    /// The project file names a state outside, which is allowed.
    pub state_is_outside: bool,
}

enum Step {
    /// Path, and what it leads to.
    Link(&'static str, &'static str),
    Write(&'static str, String),
    Project(&'static str),
    Pipe(&'static str),
    Socket(&'static str),
    Folder(&'static str),
    /// A file of ten gigabytes that takes no room.
    Huge(&'static str),
    Bytes(&'static [u8]),
    Unreadable(&'static str),
    Remove(&'static str),
}

use Step::{Bytes, Folder, Huge, Link, Pipe, Project, Remove, Socket, Unreadable, Write};

impl Form {
    pub fn build(&self, world: &World) {
        for step in &self.steps {
            let clear = |path: &str| {
                let path = world.path(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                if fs::symlink_metadata(&path).is_ok_and(|kind| kind.is_dir()) {
                    fs::remove_dir_all(&path).unwrap();
                } else {
                    drop(fs::remove_file(&path));
                }
                path
            };
            match step {
                Link(path, target) => {
                    let outside = world.path("{out}");
                    symlink(target.replace("{out}", outside.to_str().unwrap()), clear(path)).unwrap();
                }
                Write(path, text) => world.write(path, text),
                Project(text) => {
                    let outside = world.path("{out}");
                    world.project(&text.replace("{out}", outside.to_str().unwrap()));
                }
                Pipe(path) => assert!(Command::new("mkfifo").arg(clear(path)).status().unwrap().success()),
                Socket(path) => drop(UnixListener::bind(clear(path)).unwrap()),
                Folder(path) => fs::create_dir_all(clear(path)).unwrap(),
                Huge(path) => File::create(clear(path)).unwrap().set_len(10 << 30).unwrap(),
                Bytes(name) => fs::write(world.path("campaigns").join(OsStr::from_bytes(name)), campaign("A: B: C")).unwrap(),
                Unreadable(path) => fs::set_permissions(world.path(path), fs::Permissions::from_mode(0o000)).unwrap(),
                Remove(path) => drop(clear(path)),
            }
        }
    }

    fn state_outside(self) -> Self {
        Self { state_is_outside: true, ..self }
    }

    fn anywhere(self) -> Self {
        Self { says_anywhere: true, ..self }
    }
}

fn form(name: &'static str, says: &'static [&'static str], steps: Vec<Step>) -> Form {
    Form { name, steps, says, says_anywhere: false, state_is_outside: false }
}

const OUTSIDE: &str = "leads outside the project folder";
const A: &str = "campaigns/a.yaml";

pub fn forms() -> Vec<Form> {
    [campaign_links(), campaign_files(), project_files(), folders(), overlays_and_tests(), data(), states(), words(), outputs()]
        .into_iter()
        .flatten()
        .collect()
}

fn campaign_links() -> Vec<Form> {
    vec![
        form("the environment of the process", &[A, OUTSIDE, "/proc/self/environ"], vec![Link(A, "/proc/self/environ")]),
        form("an absolute link", &[A, OUTSIDE], vec![Link(A, "{out}/secret.yaml")]),
        form("a relative link", &[A, OUTSIDE, "../../outside/secret.yaml"], vec![Link(A, "../../outside/secret.yaml")]),
        form("a link with the other ending", &["campaigns/a.yml", OUTSIDE], vec![Link("campaigns/a.yml", "{out}/secret.yaml")]),
        form(
            "a chain of links",
            &[A, OUTSIDE],
            vec![Link("links/b", "../../outside/secret.yaml"), Link("links/a", "b"), Link(A, "../links/a")],
        ),
        form("a linked folder", &["campaigns/eu", OUTSIDE], vec![Link("campaigns/eu", "{out}/folder")]),
        form("a linked folder, relative", &["campaigns/eu", OUTSIDE], vec![Link("campaigns/eu", "../../outside/folder")]),
        form("a linked folder with an ending", &["campaigns/v1.2", OUTSIDE], vec![Link("campaigns/v1.2", "{out}/folder")]),
        form("the root of the machine", &["campaigns/root", OUTSIDE], vec![Link("campaigns/root", "/")]),
        form("the folder above", &["campaigns/up", OUTSIDE], vec![Link("campaigns/up", "../..")]),
        form("a folder of a folder", &[OUTSIDE], vec![Link("links/out", "../.."), Link("campaigns/eu", "../links/out/outside/folder")]),
        form("the configuration of git", &[A, "hidden"], vec![Write(".git/config", MARKER.to_owned()), Link(A, "../.git/config")]),
        form(
            "the folder of git",
            &["campaigns/git", "hidden"],
            vec![Write(".git/a.yaml", MARKER.to_owned()), Link("campaigns/git", "../.git")],
        ),
        form("a hidden file", &[A, "hidden"], vec![Write(".env", MARKER.to_owned()), Link(A, "../.env")]),
        form(
            "a hidden file by its absolute path",
            &[A, "hidden"],
            vec![Link(A, "{out}/../project/.env"), Write(".env", MARKER.to_owned())],
        ),
        form("a link to nothing outside", &[A, OUTSIDE], vec![Link(A, "{out}/nothing.yaml")]),
        form("a link to nothing inside", &[A, "a link to nothing"], vec![Link(A, "nothing.yaml")]),
        form("a link to itself", &[A], vec![Link(A, "a.yaml")]),
        form("a folder in itself", &["campaigns/loop", "read already"], vec![Link("campaigns/loop", ".")]),
        form("a folder twice", &["campaigns/two"], vec![Write("campaigns/one/c.yaml", campaign("C")), Link("campaigns/two", "one")]),
        form("another file of the process", &[A, OUTSIDE], vec![Link(A, "/proc/self/cwd/../outside/secret.yaml")]),
        form("an open file of the process", &[A, OUTSIDE], vec![Link(A, "/proc/self/fd/0")]),
        form("a file by the root of the process", &[A, OUTSIDE], vec![Link(A, "/proc/self/root/etc/passwd")]),
    ]
}

fn campaign_files() -> Vec<Form> {
    vec![
        form("an endless device", &[A, OUTSIDE], vec![Link(A, "/dev/zero")]),
        form("standard input", &[A, OUTSIDE], vec![Link(A, "/dev/stdin")]),
        form("a pipe", &[A, "not a regular file"], vec![Pipe(A)]),
        form("a socket", &[A, "not a regular file"], vec![Socket(A)]),
        form("a folder called as a campaign", &[], vec![Folder(A)]),
        form("ten gigabytes", &[A, "larger than 1 MiB"], vec![Huge(A)]),
        form("nobody may read it", &[], vec![Write(A, campaign("A")), Unreadable(A)]),
        form("a name with a line break", &["campaigns"], vec![Bytes(b"a\nb.yaml")]),
        form("a name that colours", &["campaigns"], vec![Bytes(b"\x1b[31ma.yaml")]),
        form("a name that is not UTF-8", &["campaigns"], vec![Bytes(b"a\xff.yaml")]),
        form("a name of dots", &[], vec![Bytes(b"..yaml")]),
        form("a name like an option", &["campaigns/--out=x.yaml"], vec![Bytes(b"--out=x.yaml")]),
    ]
}

fn project_files() -> Vec<Form> {
    const FILE: &str = "campaignctl.yaml";
    vec![
        form("the project file is the environment", &[FILE, OUTSIDE], vec![Link(FILE, "/proc/self/environ")]),
        form("the project file is linked", &[FILE, OUTSIDE], vec![Link(FILE, "{out}/project.yaml")]),
        form(
            "the other project file is linked",
            &["campaignctl.yml", OUTSIDE],
            vec![Remove(FILE), Link("campaignctl.yml", "../outside/project.yaml")],
        ),
        form("the project file is hidden", &[FILE, "hidden"], vec![Write(".env", MARKER.to_owned()), Link(FILE, ".env")]),
        form("the project file is a device", &[FILE, OUTSIDE], vec![Link(FILE, "/dev/zero")]),
        form("the project file is a pipe", &[FILE, "not a regular file"], vec![Pipe(FILE)]),
        form("the project file is huge", &[FILE, "larger than 1 MiB"], vec![Huge(FILE)]),
        form(
            "two project files, one linked",
            &["both campaignctl.yaml and campaignctl.yml"],
            vec![Link("campaignctl.yml", "{out}/project.yaml")],
        ),
    ]
}

fn folders() -> Vec<Form> {
    const SAYS: &[&str] = &["campaignctl.yaml", "the folder", "of `campaigns` is not used"];
    vec![
        form("campaigns above", SAYS, vec![Project("campaigns: ../outside/folder")]),
        form("campaigns by an absolute path", SAYS, vec![Project("campaigns: \"{out}/folder\"")]),
        form("campaigns of the process", SAYS, vec![Project("campaigns: /proc/self")]),
        form(
            "campaigns by a link and back",
            SAYS,
            vec![Link("links/deep", "../campaigns"), Project("campaigns: links/deep/../../../outside/folder")],
        ),
        form("campaigns of git", SAYS, vec![Write(".git/a.yaml", MARKER.to_owned()), Project("campaigns: .git")]),
        form("the campaigns folder is linked", SAYS, vec![Link("campaigns", "{out}/folder")]),
        form("a folder in the way is linked", SAYS, vec![Link("links/x", "{out}"), Project("campaigns: links/x/folder")]),
        form("the campaigns folder is a pipe", &["campaigns"], vec![Pipe("campaigns")]),
    ]
}

fn overlays_and_tests() -> Vec<Form> {
    const TEST: &str = "campaigns/a.test.yaml";
    const OVERLAY: &str = "environments/local/good.yaml";
    vec![
        form("overlays above", &["of `overlays` is not used"], vec![Project("overlays: ../outside/folder")]),
        form("overlays by an absolute path", &["of `overlays` is not used"], vec![Project("overlays: \"{out}/folder\"")]),
        form("the overlays folder is linked", &["of `overlays` is not used"], vec![Link("environments", "{out}/folder")]),
        form("overlays of an environment are linked", &["environments/local", OUTSIDE], vec![Link("environments/local", "{out}/folder")]),
        form("an overlay is linked", &[OVERLAY, OUTSIDE], vec![Link(OVERLAY, "{out}/secret.yaml")]),
        form("an overlay is a device", &[OVERLAY, OUTSIDE], vec![Link(OVERLAY, "/dev/zero")]),
        form("an overlay is a pipe", &[OVERLAY, "not a regular file"], vec![Pipe(OVERLAY)]),
        form("overlays of nobody are linked", &["environments/nobody"], vec![Link("environments/nobody", "/etc")]),
        form("a test is linked", &[TEST, OUTSIDE], vec![Link(TEST, "{out}/secret.yaml")]).anywhere(),
        form("a test is the environment", &[TEST, OUTSIDE], vec![Link(TEST, "/proc/self/environ")]).anywhere(),
        form("a test is a pipe", &[TEST, "not a regular file"], vec![Pipe(TEST)]).anywhere(),
        form("a test is huge", &[TEST, "larger than 1 MiB"], vec![Huge(TEST)]).anywhere(),
    ]
}

fn data() -> Vec<Form> {
    const SAYS: &[&str] = &["emulator", "is not used"];
    const FILE: &str = ".campaignctl/local/emulator.redb";
    vec![
        form("data above", SAYS, vec![Project("environments: { local: { emulator: ../outside/folder } }")]).anywhere(),
        form("data by an absolute path", SAYS, vec![Project("environments: { local: { emulator: \"{out}/new\" } }")]).anywhere(),
        form("data in git", SAYS, vec![Folder(".git/hooks"), Project("environments: { local: { emulator: .git/hooks } }")]).anywhere(),
        form("the data folder is linked", SAYS, vec![Link(".campaignctl", "{out}/folder")]).anywhere(),
        form("the database is linked to an empty file", &["cannot be used", "outside"], vec![Link(FILE, "{out}/empty")]).anywhere(),
        form("the database is linked to nothing", &["outside"], vec![Link(FILE, "{out}/new.redb")]).anywhere(),
        form("the database is a pipe", &["not a regular file"], vec![Pipe(FILE)]).anywhere(),
    ]
}

fn states() -> Vec<Form> {
    const STATE: &str = ".campaignctl/local/state.json";
    const DAMAGED: &[&str] = &["is damaged"];
    let named = |name, says, project| form(name, says, vec![Project(project)]).anywhere().state_outside();
    vec![
        named("a state that is a text", DAMAGED, "environments: { local: { emulator: .campaignctl/local, state: ../outside/text.json } }"),
        named(
            "a state that is an object",
            DAMAGED,
            "environments: { local: { emulator: .campaignctl/local, state: ../outside/object.json } }",
        ),
        named(
            "a state that is a URL",
            DAMAGED,
            "environments: { local: { emulator: .campaignctl/local, state: \"file://{out}/secret\" } }",
        ),
        named(
            "a state that is the environment",
            DAMAGED,
            "environments: { local: { emulator: .campaignctl/local, state: /proc/self/environ } }",
        ),
        named(
            "a state that is a device",
            &["not a regular file"],
            "environments: { local: { emulator: .campaignctl/local, state: /dev/zero } }",
        ),
        form("the state is linked", DAMAGED, vec![Link(STATE, "{out}/object.json")]).anywhere().state_outside(),
        form("the state is a pipe", &["not a regular file"], vec![Pipe(STATE)]).anywhere(),
        form("the state is huge", &["larger than 1024 MiB"], vec![Huge(STATE)]).anywhere(),
        form("the lock is linked", &["cannot lock the state"], vec![Link(".campaignctl/local/state.json.lock", "{out}/secret")]).anywhere(),
        form("the lock is a pipe", &["cannot lock the state"], vec![Pipe(".campaignctl/local/state.json.lock")]).anywhere(),
        form("the backup is linked", &[], vec![Link(".campaignctl/local/state.json.backup", "{out}/object.json")]),
    ]
}

fn words() -> Vec<Form> {
    let with = |line: &str| format!("{line}\n{}", campaign("A"));
    vec![
        form("a key that leads up", &[A, "key"], vec![Write(A, with("key: ../../outside/x"))]),
        form("a key that is a path", &[A, "key"], vec![Write(A, with("key: /etc/x"))]),
        form("an earlier key that leads up", &[A, "previously"], vec![Write(A, with("previously: ../../outside/x"))]),
        form(
            "a variable of the process",
            &[A, "GENESYSCLOUD_OAUTHCLIENT_SECRET"],
            vec![Write(A, campaign("${GENESYSCLOUD_OAUTHCLIENT_SECRET}"))],
        ),
        form(
            "variables of a shell",
            &[],
            vec![Project("variables: { a: $HOME, b: \"`printenv`\" }"), Write(A, campaign("${a} ${b} $(printenv) $HOME"))],
        ),
        form(
            "an environment that leads up",
            &["campaignctl.yaml"],
            vec![Project("environments: { ../../outside/folder: { emulator: .x }, local: { emulator: .y } }")],
        ),
        form("a default that leads up", &["no environment"], vec![Project("defaultEnvironment: ../../outside/folder")]),
        form(
            "a server that is somebody's",
            &["CAMPAIGNCTL_ALLOW_HOSTS=evil.example"],
            vec![Project("environments: { local: { baseUrl: \"https://evil.example\" } }")],
        )
        .anywhere(),
    ]
}

fn outputs() -> Vec<Form> {
    vec![
        form("the schema folder is linked", &["outside"], vec![Link("schema", "{out}/folder")]).anywhere(),
        form("the schema folder is another repository", &["outside"], vec![Link("schema", "{out}/repository")]).anywhere(),
        form("a schema is linked", &["outside"], vec![Link("schema/campaign.schema.json", "{out}/secret")]).anywhere(),
        form("what git leaves out is linked", &["outside"], vec![Link(".gitignore", "{out}/secret")]).anywhere(),
        form("what git leaves out is a device", &["outside"], vec![Link(".gitignore", "/dev/zero")]).anywhere(),
        form("pipelines are linked", &["outside"], vec![Link(".github", "{out}/folder"), Folder(".git")]).anywhere(),
        form("the repository is another one", &[], vec![Write(".git", "gitdir: ../outside/repository/.git\n".to_owned())]),
        form("the configuration is that of another repository", &[], vec![Link(".git/config", "../../outside/repository/.git/config")]),
        form("the repository is linked", &[], vec![Link(".git", "../outside/repository/.git")]),
        form("a report is linked", &["outside"], vec![Link("report.html", "{out}/secret")]).anywhere(),
        form("a saved plan is linked", &[], vec![Link("p.plan", "{out}/object.json")]),
        form("the folder of saved plans is linked", &[], vec![Link("plans", "{out}/folder")]),
        form("a recording is linked", &[], vec![Link("sessions.ndjson", "{out}/text.json")]),
        form(
            "imports are linked",
            &["campaigns/imported", OUTSIDE],
            vec![Link("imported-to", "{out}"), Link("campaigns/imported", "../imported-to/folder")],
        )
        .anywhere(),
    ]
}
