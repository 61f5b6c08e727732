//! Which warnings of the campaign files concern the campaigns that a plan changes.

use std::collections::{BTreeMap, BTreeSet};

use super::validate::Validated;
use crate::diagnostic::{DocumentId, FileId, Finding, Overlaid, Place, Severity};
use crate::model::{CampaignKey, LintWarning, LintWarnings};
use crate::reconcile::Plan;

/// The warnings of the files, those of changed campaigns by name. One that concerns several campaigns is listed once.
pub(super) fn lint_warnings(validated: &Validated, plan: &Plan) -> LintWarnings {
    let Validated { loaded, findings } = validated;
    let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning);
    let changed = plan.changes.iter().filter(|change| change.desired.is_some()).map(|change| &change.key);
    let changed: BTreeSet<&CampaignKey> = changed.collect();
    let mut by_file: BTreeMap<FileId, Vec<(DocumentId, &CampaignKey)>> = BTreeMap::new();
    for campaign in loaded.campaigns.iter().filter(|campaign| changed.contains(&campaign.key)) {
        let overlay = loaded.sources.overlaid(campaign.source).map(Overlaid::overlay);
        for document in [Some(campaign.source), overlay].into_iter().flatten() {
            by_file.entry(document.file).or_default().push((document, &campaign.key));
        }
    }
    let key_at = |place: &Place| -> Option<&CampaignKey> {
        let documents = by_file.get(&place.file)?;
        documents.iter().find(|(document, _)| loaded.sources.is_in(*place, *document)).map(|(_, key)| *key)
    };
    let mut listed: Vec<LintWarning> = Vec::new();
    for finding in warnings.clone() {
        let Finding { rule, message, place, also, .. } = finding;
        let places = std::iter::once(place).chain(also.iter().map(|label| &label.place));
        let Some(key) = places.filter_map(key_at).next() else { continue };
        let line = loaded.sources.position(*place).line;
        let place = format!("{}:{line}", loaded.sources.path(place.file));
        listed.push(LintWarning { key: key.clone(), rule: (*rule).to_owned(), message: message.clone(), place });
    }
    listed.sort_by(|a, b| a.key.cmp(&b.key));
    LintWarnings { total: warnings.count(), changed: listed }
}
