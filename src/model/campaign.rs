//! The body of a campaign as the API takes and returns it (`CampaignSpec` of the contract).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, Filter, Throttling};

/// What the API stores for one campaign, apart from the fields the server sets itself.
///
/// Deserializing is lenient about unknown fields, because a live campaign may carry fields this version does not model;
/// what people and requests may write is decided by the schema generated from this type, which forbids them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct CampaignSpec {
    /// Display name, 1 to 256 characters. Names are not unique on the platform.
    #[schemars(length(min = 1, max = 256))]
    pub name: String,
    /// Free text for people; the default is empty.
    #[serde(default)]
    pub description: String,
    /// Whether triggers of this campaign are decided at all; the default is false.
    #[serde(default)]
    pub enabled: bool,
    /// Kind of campaign; `proactive` is the only one.
    pub campaign_type: CampaignType,
    /// When a trigger is decided: at once, or queued for 30 to 120 seconds.
    pub evaluation_mode: EvaluationMode,
    /// All of them must hold; their order means nothing.
    #[schemars(length(min = 1))]
    pub filters: Vec<Filter>,
    /// What happens on a match; the lowest priority number goes first.
    #[schemars(length(min = 1))]
    pub actions: Vec<Action>,
    /// Limits on invites; absent means no suppression at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttling: Option<Throttling>,
}

/// Kind of campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignType {
    /// The system offers a conversation to the visitor.
    Proactive,
}

impl CampaignType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proactive => "proactive",
        }
    }
}

/// When a trigger is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationMode {
    /// Decided at once: right for web chat, where the visitor leaves within seconds.
    Realtime,
    /// Queued and decided 30 to 120 seconds later.
    Batch,
}

impl EvaluationMode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Batch => "batch",
        }
    }
}
