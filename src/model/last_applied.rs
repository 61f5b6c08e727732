//! Snapshot three of three: what this tool wrote last, as the state remembers it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CampaignId, CampaignKey, CampaignSpec};

/// What the state remembers, by key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LastApplied {
    /// The managed campaigns.
    pub campaigns: BTreeMap<CampaignKey, Remembered>,
}

/// One managed campaign as it was after the last write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Remembered {
    /// Id of the live campaign.
    pub id: CampaignId,
    /// The body as it was last applied.
    pub body: CampaignSpec,
    /// `lifecycle.preventDestroy` as it was last applied: deleting the file does not lift it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prevent_destroy: bool,
    /// `lifecycle.keep` as it was last applied: when the file goes, the live campaign stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}
