//! New texts for campaign files, made step by step; each step is proven, and all of them together once more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::plan::desired;
use super::super::rewrite::prove_revision;
use super::super::validate::{Validated, validate_drafts};
use super::written::Written;
use super::{Drafted, Snapshots};
use crate::diagnostic::{DocumentId, Severity, SourceFile};
use crate::edit::{Refused, Revised, Revision, Rewritten, revise};
use crate::lint::Overrides;
use crate::load::{Drafts, LoadedCampaign, read_document};
use crate::model::CampaignKey;
use crate::reconcile::{self, Drifted, FieldPath};

/// Revisions that belong together: all of them are made, or none.
pub(super) struct Step {
    /// The drifted fields that are settled by it.
    pub(super) fields: Vec<FieldPath>,
    /// What it does, as people read it.
    pub(super) description: String,
    /// In this order; or why there are none.
    pub(super) revisions: Result<Vec<Revision>, String>,
}

/// What was made of one file.
struct FileDraft {
    rewritten: Rewritten,
    /// The fields that must not be drift any more.
    settled: BTreeSet<(CampaignKey, FieldPath)>,
}

/// Makes the steps of every campaign.
pub(super) fn draft(snapshots: &Snapshots, chosen: &[&Drifted], steps: impl Fn(&Drifted) -> Result<Vec<Step>, String>) -> Drafted {
    let mut files: BTreeMap<String, FileDraft> = BTreeMap::new();
    let mut refused: Vec<Refused> = Vec::new();
    for drifted in chosen {
        let address = drifted.key.address().to_string();
        let declared = snapshots.loaded.campaigns.iter().find(|campaign| campaign.key == drifted.key);
        match (declared, steps(drifted)) {
            (Some(declared), Ok(steps)) => campaign(snapshots, declared, steps, &mut files, &mut refused),
            (_, Err(reason)) => refused.push(Refused { shown: address, reason }),
            (None, Ok(_)) => {
                let reason = "no file declares it any more, so there is nothing to write it into".to_owned();
                refused.push(Refused { shown: address, reason });
            }
        }
    }
    files.retain(|_, file| file.rewritten.before != file.rewritten.after);
    prove_all(snapshots, &mut files, &mut refused);
    let files: Vec<Rewritten> = files.into_values().map(|file| file.rewritten).collect();
    let is_overlay = |file: &Rewritten| snapshots.loaded.overlays.iter().any(|overlay| overlay.file == file.shown);
    let has_others = snapshots.scope.project.settings.environments.len() > 1;
    let shared = files.iter().filter(|file| has_others && !is_overlay(file)).map(|file| file.shown.clone()).collect();
    Drafted { files, refused, settled: Vec::new(), shared }
}

/// Makes the steps of one campaign in the text of its file, or in that of its overlay.
fn campaign(
    snapshots: &Snapshots,
    declared: &LoadedCampaign,
    steps: Vec<Step>,
    files: &mut BTreeMap<String, FileDraft>,
    refused: &mut Vec<Refused>,
) {
    let Snapshots { scope, loaded, .. } = snapshots;
    let Some(written) = Written::of(declared, loaded) else { return };
    let unchanged = |source: &SourceFile| FileDraft {
        rewritten: Rewritten {
            path: scope.project.root.join(&source.path),
            shown: source.path.clone(),
            before: source.text.clone(),
            after: source.text.clone(),
            made: Vec::new(),
        },
        settled: BTreeSet::new(),
    };
    for Step { fields, description, revisions } in steps {
        let made = revisions.and_then(|revisions| {
            // All revisions of a step are made, or none: they are made in copies.
            let mut texts: BTreeMap<DocumentId, (String, u32)> = BTreeMap::new();
            for revision in revisions {
                let (document, revision) = written.revision(revision)?;
                let source = loaded.sources.file(document.file).ok_or("its file is not at hand")?;
                let drafted = || files.get(&source.path).map_or_else(|| source.text.clone(), |file| file.rewritten.after.clone());
                let (text, first) = texts.entry(document).or_insert_with(|| (drafted(), 0));
                let (after, line) = made(text, document.index, &[revision])?;
                *text = after;
                *first = if *first == 0 { line } else { *first };
            }
            Ok(texts)
        });
        match made {
            Ok(texts) => {
                for (document, (after, line)) in texts {
                    let Some(source) = loaded.sources.file(document.file) else { continue };
                    let file = files.entry(source.path.clone()).or_insert_with(|| unchanged(source));
                    file.rewritten.after = after;
                    file.rewritten.made.push((line, description.clone()));
                    file.settled.extend(fields.iter().map(|field| (declared.key.clone(), field.clone())));
                }
            }
            Err(reason) => refused.push(Refused { shown: declared.origin.file.clone(), reason: format!("{description}: {reason}") }),
        }
    }
}

/// The text with these revisions made, each of them proven, and the line of the first one.
fn made(text: &str, document: u32, revisions: &[Revision]) -> Result<(String, u32), String> {
    let mut after = text.to_owned();
    let mut line = 0;
    for revision in revisions {
        let (tree, value) = read_document(&after, document as usize).ok_or("the file does not parse")?;
        let revision = widened(revision, &value);
        let Revised { text: next, at } = revise(&after, &tree, &value, &revision).map_err(by_hand)?;
        prove_revision(&after, &next, document, &revision).map_err(by_hand)?;
        if line == 0 {
            let before = next.get(..at).unwrap_or_default();
            let inserted = next.get(at..).is_some_and(|rest| rest.starts_with(['\n', '\r']));
            let number = before.matches('\n').count() + 1 + usize::from(inserted);
            line = u32::try_from(number).unwrap_or(u32::MAX);
        }
        after = next;
    }
    Ok((after, line))
}

/// A field that is all there is in its block goes with the block.
fn widened(revision: &Revision, value: &Value) -> Revision {
    let Revision::Remove { pointer } = revision else { return revision.clone() };
    let mut pointer = pointer.as_str();
    while let Some((parent, _)) = pointer.rsplit_once('/') {
        let alone = value.pointer(parent).and_then(Value::as_object).is_some_and(|fields| fields.len() == 1);
        if !alone || parent.is_empty() {
            break;
        }
        pointer = parent;
    }
    Revision::Remove { pointer: pointer.to_owned() }
}

fn by_hand(reason: impl std::fmt::Display) -> String {
    format!("{reason}; edit it by hand")
}

/// Reads the project as it would be with the new texts: they must bring no error, and settle what they are meant to settle.
/// A file of which that is not so keeps its text.
fn prove_all(snapshots: &Snapshots, files: &mut BTreeMap<String, FileDraft>, refused: &mut Vec<Refused>) {
    let Snapshots { scope, loaded: _, queues, live, last_applied, today } = snapshots;
    while !files.is_empty() {
        let drafts: Drafts = files.iter().map(|(shown, file)| (shown.clone(), file.rewritten.after.clone())).collect();
        let Validated { loaded, findings } = validate_drafts(&scope.project, &scope.environment, &Overrides::default(), &drafts);
        let mut wrong: BTreeMap<String, String> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
            let shown = loaded.sources.path(finding.place.file).to_owned();
            wrong.entry(shown).or_insert_with(|| format!("the file would have an error ({})", finding.message));
        }
        if wrong.is_empty() {
            match desired(&loaded, &scope.environment, queues, *today) {
                Ok(desired) => {
                    let left = reconcile::drift(&desired, live, last_applied);
                    let left: BTreeSet<(CampaignKey, FieldPath)> = left
                        .drifted
                        .into_iter()
                        .flat_map(|drifted| drifted.fields.into_iter().map(move |moved| (drifted.key.clone(), moved.path)))
                        .collect();
                    for (shown, file) in files.iter() {
                        if let Some((key, field)) = file.settled.iter().find(|settled| left.contains(settled)) {
                            wrong.insert(shown.clone(), format!("`{field}` of {} would be drift still", key.address()));
                        }
                    }
                }
                Err(failure) => wrong.extend(files.keys().map(|shown| (shown.clone(), failure.message.clone()))),
            }
        }
        let mut dropped = false;
        for (shown, reason) in &wrong {
            if files.remove(shown).is_some() {
                dropped = true;
                refused.push(Refused { shown: shown.clone(), reason: by_hand(reason) });
            }
        }
        if wrong.is_empty() {
            return;
        }
        if !dropped {
            // The error stands in a file that nothing was written into: no file is to blame, so none is written.
            let reason = wrong.into_values().next().unwrap_or_default();
            refused.extend(std::mem::take(files).into_keys().map(|shown| Refused { shown, reason: by_hand(&reason) }));
        }
    }
}
