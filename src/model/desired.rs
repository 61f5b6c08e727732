//! Snapshot one of three: what the files say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CampaignKey, CampaignSpec, Hold, Lifecycle};

/// All campaigns the files declare, by key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Desired {
    /// The declared campaigns.
    pub campaigns: BTreeMap<CampaignKey, DesiredCampaign>,
}

/// One declared campaign, ready to be compared and sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DesiredCampaign {
    /// The body as it will be sent.
    pub spec: CampaignSpec,
    /// How the repo manages it.
    pub lifecycle: Lifecycle,
    /// The fields whose live value stands today, as its lifecycle says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Hold>,
    /// The key it had before, if it was renamed.
    pub previously: Option<CampaignKey>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Where a campaign is declared; see [`Origin::nowhere`] for one that is in no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// Path of the file, relative to the project.
    pub file: String,
    /// First line of the document, from 1.
    pub line: u32,
    /// Path of the overlay that was merged into it for this environment, relative to the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
}

impl Origin {
    /// No place: a body that comes from the state, for which no file speaks.
    pub fn nowhere() -> Self {
        Self { file: String::new(), line: 0, overlay: None }
    }

    /// Whether some file declares it.
    pub fn is_somewhere(&self) -> bool {
        !self.file.is_empty()
    }

    /// `campaigns/x.yaml:2`, or `campaigns/x.yaml:2, environments/production/x.yaml` where an overlay takes part.
    pub fn place(&self) -> String {
        let Self { file, line, overlay } = self;
        let overlay = overlay.as_ref().map(|overlay| format!(", {overlay}")).unwrap_or_default();
        format!("{file}:{line}{overlay}")
    }
}
