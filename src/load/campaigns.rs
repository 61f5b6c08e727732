//! Loads all campaigns of a project for one environment: files in parallel, results in path order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize as _;

use super::allow::AllowComment;
use super::disk::{self, Entry};
use super::interpolate::Variables;
use super::merging::{Checked, MergedDocument, OfOverlay, checked};
use super::overlay::{LoadedOverlay, Overlays, read_overlays, undeclared, used_elsewhere};
use super::parse::{self, Document};
use super::problem::Problem;
use super::salvage::{PartialCampaign, Salvaged, salvage};
use super::sheet::{Sheet, decoded};
use super::{Environment, Project};
use crate::diagnostic::{Allow, DocumentId, Finding, Part, Place, SourceMap, SourceTree, Span};
use crate::model::{CampaignDocument, CampaignKey, Origin};
use crate::schema::{self, shorten};

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
    /// The keys of all campaigns, good and bad; `None` where a file cannot be read so far that it may hold any other.
    pub keys: Option<BTreeSet<CampaignKey>>,
    /// The files; the first one is the project file.
    pub sources: SourceMap,
    /// Everything that is wrong, in order of path and document.
    pub findings: Vec<Finding>,
    /// Campaign files found, good and bad.
    pub files: usize,
    /// The overlays of the environment that belong to a campaign, in order of the campaigns.
    pub overlays: Vec<LoadedOverlay>,
    /// Comments that allow findings: those of the project file that concern the environment, then those of the campaigns.
    pub allows: Vec<Allow>,
    /// Variables of the environment that some file uses.
    pub used_variables: BTreeSet<String>,
    /// Variables of the project that an overlay of another environment uses.
    pub used_elsewhere: BTreeSet<String>,
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
    /// Every key that is declared in it.
    keys: Vec<CampaignKey>,
    /// Whether a document might declare a key that nobody can read.
    hides_keys: bool,
    /// Its documents that an overlay was merged into, each with the key of both.
    merged: Vec<(CampaignKey, MergedDocument)>,
    of_overlays: Vec<OfOverlay>,
}

/// What all files are read with.
#[derive(Clone, Copy)]
struct Reading<'a> {
    variables: Variables<'a>,
    overlays: &'a Overlays,
}

/// A good document.
struct Declared {
    key: CampaignKey,
    document: CampaignDocument,
    index: u32,
    line: u32,
    overlay: Option<String>,
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
    let added = additions.keys().map(|shown| Entry::new(project.root.join(shown), &project.border)).collect();
    load(project, environment, additions, added)
}

fn load(project: &Project, environment: &Environment, drafts: &Drafts, added: Vec<Entry>) -> Loaded {
    let allows = project.allows(&environment.name);
    let mut loaded = Loaded { sources: project.sources.clone(), allows, ..Loaded::default() };
    let folder = project.root.join(&project.settings.campaigns);
    let except = [project.file.as_path(), &project.overlays()];
    let mut entries = if folder.is_dir() { disk::campaign_files(&folder, &project.border, &except) } else { Vec::new() };
    if !added.is_empty() {
        entries.extend(added);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
    }
    if entries.is_empty() {
        loaded.findings.push(no_campaigns(project, &folder));
        return loaded;
    }
    loaded.files = entries.len();
    let elsewhere = project.variables_elsewhere(&environment.name);
    let variables = Variables { values: &environment.variables, environment: &environment.name, elsewhere: Some(&elsewhere) };
    let overlays = read_overlays(project, environment, variables, drafts, &mut loaded);
    loaded.used_elsewhere = used_elsewhere(project, environment);
    let reading = Reading { variables, overlays: &overlays };
    let files: Vec<ReadFile> = entries.into_par_iter().with_min_len(8).map(|entry| read_file(entry, project, reading, drafts)).collect();
    let keys: BTreeSet<CampaignKey> = files.iter().flat_map(|file| file.keys.iter().cloned()).collect();
    // A campaign that cannot be read may be the one that an overlay belongs to.
    if !files.iter().any(|file| file.hides_keys) {
        undeclared(&overlays, &keys, &mut loaded);
        loaded.keys = Some(keys);
    }
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

fn read_file(entry: Entry, project: &Project, reading: Reading<'_>, drafts: &Drafts) -> ReadFile {
    let shown = disk::shown(&entry.path, &project.root);
    let disk::Text { text, problem } = match drafts.get(&shown).filter(|_| entry.problem.is_none()) {
        Some(draft) => disk::Text { text: draft.clone(), problem: None },
        None => disk::read(&entry),
    };
    let mut file = ReadFile { shown, text, problems: problem.into_iter().collect(), ..ReadFile::default() };
    file.hides_keys = !file.problems.is_empty();
    if file.problems.is_empty() {
        file.take_documents(&entry.path, reading);
    }
    file
}

impl ReadFile {
    /// Gives the file its number and passes on what it held.
    fn join(self, loaded: &mut Loaded) {
        let Self { shown, text, trees, problems, campaigns, partial, allows, used, keys: _, hides_keys: _, merged, of_overlays } = self;
        let id = loaded.sources.add_file(shown.as_str(), text, trees);
        let text = loaded.sources.file(id).map_or("", |file| file.text.as_str());
        loaded.findings.extend(problems.into_iter().map(|problem| problem.into_finding(id, text)));
        for OfOverlay { file, problem, base } in of_overlays {
            let text = loaded.sources.file(file).map_or("", |file| file.text.as_str());
            let finding = problem.into_finding(file, text);
            loaded.findings.push(match base {
                Some(span) => finding.also(Place { file: id, span }, "the campaign file says this"),
                None => finding,
            });
        }
        for (key, document) in merged {
            let base = DocumentId { file: id, index: document.index };
            let (file, changes, overlay) = (document.shown.clone(), document.changes, document.overlay);
            loaded.overlays.push(LoadedOverlay { key, document: overlay, file, changes });
            loaded.sources.overlay(base, document.overlaid(id));
        }
        loaded.allows.extend(allows.into_iter().map(|comment| comment.into_allow(id)));
        loaded.used_variables.extend(used);
        loaded.partial.extend(partial.into_iter().map(|Salvaged { key, document, filters_at, actions_at, index }| PartialCampaign {
            key,
            document,
            filters_at,
            actions_at,
            source: DocumentId { file: id, index },
        }));
        loaded.campaigns.extend(campaigns.into_iter().map(|Declared { key, document, index, line, overlay }| LoadedCampaign {
            key,
            document,
            source: DocumentId { file: id, index },
            origin: Origin { file: shown.clone(), line, overlay },
        }));
    }

    fn take_documents(&mut self, path: &Path, reading: Reading<'_>) {
        let parsed = parse::parse(&self.text, Some(reading.variables));
        self.problems.extend(parsed.problems);
        let several =
            parsed.documents.iter().filter(|document| document.value.is_some() || document.tree == SourceTree::default()).count() > 1;
        for (index, mut document) in (0..).zip(parsed.documents) {
            self.problems.extend(document.problems.iter().cloned());
            self.allows.extend(std::mem::take(&mut document.allows));
            self.used.extend(std::mem::take(&mut document.used));
            match document.value.take() {
                Some(value) => {
                    let key = self.key(path, &value, several, document.tree.root_span());
                    self.hides_keys |= key.is_none();
                    self.take_campaign(key, value, &document, index, reading.overlays);
                }
                None => self.hides_keys = true,
            }
            self.trees.push(document.tree);
        }
    }

    /// Takes the value of one document, with the overlay of its key where there is one.
    fn take_campaign(&mut self, key: Option<CampaignKey>, value: serde_json::Value, document: &Document, index: u32, overlays: &Overlays) {
        let Document { tree, line, problems, unknown, .. } = document;
        let text = std::mem::take(&mut self.text);
        let sheet = Sheet { tree, unknown, text: &text, document: index };
        let overlay = key.as_ref().and_then(|key| overlays.get(key));
        self.keys.extend(key.clone());
        let checked = overlay.map(|overlay| (checked(&value, sheet, overlay), overlay));
        let is_good = |found: &[Problem]| problems.is_empty() && found.is_empty();
        let (value, good) = match checked {
            None => {
                let found = sheet.violations(schema::check_campaign(&value));
                let good = is_good(&found);
                self.problems.extend(found);
                if let (false, Some(key)) = (good, &key) {
                    self.partial.push(salvage(key.clone(), &value, |pointer| !sheet.holds_stand_in(pointer), index));
                }
                (value, good)
            }
            Some((mut checked, overlay)) => {
                let found = std::mem::take(&mut checked.problems);
                let good = is_good(&found) && overlay.is_sound() && checked.of_overlay.is_empty();
                self.problems.extend(found);
                if let (false, Some(key)) = (good, &key) {
                    self.partial.push(salvage(key.clone(), &checked.value, |pointer| checked.is_known(pointer, sheet, overlay), index));
                }
                let Checked { value, document, of_overlay, .. } = checked;
                self.of_overlays.extend(of_overlay);
                self.merged.extend(key.clone().map(|key| (key, document)));
                (value, good)
            }
        };
        let decoded = decoded(good, || CampaignDocument::deserialize(value), tree.root_span(), &mut self.problems);
        if let (Some(key), Some(document)) = (key, decoded) {
            self.campaigns.push(Declared { key, document, index, line: *line, overlay: overlay.map(|overlay| overlay.shown.clone()) });
        }
        self.text = text;
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
