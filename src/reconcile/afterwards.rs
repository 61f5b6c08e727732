//! What the files make of a way back: the next plan of the files changes some of it again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Plan, Policy, Remember, plan};
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Desired, LastApplied, Live, LiveCampaign, Remembered};

/// The campaigns that `back` writes to and that a plan of the files writes to again once it is applied.
pub fn undone_by_files(back: &Plan, declared: &Desired, live: &Live, last_applied: &LastApplied) -> BTreeSet<CampaignKey> {
    let mut campaigns: BTreeMap<CampaignId, LiveCampaign> =
        live.campaigns.iter().map(|campaign| (campaign.id.clone(), campaign.clone())).collect();
    let mut last_applied = last_applied.clone();
    let mut written: BTreeMap<CampaignId, &CampaignKey> = BTreeMap::new();
    for change in &back.changes {
        if let Some(old) = &change.moved_from {
            last_applied.campaigns.remove(old);
        }
        let id = change.live.as_ref().map_or_else(|| to_come(&change.key), |live| live.id.clone());
        if change.action.writes() {
            written.insert(id.clone(), &change.key);
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
                last_applied.campaigns.insert(change.key.clone(), Remembered { id, body: body.clone(), prevent_destroy, keep });
            }
            _ => drop(last_applied.campaigns.remove(&change.key)),
        }
    }
    let live = Live { campaigns: campaigns.into_values().collect(), unreadable: live.unreadable.clone() };
    let next = plan(declared, &live, &last_applied, &Policy::default());
    let writes = next.changes.iter().filter(|change| change.action.writes());
    let again = writes.filter_map(|change| match &change.live {
        Some(live) => written.get(&live.id).copied(),
        // What the way back deletes, the files create.
        None => written.values().copied().find(|key| **key == change.key),
    });
    again.cloned().collect()
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
