//! `init`: a new project in a folder. It asks nothing: what it cannot infer it leaves out, and says how to add it.

mod files;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Access, Failure};
use crate::files::Border;
use crate::load::{GitHost, Made, Started, create, find_project, ignore, remote_host, repository_of, service};
use crate::model::{Organization, Region};
use crate::remote::{Reader, Server, Settings};

/// How long the one request for the organization may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What to start.
#[derive(Debug, Clone)]
pub struct Request {
    /// The folder.
    pub folder: PathBuf,
    /// Whether it was named: then it may lie in another project.
    pub is_named: bool,
    /// Name of the environment that is no emulator.
    pub environment: String,
    /// Where that environment is, where it was said, and by what.
    pub target: Option<(Target, &'static str)>,
    /// Id of the organization, where it was said.
    pub organization: Option<String>,
    /// Which pipelines, where it was said.
    pub pipelines: Option<Pipelines>,
    /// Credentials, where there are usable ones.
    pub access: Access,
    /// The schema files: name and text.
    pub schemas: Vec<(&'static str, String)>,
}

/// Where an environment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// In a region of Genesys Cloud.
    Region(Region),
    /// Any server of this API.
    BaseUrl(String),
}

/// For which service pipelines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipelines {
    /// GitHub Actions.
    GitHub,
    /// GitLab.
    GitLab,
    /// None.
    None,
}

/// Writes what a project needs and is not there; nothing that is there is changed, but for lines that `.gitignore` lacks.
///
/// # Errors
/// A folder that is a file or cannot be written, one inside another project that was not named, and a name that an environment
/// cannot have.
pub async fn init(request: Request) -> Result<Started, Failure> {
    let Request { folder, is_named, environment, target, organization, pipelines, access, schemas } = request;
    check_environment(&environment)?;
    let is_new = check_folder(&folder, is_named)?;
    let mut notes = Vec::new();
    let (pipelines, at) = choose_pipelines(&folder, pipelines, &mut notes);
    let border = border(&folder)?;
    let mut made = Files { border: &border, folder: &folder, files: Vec::new() };
    for (name, text) in schemas {
        made.create(&folder, &format!("schema/{name}"), &text)?;
    }
    for (path, text) in files::pipelines(pipelines, &environment) {
        made.create(&at, path, &text)?;
    }
    tell_pipelines(pipelines, &made, &mut notes);
    made.ignore(&files::ignored())?;
    if is_new {
        let organization = find_organization(organization, target.as_ref(), &access, &mut notes).await;
        if !has_campaigns(&folder) {
            made.create(&folder, "campaigns/sample.yaml", files::SAMPLE)?;
        }
        let target = target.as_ref().map(|(target, _)| target);
        if let Some(Target::BaseUrl(url)) = target
            && let Ok(server) = Server::base_url(url)
            && !server.is_known()
        {
            notes.push(format!(
                "{} is not a region of Genesys Cloud: set CAMPAIGNCTL_ALLOW_HOSTS={} where commands run, else they send it no credentials.",
                server.api_url(),
                server.authority()
            ));
        }
        // Last: a run that was broken off before it is no project yet, and is done again.
        made.create(&folder, "campaignctl.yaml", &files::project(&environment, target, organization.as_deref(), pipelines))?;
        if target.is_none() {
            notes.push(format!(
                "The region of {environment} is not known, because neither --region nor GENESYSCLOUD_REGION names one: name it in \
                 campaignctl.yaml, where the lines of {environment} are comments."
            ));
        }
    } else {
        made.files.push(("campaignctl.yaml".to_owned(), Made::Kept));
        if made.files.iter().any(|(_, made)| matches!(made, Made::Written | Made::Extended)) {
            notes.push("This was a project already: campaignctl.yaml and the campaigns were left alone.".to_owned());
        } else {
            notes.clear();
        }
    }
    Ok(Started { files: made.files, folder, is_new, environment, is_usable: target.is_some(), notes })
}

/// The folder, made where it is missing: what is written stays in it, whatever links are there already.
fn border(folder: &Path) -> Result<Border, Failure> {
    fs::create_dir_all(folder)
        .and_then(|()| Border::new(folder))
        .map_err(|error| Failure::new(format!("cannot make the folder `{}`: {error}", folder.display()), "name a folder you may write in"))
}

fn check_environment(name: &str) -> Result<(), Failure> {
    let is_name = name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if !is_name {
        let hint = "it has letters, digits, `_` and `-`, starts with a letter or digit, and has at most 64 characters";
        return Err(Failure::new(format!("`{name}` is no name of an environment"), hint));
    }
    if name == "local" {
        return Err(Failure::new(
            "`local` is the environment of the emulator, which is always made",
            "name the other one, e.g. -e production",
        ));
    }
    Ok(())
}

/// Whether the folder is no project yet.
fn check_folder(folder: &Path, is_named: bool) -> Result<bool, Failure> {
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::new(format!("`{}` is a file", folder.display()), "name a folder; it is made where there is none"));
    }
    let found = match find_project(folder) {
        Ok(project) => Some(project.root),
        Err(error) => match error.kind() {
            crate::load::ProjectErrorKind::NotFound { .. } => None,
            kind => Some(kind.folder().to_owned()),
        },
    };
    match found {
        None => Ok(true),
        Some(root) if root == folder => Ok(false),
        Some(_) if is_named => Ok(true),
        Some(root) => Err(Failure::new(
            format!("this folder is inside the project in `{}`", root.display()),
            "run it there, or name the folder of a project of its own: campaignctl init .",
        )),
    }
}

/// The pipelines that are wanted, or that the remote of the repository runs, and the folder they go to.
fn choose_pipelines(folder: &Path, wanted: Option<Pipelines>, notes: &mut Vec<String>) -> (Pipelines, PathBuf) {
    let repository = repository_of(folder);
    let root = PathBuf::from(&repository.root);
    let host = remote_host(&root);
    let inferred = host.as_deref().and_then(service);
    let pipelines = match (wanted, inferred) {
        (Some(wanted), _) => wanted,
        (None, Some(GitHost::GitHub)) => Pipelines::GitHub,
        (None, Some(GitHost::GitLab)) => Pipelines::GitLab,
        (None, None) => {
            let why = match &host {
                Some(host) => format!("the remote is {host}, which is neither GitHub nor GitLab by its name"),
                None if root.join(".git").exists() => "the repository has no remote".to_owned(),
                None => "the folder is in no git repository".to_owned(),
            };
            notes.push(format!("No pipelines were written: {why}. `campaignctl init --ci github` or `--ci gitlab` writes them."));
            Pipelines::None
        }
    };
    if pipelines != Pipelines::None && !repository.project.is_empty() {
        notes.push(format!(
            "No pipelines were written: they belong into the root of the repository, `{}`, and would need `--project {}` in every command.",
            root.display(),
            repository.project
        ));
        return (Pipelines::None, root);
    }
    if let (None, Some(host)) = (wanted, host.filter(|_| pipelines != Pipelines::None)) {
        notes.push(format!("The pipelines are those for {host}, the remote of this repository."));
    }
    (pipelines, root)
}

/// What is left to do with the pipelines.
fn tell_pipelines(pipelines: Pipelines, made: &Files<'_>, notes: &mut Vec<String>) {
    let is_kept = |name: &str| made.files.iter().any(|(file, made)| file == name && *made == Made::Kept);
    match pipelines {
        Pipelines::GitHub => notes.push(
            "Set `source` and `revision` in .github/actions/campaignctl/action.yaml to where campaignctl comes from; docs/pipelines.md \
             of campaignctl says which secrets and which branch the pipelines need."
                .to_owned(),
        ),
        Pipelines::GitLab => {
            if is_kept(".gitlab-ci.yml") {
                notes.push("Add to .gitlab-ci.yml what includes the pipelines: `include: [{ local: .gitlab/campaigns.yml }]`.".to_owned());
            }
            notes.push(
                "Set `image` in .gitlab/campaigns.yml to one with campaignctl in it; docs/pipelines.md of campaignctl says which \
                 variables and which branch the pipelines need."
                    .to_owned(),
            );
        }
        Pipelines::None => {}
    }
}

/// Id of the organization: as said, or as the credentials say when asked once.
async fn find_organization(
    said: Option<String>,
    target: Option<&(Target, &'static str)>,
    access: &Access,
    notes: &mut Vec<String>,
) -> Option<String> {
    if said.is_some() {
        return said;
    }
    let how = "add `organization:` in campaignctl.yaml";
    let (Some((target, by)), Some(credentials)) = (target, access.credentials.clone()) else {
        let what = if access.credentials.is_none() { "no credentials are set" } else { "the region is not" };
        notes.push(format!("The organization is not known, because {what}: {how}, so that others are refused."));
        return None;
    };
    let server = match target {
        Target::Region(region) => Server::region(*region),
        Target::BaseUrl(url) => match Server::base_url(url) {
            Ok(server) => server,
            Err(error) => {
                notes.push(format!("The organization was not looked up: {error}; {how}."));
                return None;
            }
        },
    };
    let settings =
        Settings { max_attempts: 2, connect_timeout: PATIENCE, request_timeout: PATIENCE, deadline: Some(PATIENCE), ..Settings::default() };
    let found = match Reader::new(server, credentials, settings) {
        Ok(reader) => reader.organization().await,
        Err(error) => Err(error),
    };
    match found {
        Ok(Organization { id, name }) if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !id.is_empty() => {
            notes.push(format!("The organization is that of the credentials: {name} ({id}); the target is from {by}."));
            Some(id)
        }
        Ok(_) => {
            notes.push(format!("The organization of the credentials has an id that is none; {how}."));
            None
        }
        Err(error) => {
            notes.push(format!("The organization could not be looked up: {error}; {how}."));
            None
        }
    }
}

fn has_campaigns(folder: &Path) -> bool {
    let entries = fs::read_dir(folder.join("campaigns"));
    entries.is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name() != "sample.yaml"))
}

/// The files of the new project, as they are made.
struct Files<'a> {
    border: &'a Border,
    folder: &'a Path,
    files: Vec<(String, Made)>,
}

impl Files<'_> {
    fn create(&mut self, root: &Path, path: &str, text: &str) -> Result<(), Failure> {
        let made = create(self.border, &root.join(path), text).map_err(|error| self.failed(path, &error))?;
        self.files.push((path.to_owned(), made));
        Ok(())
    }

    fn ignore(&mut self, lines: &[String]) -> Result<(), Failure> {
        let name = ".gitignore";
        let made = ignore(self.border, &self.folder.join(name), lines).map_err(|error| self.failed(name, &error))?;
        self.files.push((name.to_owned(), made));
        Ok(())
    }

    fn failed(&self, path: &str, error: &std::io::Error) -> Failure {
        let written = self.files.iter().filter(|(_, made)| *made == Made::Written).count();
        let hint =
            format!("name a folder you may write in; {written} files were written before, and `campaignctl init` goes on from there");
        Failure::new(format!("cannot write `{}`: {error}", self.folder.join(path).display()), hint)
    }
}
