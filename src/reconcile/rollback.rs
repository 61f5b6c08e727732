//! Going back: the campaigns a run touched as they were before it, everything else as it is.

use std::collections::BTreeMap;

use super::hold::follow;
use crate::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Hold, LastApplied, Lifecycle, Live, LiveCampaign, Origin,
};

/// What is desired when a run is to be undone. `before` holds the bodies that the campaigns had, `None` for one that the run
/// created. Campaigns that it did not touch stay as they are, live and in the state, whatever the files say of them now.
pub fn rolled_back(
    before: &BTreeMap<CampaignKey, Option<CampaignSpec>>,
    declared: &Desired,
    live: &Live,
    last_applied: &LastApplied,
) -> Desired {
    let by_id: BTreeMap<&CampaignId, &LiveCampaign> = live.campaigns.iter().map(|campaign| (&campaign.id, campaign)).collect();
    let as_declared = |key: &CampaignKey, spec: &CampaignSpec| {
        let remembered = last_applied.campaigns.get(key);
        let kept = || Lifecycle {
            prevent_destroy: remembered.is_some_and(|remembered| remembered.prevent_destroy),
            keep: remembered.is_some_and(|remembered| remembered.keep),
            ..Lifecycle::default()
        };
        match declared.campaigns.get(key) {
            Some(declared) => {
                let DesiredCampaign { spec: in_file, lifecycle, held, previously: _, origin } = declared;
                // A field is held by its place in the file; in the earlier body it may stand elsewhere.
                let there = |hold: &Hold| Some(Hold { pointer: follow(&hold.pointer, in_file, spec)?, until: hold.until });
                let held = held.iter().filter_map(there).collect();
                DesiredCampaign { spec: spec.clone(), lifecycle: lifecycle.clone(), held, previously: None, origin: origin.clone() }
            }
            None => {
                DesiredCampaign { spec: spec.clone(), lifecycle: kept(), held: Vec::new(), previously: None, origin: Origin::nowhere() }
            }
        }
    };
    let untouched = last_applied.campaigns.iter().filter(|(key, _)| !before.contains_key(*key));
    let as_live = untouched.filter_map(|(key, remembered)| {
        let campaign = as_declared(key, &by_id.get(&remembered.id)?.spec);
        Some((key.clone(), DesiredCampaign { held: vec![Hold::everything()], ..campaign }))
    });
    let as_before = before.iter().filter_map(|(key, body)| Some((key.clone(), as_declared(key, body.as_ref()?))));
    Desired { campaigns: as_live.chain(as_before).collect() }
}
