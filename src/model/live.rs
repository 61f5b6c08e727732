//! Snapshot two of three: what the API returned.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CampaignSpec;

/// The server's id of a live campaign: a UUID, kept as it comes. Ids that differ only in letter case are equal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CampaignId(pub String);

impl CampaignId {
    fn folded(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl PartialEq for CampaignId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for CampaignId {}

impl Ord for CampaignId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl PartialOrd for CampaignId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for CampaignId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|byte| state.write_u8(byte));
        state.write_u8(0xff);
    }
}

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The organization a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Id of the organization.
    pub id: String,
    /// Its display name.
    pub name: String,
}

/// A queue, skill group or wrap-up code: anything the platform knows by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedEntity {
    /// Id of the entity.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// All live campaigns of an organization, read at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Live {
    /// The campaigns this version can read, ordered by id.
    pub campaigns: Vec<LiveCampaign>,
    /// Campaigns whose body this version cannot read. They are left alone unless the repo manages them.
    pub unreadable: Vec<UnreadableCampaign>,
}

/// One live campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveCampaign {
    /// Server-assigned id.
    pub id: CampaignId,
    /// Starts at 1, one more at each change; a write must carry the live one.
    pub version: u64,
    /// When it was created.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_modified: Option<Timestamp>,
    /// The OAuth client or user of the last change, where the API tells.
    pub modified_by: Option<String>,
    /// The body, as far as this version models it.
    pub spec: CampaignSpec,
    /// Fields of the body that this version does not model. A write sends them back, because a field left out is reset.
    pub unmodelled: Vec<UnmodelledField>,
}

/// A field of a live campaign that this version has no type for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnmodelledField {
    /// JSON pointer into the live body, e.g. `/filters/0/weight`.
    pub pointer: String,
    /// Its value.
    pub value: Value,
}

/// A live campaign whose body does not have the shape of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnreadableCampaign {
    /// Server-assigned id.
    pub id: CampaignId,
    /// Its name, where it could be read.
    pub name: Option<String>,
    /// What could not be read.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::CampaignId;

    #[test]
    fn letter_case_does_not_make_another_id() {
        let [lower, upper, other] = ["0a-b", "0A-B", "0a-c"].map(|id| CampaignId(id.to_owned()));
        assert_eq!(lower, upper);
        assert!(lower != other && upper < other);
        assert_eq!(BTreeSet::from([&lower, &upper, &other]).len(), 2);
        assert_eq!(HashSet::from([&lower, &upper, &other]).len(), 2);
        assert_eq!(upper.to_string(), "0A-B", "it is kept as it comes");
    }
}
