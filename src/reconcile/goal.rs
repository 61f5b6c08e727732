//! What a plan aims at: what the files say, or a way back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::CampaignKey;

/// Where a plan leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    /// To what the files say.
    #[default]
    Files,
    /// To before this run, by its id; `last` is the latest that wrote. The plan itself names the id.
    Rollback(String),
    /// To what was applied last, in what live moved since.
    Revert(Selection),
}

/// Which campaigns are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Selection {
    /// All that drifted.
    All,
    /// These.
    Only(BTreeSet<CampaignKey>),
}

impl Goal {
    /// What it is called in JSON.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Rollback(_) => "rollback",
            Self::Revert(_) => "revert",
        }
    }

    /// The flags of `plan` and `apply` that ask for it, with a blank before each: ` --revert campaign.one`; none for the files.
    pub fn flags(&self) -> String {
        match self {
            Self::Files => String::new(),
            Self::Rollback(run) => format!(" --rollback {run}"),
            Self::Revert(Selection::All) => " --revert".to_owned(),
            Self::Revert(Selection::Only(keys)) => keys.iter().map(|key| format!(" --revert {}", key.address())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Selection};
    use crate::model::CampaignKey;

    #[test]
    fn the_flags_ask_for_the_same_again() {
        let keys = ["two", "one"].map(|key| CampaignKey::new(key).unwrap_or_else(|_| unreachable!()));
        assert_eq!(Goal::Files.flags(), "");
        assert_eq!(Goal::Rollback("r1".to_owned()).flags(), " --rollback r1");
        assert_eq!(Goal::Revert(Selection::All).flags(), " --revert");
        assert_eq!(Goal::Revert(Selection::Only(keys.into())).flags(), " --revert campaign.one --revert campaign.two");
    }
}
