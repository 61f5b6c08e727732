//! Which live campaign belongs to which key: by the id in the state, else by exact name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Refusal, live_twice, same};
use crate::model::{CampaignId, CampaignKey, Desired, DesiredCampaign, LastApplied, Live, LiveCampaign, Remembered};

/// A live campaign that could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Server-assigned id.
    pub id: CampaignId,
    /// When it was changed last, where the API tells.
    pub date_modified: Option<Timestamp>,
    /// Who changed it last, where the API tells.
    pub modified_by: Option<String>,
}

/// A declared campaign and what it was paired with.
pub(super) struct Pair<'a> {
    pub(super) key: &'a CampaignKey,
    pub(super) desired: &'a DesiredCampaign,
    pub(super) live: Option<&'a LiveCampaign>,
    pub(super) remembered: Option<&'a Remembered>,
    /// The key under which the state knows it, when that is another one.
    pub(super) moved_from: Option<&'a CampaignKey>,
    /// Taken over by its name.
    pub(super) imported: bool,
}

/// A campaign that the state knows and no file declares.
pub(super) struct Orphan<'a> {
    pub(super) key: &'a CampaignKey,
    pub(super) remembered: &'a Remembered,
    pub(super) live: Option<&'a LiveCampaign>,
}

/// Every campaign of the three snapshots, each in exactly one place.
pub(super) struct Pairing<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) orphans: Vec<Orphan<'a>>,
    pub(super) unmanaged: Vec<&'a LiveCampaign>,
    pub(super) refusals: Vec<Refusal>,
}

pub(super) fn pair<'a>(desired: &'a Desired, live: &'a Live, last_applied: &'a LastApplied) -> Pairing<'a> {
    let by_id: BTreeMap<&CampaignId, &LiveCampaign> = live.campaigns.iter().map(|campaign| (&campaign.id, campaign)).collect();
    let mut refusals = unreadable(live, last_applied);
    refusals.extend(live_twice(desired, live, last_applied).into_iter().map(Refusal::LiveTwice));
    let unreadable_ids: BTreeSet<&CampaignId> = live.unreadable.iter().map(|campaign| &campaign.id).collect();
    let moves = moves(desired, last_applied, &by_id, &mut refusals);
    let moved_keys: BTreeSet<&CampaignKey> = moves.values().copied().collect();

    let mut pairs = Vec::with_capacity(desired.campaigns.len());
    let mut claimed: BTreeSet<&CampaignId> = last_applied.campaigns.values().map(|remembered| &remembered.id).collect();
    for (key, campaign) in &desired.campaigns {
        let moved_from = moves.get(key).copied();
        let remembered = last_applied.campaigns.get(moved_from.unwrap_or(key));
        if remembered.is_some_and(|remembered| unreadable_ids.contains(&remembered.id)) {
            continue;
        }
        let known = remembered.and_then(|remembered| by_id.get(&remembered.id).copied());
        pairs.push(Pair { key, desired: campaign, live: known, remembered, moved_from, imported: false });
    }
    by_name(&mut pairs, live, &mut claimed, &mut refusals);

    let orphans = last_applied
        .campaigns
        .iter()
        .filter(|(key, remembered)| {
            !desired.campaigns.contains_key(*key) && !moved_keys.contains(key) && !unreadable_ids.contains(&remembered.id)
        })
        .map(|(key, remembered)| Orphan { key, remembered, live: by_id.get(&remembered.id).copied() })
        .collect();
    let unmanaged = live.campaigns.iter().filter(|campaign| !claimed.contains(&campaign.id)).collect();
    Pairing { pairs, orphans, unmanaged, refusals }
}

/// Managed campaigns whose live body cannot be read must not be guessed at.
fn unreadable(live: &Live, last_applied: &LastApplied) -> Vec<Refusal> {
    let known: BTreeMap<&CampaignId, &CampaignKey> = last_applied.campaigns.iter().map(|(key, remembered)| (&remembered.id, key)).collect();
    live.unreadable
        .iter()
        .filter_map(|campaign| {
            let key = known.get(&campaign.id)?;
            Some(Refusal::Unreadable { key: (*key).clone(), id: campaign.id.clone(), reason: campaign.reason.clone() })
        })
        .collect()
}

/// New key -> old key: said by `previously:`, or seen because exactly one campaign whose file is gone has the same body or
/// name. A live campaign is never deleted and created again because of a label.
fn moves<'a>(
    desired: &'a Desired,
    last_applied: &'a LastApplied,
    by_id: &BTreeMap<&CampaignId, &'a LiveCampaign>,
    refusals: &mut Vec<Refusal>,
) -> BTreeMap<&'a CampaignKey, &'a CampaignKey> {
    let mut moves: BTreeMap<&CampaignKey, &CampaignKey> = BTreeMap::new();
    let fresh = |key: &CampaignKey| !last_applied.campaigns.contains_key(key);
    for (key, campaign) in desired.campaigns.iter().filter(|(key, _)| fresh(key)) {
        let Some(previously) = &campaign.previously else { continue };
        let Some((old, _)) = last_applied.campaigns.get_key_value(previously) else { continue };
        let taken = moves.iter().find(|(_, taken)| **taken == old).map(|(other, _)| (*other).clone());
        if desired.campaigns.contains_key(old) {
            refusals.push(Refusal::RenameOfDeclared { key: key.clone(), previously: old.clone() });
        } else if let Some(other) = taken {
            refusals.push(Refusal::RenamedTwice { previously: old.clone(), keys: [other, key.clone()] });
        } else {
            moves.insert(key, old);
        }
    }
    let orphans: Vec<(&CampaignKey, &LiveCampaign)> = last_applied
        .campaigns
        .iter()
        .filter(|(key, _)| !desired.campaigns.contains_key(*key) && !moves.values().any(|old| old == key))
        .filter_map(|(key, remembered)| Some((key, *by_id.get(&remembered.id)?)))
        .collect();
    let unmoved = desired.campaigns.iter().filter(|(key, campaign)| fresh(key) && campaign.previously.is_none());
    for (key, campaign) in unmoved {
        let is_like = |live: &LiveCampaign| live.spec.name == campaign.spec.name || same(&live.spec, &campaign.spec);
        let mut alike = orphans.iter().filter(|(_, live)| is_like(live));
        if let (Some((old, _)), None) = (alike.next(), alike.next())
            && !moves.values().any(|taken| taken == old)
        {
            moves.insert(key, old);
        }
    }
    moves
}

/// Pairs what the state does not know with the one live campaign of that name; two candidates are refused.
fn by_name<'a>(pairs: &mut Vec<Pair<'a>>, live: &'a Live, claimed: &mut BTreeSet<&'a CampaignId>, refusals: &mut Vec<Refusal>) {
    let mut free: BTreeMap<&str, Vec<&LiveCampaign>> = BTreeMap::new();
    for campaign in live.campaigns.iter().filter(|campaign| !claimed.contains(&campaign.id)) {
        free.entry(&campaign.spec.name).or_default().push(campaign);
    }
    let unreadable_name = |name: &str| live.unreadable.iter().find(|campaign| campaign.name.as_deref() == Some(name));
    pairs.retain_mut(|pair| {
        if pair.live.is_some() {
            return true;
        }
        let name = pair.desired.spec.name.as_str();
        if let Some(campaign) = unreadable_name(name) {
            let (id, reason) = (campaign.id.clone(), campaign.reason.clone());
            refusals.push(Refusal::Unreadable { key: pair.key.clone(), id, reason });
            return false;
        }
        match free.get(name).map_or(&[][..], Vec::as_slice) {
            [] => true,
            [only] => {
                pair.live = Some(only);
                pair.imported = true;
                pair.remembered = None;
                claimed.insert(&only.id);
                free.remove(name);
                true
            }
            several => {
                let candidates = several
                    .iter()
                    .map(|campaign| Candidate {
                        id: campaign.id.clone(),
                        date_modified: campaign.date_modified,
                        modified_by: campaign.modified_by.clone(),
                    })
                    .collect();
                refusals.push(Refusal::AmbiguousName { key: pair.key.clone(), name: name.to_owned(), candidates });
                false
            }
        }
    });
}
