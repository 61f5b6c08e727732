//! What a visitor would notice: which changes loosen a campaign, and the few that deserve a mark.

use super::canonical::value_keys;
use super::normalize::Condition;
use super::{ActionPart, Cause, FieldChange, FieldPath, FieldValue, FilterPart, ThrottlingPart};
use crate::model::{CampaignSpec, DataType, LiveCampaign, Operator, Scalar};

/// A change that a reviewer must see first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// Kind of danger.
    pub kind: DangerKind,
    /// What it means, in one plain sentence.
    pub sentence: String,
}

/// Kinds of danger, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DangerKind {
    /// The campaign goes.
    Delete,
    /// No suppression is left.
    ThrottlingRemoved,
    /// A limit on invites is higher than before.
    ThrottlingLoosened,
    /// Visitors match who did not match before.
    AudienceWidened,
    /// A campaign that invited nobody starts to.
    SwitchedOn,
    /// Conversations lose their queue or skill groups.
    RoutingRemoved,
}

impl DangerKind {
    /// All kinds, most severe first.
    pub const ALL: [Self; 6] =
        [Self::Delete, Self::ThrottlingRemoved, Self::ThrottlingLoosened, Self::AudienceWidened, Self::SwitchedOn, Self::RoutingRemoved];

    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::ThrottlingRemoved => "throttling-removed",
            Self::ThrottlingLoosened => "throttling-loosened",
            Self::AudienceWidened => "audience-widened",
            Self::SwitchedOn => "switched-on",
            Self::RoutingRemoved => "routing-removed",
        }
    }

    /// A few words for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Delete => "destroyed",
            Self::ThrottlingRemoved => "throttling removed",
            Self::ThrottlingLoosened => "throttling loosened",
            Self::AudienceWidened => "audience widened",
            Self::SwitchedOn => "switched on",
            Self::RoutingRemoved => "routing removed",
        }
    }
}

/// Which way a change moves the number of invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    Tightens,
    Neutral,
    Loosens,
}

/// Which way one field's change moves the number of invites. What is not provably tighter counts as looser.
pub(super) fn direction(change: &FieldChange) -> Direction {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    match &change.path {
        FieldPath::Enabled => match after {
            Some(FieldValue::Flag(true)) => Direction::Loosens,
            _ => Direction::Tightens,
        },
        FieldPath::Filter { operator, part, .. } => match part {
            FilterPart::Whole if before.is_none() => Direction::Tightens,
            FilterPart::Whole | FilterPart::DataType => Direction::Loosens,
            FilterPart::Value => match (before, after) {
                (Some(FieldValue::Condition(old)), Some(FieldValue::Condition(new))) if is_within(*operator, new, old) => {
                    Direction::Tightens
                }
                _ => Direction::Loosens,
            },
        },
        FieldPath::Throttling(part) => {
            let count = |value: Option<&FieldValue>| match value {
                Some(FieldValue::Count(count)) => Some(*count),
                _ => None,
            };
            let (before, after) = (count(before), count(after));
            let looser = match part {
                // Absent and 0 mean: no suppression at all.
                ThrottlingPart::MaxInvitesPerContact => {
                    let limit = |count: Option<u64>| count.filter(|count| *count > 0).unwrap_or(u64::MAX);
                    limit(after).cmp(&limit(before))
                }
                ThrottlingPart::CooldownSeconds => before.unwrap_or(0).cmp(&after.unwrap_or(0)),
                ThrottlingPart::MaxInvitesPerMinute => after.unwrap_or(u64::MAX).cmp(&before.unwrap_or(u64::MAX)),
            };
            match looser {
                std::cmp::Ordering::Greater => Direction::Loosens,
                std::cmp::Ordering::Equal => Direction::Neutral,
                std::cmp::Ordering::Less => Direction::Tightens,
            }
        }
        FieldPath::Name | FieldPath::Description | FieldPath::CampaignType | FieldPath::EvaluationMode | FieldPath::Action { .. } => {
            Direction::Neutral
        }
    }
}

/// Whether every session that satisfies `new` satisfies `old` too; false where that is not certain.
fn is_within(operator: Operator, new: &Condition, old: &Condition) -> bool {
    if new.data_type != old.data_type {
        return false;
    }
    let number = |condition: &Condition| match condition.value.scalars() {
        [Scalar::Number(number)] => number.as_f64(),
        _ => None,
    };
    let text = |condition: &Condition| match condition.value.scalars() {
        [Scalar::Text(text)] => Some(text.clone()),
        _ => None,
    };
    let subset = |small: &Condition, large: &Condition| {
        value_keys(&small.value, small.data_type).is_subset(&value_keys(&large.value, large.data_type))
    };
    match operator {
        Operator::GreaterThan | Operator::GreaterThanOrEqual => matches!((number(new), number(old)), (Some(new), Some(old)) if new >= old),
        Operator::LessThan | Operator::LessThanOrEqual => matches!((number(new), number(old)), (Some(new), Some(old)) if new <= old),
        Operator::In => subset(new, old),
        Operator::NotIn => subset(old, new),
        Operator::Contains => matches!((text(new), text(old)), (Some(new), Some(old)) if new.contains(&old)),
        Operator::NotContains => matches!((text(new), text(old)), (Some(new), Some(old)) if old.contains(&new)),
        Operator::StartsWith => matches!((text(new), text(old)), (Some(new), Some(old)) if new.starts_with(&old)),
        Operator::EndsWith => matches!((text(new), text(old)), (Some(new), Some(old)) if new.ends_with(&old)),
        Operator::Equals | Operator::NotEquals => new.data_type == DataType::Boolean && new.same_value(old),
    }
}

/// The marks of an update: nothing for a campaign that stays disabled, because it invites nobody.
pub(super) fn of_update(campaign: &LiveCampaign, desired: &CampaignSpec, changes: &[FieldChange]) -> Vec<Danger> {
    let live = &campaign.spec;
    if !desired.enabled {
        return Vec::new();
    }
    let mut dangers: Vec<Danger> = Vec::new();
    let suppresses = |spec: &CampaignSpec| {
        spec.throttling.as_ref().is_some_and(|throttling| throttling.max_invites_per_contact.is_some_and(|contacts| contacts > 0))
    };
    let removed = suppresses(live) && !suppresses(desired);
    if removed {
        let sentence = "no suppression is left: any visitor can be invited again and again";
        dangers.push(Danger { kind: DangerKind::ThrottlingRemoved, sentence: sentence.to_owned() });
    }
    for change in changes {
        dangers.extend(of_field(change, removed, campaign));
    }
    dangers.sort_by_key(|danger| danger.kind);
    dangers
}

fn of_field(change: &FieldChange, throttling_removed: bool, campaign: &LiveCampaign) -> Option<Danger> {
    let path = &change.path;
    let (kind, sentence) = match path {
        FieldPath::Enabled if direction(change) == Direction::Loosens => {
            let sentence = if change.cause == Cause::Drift {
                format!("it was paused live{}: applying switches it on again", who_and_when(campaign))
            } else {
                "the campaign starts inviting visitors".to_owned()
            };
            (DangerKind::SwitchedOn, sentence)
        }
        FieldPath::Throttling(part) if direction(change) == Direction::Loosens => {
            let sentence = match part {
                ThrottlingPart::MaxInvitesPerContact | ThrottlingPart::CooldownSeconds if throttling_removed => return None,
                ThrottlingPart::MaxInvitesPerContact => "one contact can be invited more often within the cooldown",
                ThrottlingPart::CooldownSeconds => "a contact can be invited again sooner",
                ThrottlingPart::MaxInvitesPerMinute => "more visitors can be invited in one minute",
            };
            (DangerKind::ThrottlingLoosened, sentence.to_owned())
        }
        FieldPath::Filter { part: FilterPart::Whole, .. } if change.after.is_none() => {
            (DangerKind::AudienceWidened, format!("`{path}` no longer narrows the audience: more visitors match"))
        }
        FieldPath::Filter { .. } if direction(change) == Direction::Loosens => {
            (DangerKind::AudienceWidened, format!("`{path}` lets in visitors who did not match before"))
        }
        FieldPath::Action { part: ActionPart::QueueId | ActionPart::SkillGroups, .. } if change.after.is_none() => {
            (DangerKind::RoutingRemoved, format!("without `{path}` accepted invites fall back to the channel's default routing"))
        }
        _ => return None,
    };
    Some(Danger { kind, sentence })
}

/// ` by anna at 2026-11-20T10:00:00Z`, as far as the API tells.
fn who_and_when(campaign: &LiveCampaign) -> String {
    let who = campaign.modified_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    let when = campaign.date_modified.map(|when| format!(" at {when:.0}")).unwrap_or_default();
    format!("{who}{when}")
}

/// The mark of a delete.
pub(super) fn of_delete(live: &CampaignSpec) -> Danger {
    let sentence = if live.enabled {
        "the campaign is live and enabled; its invites stop and it cannot be brought back"
    } else {
        "the campaign cannot be brought back"
    };
    Danger { kind: DangerKind::Delete, sentence: sentence.to_owned() }
}
