//! What a change means for visitors, in one word: the first thing a reviewer asks.

use super::{Action, ActionPart, Change, FieldPath, Tier};

/// What visitors notice of a change, the most noticeable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// A campaign that invited nobody begins to.
    StartsInviting,
    /// More visitors can be invited, or the same ones more often.
    MoreInvites,
    /// A campaign that invited visitors no longer does.
    StopsInviting,
    /// Fewer visitors are invited, or the same ones less often.
    FewerInvites,
    /// The invite says or looks something else, or is decided at another moment.
    OtherInvite,
    /// Accepted invites reach other people.
    OtherRouting,
    /// Nothing a visitor could notice.
    Nothing,
}

impl Effect {
    /// All effects, in order.
    pub const ALL: [Self; 7] = [
        Self::StartsInviting,
        Self::MoreInvites,
        Self::StopsInviting,
        Self::FewerInvites,
        Self::OtherInvite,
        Self::OtherRouting,
        Self::Nothing,
    ];

    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::StartsInviting => "starts-inviting",
            Self::MoreInvites => "more-invites",
            Self::StopsInviting => "stops-inviting",
            Self::FewerInvites => "fewer-invites",
            Self::OtherInvite => "other-invite",
            Self::OtherRouting => "other-routing",
            Self::Nothing => "nothing",
        }
    }

    /// What so many campaigns do, without the number: `starts inviting`, `start inviting`.
    pub fn verb(self, one: bool) -> &'static str {
        match (self, one) {
            (Self::StartsInviting, true) => "starts inviting",
            (Self::StartsInviting, false) => "start inviting",
            (Self::MoreInvites, _) => "can invite more",
            (Self::StopsInviting, true) => "stops inviting",
            (Self::StopsInviting, false) => "stop inviting",
            (Self::FewerInvites, true) => "invites less",
            (Self::FewerInvites, false) => "invite less",
            (Self::OtherInvite, true) => "invites in another way",
            (Self::OtherInvite, false) => "invite in another way",
            (Self::OtherRouting, true) => "routes accepted invites elsewhere",
            (Self::OtherRouting, false) => "route accepted invites elsewhere",
            (Self::Nothing, true) => "changes nothing a visitor notices",
            (Self::Nothing, false) => "change nothing a visitor notices",
        }
    }
}

/// What visitors notice of one change.
pub(super) fn of(change: &Change) -> Effect {
    let was_live = change.live.as_ref().is_some_and(|live| live.spec.enabled);
    let will_be = change.desired.as_ref().is_some_and(|desired| desired.enabled);
    match (change.action, was_live, will_be) {
        (Action::Forget | Action::Record, ..) | (_, false, false) => Effect::Nothing,
        (_, false, true) => Effect::StartsInviting,
        (_, true, false) => Effect::StopsInviting,
        (_, true, true) => match change.tier {
            Tier::Loosen => Effect::MoreInvites,
            Tier::Tighten => Effect::FewerInvites,
            Tier::Neutral => change.fields.iter().map(|field| of_field(&field.path)).min().unwrap_or(Effect::Nothing),
        },
    }
}

fn of_field(path: &FieldPath) -> Effect {
    match path {
        FieldPath::Action { part, .. } => match part {
            ActionPart::QueueId
            | ActionPart::SkillGroups
            | ActionPart::WrapUpCode
            | ActionPart::PriorityLevel
            | ActionPart::OverflowQueueId => Effect::OtherRouting,
            ActionPart::Whole | ActionPart::InviteMessage | ActionPart::DisplayDuration | ActionPart::AutoDismissOnScroll => {
                Effect::OtherInvite
            }
        },
        FieldPath::EvaluationMode | FieldPath::CampaignType | FieldPath::ActionPriority { .. } => Effect::OtherInvite,
        FieldPath::Name
        | FieldPath::Description
        | FieldPath::Enabled
        | FieldPath::Filter { .. }
        | FieldPath::FilterOperator { .. }
        | FieldPath::Throttling(_) => Effect::Nothing,
    }
}
