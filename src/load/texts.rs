//! The files of a project as texts, for those who work on how they are written.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::problem::Problem;
use super::{Project, disk, parse};
use crate::diagnostic::{Finding, SourceMap, SourceTree};

/// A file that parses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its path as people should see it.
    pub shown: String,
    /// Its text, without a byte order mark.
    pub text: String,
}

/// Files, and what is wrong with those that do not parse.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Texts {
    /// The files that parse, in order of path.
    pub files: Vec<TextFile>,
    /// Why the others do not.
    pub findings: Vec<Finding>,
    /// The files of the findings.
    pub sources: SourceMap,
}

/// The project file, every campaign file and every overlay.
pub fn texts_of(project: &Project) -> Texts {
    let folder = project.root.join(&project.settings.campaigns);
    let mut entries = vec![disk::Entry::new(project.file.clone(), &project.border)];
    if folder.is_dir() {
        entries.extend(disk::campaign_files(&folder, &project.border, &[&project.file, &project.overlays()]));
    }
    if project.overlays().is_dir() {
        entries.extend(disk::campaign_files(&project.overlays(), &project.border, &[&project.file, &folder]));
    }
    read(entries, &project.root)
}

/// These files, and every campaign file below these folders. Paths are shown as they are named.
pub fn texts_at(paths: &[PathBuf]) -> Texts {
    let mut entries = Vec::new();
    for path in paths {
        entries.extend(disk::named(path, None, disk::campaign_files));
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|a, b| a.path == b.path);
    read(entries, Path::new(""))
}

fn read(entries: Vec<disk::Entry>, root: &Path) -> Texts {
    let read: Vec<(TextFile, Vec<Problem>)> = entries.into_par_iter().with_min_len(8).map(|entry| read_one(entry, root)).collect();
    let mut texts = Texts::default();
    for (file, problems) in read {
        if problems.is_empty() {
            texts.files.push(file);
        } else {
            let id = texts.sources.add_file(file.shown, file.text.as_str(), Vec::new());
            texts.findings.extend(problems.into_iter().map(|problem| problem.into_finding(id, &file.text)));
        }
    }
    texts
}

fn read_one(entry: disk::Entry, root: &Path) -> (TextFile, Vec<Problem>) {
    let disk::Text { text, problem } = disk::read(&entry);
    let path = entry.path;
    let mut problems: Vec<Problem> = problem.into_iter().collect();
    if problems.is_empty() {
        let parsed = parse::parse(&text, None);
        problems.extend(parsed.problems);
        problems.extend(parsed.documents.into_iter().flat_map(|document| document.problems));
    }
    let shown = disk::shown(&path, root);
    (TextFile { path, shown, text }, problems)
}

/// The value of each document of a text, `${name}` as it stands there, and how many problems there are. A value with problems
/// holds stand-ins; a document that does not parse has none. For comparing two versions of a text.
pub fn read_documents(text: &str) -> (Vec<Option<Value>>, usize) {
    let parsed = parse::parse(text, None);
    let problems = parsed.problems.len() + parsed.documents.iter().map(|document| document.problems.len()).sum::<usize>();
    (parsed.documents.into_iter().map(|document| document.value).collect(), problems)
}

/// One document of a text as it stands there: where its values are, and the value, `${name}` not filled in.
pub fn read_document(text: &str, index: usize) -> Option<(SourceTree, Value)> {
    let document = parse::parse(text, None).documents.into_iter().nth(index)?;
    Some((document.tree, document.value?))
}
