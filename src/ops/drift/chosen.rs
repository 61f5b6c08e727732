//! Which of the drifted campaigns are meant.

use crate::model::{CampaignKey, Desired, LastApplied};
use crate::ops::Failure;
use crate::reconcile::{Drift, Drifted, Selection};

/// The selected campaigns that drifted, and those that did not. A campaign may be called as the files or as the state call it.
pub(in crate::ops) fn chosen<'a>(
    selection: &Selection,
    drift: &'a Drift,
    desired: &Desired,
    last_applied: &LastApplied,
) -> Result<(Vec<&'a Drifted>, Vec<CampaignKey>), Failure> {
    let Selection::Only(keys) = selection else { return Ok((drift.drifted.iter().collect(), Vec::new())) };
    let mut chosen = Vec::new();
    let mut settled = Vec::new();
    for key in keys {
        let known = last_applied.campaigns.get(key).map(|remembered| &remembered.id);
        let is_called = |drifted: &&Drifted| drifted.key == *key || known == Some(&drifted.id);
        if let Some(drifted) = drift.drifted.iter().find(is_called) {
            chosen.push(drifted);
        } else if drift.not_applied.iter().any(|campaign| campaign.key == *key) {
            return Err(Failure::new(
                format!("{} was not applied by this tool yet, so nobody can say what drifted", key.address()),
                "`campaignctl plan` shows how live and the file differ; apply records it",
            ));
        } else if desired.campaigns.contains_key(key) || last_applied.campaigns.contains_key(key) {
            settled.push(key.clone());
        } else {
            return Err(Failure::new(format!("{} is not declared", key.address()), "`campaignctl drift` lists what drifted"));
        }
    }
    Ok((chosen, settled))
}
