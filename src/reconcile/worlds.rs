//! What every campaign is before a plan and after it: the two worlds in which a session can be decided.

use std::collections::BTreeSet;

use super::{Action, Change, Plan, Unchanged};
use crate::model::{BothWorlds, CampaignId, CampaignSpec, Contender, Live};

impl Plan {
    /// Every campaign that decides sessions before or after this plan, with its body in each world; `None` where a world does
    /// not have it. `live` is what the plan was made from.
    ///
    /// A field that is held keeps its live value in both, what is forgotten stays as it is, and so does a live campaign that
    /// nobody declared: it decides in both worlds, for its invites suppress those of others. A campaign that cannot be read
    /// is in neither.
    pub fn worlds<'a>(&'a self, live: &'a Live) -> Vec<(Contender, BothWorlds<Option<&'a CampaignSpec>>)> {
        let mut seen: BTreeSet<&CampaignId> = BTreeSet::new();
        let mut worlds = Vec::with_capacity(self.changes.len() + self.unchanged.len());
        for change in &self.changes {
            seen.extend(change.live.as_ref().map(|live| &live.id));
            worlds.push(of_change(change));
        }
        for Unchanged { key, origin: _, live, last_applied: _, held: _ } in &self.unchanged {
            seen.insert(&live.id);
            let who = Contender { key: Some(key.clone()), id: Some(live.id.clone()), name: live.spec.name.clone() };
            worlds.push((who, same(&live.spec)));
        }
        for campaign in live.campaigns.iter().filter(|campaign| !seen.contains(&campaign.id)) {
            let who = Contender { key: None, id: Some(campaign.id.clone()), name: campaign.spec.name.clone() };
            worlds.push((who, same(&campaign.spec)));
        }
        worlds
    }
}

fn same(spec: &CampaignSpec) -> BothWorlds<Option<&CampaignSpec>> {
    BothWorlds { live: Some(spec), desired: Some(spec) }
}

fn of_change(change: &Change) -> (Contender, BothWorlds<Option<&CampaignSpec>>) {
    let live = change.live.as_ref().map(|live| &live.spec);
    let desired = match change.action {
        Action::Create | Action::Update => change.desired.as_ref(),
        Action::Delete => None,
        Action::Forget | Action::Record => live,
    };
    let name = desired.or(live).map(|spec| spec.name.clone()).unwrap_or_default();
    let id = change.live.as_ref().map(|live| live.id.clone());
    (Contender { key: Some(change.key.clone()), id, name }, BothWorlds { live, desired })
}
