//! What is too much for one plan.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Action, Candidate, LiveTwice, Plan};
use crate::model::{BothWorlds, CampaignId, CampaignKey, Contender, Guards, Replayed, TooLittle};

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
    /// `lifecycle.ignoreChanges` or `ignoreUntil` leaves a field to live, and what comes out is not a valid campaign.
    BrokenHold {
        /// The campaign.
        key: CampaignKey,
        /// The JSON pointer in its lifecycle.
        pointer: String,
        /// What is wrong with what comes out.
        reason: String,
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
    /// `maxAddedInvitesPercent` is set, and the recordings that were given say too little to judge it by.
    NotJudged(NotJudged),
}

/// Why recordings cannot judge `maxAddedInvitesPercent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged {
    /// The limit in percent.
    pub limit: u64,
    /// What is missing.
    pub because: Unjudged,
    /// How many lines could not be read, in all recordings.
    pub bad: u64,
    /// How many lines there are in all recordings.
    pub lines: u64,
    /// The first line that could not be read, `FILE:LINE`, and why; of the recording that is named, where one is.
    pub first: Option<(String, String)>,
}

/// What is missing to judge by recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unjudged {
    /// There is no session.
    Nothing,
    /// Nothing of this recording could be read.
    NothingIn(String),
    /// Too many lines could not be read.
    BadLines,
    /// With one more invite for each line that could not be read, the plan would exceed the limit.
    MayExceed {
        /// Invites under each world, those of the lines that could not be read added to the desired ones.
        invites: BothWorlds<u64>,
        /// By how many percent they grow then, rounded up.
        percent: u64,
    },
}

impl Refusal {
    /// The name of the kind that only a recording can judge.
    pub const MAX_ADDED_INVITES: &str = "max-added-invites-percent";

    /// The names of all kinds.
    pub const IDS: [&str; 10] = [
        "ambiguous-name",
        "unreadable",
        "live-twice",
        "rename-of-declared",
        "renamed-twice",
        "broken-hold",
        "prevent-destroy",
        "max-deletes",
        "max-changed-percent",
        Self::MAX_ADDED_INVITES,
    ];

    /// A stable name of its kind for machines.
    pub fn id(&self) -> &'static str {
        let [ambiguous, unreadable, live_twice, of_declared, twice, broken_hold, prevent_destroy, deletes, changed, added] = Self::IDS;
        match self {
            Self::AmbiguousName { .. } => ambiguous,
            Self::Unreadable { .. } => unreadable,
            Self::LiveTwice(_) => live_twice,
            Self::RenameOfDeclared { .. } => of_declared,
            Self::RenamedTwice { .. } => twice,
            Self::BrokenHold { .. } => broken_hold,
            Self::PreventDestroy { .. } => prevent_destroy,
            Self::TooManyDeletes { .. } => deletes,
            Self::TooMuchChanged { .. } => changed,
            Self::TooManyAddedInvites { .. } | Self::NotJudged(_) => added,
        }
    }

    /// The campaigns it speaks of.
    pub fn keys(&self) -> Vec<&CampaignKey> {
        match self {
            Self::AmbiguousName { key, .. } | Self::Unreadable { key, .. } | Self::PreventDestroy { key } => vec![key],
            Self::BrokenHold { key, pointer: _, reason: _ } => vec![key],
            Self::LiveTwice(twice) => vec![&twice.key],
            Self::RenameOfDeclared { key, previously } => vec![key, previously],
            Self::RenamedTwice { previously: _, keys } => keys.iter().collect(),
            Self::TooManyDeletes { keys, .. } | Self::TooMuchChanged { keys, .. } => keys.iter().collect(),
            Self::TooManyAddedInvites { adding, .. } => adding.iter().filter_map(|(who, _)| who.key.as_ref()).collect(),
            Self::NotJudged(_) => Vec::new(),
        }
    }

    /// Whether some campaign could not be planned at all; the others are limits on a plan that is whole.
    pub fn leaves_out(&self) -> bool {
        match self {
            Self::AmbiguousName { .. } | Self::Unreadable { .. } | Self::RenameOfDeclared { .. } | Self::RenamedTwice { .. } => true,
            Self::BrokenHold { .. } => true,
            Self::LiveTwice(_)
            | Self::PreventDestroy { .. }
            | Self::TooManyDeletes { .. }
            | Self::TooMuchChanged { .. }
            | Self::TooManyAddedInvites { .. }
            | Self::NotJudged(_) => false,
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

/// The limit that recorded sessions show to be exceeded, or that they say too little to judge.
pub(super) fn check_replayed(replayed: &Replayed, policy: &Policy) -> Option<Refusal> {
    let limit = policy.guards.max_added_invites_percent?;
    let not_judged = |because: Unjudged, file: Option<usize>| {
        let first = replayed.bad_lines.iter().find(|bad| file.is_none_or(|file| file == bad.at.file));
        let first = first.map(|bad| (format!("{}:{}", name(replayed, bad.at.file), bad.at.line), bad.reason.clone()));
        Refusal::NotJudged(NotJudged { limit, because, bad: replayed.lines.bad, lines: replayed.lines.all(), first })
    };
    match replayed.too_little() {
        Some(TooLittle::NoSession) => return Some(not_judged(Unjudged::Nothing, None)),
        Some(TooLittle::NoSessionIn(file)) => return Some(not_judged(Unjudged::NothingIn(name(replayed, file)), Some(file))),
        Some(TooLittle::BadLines) => return Some(not_judged(Unjudged::BadLines, None)),
        None => {}
    }
    let BothWorlds { live, desired } = replayed.totals;
    let invites = BothWorlds { live: live.invites, desired: desired.invites };
    if let Some(percent) = exceeds(invites, limit).filter(|_| replayed.compared) {
        return Some(Refusal::TooManyAddedInvites { invites, percent, adding: adding(replayed), limit });
    }
    // A line that could not be read may be one more invite: only where that changes nothing the limit is kept.
    let invites = BothWorlds { desired: desired.invites.saturating_add(replayed.lines.bad), ..invites };
    let percent = exceeds(invites, limit).filter(|_| replayed.lines.bad > 0)?;
    Some(not_judged(Unjudged::MayExceed { invites, percent }, None))
}

fn name(replayed: &Replayed, file: usize) -> String {
    replayed.files.get(file).cloned().unwrap_or_default()
}

/// By how many percent the invites grow, rounded up, where that is more than the limit.
fn exceeds(BothWorlds { live, desired }: BothWorlds<u64>, limit: u64) -> Option<u64> {
    let added = u128::from(desired.checked_sub(live)?);
    let whole = u128::from(live.max(1));
    (added * 100 > u128::from(limit) * whole).then(|| u64::try_from((added * 100).div_ceil(whole)).unwrap_or(u64::MAX))
}

/// The campaigns that add most, with how many invites each adds, the most first.
fn adding(replayed: &Replayed) -> Vec<(Contender, u64)> {
    let of = |decided: &Option<crate::model::CampaignDecisions>| decided.as_ref().map_or(0, |decided| decided.invited);
    let added_by = |campaign: &crate::model::ReplayedCampaign| of(&campaign.decided.desired).saturating_sub(of(&campaign.decided.live));
    let adding = replayed.contenders.iter().map(|campaign| (campaign.who.clone(), added_by(campaign)));
    let mut adding: Vec<(Contender, u64)> = adding.filter(|(_, added)| *added > 0).collect();
    // `sort_by_key` keeps the order of equals.
    adding.sort_by_key(|(_, added)| std::cmp::Reverse(*added));
    adding.truncate(MOST_ADDING);
    adding
}

/// So many campaigns that add invites are named.
const MOST_ADDING: usize = 5;
