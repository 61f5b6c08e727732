//! Managed campaigns that are live twice: a create that arrived later than anybody waited for makes a second campaign.

use std::collections::{BTreeMap, BTreeSet};

use super::resume::is_since;
use super::{Candidate, fingerprint, known_ids, same};
use crate::model::{CampaignId, CampaignKey, Created, Desired, LastApplied, Live, LiveCampaign, Remembered};

/// A managed campaign, and the live campaigns that can be second ones of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTwice {
    /// The managed campaign.
    pub key: CampaignKey,
    /// Its name.
    pub name: String,
    /// The live campaign that the state knows.
    pub id: CampaignId,
    /// The others of the same name and body, which nothing manages.
    pub others: Vec<Candidate>,
    /// The others of the same name whose body cannot be read.
    pub unreadable: Vec<CampaignId>,
    /// Whether a file declares it under its key.
    pub is_declared: bool,
}

impl LiveTwice {
    /// The ids of the others, those that cannot be read last.
    pub fn other_ids(&self) -> impl Iterator<Item = &CampaignId> {
        self.others.iter().map(|other| &other.id).chain(&self.unreadable)
    }
}

/// Whether a live campaign that nothing knows can be a second one that the create of this campaign made: of the name and body
/// that were created, or that were applied last, and not older than the create.
pub fn is_second(remembered: &Remembered, campaign: &LiveCampaign) -> bool {
    let Some(Created { at, name, fingerprint: body }) = &remembered.created else { return false };
    let is_as_created = || campaign.spec.name == *name && fingerprint(&campaign.spec) == *body;
    let is_as_applied = || campaign.spec.name == remembered.body.name && same(&campaign.spec, &remembered.body);
    is_since(campaign, *at) && (is_as_applied() || is_as_created())
}

/// The managed campaigns that are live twice, by key. A campaign whose body cannot be read counts where it has the name:
/// nothing says that it is not one.
pub fn live_twice(desired: &Desired, live: &Live, last_applied: &LastApplied) -> Vec<LiveTwice> {
    let known = known_ids(last_applied);
    let mut strangers: BTreeMap<&str, Vec<&LiveCampaign>> = BTreeMap::new();
    for campaign in live.campaigns.iter().filter(|campaign| !known.contains(&campaign.id)) {
        strangers.entry(&campaign.spec.name).or_default().push(campaign);
    }
    let mut unreadable: BTreeMap<&str, Vec<&CampaignId>> = BTreeMap::new();
    for campaign in live.unreadable.iter().filter(|campaign| !known.contains(&campaign.id)) {
        let Some(name) = &campaign.name else { continue };
        unreadable.entry(name).or_default().push(&campaign.id);
    }
    if strangers.is_empty() && unreadable.is_empty() {
        return Vec::new();
    }
    let readable_ids = live.campaigns.iter().map(|campaign| &campaign.id);
    let ids: BTreeSet<&CampaignId> = readable_ids.chain(live.unreadable.iter().map(|campaign| &campaign.id)).collect();
    let managed = last_applied.campaigns.iter().filter(|(_, remembered)| ids.contains(&remembered.id));
    managed
        .filter_map(|(key, remembered)| {
            let created = remembered.created.as_ref()?;
            let names = BTreeSet::from([created.name.as_str(), remembered.body.name.as_str()]);
            let second = names.iter().filter_map(|name| strangers.get(name)).flatten().filter(|campaign| is_second(remembered, campaign));
            let second = second.map(|campaign| Candidate {
                id: campaign.id.clone(),
                date_modified: campaign.date_modified,
                modified_by: campaign.modified_by.clone(),
            });
            let others: Vec<Candidate> = second.collect();
            let unreadable: Vec<CampaignId> = names.iter().filter_map(|name| unreadable.get(name)).flatten().copied().cloned().collect();
            let is_declared = desired.campaigns.contains_key(key);
            let (key, name, id) = (key.clone(), remembered.body.name.clone(), remembered.id.clone());
            let is_twice = !others.is_empty() || !unreadable.is_empty();
            is_twice.then_some(LiveTwice { key, name, id, others, unreadable, is_declared })
        })
        .collect()
}
