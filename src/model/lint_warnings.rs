//! What the rules warn of in the campaign files of a plan.

use serde::{Deserialize, Serialize};

use super::CampaignKey;

/// The warnings of the files: how many there are, and those that concern campaigns of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintWarnings {
    /// How many warnings all campaign files have.
    pub total: usize,
    /// Those that concern a campaign that the plan changes, by key.
    pub changed: Vec<LintWarning>,
}

impl LintWarnings {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintWarning {
    /// The campaign that changes.
    pub key: CampaignKey,
    /// Id of the rule.
    pub rule: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// File and line.
    pub place: String,
}
