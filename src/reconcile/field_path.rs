//! Names of fields that stay the same when a list is reordered: filters by attribute and operator, actions by type and
//! priority. Where two bodies are compared and just that has changed, it is a field of its own.

use std::fmt;

use super::normalize::{action_paths, filter_paths};
use crate::model::{ActionType, CampaignSpec, Operator};

/// One field of a campaign. Ordered as people read a campaign; fingerprints in states depend on the order of the variants, here
/// and in the parts, and on the text of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldPath {
    /// `name`
    Name,
    /// `description`
    Description,
    /// `enabled`
    Enabled,
    /// `campaignType`
    CampaignType,
    /// `evaluationMode`
    EvaluationMode,
    /// `filters[session.page].operator`: how a filter compares, with what it compares with. Only in a comparison.
    FilterOperator {
        /// Attribute the filter looks at.
        attribute: String,
        /// 0, or 1, 2, … where this has changed in several filters of the attribute.
        nth: usize,
    },
    /// `filters[session.page equals]`
    Filter {
        /// Attribute the filter looks at.
        attribute: String,
        /// How it compares.
        operator: Operator,
        /// 0, or 1, 2, … where several filters share attribute and operator.
        nth: usize,
        /// Which part of it.
        part: FilterPart,
    },
    /// `actions[webchat_invite].priority`. Only in a comparison.
    ActionPriority {
        /// Kind of action.
        action_type: ActionType,
        /// 0, or 1, 2, … where this has changed in several actions of the type.
        nth: usize,
    },
    /// `actions[webchat_invite 1]`
    Action {
        /// Kind of action.
        action_type: ActionType,
        /// Its priority number.
        priority: u64,
        /// 0, or 1, 2, … where several actions share type and priority.
        nth: usize,
        /// Which part of it.
        part: ActionPart,
    },
    /// `throttling.…`
    Throttling(ThrottlingPart),
}

/// Part of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FilterPart {
    /// The filter as a whole, when it comes or goes.
    Whole,
    /// `.value`
    Value,
    /// `.dataType`
    DataType,
}

/// Part of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionPart {
    /// The action itself, when it comes or goes.
    Whole,
    /// `.config.inviteMessage`
    InviteMessage,
    /// `.config.displayDuration`
    DisplayDuration,
    /// `.config.autoDismissOnScroll`
    AutoDismissOnScroll,
    /// `.routingConfig.queueId`
    QueueId,
    /// `.routingConfig.skillGroups`
    SkillGroups,
    /// `.routingConfig.wrapUpCode`
    WrapUpCode,
    /// `.routingConfig.priorityLevel`
    PriorityLevel,
    /// `.routingConfig.overflowQueueId`
    OverflowQueueId,
}

/// Part of the throttling block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThrottlingPart {
    /// `.maxInvitesPerContact`
    MaxInvitesPerContact,
    /// `.cooldownSeconds`
    CooldownSeconds,
    /// `.maxInvitesPerMinute`
    MaxInvitesPerMinute,
}

impl FieldPath {
    /// The same path for another part of the filter; any other path as it is.
    pub(super) fn with_part(&self, part: FilterPart) -> Self {
        match self {
            Self::Filter { attribute, operator, nth, part: _ } => {
                Self::Filter { attribute: attribute.clone(), operator: *operator, nth: *nth, part }
            }
            other => other.clone(),
        }
    }

    /// JSON pointer to the field in the body of a campaign; `None` for a filter or action that the body does not have. The
    /// field itself may be absent there.
    pub fn pointer(&self, body: &CampaignSpec) -> Option<String> {
        let index_of = |paths: Vec<(Self, usize)>, wanted: &Self| paths.into_iter().find(|(path, _)| path == wanted).map(|(_, at)| at);
        Some(match self {
            Self::Name | Self::Description | Self::Enabled | Self::CampaignType | Self::EvaluationMode => format!("/{self}"),
            Self::Filter { part, .. } => {
                let index = index_of(filter_paths(&body.filters), &self.with_part(FilterPart::Whole))?;
                format!("/filters/{index}{}", part.suffix().replace('.', "/"))
            }
            Self::Action { action_type, priority, nth, part } => {
                let whole = Self::Action { action_type: *action_type, priority: *priority, nth: *nth, part: ActionPart::Whole };
                format!("/actions/{}{}", index_of(action_paths(&body.actions), &whole)?, part.suffix().replace('.', "/"))
            }
            Self::Throttling(part) => format!("/throttling/{}", part.as_str()),
            // Names a difference between two bodies, and nothing in one of them.
            Self::FilterOperator { .. } | Self::ActionPriority { .. } => return None,
        })
    }
}

impl FilterPart {
    fn suffix(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Value => ".value",
            Self::DataType => ".dataType",
        }
    }
}

impl ActionPart {
    fn suffix(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::InviteMessage => ".config.inviteMessage",
            Self::DisplayDuration => ".config.displayDuration",
            Self::AutoDismissOnScroll => ".config.autoDismissOnScroll",
            Self::QueueId => ".routingConfig.queueId",
            Self::SkillGroups => ".routingConfig.skillGroups",
            Self::WrapUpCode => ".routingConfig.wrapUpCode",
            Self::PriorityLevel => ".routingConfig.priorityLevel",
            Self::OverflowQueueId => ".routingConfig.overflowQueueId",
        }
    }
}

impl ThrottlingPart {
    fn as_str(self) -> &'static str {
        match self {
            Self::MaxInvitesPerContact => "maxInvitesPerContact",
            Self::CooldownSeconds => "cooldownSeconds",
            Self::MaxInvitesPerMinute => "maxInvitesPerMinute",
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ordinal = |nth: usize| if nth == 0 { String::new() } else { format!(" #{}", nth + 1) };
        match self {
            Self::Name => f.write_str("name"),
            Self::Description => f.write_str("description"),
            Self::Enabled => f.write_str("enabled"),
            Self::CampaignType => f.write_str("campaignType"),
            Self::EvaluationMode => f.write_str("evaluationMode"),
            Self::FilterOperator { attribute, nth } => write!(f, "filters[{attribute}{}].operator", ordinal(*nth)),
            Self::ActionPriority { action_type, nth } => write!(f, "actions[{}{}].priority", action_type.as_str(), ordinal(*nth)),
            Self::Filter { attribute, operator, nth, part } => {
                write!(f, "filters[{attribute} {operator}{}]{}", ordinal(*nth), part.suffix())
            }
            Self::Action { action_type, priority, nth, part } => {
                write!(f, "actions[{} {priority}{}]{}", action_type.as_str(), ordinal(*nth), part.suffix())
            }
            Self::Throttling(part) => write!(f, "throttling.{}", part.as_str()),
        }
    }
}
