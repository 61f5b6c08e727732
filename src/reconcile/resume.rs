//! What became of the creates of a run that was killed, or whose answers were lost: found by looking, never by sending again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::normalize::fields;
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Intent, LastApplied, Live, LiveCampaign};

/// How far the server's clock may be behind ours: a campaign that says it was created this long before its intent can be
/// the one that was meant.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Whether a campaign can have been created since `at`, as far as its date and the clocks tell.
pub(super) fn is_since(campaign: &LiveCampaign, at: Timestamp) -> bool {
    let since = at.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
    campaign.date_created.is_none_or(|created| created >= since)
}

/// A campaign that an earlier run created without learning of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: CampaignKey,
    /// Its id.
    pub id: CampaignId,
    /// When the run wrote down that it would create it.
    pub intended: Timestamp,
}

/// A text that is equal for bodies that mean the same campaign: SHA-256 of the canonical form, in hexadecimal.
pub fn fingerprint(spec: &CampaignSpec) -> String {
    let mut hash = Sha256::new();
    for (path, value) in fields(spec) {
        // Lengths go before texts, so that no two lists of fields run together.
        let (path, value) = (path.to_string(), value.key());
        hash.update(format!("{} {path} {} {value}\n", path.len(), value.len()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The live campaigns that this create can have made: of its name and body, made since, and known to no state entry.
///
/// Who made it is not asked: how the platform names a client there is not certain, and to take an identical campaign for a
/// stranger's would mean to create a second one.
pub fn made_by<'a>(intent: &Intent, live: &'a Live, known: &BTreeSet<CampaignId>) -> Vec<&'a LiveCampaign> {
    let Intent { name, fingerprint: body, run: _, at, sent: _, prevent_destroy: _, keep: _ } = intent;
    live.campaigns
        .iter()
        .filter(|campaign| campaign.spec.name == *name && !known.contains(&campaign.id))
        .filter(|campaign| is_since(campaign, *at))
        .filter(|campaign| fingerprint(&campaign.spec) == *body)
        .collect()
}

/// The ids that the state knows.
pub fn known_ids(last_applied: &LastApplied) -> BTreeSet<CampaignId> {
    last_applied.campaigns.values().map(|remembered| remembered.id.clone()).collect()
}

/// The creates that turn out to be done: exactly one live campaign can be theirs, and no other create's. The others stay open.
pub fn resume(intents: &BTreeMap<CampaignKey, Intent>, live: &Live, last_applied: &LastApplied) -> Vec<Found> {
    let known = known_ids(last_applied);
    let open = intents.iter().filter(|(key, _)| !last_applied.campaigns.contains_key(*key));
    let mut found: Vec<Found> = open
        .filter_map(|(key, intent)| match made_by(intent, live, &known).as_slice() {
            [only] => Some(Found { key: key.clone(), id: only.id.clone(), intended: intent.at }),
            _ => None,
        })
        .collect();
    let mut claims: BTreeMap<CampaignId, usize> = BTreeMap::new();
    for Found { id, .. } in &found {
        *claims.entry(id.clone()).or_default() += 1;
    }
    found.retain(|found| claims[&found.id] == 1);
    found
}
