//! How often a contact may be invited, and how many invites a campaign may send.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits on invites. An absent block, or `maxInvitesPerContact: 0`, means that no suppression is checked or recorded:
/// every trigger invites again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Throttling {
    /// How many invites one contact may get from this campaign within `cooldownSeconds`. 0 switches suppression off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = 1)]
    pub max_invites_per_contact: Option<u64>,
    /// How long a contact is left alone, by every campaign, after the last allowed invite. Seconds; 86400 is one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = 86400)]
    pub cooldown_seconds: Option<u64>,
    /// Invites this campaign may send in one calendar minute (UTC). Over it the trigger answers 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), example = 500)]
    pub max_invites_per_minute: Option<u64>,
}
