//! Snapshot three of three: what this tool wrote last, as the state remembers it.

use std::collections::BTreeMap;

use jiff::Timestamp;
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
    /// The body as it was last applied; where the server stores it differently, as the server stores it.
    pub body: CampaignSpec,
    /// The body as it was sent, where the server stores it differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<CampaignSpec>,
    /// `lifecycle.preventDestroy` as it was last applied: deleting the file does not lift it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prevent_destroy: bool,
    /// `lifecycle.keep` as it was last applied: when the file goes, the live campaign stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
    /// The create that made the live campaign; `None` for a campaign that was taken over or imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Created>,
}

/// A create of this tool, as far as a second campaign that it made can be recognised by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Created {
    /// When it was first written down: no request was sent before this.
    pub at: Timestamp,
    /// Name of the campaign.
    pub name: String,
    /// Fingerprint of its body in canonical form.
    pub fingerprint: String,
}

impl Remembered {
    /// Returns a campaign that is neither protected nor kept, and that this tool did not create.
    pub fn new(id: CampaignId, body: CampaignSpec) -> Self {
        Self { id, body, sent: None, prevent_destroy: false, keep: false, created: None }
    }
}
