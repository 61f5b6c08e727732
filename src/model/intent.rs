//! What a run was about to create: written down before the first request, so that no answer can be lost for good.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One create that was begun and whose end is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Intent {
    /// Name of the campaign that is created.
    pub name: String,
    /// Fingerprint of its body in canonical form.
    pub fingerprint: String,
    /// Id of the run that began it.
    pub run: String,
    /// When it was first written down: no request was sent before this.
    pub at: Timestamp,
    /// When it was last written down. The latest request was sent after this, by however long the run waited for its turn.
    pub sent: Timestamp,
    /// `lifecycle.preventDestroy` of the campaign.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prevent_destroy: bool,
    /// `lifecycle.keep` of the campaign.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}
