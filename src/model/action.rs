//! What happens when a campaign matches: the invite, and where the conversation goes when it is accepted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One action of a campaign, as the API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Action {
    /// Kind of action; `webchat_invite` is the only one.
    #[serde(rename = "type")]
    pub action_type: ActionType,
    /// Order of the actions: 1 goes first.
    #[schemars(range(min = 1))]
    pub priority: u64,
    /// What the visitor sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<InviteConfig>,
    /// Where an accepted invite is routed; absent means the channel's default routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_config: Option<RoutingConfig>,
}

/// Kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionType {
    /// Shows a web chat invite to the visitor.
    WebchatInvite,
}

impl ActionType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebchatInvite => "webchat_invite",
        }
    }
}

/// What the visitor sees of an invite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct InviteConfig {
    /// Text of the invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"Any questions about our plans? We are here.")]
    pub invite_message: Option<String>,
    /// How long the invite stays on the page. Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), example = 300)]
    pub display_duration: Option<u64>,
    /// Whether the invite goes away when the visitor scrolls; the default is false.
    #[serde(default)]
    pub auto_dismiss_on_scroll: bool,
}

/// Where an accepted invite is routed, by ids, as the API takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct RoutingConfig {
    /// Id (UUID) of the queue that takes the conversation. Without it the channel's default queue does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<String>,
    /// Names of the skill groups whose agents may take it. A set: order means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skill_groups: Vec<String>,
    /// Wrap-up code for conversations that started from this invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_code: Option<String>,
    /// Place in the queue, 0 to 10: higher goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 10))]
    pub priority_level: Option<u64>,
    /// Id (UUID) of the queue that takes over when the first one is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow_queue_id: Option<String>,
}
