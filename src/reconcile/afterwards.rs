//! What the files make of a way back: the next plan of the files changes some of it again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change, Plan, Policy, Remember, plan};
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Desired, LastApplied, Live, LiveCampaign, Remembered};

/// The campaigns of which a plan of the files changes again what `back` has changed, once that is applied. Other changes of
/// the files that nobody has applied yet are no part of it.
pub fn undone_by_files(back: &Plan, declared: &Desired, live: &Live, last_applied: &LastApplied) -> BTreeSet<CampaignKey> {
    let mut campaigns: BTreeMap<CampaignId, LiveCampaign> =
        live.campaigns.iter().map(|campaign| (campaign.id.clone(), campaign.clone())).collect();
    let mut last_applied = last_applied.clone();
    let mut written: BTreeMap<CampaignId, &Change> = BTreeMap::new();
    for change in &back.changes {
        if let Some(old) = &change.moved_from {
            last_applied.campaigns.remove(old);
        }
        let id = change.live.as_ref().map_or_else(|| to_come(&change.key), |live| live.id.clone());
        if change.action.writes() {
            written.insert(id.clone(), change);
        }
        match (change.action, &change.desired) {
            (Action::Create | Action::Update, Some(spec)) => {
                let before = campaigns.remove(&id);
                campaigns.insert(id.clone(), as_written(id.clone(), spec, before));
            }
            (Action::Delete, _) => drop(campaigns.remove(&id)),
            _ => {}
        }
        match (&change.desired, change.remember) {
            (Some(body), Some(Remember { prevent_destroy, keep })) => {
                let remembered = Remembered { prevent_destroy, keep, ..Remembered::new(id, body.clone()) };
                last_applied.campaigns.insert(change.key.clone(), remembered);
            }
            _ => drop(last_applied.campaigns.remove(&change.key)),
        }
    }
    let live = Live { campaigns: campaigns.into_values().collect(), unreadable: live.unreadable.clone() };
    let next = plan(declared, &live, &last_applied, &Policy::default());
    let writes = next.changes.iter().filter(|change| change.action.writes());
    let again = writes.filter_map(|change| {
        let back = match &change.live {
            Some(live) => written.get(&live.id).copied()?,
            // What the way back deletes, the files create.
            None => written.values().copied().find(|back| back.key == change.key)?,
        };
        (change.action != Action::Update || touches(change, back)).then(|| back.key.clone())
    });
    again.collect()
}

/// Whether two changes have a field in common.
fn touches(change: &Change, back: &Change) -> bool {
    change.fields.iter().any(|field| back.fields.iter().any(|other| other.path == field.path))
}

/// An id that no server gives.
fn to_come(key: &CampaignKey) -> CampaignId {
    CampaignId(format!("id of {key}"))
}

fn as_written(id: CampaignId, spec: &CampaignSpec, before: Option<LiveCampaign>) -> LiveCampaign {
    match before {
        Some(before) => LiveCampaign { spec: spec.clone(), ..before },
        None => LiveCampaign {
            id,
            version: 1,
            date_created: None,
            date_modified: None,
            modified_by: None,
            spec: spec.clone(),
            unmodelled: Vec::new(),
        },
    }
}
