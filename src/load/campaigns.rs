//! Loads all campaigns of a project for one environment: files in parallel, results in path order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize as _;

use super::allow::AllowComment;
use super::disk::{self, Entry};
use super::interpolate::Variables;
use super::mend::remedy;
use super::parse::{self, Document};
use super::problem::Problem;
use super::salvage::{PartialCampaign, Salvaged, salvage};
use super::{Environment, Project};
use crate::diagnostic::{Allow, DocumentId, Finding, Part, SourceMap, SourceTree, Span};
use crate::model::{CampaignDocument, CampaignKey, Origin};
use crate::schema::{self, Violation, shorten};

/// One campaign as it is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedCampaign {
    /// Its key: `key:`, else the file's stem.
    pub key: CampaignKey,
    /// What the document says, variables filled in.
    pub document: CampaignDocument,
    /// Where its values stand.
    pub source: DocumentId,
    /// File and line, for people.
    pub origin: Origin,
}

/// Everything that was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The good campaigns, in order of path and document.
    pub campaigns: Vec<LoadedCampaign>,
    /// What could be read of the others, for rules to look at.
    pub partial: Vec<PartialCampaign>,
    /// The files; the first one is the project file.
    pub sources: SourceMap,
    /// Everything that is wrong, in order of path and document.
    pub findings: Vec<Finding>,
    /// Campaign files found, good and bad.
    pub files: usize,
    /// Comments that allow findings: those of the project file that concern the environment, then those of the campaigns.
    pub allows: Vec<Allow>,
    /// Variables of the environment that some file uses.
    pub used_variables: BTreeSet<String>,
}

/// One file, read and checked, before it has a number.
#[derive(Default)]
struct ReadFile {
    shown: String,
    text: String,
    trees: Vec<SourceTree>,
    problems: Vec<Problem>,
    campaigns: Vec<Declared>,
    partial: Vec<Salvaged>,
    allows: Vec<AllowComment>,
    used: BTreeSet<String>,
}

/// A good document.
struct Declared {
    key: CampaignKey,
    document: CampaignDocument,
    index: u32,
    line: u32,
}

/// Texts that stand in for files, by the path that people see: what a file would hold.
pub type Drafts = BTreeMap<String, String>;

/// Reads every campaign file of the project. A file or document with findings does not keep the others from being read.
pub fn load_campaigns(project: &Project, environment: &Environment) -> Loaded {
    load_drafts(project, environment, &Drafts::new())
}

/// Reads every campaign file of the project as it would be with these texts in the place of some files.
pub fn load_drafts(project: &Project, environment: &Environment, drafts: &Drafts) -> Loaded {
    load(project, environment, drafts, Vec::new())
}

/// Reads every campaign file of the project, and these texts as the files they are to be.
pub fn load_additions(project: &Project, environment: &Environment, additions: &Drafts) -> Loaded {
    let added = additions.keys().map(|shown| Entry { path: project.root.join(shown), problem: None }).collect();
    load(project, environment, additions, added)
}

fn load(project: &Project, environment: &Environment, drafts: &Drafts, added: Vec<Entry>) -> Loaded {
    let allows = project.allows(&environment.name);
    let mut loaded = Loaded { sources: project.sources.clone(), allows, ..Loaded::default() };
    let folder = project.root.join(&project.settings.campaigns);
    let mut entries = if folder.is_dir() { disk::campaign_files(&folder, &project.file) } else { Vec::new() };
    if !added.is_empty() {
        entries.extend(added);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
    }
    if entries.is_empty() {
        loaded.findings.push(no_campaigns(project, &folder));
        return loaded;
    }
    loaded.files = entries.len();
    let files: Vec<ReadFile> =
        entries.into_par_iter().with_min_len(8).map(|entry| read_file(entry, project, environment, drafts)).collect();
    for file in files {
        file.join(&mut loaded);
    }
    loaded
}

/// An empty folder would delete every campaign, so it is an error.
fn no_campaigns(project: &Project, folder: &Path) -> Finding {
    let shown = disk::shown(folder, &project.root);
    let what = match folder {
        folder if folder.is_dir() => format!("the campaigns folder `{shown}` has no `*.yaml` file"),
        folder if folder.exists() => format!("`{shown}` is no folder"),
        _ => format!("there is no campaigns folder `{shown}`"),
    };
    let span = project.sources.place(project.document, "/campaigns", Part::Value).span;
    let text = project.sources.file(project.document.file).map_or("", |file| file.text.as_str());
    Problem::new("no-campaigns", span, what)
        .field("campaigns".to_owned())
        .help("write a first campaign there, or set `campaigns` to the folder that holds them; an empty folder is never taken as \"delete everything\"")
        .into_finding(project.document.file, text)
}

fn read_file(entry: Entry, project: &Project, environment: &Environment, drafts: &Drafts) -> ReadFile {
    let Entry { path, problem } = entry;
    let shown = disk::shown(&path, &project.root);
    let disk::Text { text, problem } = match (problem, drafts.get(&shown)) {
        (Some(problem), _) => disk::Text { text: String::new(), problem: Some(problem) },
        (None, Some(draft)) => disk::Text { text: draft.clone(), problem: None },
        (None, None) => disk::read(&path),
    };
    let mut file = ReadFile { shown, text, problems: problem.into_iter().collect(), ..ReadFile::default() };
    if file.problems.is_empty() {
        file.take_documents(&path, Variables { values: &environment.variables, environment: &environment.name });
    }
    file
}

impl ReadFile {
    /// Gives the file its number and passes on what it held.
    fn join(self, loaded: &mut Loaded) {
        let Self { shown, text, trees, problems, campaigns, partial, allows, used } = self;
        let id = loaded.sources.add_file(shown.as_str(), text, trees);
        let text = loaded.sources.file(id).map_or("", |file| file.text.as_str());
        loaded.findings.extend(problems.into_iter().map(|problem| problem.into_finding(id, text)));
        loaded.allows.extend(allows.into_iter().map(|comment| comment.into_allow(id)));
        loaded.used_variables.extend(used);
        loaded.partial.extend(partial.into_iter().map(|Salvaged { key, document, filters_at, actions_at, index }| PartialCampaign {
            key,
            document,
            filters_at,
            actions_at,
            source: DocumentId { file: id, index },
        }));
        loaded.campaigns.extend(campaigns.into_iter().map(|Declared { key, document, index, line }| LoadedCampaign {
            key,
            document,
            source: DocumentId { file: id, index },
            origin: Origin { file: shown.clone(), line },
        }));
    }

    fn take_documents(&mut self, path: &Path, variables: Variables<'_>) {
        let parsed = parse::parse(&self.text, Some(variables));
        self.problems.extend(parsed.problems);
        let several =
            parsed.documents.iter().filter(|document| document.value.is_some() || document.tree == SourceTree::default()).count() > 1;
        for (index, document) in (0..).zip(parsed.documents) {
            let Document { tree, value, line, problems, unknown, allows, used, .. } = document;
            self.problems.extend(problems.iter().cloned());
            self.allows.extend(allows);
            self.used.extend(used);
            if let Some(value) = value {
                let sound = problems.is_empty();
                let key = self.key(path, &value, several, tree.root_span());
                let found = violations(schema::check_campaign(&value), &tree, &unknown, (&self.text, index));
                let good = sound && found.is_empty();
                self.problems.extend(found);
                if let (false, Some(key)) = (good, &key) {
                    self.partial.push(salvage(key.clone(), &value, &tree, &unknown, index));
                }
                let decoded = decoded(good, || CampaignDocument::deserialize(value), tree.root_span(), &mut self.problems);
                if let (Some(key), Some(document)) = (key, decoded) {
                    self.campaigns.push(Declared { key, document, index, line });
                }
            }
            self.trees.push(tree);
        }
    }

    /// The key of a document; a bad `key:` is the schema's to report.
    fn key(&mut self, path: &Path, value: &serde_json::Value, several: bool, span: Span) -> Option<CampaignKey> {
        let fields = value.as_object()?;
        match fields.get("key") {
            Some(key) => key.as_str().and_then(|key| CampaignKey::new(key).ok()),
            None if several => {
                let problem = Problem::new("missing-key", span, "a document in a file with several documents needs its own `key`");
                self.problems.push(problem.field("key".to_owned()).help("add `key:` with a name that no other campaign has"));
                None
            }
            None => {
                let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                match CampaignKey::new(stem) {
                    Ok(key) => Some(key),
                    Err(error) => {
                        let message = format!("the file name `{}` is no campaign key: {}", shorten(&error.text), error.reason);
                        self.problems
                            .push(Problem::new("bad-key", span, message).field("key".to_owned()).help("rename the file, or set `key:`"));
                        None
                    }
                }
            }
        }
    }
}

/// The violations of a document (its number in its file, and the text of that) with their bytes; nothing is said about values that are stand-ins.
pub(super) fn violations(violations: Vec<Violation>, tree: &SourceTree, unknown: &[Span], (text, document): (&str, u32)) -> Vec<Problem> {
    let problems = violations.into_iter().map(|violation| {
        let Violation { pointer, part, rule, message, help, meant } = violation;
        let span = tree.span(&pointer, part);
        let remedy = meant.and_then(|meant| remedy(meant, &pointer, span, text, document));
        let problem = Problem::new(rule, span, message).field(schema::field_path(&pointer)).remedy(remedy);
        match help {
            Some(help) => problem.help(help),
            None => problem,
        }
    });
    problems.filter(|problem| !unknown.contains(&problem.span)).collect()
}

/// Decodes a document that is `good`. The schema and the types come from one source, so that this fails is a defect of
/// ours; it is still a finding and no panic.
pub(super) fn decoded<T>(good: bool, decode: impl FnOnce() -> serde_json::Result<T>, span: Span, problems: &mut Vec<Problem>) -> Option<T> {
    if !good {
        return None;
    }
    match decode() {
        Ok(decoded) => Some(decoded),
        Err(error) => {
            problems.push(
                Problem::new("bad-value", span, format!("this cannot be read: {}", shorten(&error.to_string())))
                    .help("check the values against the schema"),
            );
            None
        }
    }
}
