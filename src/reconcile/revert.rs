//! Undoing drift: what live moved goes back to what was applied last, everything else stays as it is live.

use std::collections::BTreeMap;

use super::Drifted;
use super::hold::follow;
use super::put_back::put_back;
use crate::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Hold, LastApplied, Lifecycle, Live, LiveCampaign, Origin, Remembered,
};

/// What is desired when drift is to be undone, and the part of the state that this concerns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reverted {
    /// The drifted campaigns as they were applied; all others as they are live.
    pub desired: Desired,
    /// What was applied last, without campaigns that were deleted in Genesys Cloud and stay so: a plan would forget them.
    pub last_applied: LastApplied,
}

/// What is desired when these campaigns are to lose their drift.
///
/// A moved field gets the value that was applied last. Where the file says something else of this very field by now, it gets
/// that: the next plan would change it again. What the files changed beside it, new campaigns, moves and lifecycles of the
/// files are no part of it, and fields that are held stay. A campaign that was deleted in Genesys
/// Cloud comes back as it was applied last.
pub fn reverted(drifted: &[&Drifted], declared: &Desired, live: &Live, last_applied: &LastApplied) -> Reverted {
    let by_id: BTreeMap<&CampaignId, &LiveCampaign> = live.campaigns.iter().map(|campaign| (&campaign.id, campaign)).collect();
    let chosen: BTreeMap<&CampaignId, &Drifted> = drifted.iter().map(|drifted| (&drifted.id, *drifted)).collect();
    let mut out = Reverted::default();
    for (key, remembered) in &last_applied.campaigns {
        let file = declared.campaigns.get(chosen.get(&remembered.id).map_or(key, |drifted| &drifted.key));
        let campaign = match (chosen.get(&remembered.id), by_id.get(&remembered.id)) {
            (Some(drifted), Some(campaign)) => {
                let spec = put_back(&campaign.spec, &remembered.body, file.map(|file| &file.spec), &drifted.fields);
                let held = file.map(|file| held_there(file, &campaign.spec)).unwrap_or_default();
                Some(DesiredCampaign { held, ..as_it_was(spec, remembered, file) })
            }
            (Some(_), None) => Some(as_it_was(remembered.body.clone(), remembered, file)),
            (None, Some(campaign)) => {
                Some(DesiredCampaign { held: vec![Hold::everything()], ..as_it_was(campaign.spec.clone(), remembered, file) })
            }
            // Nobody asked for it back. One that cannot be read is not gone: the plan must be refused.
            (None, None) if live.unreadable.iter().any(|campaign| campaign.id == remembered.id) => None,
            (None, None) => continue,
        };
        out.last_applied.campaigns.insert(key.clone(), remembered.clone());
        out.desired.campaigns.extend(campaign.map(|campaign| (key.clone(), campaign)));
    }
    out
}

/// A campaign with the lifecycle that the state remembers: what the file says of it is not applied yet.
fn as_it_was(spec: CampaignSpec, remembered: &Remembered, file: Option<&DesiredCampaign>) -> DesiredCampaign {
    let Remembered { id: _, body: _, sent: _, prevent_destroy, keep, created: _ } = remembered;
    let lifecycle = Lifecycle { prevent_destroy: *prevent_destroy, keep: *keep, ..Lifecycle::default() };
    let origin = file.map_or_else(Origin::nowhere, |file| file.origin.clone());
    DesiredCampaign { spec, lifecycle, held: Vec::new(), previously: None, origin }
}

/// A field is held by its place in the file; the body that goes live has the order of the live one.
fn held_there(file: &DesiredCampaign, live: &CampaignSpec) -> Vec<Hold> {
    let there = |hold: &Hold| Some(Hold { pointer: follow(&hold.pointer, &file.spec, live)?, until: hold.until });
    file.held.iter().filter_map(there).collect()
}

/// Names `key` in a plan that leads back: the key the state has for the drifted campaign, which the files may call otherwise.
pub fn key_in_state(drifted: &Drifted, last_applied: &LastApplied) -> CampaignKey {
    let known = last_applied.campaigns.iter().find(|(_, remembered)| remembered.id == drifted.id);
    known.map_or(&drifted.key, |(key, _)| key).clone()
}
