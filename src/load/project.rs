//! The project file: where it is, and what it says.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;

use super::allow::AllowComment;
use super::disk;
use super::parse::{self, Document};
use super::problem::Problem;
use super::sheet::{Sheet, decoded};
use crate::diagnostic::{Allow, DocumentId, Finding, Part, Place, SourceMap, SourceTree, Span};
use crate::files::{Border, Refused};
use crate::model::ProjectSettings;
use crate::schema;

/// Names of the project file; only one of them may be there.
const NAMES: [&str; 2] = ["campaignctl.yaml", "campaignctl.yml"];

/// A project file that was found and is good.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Folder of the project file, absolute. Paths in the file are relative to it.
    pub root: PathBuf,
    /// The project file, absolute.
    pub file: PathBuf,
    /// What it says.
    pub settings: ProjectSettings,
    /// What its paths must stay in: its folder, or a folder above it that the user named.
    pub border: Border,
    pub(super) sources: SourceMap,
    pub(super) document: DocumentId,
    allows: Vec<AllowComment>,
}

impl Project {
    /// Where a value of the project file, or its key, stands: in the sources of everything that is loaded from it.
    pub fn place(&self, pointer: &str, part: Part) -> Place {
        self.sources.place(self.document, pointer, part)
    }

    /// The folder with the overlays of all environments; it need not be there.
    pub(super) fn overlays(&self) -> PathBuf {
        self.root.join(&self.settings.overlays)
    }

    /// Where the variable of an environment is set: there, or for all environments.
    pub fn variable_place(&self, environment: &str, variable: &str, part: Part) -> Place {
        let is_own = self.settings.environments.get(environment).is_some_and(|own| own.variables.contains_key(variable));
        let above = if is_own { format!("/environments/{environment}") } else { String::new() };
        self.place(&format!("{above}/variables/{variable}"), part)
    }

    /// The variables that environments other than this one set, each with those environments.
    pub(super) fn variables_elsewhere(&self, environment: &str) -> std::collections::BTreeMap<&str, Vec<&str>> {
        let mut known: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
        for (name, settings) in self.settings.environments.iter().filter(|(name, _)| *name != environment) {
            for variable in settings.variables.keys() {
                known.entry(variable).or_default().push(name);
            }
        }
        known
    }

    /// The comments of the project file that allow findings, but for those that speak of other environments.
    pub(super) fn allows(&self, environment: &str) -> Vec<Allow> {
        let others = self.settings.environments.keys().filter(|name| *name != environment);
        let others: Vec<Span> = others
            .map(|name| {
                let [key, value] = [Part::Key, Part::Value].map(|part| self.place(&format!("/environments/{name}"), part).span);
                Span { start: key.start, end: value.end }
            })
            .collect();
        let concerns = |comment: &&AllowComment| comment.covers().is_none_or(|covers| !others.iter().any(|other| other.holds(covers)));
        self.allows.iter().filter(concerns).map(|comment| comment.clone().into_allow(self.document.file)).collect()
    }
}

/// Why there is no project to work with.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectError {
    kind: ProjectErrorKind,
    findings: Vec<Finding>,
    sources: SourceMap,
}

/// What kept a project from being opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectErrorKind {
    /// No project file in this folder (`upwards`: nor in any folder above it).
    NotFound {
        /// Where it was looked for.
        searched: PathBuf,
        /// Whether the folders above were searched too.
        upwards: bool,
    },
    /// Both `campaignctl.yaml` and `campaignctl.yml` are there.
    Ambiguous {
        /// The folder that holds both.
        folder: PathBuf,
    },
    /// The project is not in the folder that its files must be in.
    NotInRoot {
        /// The folder of the project.
        folder: PathBuf,
        /// The folder that was named.
        root: PathBuf,
    },
    /// It cannot be read, or is wrong: see [`ProjectError::findings`].
    Invalid {
        /// The project file.
        file: PathBuf,
    },
}

impl ProjectErrorKind {
    /// The folder it was looked for in, or lies in.
    pub fn folder(&self) -> &Path {
        match self {
            Self::NotFound { searched: folder, .. } | Self::Ambiguous { folder } | Self::NotInRoot { folder, .. } => folder,
            Self::Invalid { file } => file.parent().unwrap_or(file),
        }
    }
}

impl ProjectError {
    fn new(kind: ProjectErrorKind) -> Self {
        Self { kind, findings: Vec::new(), sources: SourceMap::default() }
    }

    /// What happened.
    pub fn kind(&self) -> &ProjectErrorKind {
        &self.kind
    }

    /// What is wrong in the file; empty when there is none.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The file the findings speak of.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            ProjectErrorKind::NotFound { .. } => {
                Some("name the folder with `--project DIR`, or start a project: campaignctl init".to_owned())
            }
            ProjectErrorKind::Ambiguous { .. } => Some("keep campaignctl.yaml and delete the other".to_owned()),
            ProjectErrorKind::NotInRoot { .. } => {
                Some("unset CAMPAIGNCTL_ROOT, or set it to a folder that holds the project and the folders it shares".to_owned())
            }
            ProjectErrorKind::Invalid { .. } => None,
        }
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ProjectErrorKind::NotFound { searched, upwards: true } => {
                write!(f, "no campaignctl.yaml in `{}` or any folder above it", searched.display())
            }
            ProjectErrorKind::NotFound { searched, upwards: false } => write!(f, "no campaignctl.yaml in `{}`", searched.display()),
            ProjectErrorKind::Ambiguous { folder } => {
                write!(f, "both campaignctl.yaml and campaignctl.yml are in `{}`", folder.display())
            }
            ProjectErrorKind::NotInRoot { folder, root } => {
                write!(f, "CAMPAIGNCTL_ROOT is `{}`, and the project `{}` is not in it", root.display(), folder.display())
            }
            ProjectErrorKind::Invalid { file } => {
                let problems =
                    if self.findings.len() == 1 { "one problem".to_owned() } else { format!("{} problems", self.findings.len()) };
                write!(f, "the project file `{}` has {problems}", file.display())
            }
        }
    }
}

impl std::error::Error for ProjectError {}

/// Finds the project file in `start` or the nearest folder above it, and reads it.
///
/// # Errors
/// See [`ProjectErrorKind`].
pub fn find_project(start: &Path) -> Result<Project, ProjectError> {
    find_project_in(start, None)
}

/// As [`find_project`]; the project may use the files of `root`, a folder that holds it, and not only those of its own folder.
///
/// # Errors
/// See [`ProjectErrorKind`].
pub fn find_project_in(start: &Path, root: Option<&Path>) -> Result<Project, ProjectError> {
    let start = absolute(start);
    for folder in start.ancestors() {
        if let Some(file) = file_in(folder)? {
            return read(file, root);
        }
    }
    Err(ProjectError::new(ProjectErrorKind::NotFound { searched: start, upwards: true }))
}

/// Reads the project file of exactly this folder; `dir` may also be the file itself.
///
/// # Errors
/// See [`ProjectErrorKind`].
pub fn open_project(dir: &Path) -> Result<Project, ProjectError> {
    open_project_in(dir, None)
}

/// As [`open_project`]; the project may use the files of `root`, a folder that holds it, and not only those of its own folder.
///
/// # Errors
/// See [`ProjectErrorKind`].
pub fn open_project_in(dir: &Path, root: Option<&Path>) -> Result<Project, ProjectError> {
    let dir = absolute(dir);
    if dir.is_file() {
        return read(dir, root);
    }
    match file_in(&dir)? {
        Some(file) => read(file, root),
        None => Err(ProjectError::new(ProjectErrorKind::NotFound { searched: dir, upwards: false })),
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn file_in(folder: &Path) -> Result<Option<PathBuf>, ProjectError> {
    let mut files = NAMES.into_iter().map(|name| folder.join(name)).filter(|file| is_taken(file));
    match (files.next(), files.next()) {
        (Some(_), Some(_)) => Err(ProjectError::new(ProjectErrorKind::Ambiguous { folder: folder.to_owned() })),
        (file, _) => Ok(file),
    }
}

/// Whether something has this name that is not a folder. A pipe, or a link to nothing, is reported rather than passed over for
/// a project further up.
fn is_taken(file: &Path) -> bool {
    !file.is_dir() && std::fs::symlink_metadata(file).is_ok()
}

fn read(file: PathBuf, within: Option<&Path>) -> Result<Project, ProjectError> {
    let root = file.parent().map(Path::to_owned).unwrap_or_default();
    let border = Border::new(within.unwrap_or(&root));
    if let (Some(within), Ok(border)) = (within, &border)
        && !border.holds_name(&root)
    {
        return Err(ProjectError::new(ProjectErrorKind::NotInRoot { folder: root, root: within.to_owned() }));
    }
    let disk::Text { text, problem } = match &border {
        Ok(border) => disk::read(&disk::Entry::new(file.clone(), border)),
        Err(error) => disk::Text { text: String::new(), problem: Some(disk::unreadable(error)) },
    };
    let Read { settings, trees, allows, mut problems } = match problem {
        Some(problem) => Read { problems: vec![problem], ..Read::default() },
        None => settings(&text),
    };
    if let (Some(settings), Some(tree), Ok(border)) = (&settings, trees.first(), &border) {
        problems.extend(astray(settings, tree, &root, border));
    }
    let mut sources = SourceMap::default();
    let id = sources.add_file(disk::shown(&file, &root), text.as_str(), trees);
    match (settings, border) {
        (Some(settings), Ok(border)) if problems.is_empty() => {
            Ok(Project { root, file, settings, border, sources, document: DocumentId { file: id, index: 0 }, allows })
        }
        _ => {
            problems.sort_by_key(|problem| problem.span);
            let findings = problems.into_iter().map(|problem| problem.into_finding(id, &text)).collect();
            Err(ProjectError { kind: ProjectErrorKind::Invalid { file }, findings, sources })
        }
    }
}

/// The folders that the project names and that are not inside it.
fn astray(settings: &ProjectSettings, tree: &SourceTree, root: &Path, border: &Border) -> Vec<Problem> {
    let folders = [("campaigns", &settings.campaigns), ("overlays", &settings.overlays)];
    let problem = |(name, folder): (&str, &String)| match border.check(&root.join(folder)) {
        Err(refused @ (Refused::Outside(_) | Refused::Hidden)) => {
            let span = tree.span(&format!("/{name}"), Part::Value);
            let message = format!("the folder `{}` of `{name}` is not used: {refused}", schema::shorten(folder));
            Some(Problem::new("outside-project", span, message).field(name.to_owned()).help(disk::OUTSIDE))
        }
        _ => None,
    };
    folders.into_iter().filter_map(problem).collect()
}

/// A project file as it was read.
#[derive(Default)]
struct Read {
    settings: Option<ProjectSettings>,
    trees: Vec<SourceTree>,
    allows: Vec<AllowComment>,
    problems: Vec<Problem>,
}

fn settings(text: &str) -> Read {
    let parsed = parse::parse(text, None);
    let mut problems = parsed.problems;
    let mut documents = parsed.documents;
    if let Some(second) = documents.get(1) {
        let problem = Problem::new("several-documents", second.tree.root_span(), "the project file has more than one document");
        problems.push(problem.help("remove the `---` line and what follows it"));
        documents.truncate(1);
    }
    let mut settings = None;
    let mut comments = Vec::new();
    let trees = documents
        .into_iter()
        .map(|document| {
            let Document { tree, value, problems: found, unknown, allows, .. } = document;
            problems.extend(found);
            comments.extend(allows);
            if let Some(value) = value {
                problems.extend(Sheet { tree: &tree, unknown: &unknown, text, document: 0 }.violations(schema::check_project(&value)));
                settings = decoded(problems.is_empty(), || ProjectSettings::deserialize(value), tree.root_span(), &mut problems);
            }
            tree
        })
        .collect();
    if settings.is_none() && problems.is_empty() {
        problems.push(Problem::new("empty-file", Span::default(), "the project file is empty"));
    }
    Read { settings, trees, allows: comments, problems }
}
