//! `validate --fix`: makes the fixes that the findings offer, as long as there are any. Nothing is written here: the result is the
//! new text of each file, and what is still to be found in it.

use std::collections::{BTreeMap, BTreeSet};

use super::rewrite::{CommentOrder, prove};
use super::validate::{Validated, validate_drafts};
use crate::diagnostic::{Change, FileId, Fix};
use crate::edit::{Refused, Rewritten, Splice, splice};
use crate::lint::Overrides;
use crate::load::{Drafts, Environment, Project};

/// A fix may bring to light what the next one mends; more often than this in a row is a defect of ours.
const ROUNDS: usize = 20;

/// Fixed files, and what is left.
#[derive(Debug)]
pub struct Fixed {
    /// The files that change.
    pub files: Vec<Rewritten>,
    /// The files whose fixes are not made.
    pub refused: Vec<Refused>,
    /// What is found once the files are written.
    pub left: Validated,
}

/// Finds and fixes, until nothing that can be fixed is left.
pub fn fix(project: &Project, environment: &Environment, overrides: &Overrides) -> Fixed {
    let mut drafts = Drafts::new();
    let mut files: BTreeMap<String, Rewritten> = BTreeMap::new();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let mut left = validate_drafts(project, environment, overrides, &drafts);
    for _ in 0..ROUNDS {
        let mut moved = false;
        for (file, fixes) in offers(&left) {
            let sources = &left.loaded.sources;
            let Some(source) = sources.file(file).filter(|source| !refused.contains_key(&source.path)) else { continue };
            match mend(&source.text, &fixes) {
                Ok((after, made)) => {
                    let before = || Rewritten {
                        path: project.root.join(&source.path),
                        shown: source.path.clone(),
                        before: source.text.clone(),
                        after: String::new(),
                        made: Vec::new(),
                    };
                    let line = |fix: &Fix| fix.edits.first().map_or(0, |edit| sources.position(edit.place).line);
                    let made: Vec<(u32, String)> = made.into_iter().map(|fix| (line(fix), fix.description.clone())).collect();
                    let rewritten = files.entry(source.path.clone()).or_insert_with(before);
                    rewritten.made.extend(made);
                    rewritten.after.clone_from(&after);
                    drafts.insert(source.path.clone(), after);
                    moved = true;
                }
                Err(reason) => {
                    refused.insert(source.path.clone(), reason);
                }
            }
        }
        if !moved {
            break;
        }
        left = validate_drafts(project, environment, overrides, &drafts);
    }
    let refused = refused.into_iter().map(|(shown, reason)| Refused { shown, reason }).collect();
    Fixed { files: files.into_values().collect(), refused, left }
}

/// The fixes of each file, in order of their findings.
fn offers(validated: &Validated) -> BTreeMap<FileId, Vec<&Fix>> {
    let mut offers: BTreeMap<FileId, Vec<&Fix>> = BTreeMap::new();
    for finding in &validated.findings {
        if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.edits.iter().all(|edit| edit.place.file == finding.place.file)) {
            offers.entry(finding.place.file).or_default().push(fix);
        }
    }
    offers
}

/// The text with as many of the fixes made as do not touch each other, and which.
fn mend<'a>(text: &str, fixes: &[&'a Fix]) -> Result<(String, Vec<&'a Fix>), String> {
    let mut taken: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut chosen: Vec<&Fix> = Vec::new();
    for fix in fixes {
        let ranges: Vec<(usize, usize)> =
            fix.edits.iter().map(|edit| (edit.place.span.start as usize, edit.place.span.end as usize)).collect();
        let is_free = |(start, end): &(usize, usize)| !taken.iter().any(|(from, to)| start < to && from < end);
        if ranges.iter().all(is_free) {
            taken.extend(ranges);
            chosen.push(fix);
        }
    }
    chosen.sort_by_key(|fix| fix.edits.first().map(|edit| edit.place.span.start));
    let edits = chosen.iter().flat_map(|fix| &fix.edits);
    let splices: Vec<Splice<'_>> = edits
        .map(|edit| Splice { range: edit.place.span.start as usize..edit.place.span.end as usize, replacement: &edit.replacement })
        .collect();
    let changes: Vec<&Change> = chosen.iter().flat_map(|fix| &fix.changes).collect();
    let after = splice(text, &splices).ok_or("its fixes overlap")?;
    prove(text, &after, &changes, CommentOrder::Kept).map_err(|reason| {
        let tried: Vec<&str> = chosen.iter().map(|fix| fix.description.as_str()).collect();
        format!("{reason} ({})", tried.join("; "))
    })?;
    Ok((after, chosen))
}
