//! What the repo says about *how* a campaign is managed. Ours: never sent to the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The fields a plan can leave to others. A pointer to anything else would hold nothing, and the next plan would change what
/// its author believes to be safe.
const HOLDABLE: &str = concat!(
    r"^/(name|description|enabled|campaignType|evaluationMode",
    r"|filters(/[0-9]+(/(value|dataType))?)?",
    r"|actions(/[0-9]+(/config(/(inviteMessage|displayDuration|autoDismissOnScroll))?",
    r"|/routingConfig(/(queueId|skillGroups|wrapUpCode|priorityLevel|overflowQueueId))?)?)?",
    r"|throttling(/(maxInvitesPerContact|cooldownSeconds|maxInvitesPerMinute))?)$",
);

/// [`HOLDABLE`] for people.
const HOLDABLE_IN_WORDS: &str = "it names no field of a campaign that a plan changes; write one such as `/enabled`, \
     `/throttling/maxInvitesPerMinute`, `/filters` or `/actions/0/config/inviteMessage`";

/// Rules for managing one campaign, kept in the file and remembered in the state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Lifecycle {
    /// Refuse every plan that would delete this campaign. Remembered in the state, so deleting the file does not lift it.
    #[serde(default)]
    pub prevent_destroy: bool,
    /// When the file is deleted, stop managing the campaign and leave it live, instead of deleting it.
    #[serde(default)]
    pub keep: bool,
    /// Fields that others own, as JSON pointers into the campaign (`/enabled`, `/throttling/maxInvitesPerMinute`,
    /// `/filters`). Their live value stands: no plan changes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        extend("items" = { "type": "string", "pattern": HOLDABLE, "patternErrorMessage": HOLDABLE_IN_WORDS }),
        example = ["/enabled"]
    )]
    pub ignore_changes: Vec<String>,
}
