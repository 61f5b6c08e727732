//! Proof before anything is written: each file means exactly what is live, and brings no error among the files that are there.

use std::collections::BTreeMap;

use crate::adopt::is_faithful;
use crate::diagnostic::{FileId, Finding, Severity, SourceMap};
use crate::load::{Drafts, MAX_FILE_BYTES};
use crate::model::{CampaignKey, LiveCampaign, QueueIds};
use crate::ops::validate::{Validated, validate_additions};
use crate::ops::{Failure, Scope};
use crate::reconcile::same;

/// A file that is to be.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) key: CampaignKey,
    pub(super) live: &'a LiveCampaign,
    pub(super) shown: String,
    pub(super) text: String,
}

/// Why a draft is not written, and what to do.
pub(super) type Blame = (String, String);

/// Drafts that may be written, and those that may not.
#[derive(Debug)]
pub(super) struct Proven<'a> {
    pub(super) good: Vec<Draft<'a>>,
    pub(super) bad: Vec<(Draft<'a>, Blame)>,
}

/// Divides drafts into those that may be written and those that may not.
///
/// # Errors
/// An error that all of them make together, such as a limit of the organization.
pub(super) fn prove<'a>(drafts: Vec<Draft<'a>>, scope: &Scope, queues: &QueueIds) -> Result<Proven<'a>, Failure> {
    let (mut good, large): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| draft.text.len() as u64 <= MAX_FILE_BYTES);
    let mut bad: Vec<(Draft<'a>, Blame)> = large.into_iter().map(|draft| (draft, too_large())).collect();
    // Each round takes at least one draft out.
    while !good.is_empty() {
        let additions: Drafts = good.iter().map(|draft| (draft.shown.clone(), draft.text.clone())).collect();
        let Validated { loaded, findings } = validate_additions(&scope.project, &scope.environment, &additions);
        let errors: Vec<Finding> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        let mut blamed = blame(&errors, &loaded.sources, &additions);
        if blamed.is_empty() && !errors.is_empty() {
            let message = "together, the live campaigns would be errors; nothing was imported";
            return Err(Failure::of_findings(message, errors, loaded.sources));
        }
        if blamed.is_empty() {
            let read: BTreeMap<&str, _> = loaded.campaigns.iter().map(|campaign| (campaign.origin.file.as_str(), campaign)).collect();
            for draft in &good {
                let spec =
                    read.get(draft.shown.as_str()).filter(|read| read.key == draft.key).and_then(|read| read.document.resolve(queues).ok());
                let live = &draft.live.spec;
                if !spec.is_some_and(|spec| is_faithful(live, &spec) && same(live, &spec)) {
                    blamed.insert(draft.shown.clone(), unfaithful());
                }
            }
        }
        if blamed.is_empty() {
            break;
        }
        let (keep, drop): (Vec<_>, Vec<_>) = good.into_iter().partition(|draft| !blamed.contains_key(&draft.shown));
        good = keep;
        bad.extend(drop.into_iter().filter_map(|draft| blamed.remove(&draft.shown).map(|blame| (draft, blame))));
    }
    Ok(Proven { good, bad })
}

/// The drafts that the errors speak of, each with the first one. An error in a file that was good before is that of the
/// draft it is about.
fn blame(errors: &[Finding], sources: &SourceMap, drafts: &Drafts) -> BTreeMap<String, Blame> {
    let mut blamed = BTreeMap::new();
    for finding in errors {
        let Finding { rule, place, also, message, help, .. } = finding;
        let is_draft = |file: FileId| Some(sources.path(file)).filter(|path| drafts.contains_key(*path));
        let file = is_draft(place.file).or_else(|| also.iter().find_map(|label| is_draft(label.place.file)));
        if let Some(file) = file {
            let mend = "change it in Genesys Cloud, then import it again";
            let hint = help.as_ref().map_or_else(|| mend.to_owned(), |help| format!("{help}: {mend}"));
            blamed.entry(file.to_owned()).or_insert_with(|| (format!("{message} ({rule})"), hint));
        }
    }
    blamed
}

fn too_large() -> Blame {
    ("its file would be larger than 1 MiB".to_owned(), "shorten its texts or lists in Genesys Cloud, then import it again".to_owned())
}

fn unfaithful() -> Blame {
    ("no file would say exactly what is live".to_owned(), "please report this, with the campaign as the API returns it".to_owned())
}
