//! The overlays of one environment: found, read, and checked for themselves, before any campaign is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::allow::AllowComment;
use super::campaigns::{Drafts, Loaded};
use super::disk::{self, Entry};
use super::interpolate::Variables;
use super::merge::NOT_IN_OVERLAYS;
use super::parse::{self, Document};
use super::problem::Problem;
use super::sheet::Sheet;
use super::{Environment, Project};
use crate::diagnostic::{DocumentId, SourceTree, Span, nearest};
use crate::model::CampaignKey;
use crate::schema::{self, Violation, shorten};

/// An overlay that belongs to a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedOverlay {
    /// The key of both.
    pub key: CampaignKey,
    /// The overlay.
    pub document: DocumentId,
    /// Path of its file, for people.
    pub file: String,
    /// Whether the campaign says anything else with it than without.
    pub changes: bool,
}

/// One overlay, ready to be merged.
#[derive(Debug)]
pub(super) struct Overlay {
    pub(super) document: DocumentId,
    /// Path of its file, for people.
    pub(super) shown: String,
    pub(super) text: String,
    pub(super) value: Value,
    pub(super) tree: SourceTree,
    pub(super) unknown: Vec<Span>,
    /// Bytes of what is wrong with it for itself.
    pub(super) wrong: Vec<Span>,
}

impl Overlay {
    /// Whether nothing is wrong with it for itself.
    pub(super) fn is_sound(&self) -> bool {
        self.wrong.is_empty()
    }

    pub(super) fn sheet(&self) -> Sheet<'_> {
        Sheet { tree: &self.tree, unknown: &self.unknown, text: &self.text, document: 0 }
    }
}

/// All overlays of an environment, by the key of their campaigns.
pub(super) type Overlays = BTreeMap<CampaignKey, Overlay>;

/// One file, before it has a number.
struct ReadOverlay {
    shown: String,
    text: String,
    key: Option<CampaignKey>,
    tree: SourceTree,
    value: Option<Value>,
    unknown: Vec<Span>,
    problems: Vec<Problem>,
    allows: Vec<AllowComment>,
    used: BTreeSet<String>,
}

/// Reads the overlays of the environment, and puts their files and findings into `loaded`.
pub(super) fn read_overlays(
    project: &Project,
    environment: &Environment,
    variables: Variables<'_>,
    drafts: &Drafts,
    loaded: &mut Loaded,
) -> Overlays {
    let folder = project.overlays();
    if !folder.is_dir() {
        return Overlays::new();
    }
    if let Some(mixed) = mixed_folders(project) {
        loaded.findings.push(mixed);
        return Overlays::new();
    }
    let campaigns = project.root.join(&project.settings.campaigns);
    let mut files: Vec<ReadOverlay> = astray(project, &folder);
    let own = folder.join(&environment.name);
    if own.is_dir() {
        let entries = disk::campaign_files(&own, &project.border, &[&project.file, &campaigns]);
        files.extend(entries.into_par_iter().with_min_len(8).map(|entry| read(entry, project, variables, drafts)).collect::<Vec<_>>());
    }
    let mut overlays = Overlays::new();
    for file in files {
        file.join(loaded, &mut overlays);
    }
    overlays
}

/// Campaigns among the overlays would be read as both.
fn mixed_folders(project: &Project) -> Option<crate::diagnostic::Finding> {
    let (campaigns, overlays) = (&project.settings.campaigns, &project.settings.overlays);
    if !project.root.join(campaigns).starts_with(project.overlays()) {
        return None;
    }
    let place = project.place("/campaigns", crate::diagnostic::Part::Value);
    let message = format!("the campaigns folder `{}` is inside the folder of the overlays, `{}`", shorten(campaigns), shorten(overlays));
    let finding = crate::diagnostic::Finding::error("overlays-folder", place, message).field("campaigns");
    Some(finding.help("set `overlays:` to a folder that holds nothing but overlays"))
}

/// Files and folders in the folder of the overlays that belong to no environment.
fn astray(project: &Project, folder: &Path) -> Vec<ReadOverlay> {
    let names = || project.settings.environments.keys().map(String::as_str);
    let mut found = Vec::new();
    for (name, path) in disk::listing(folder) {
        let shown = disk::shown(&path, &project.root);
        let problem = if path.is_dir() {
            let is_empty = || disk::campaign_files(&path, &project.border, &[&project.file]).is_empty();
            if project.settings.environments.contains_key(&name) || is_empty() {
                continue;
            }
            let problem = Problem::new(
                "unknown-environment",
                Span::default(),
                format!("there is no environment `{}` for these overlays", shorten(&name)),
            );
            let known = names().collect::<Vec<_>>().join(", ");
            problem.help(match nearest(&name, names()) {
                Some(meant) => format!("did you mean `{meant}`? environments: {known}"),
                None => format!("rename the folder, or set `overlays:` if it holds no overlays; environments: {known}"),
            })
        } else if disk::is_campaign_file(&name) && path != project.file {
            let problem =
                Problem::new("overlay-without-environment", Span::default(), "an overlay stands in the folder of its environment");
            problem.help(format!("move it to {}/<environment>/{name}", project.settings.overlays))
        } else {
            continue;
        };
        found.push(ReadOverlay::refused(shown, problem));
    }
    found
}

fn read(entry: Entry, project: &Project, variables: Variables<'_>, drafts: &Drafts) -> ReadOverlay {
    let shown = disk::shown(&entry.path, &project.root);
    let disk::Text { text, problem } = match drafts.get(&shown).filter(|_| entry.problem.is_none()) {
        Some(draft) => disk::Text { text: draft.clone(), problem: None },
        None => disk::read(&entry),
    };
    if let Some(problem) = problem {
        return ReadOverlay { text, ..ReadOverlay::refused(shown, problem) };
    }
    let parsed = parse::parse(&text, Some(variables));
    let mut problems = parsed.problems;
    let mut documents = parsed.documents;
    if let Some(second) = documents.get(1) {
        let problem = Problem::new("several-documents", second.tree.root_span(), "an overlay has one document");
        problems.push(problem.help("one file for each campaign: its name is the key"));
        documents.truncate(1);
    }
    let Document { tree, value, problems: found, unknown, allows, used, .. } = documents.pop().unwrap_or_default();
    problems.extend(found);
    let stem = entry.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let key = match CampaignKey::new(stem) {
        Ok(key) => Some(key),
        Err(error) => {
            let message = format!("the file name `{}` is no campaign key: {}", shorten(&error.text), error.reason);
            problems.push(Problem::new("bad-key", tree.root_span(), message).help("name the file as the key of its campaign"));
            None
        }
    };
    if let Some(value) = &value {
        let sheet = Sheet { tree: &tree, unknown: &unknown, text: &text, document: 0 };
        problems.extend(sheet.violations(schema::check_overlay(value).into_iter().map(explained).collect()));
    }
    ReadOverlay { shown, text, key, tree, value, unknown, problems, allows, used }
}

/// Fields that a campaign has and an overlay has not are no slips of the pen.
fn explained(violation: Violation) -> Violation {
    let name = violation.pointer.trim_start_matches('/');
    if violation.rule != "unknown-field" || !NOT_IN_OVERLAYS.contains(&name) {
        return violation;
    }
    let message = format!("`{name}` cannot be set in an overlay");
    Violation {
        message,
        help: Some("remove it: the file name is the key, and the campaign file says the rest".to_owned()),
        meant: None,
        ..violation
    }
}

impl ReadOverlay {
    fn refused(shown: String, problem: Problem) -> Self {
        Self {
            shown,
            text: String::new(),
            key: None,
            tree: SourceTree::default(),
            value: None,
            unknown: Vec::new(),
            problems: vec![problem],
            allows: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Gives the file its number and passes on what it held.
    fn join(self, loaded: &mut Loaded, overlays: &mut Overlays) {
        let Self { shown, text, key, tree, value, unknown, problems, allows, used } = self;
        let file = loaded.sources.add_file(shown.as_str(), text.as_str(), vec![tree.clone()]);
        let wrong = problems.iter().map(|problem| problem.span).collect();
        loaded.findings.extend(problems.into_iter().map(|problem| problem.into_finding(file, &text)));
        loaded.allows.extend(allows.into_iter().map(|comment| comment.into_allow(file)));
        loaded.used_variables.extend(used);
        let (Some(key), Some(value)) = (key, value) else { return };
        let root = tree.root_span();
        let overlay = Overlay { document: DocumentId { file, index: 0 }, shown, text, value, tree, unknown, wrong };
        if let Some(first) = overlays.get(&key) {
            let problem = Problem::new("duplicate-overlay", root, format!("`{}` is an overlay of {} already", first.shown, key.address()));
            loaded.findings.push(problem.help("keep one of the two files").into_finding(file, &overlay.text));
            return;
        }
        overlays.insert(key, overlay);
    }
}

/// Reports the overlays of campaigns that nobody declares.
pub(super) fn undeclared(overlays: &Overlays, keys: &BTreeSet<CampaignKey>, loaded: &mut Loaded) {
    for (key, overlay) in overlays.iter().filter(|(key, _)| !keys.contains(*key)) {
        let problem = Problem::new("unknown-overlay", overlay.tree.root_span(), format!("no campaign has the key `{key}` of this overlay"));
        let problem = problem.help(match nearest(key.as_str(), keys.iter().map(CampaignKey::as_str)) {
            Some(meant) => format!("did you mean `{meant}`? The file name is the key of the campaign"),
            None => "the file name is the key of the campaign: rename the file, or delete it".to_owned(),
        });
        loaded.findings.push(problem.into_finding(overlay.document.file, &overlay.text));
    }
}

/// The variables of the project that some overlay of another environment asks for.
pub(super) fn used_elsewhere(project: &Project, environment: &Environment) -> BTreeSet<String> {
    let shared = &project.settings.variables;
    if shared.is_empty() {
        return BTreeSet::new();
    }
    let others = project.settings.environments.keys().filter(|name| **name != environment.name);
    let folders = others.map(|name| project.overlays().join(name)).filter(|folder| folder.is_dir());
    let entries = folders.flat_map(|folder| disk::campaign_files(&folder, &project.border, &[&project.file]));
    let texts: Vec<String> = entries.map(|entry| disk::read(&entry).text).collect();
    let is_used = |name: &&String| texts.iter().any(|text| text.contains(&format!("${{{name}}}")));
    shared.keys().filter(is_used).cloned().collect()
}
