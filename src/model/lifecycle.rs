//! What the repo says about *how* a campaign is managed. Ours: never sent to the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
        extend("items" = { "type": "string", "pattern": "^/[A-Za-z]", "patternErrorMessage": "a JSON pointer starts with `/`, such as `/enabled`" }),
        example = ["/enabled"]
    )]
    pub ignore_changes: Vec<String>,
}
