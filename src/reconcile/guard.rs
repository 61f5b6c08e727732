//! What is too much for one plan.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Action, Candidate, LiveTwice, Plan};
use crate::model::{BothWorlds, CampaignId, CampaignKey, Contender, Guards, Replayed};

/// The limits a plan is held to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Limits of the environment, with what flags override.
    pub guards: Guards,
    /// Campaigns whose `preventDestroy` the user lifts for this run.
    pub allow_destroy: BTreeSet<CampaignKey>,
}

/// Why a plan must not be applied. Each one is resolved by a command or flag that the message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Several live campaigns carry the name of a campaign the state does not know.
    AmbiguousName {
        /// The declared campaign.
        key: CampaignKey,
        /// Its name.
        name: String,
        /// The live campaigns of that name.
        candidates: Vec<Candidate>,
    },
    /// The live campaign has a body this version cannot read.
    Unreadable {
        /// The managed campaign.
        key: CampaignKey,
        /// Its id.
        id: CampaignId,
        /// What could not be read.
        reason: String,
    },
    /// A managed campaign that this tool created is live a second time: a late request of the create, or somebody's copy.
    LiveTwice(LiveTwice),
    /// `previously:` names a key that is still declared.
    RenameOfDeclared {
        /// The campaign with `previously:`.
        key: CampaignKey,
        /// What it names.
        previously: CampaignKey,
    },
    /// Two campaigns say `previously:` of the same key.
    RenamedTwice {
        /// The key both name.
        previously: CampaignKey,
        /// The two campaigns.
        keys: [CampaignKey; 2],
    },
    /// The plan would delete a campaign that `lifecycle.preventDestroy` protects.
    PreventDestroy {
        /// The protected campaign.
        key: CampaignKey,
    },
    /// More deletes than `maxDeletes`.
    TooManyDeletes {
        /// The campaigns that would be deleted.
        keys: Vec<CampaignKey>,
        /// The limit.
        limit: u64,
    },
    /// More updates and deletes than `maxChangedPercent` of the managed campaigns.
    TooMuchChanged {
        /// The campaigns that would be updated or deleted.
        keys: Vec<CampaignKey>,
        /// How many campaigns are managed.
        managed: usize,
        /// The limit in percent.
        limit: u64,
    },
    /// Recorded sessions would get more invites than `maxAddedInvitesPercent` allows.
    TooManyAddedInvites {
        /// Invites under each world.
        invites: BothWorlds<u64>,
        /// By how many percent they grow, rounded up; as though it had been one invite where there was none.
        percent: u64,
        /// The campaigns that add most, with how many invites each adds, the most first.
        adding: Vec<(Contender, u64)>,
        /// The limit in percent.
        limit: u64,
    },
}

impl Refusal {
    /// The name of the kind that only a recording can judge.
    pub const MAX_ADDED_INVITES: &str = "max-added-invites-percent";

    /// The names of all kinds.
    pub const IDS: [&str; 9] = [
        "ambiguous-name",
        "unreadable",
        "live-twice",
        "rename-of-declared",
        "renamed-twice",
        "prevent-destroy",
        "max-deletes",
        "max-changed-percent",
        Self::MAX_ADDED_INVITES,
    ];

    /// A stable name of its kind for machines.
    pub fn id(&self) -> &'static str {
        let [ambiguous, unreadable, live_twice, of_declared, twice, prevent_destroy, deletes, changed, added] = Self::IDS;
        match self {
            Self::AmbiguousName { .. } => ambiguous,
            Self::Unreadable { .. } => unreadable,
            Self::LiveTwice(_) => live_twice,
            Self::RenameOfDeclared { .. } => of_declared,
            Self::RenamedTwice { .. } => twice,
            Self::PreventDestroy { .. } => prevent_destroy,
            Self::TooManyDeletes { .. } => deletes,
            Self::TooMuchChanged { .. } => changed,
            Self::TooManyAddedInvites { .. } => added,
        }
    }

    /// The campaigns it speaks of.
    pub fn keys(&self) -> Vec<&CampaignKey> {
        match self {
            Self::AmbiguousName { key, .. } | Self::Unreadable { key, .. } | Self::PreventDestroy { key } => vec![key],
            Self::LiveTwice(twice) => vec![&twice.key],
            Self::RenameOfDeclared { key, previously } => vec![key, previously],
            Self::RenamedTwice { previously: _, keys } => keys.iter().collect(),
            Self::TooManyDeletes { keys, .. } | Self::TooMuchChanged { keys, .. } => keys.iter().collect(),
            Self::TooManyAddedInvites { adding, .. } => adding.iter().filter_map(|(who, _)| who.key.as_ref()).collect(),
        }
    }

    /// Whether some campaign could not be planned at all; the others are limits on a plan that is whole.
    pub fn leaves_out(&self) -> bool {
        match self {
            Self::AmbiguousName { .. } | Self::Unreadable { .. } | Self::RenameOfDeclared { .. } | Self::RenamedTwice { .. } => true,
            Self::LiveTwice(_)
            | Self::PreventDestroy { .. }
            | Self::TooManyDeletes { .. }
            | Self::TooMuchChanged { .. }
            | Self::TooManyAddedInvites { .. } => false,
        }
    }
}

/// Every limit the plan exceeds.
pub(super) fn check(plan: &Plan, policy: &Policy) -> Vec<Refusal> {
    let keys_of = |wanted: &[Action]| -> Vec<CampaignKey> {
        let mut keys: Vec<CampaignKey> =
            plan.changes.iter().filter(|change| wanted.contains(&change.action)).map(|change| change.key.clone()).collect();
        keys.sort();
        keys
    };
    let deletes = keys_of(&[Action::Delete]);
    let mut refusals: Vec<Refusal> = plan
        .protected
        .iter()
        .filter(|key| deletes.contains(key) && !policy.allow_destroy.contains(key))
        .map(|key| Refusal::PreventDestroy { key: key.clone() })
        .collect();
    let limit = policy.guards.max_deletes.unwrap_or(Guards::DEFAULT_MAX_DELETES);
    if deletes.len() as u64 > limit {
        refusals.push(Refusal::TooManyDeletes { keys: deletes, limit });
    }
    if let Some(limit) = policy.guards.max_changed_percent {
        let keys = keys_of(&[Action::Update, Action::Delete]);
        if keys.len() as u64 * 100 > limit * plan.managed as u64 {
            refusals.push(Refusal::TooMuchChanged { keys, managed: plan.managed, limit });
        }
    }
    refusals
}

/// The limit that recorded sessions show to be exceeded.
pub(super) fn check_replayed(replayed: &Replayed, policy: &Policy) -> Option<Refusal> {
    let limit = policy.guards.max_added_invites_percent?;
    let invites = BothWorlds { live: replayed.totals.live.invites, desired: replayed.totals.desired.invites };
    let added = invites.desired.checked_sub(invites.live).filter(|added| replayed.compared && *added > 0)?;
    let whole = u128::from(invites.live.max(1));
    if u128::from(added) * 100 <= u128::from(limit) * whole {
        return None;
    }
    let percent = u64::try_from((u128::from(added) * 100).div_ceil(whole)).unwrap_or(u64::MAX);
    let of = |decided: &Option<crate::model::CampaignDecisions>| decided.as_ref().map_or(0, |decided| decided.invited);
    let added_by = |campaign: &crate::model::ReplayedCampaign| of(&campaign.decided.desired).saturating_sub(of(&campaign.decided.live));
    let adding = replayed.contenders.iter().map(|campaign| (campaign.who.clone(), added_by(campaign)));
    let mut adding: Vec<(Contender, u64)> = adding.filter(|(_, added)| *added > 0).collect();
    // `sort_by_key` keeps the order of equals.
    adding.sort_by_key(|(_, added)| std::cmp::Reverse(*added));
    adding.truncate(MOST_ADDING);
    Some(Refusal::TooManyAddedInvites { invites, percent, adding, limit })
}

/// So many campaigns that add invites are named.
const MOST_ADDING: usize = 5;
