//! What a saved plan holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{CampaignId, CampaignKey, Desired, Destination, Guards, LastApplied, LintWarnings, Live, QueueNames, Replayed};
use crate::reconcile::{self, Goal, LiveSide, Plan, Policy};

/// A plan, as everything it was made from and everything it is bound to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    /// Version of the tool that made it; no other one may apply it.
    pub tool: String,
    /// When the snapshots were taken.
    pub created: Timestamp,
    /// When it can no longer be applied.
    pub expires: Timestamp,
    /// The environment, organization and server it is for.
    pub destination: Destination,
    /// The state it was made with; `None` where there was none yet.
    pub state: Option<AppliedAt>,
    /// The limits it was held to: those of the environment, with what flags override.
    pub policy: Policy,
    /// The limits that the project file set when it was made.
    pub guards: Guards,
    /// The declared campaigns: where, and the digest of what each file says before names are looked up.
    pub files: BTreeMap<CampaignKey, DeclaredAt>,
    /// Every live campaign it would write to, as it was.
    pub objects: BTreeMap<CampaignKey, LiveAt>,
    /// Snapshot one: what the files say.
    pub desired: Desired,
    /// Snapshot two: what is live.
    pub live: Live,
    /// Snapshot three: what was applied last.
    pub last_applied: LastApplied,
    /// What it aims at.
    #[serde(default)]
    pub goal: Goal,
    /// What the queues are called that it shows.
    #[serde(default)]
    pub queues: QueueNames,
    /// What recorded sessions made of it, where a recording was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
    /// What the rules warned of in the campaign files.
    #[serde(default, skip_serializing_if = "LintWarnings::is_empty")]
    pub warnings: LintWarnings,
    /// Campaigns that the next plan of the files changes back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub undone_by_files: BTreeSet<CampaignKey>,
}

/// Which writing of which state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppliedAt {
    /// Id of the state since its first writing.
    pub lineage: String,
    /// Number of the writing.
    pub serial: u64,
}

/// Where a campaign was declared, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeclaredAt {
    /// Path of the file, relative to the project.
    pub file: String,
    /// Path of the overlay that was merged into it, relative to the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
    /// SHA-256 of the document, overlay and variables filled in, as compact JSON.
    pub sha256: String,
}

/// A live campaign as the plan saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiveAt {
    /// Server-assigned id.
    pub id: CampaignId,
    /// The version a write must carry.
    pub version: u64,
    /// SHA-256 of the body as compact JSON, with the fields that are not modelled.
    pub sha256: String,
}

/// SHA-256 of a value as compact JSON, in hexadecimal.
pub fn digest(value: &impl Serialize) -> String {
    // The values of this tool are all maps with text keys, which is all that could fail.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl LiveAt {
    /// What identifies a live campaign as it was read.
    pub fn of(live: &LiveSide) -> Self {
        let LiveSide { id, version, spec, unmodelled, modified_by: _, date_modified: _ } = live;
        Self { id: id.clone(), version: *version, sha256: digest(&(spec, unmodelled)) }
    }
}

impl SavedPlan {
    /// The plan: the same function of the same snapshots as when it was made.
    pub fn plan(&self) -> Plan {
        let plan = reconcile::plan(&self.desired, &self.live, &self.last_applied, &self.policy);
        let plan = Plan {
            goal: self.goal.clone(),
            queues: self.queues.clone(),
            warnings: self.warnings.clone(),
            undone_by_files: self.undone_by_files.clone(),
            ..plan
        };
        match &self.replayed {
            Some(replayed) => plan.judged_by(replayed.clone(), &self.policy),
            None => plan,
        }
    }

    /// The live campaigns that a plan would write to, take over or forget.
    pub fn objects_of(plan: &Plan) -> BTreeMap<CampaignKey, LiveAt> {
        plan.changes.iter().filter_map(|change| Some((change.key.clone(), LiveAt::of(change.live.as_ref()?)))).collect()
    }
}
