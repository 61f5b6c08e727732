//! The state document and its format version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::LastApplied;

/// The whole state of one environment. Secrets never go into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateDocument {
    /// Format of this document; see [`StateDocument::FORMAT`].
    pub version: u32,
    /// Version of the tool that wrote it.
    pub tool: String,
    /// Id given when the state was first written; a saved plan is bound to it.
    pub lineage: String,
    /// One more at every write.
    pub serial: u64,
    /// When that was, for messages; no decision is taken on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
    /// Whom it belongs to.
    pub owner: Owner,
    /// The managed campaigns, by key.
    pub campaigns: LastApplied,
}

/// Environment and organization a state belongs to, so that it cannot be used for another one by mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owner {
    /// Name of the environment.
    pub environment: String,
    /// Id of the organization.
    pub organization: String,
}

impl StateDocument {
    /// The format this version reads and writes.
    pub const FORMAT: u32 = 1;

    /// An empty state with a new lineage.
    pub fn new(lineage: String, owner: Owner) -> Self {
        let tool = env!("CARGO_PKG_VERSION").to_owned();
        Self { version: Self::FORMAT, tool, lineage, serial: 0, written: None, owner, campaigns: LastApplied::default() }
    }
}
