//! What became of the creates of a run that was killed, or whose answers were lost: found by looking, never by sending again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::canonical;
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

/// A text that is equal for bodies that mean the same campaign: SHA-256 of the canonical form, in hexadecimal. States remember
/// it, so the same body has the same fingerprint in every version.
pub fn fingerprint(spec: &CampaignSpec) -> String {
    Sha256::digest(canonical_text(spec)).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the fingerprint is made of: a line for each field, in the order of [`FieldPath`](super::FieldPath).
fn canonical_text(spec: &CampaignSpec) -> String {
    let mut text = String::new();
    for (path, value) in fields(spec) {
        // Lengths go before texts, so that no two lists of fields run together.
        let (path, value) = (path.to_string(), canonical::value(&value));
        text.push_str(&format!("{} {path} {} {value}\n", path.len(), value.len()));
    }
    text
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

#[cfg(test)]
mod tests {
    use super::{canonical_text, fingerprint};
    use crate::model::{CampaignSpec, DataType, Operator};

    /// Every kind of value, operator and type, numbers at the ends of their range, quotes, control characters and characters
    /// that join others.
    const BODY: &str = include_str!("../../tests/fingerprint/body.json");

    /// What states of every version hold is found again for ever: neither file nor digest may change.
    #[test]
    fn the_fingerprint_of_a_body_is_the_one_it_always_had() {
        let spec: CampaignSpec = serde_json::from_str(BODY).unwrap();
        for operator in Operator::ALL {
            assert!(spec.filters.iter().any(|filter| filter.operator == operator), "{operator}");
        }
        for data_type in DataType::ALL {
            assert!(spec.filters.iter().any(|filter| filter.data_type == data_type), "{data_type:?}");
        }
        assert_eq!(canonical_text(&spec), include_str!("../../tests/fingerprint/body.txt").replace("\r\n", "\n"));
        assert_eq!(fingerprint(&spec), "f80cef9aba9d2061a301ac6daee2b264fcff7e60dd2a2cd1479388a8f893c727");
        let plain =
            serde_json::json!({ "name": "N", "campaignType": "proactive", "evaluationMode": "realtime", "filters": [], "actions": [] });
        assert_eq!(
            fingerprint(&serde_json::from_value(plain).unwrap()),
            "8826abfd48c6f8cd6e5d35bdb46263cf06f223c9f373d69aaea3d48a9f2c7735"
        );
    }
}
