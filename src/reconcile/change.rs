//! One change of a plan.

use jiff::Timestamp;
use serde_json::Value;

use super::{Danger, DangerKind, Effect, FieldChange, Held, Severity, Tier, body, effect};
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Origin, UnmodelledField};

/// What is done to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is created live.
    Create,
    /// The live campaign is replaced.
    Update,
    /// The live campaign is deleted.
    Delete,
    /// It is no longer managed; the live campaign stays.
    Forget,
    /// Live stays as it is; only the state changes (imported or moved).
    Record,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Delete, Self::Forget, Self::Record];

    /// Whether it writes to the live campaign.
    pub fn writes(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Delete => true,
            Self::Forget | Self::Record => false,
        }
    }

    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Forget => "forget",
            Self::Record => "record",
        }
    }
}

/// One change, with everything that is needed to show it, to check it and to make it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Key of the campaign.
    pub key: CampaignKey,
    /// What is done.
    pub action: Action,
    /// The key it had before, when the plan moves it.
    pub moved_from: Option<CampaignKey>,
    /// Whether a live campaign that was not managed is taken over by its name.
    pub imported: bool,
    /// Whether the state knew a live campaign that is gone, so that this creates it anew.
    pub vanished: Option<CampaignId>,
    /// Where it is declared; `None` for a campaign whose file is gone.
    pub origin: Option<Origin>,
    /// The live campaign as it was read; `None` for a create.
    pub live: Option<LiveSide>,
    /// The body as it will be; `None` for a delete or forget.
    pub desired: Option<CampaignSpec>,
    /// The body as it was applied last, where the state remembers one.
    pub last_applied: Option<CampaignSpec>,
    /// What differs, in reading order.
    pub fields: Vec<FieldChange>,
    /// What differs but is left to live by the campaign's lifecycle.
    pub held: Vec<Held>,
    /// How many live fields this version does not model are sent back unchanged.
    pub kept: usize,
    /// Live fields this version does not model that go with the block they stand in.
    pub lost: Vec<String>,
    /// What a reviewer must see first.
    pub dangers: Vec<Danger>,
    /// When it is made.
    pub tier: Tier,
    /// What is sent: the whole body, with `version` for an update.
    pub body: Option<Value>,
    /// What the state will remember; `None` when it forgets the campaign.
    pub remember: Option<Remember>,
}

impl Change {
    /// The worst of its dangers, if it has any.
    pub fn worst(&self) -> Option<DangerKind> {
        self.rank().map(|(_, kind)| kind)
    }

    /// Where it stands among dangerous changes, if it is one.
    pub fn rank(&self) -> Option<(Severity, DangerKind)> {
        self.dangers.iter().map(Danger::rank).min()
    }

    /// What visitors notice of it.
    pub fn effect(&self) -> Effect {
        effect::of(self)
    }
}

/// A managed campaign that the plan leaves as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchanged {
    /// Key of the campaign.
    pub key: CampaignKey,
    /// Where it is declared.
    pub origin: Origin,
    /// The live campaign.
    pub live: LiveSide,
    /// The body as it was applied last, where the state remembers one.
    pub last_applied: Option<CampaignSpec>,
    /// What differs but is left to live by the campaign's lifecycle.
    pub held: Vec<Held>,
}

/// What a plan read of a live campaign, checked again right before the write.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSide {
    /// Server-assigned id.
    pub id: CampaignId,
    /// The version a write must carry.
    pub version: u64,
    /// The body.
    pub spec: CampaignSpec,
    /// Fields of the body that this version does not model.
    pub unmodelled: Vec<UnmodelledField>,
    /// Who changed it last, where the API tells.
    pub modified_by: Option<String>,
    /// When it was changed last, where the API tells.
    pub date_modified: Option<Timestamp>,
}

impl LiveSide {
    /// The body as the API returned it, fields that this version does not model in their places; without what the server
    /// sets itself (id, version, dates).
    pub fn body(&self) -> Value {
        body::live(&self.spec, &self.unmodelled)
    }
}

/// What the state will remember beside id and body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remember {
    /// `lifecycle.preventDestroy`
    pub prevent_destroy: bool,
    /// `lifecycle.keep`
    pub keep: bool,
}

/// A correction of the state that touches nothing live and needs nobody's decision.
#[derive(Debug, Clone, PartialEq)]
pub enum StateOnly {
    /// Live and files agree, and the state remembers something older.
    Refresh {
        /// Key of the campaign.
        key: CampaignKey,
        /// Id of the live campaign.
        id: CampaignId,
        /// The body both agree on.
        body: CampaignSpec,
        /// The lifecycle flags.
        remember: Remember,
    },
    /// Neither declared nor live any more: the state forgets it.
    Drop {
        /// Key of the campaign.
        key: CampaignKey,
        /// The id it had.
        id: CampaignId,
    },
}
