//! A decision: what a campaign answers to a session, and why.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Action, CampaignSpec, DataType, JsonType, Session};

/// A campaign as it is asked for a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AskedCampaign<'a> {
    /// How the ledger knows the campaign: the server's id of a live one, the key of one in the repo. One ledger uses one of
    /// the two.
    pub id: &'a str,
    /// Its body.
    pub spec: &'a CampaignSpec,
}

/// What one campaign answers to one session at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<'a> {
    /// The campaign that was asked.
    pub campaign: AskedCampaign<'a>,
    /// The contact of the session.
    pub contact_id: &'a str,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// What was decided.
    pub outcome: Outcome<'a>,
    /// How each filter went, in the order of the campaign's filters; all of them, also after the first that failed. Empty
    /// when the campaign is disabled: nothing was looked at.
    pub filters: Vec<FilterResult>,
}

/// What was decided, with what follows from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome<'a> {
    /// The contact is invited.
    Invited {
        /// The action that fires: the one of the lowest priority number.
        action: &'a Action,
    },
    /// A filter does not hold.
    NotMatched,
    /// The contact is to be left alone for now.
    Suppressed {
        /// From this moment on the contact may be invited again.
        expires_at: Timestamp,
    },
    /// The campaign has sent its invites of this minute.
    Throttled {
        /// When the next UTC minute begins.
        until: Timestamp,
    },
    /// The filters hold, and the campaign decides in batches, later.
    Queued,
    /// The campaign is switched off.
    Disabled,
}

impl Outcome<'_> {
    /// The word for it.
    pub fn status(&self) -> DecisionStatus {
        match self {
            Self::Invited { .. } => DecisionStatus::Invited,
            Self::NotMatched => DecisionStatus::NotMatched,
            Self::Suppressed { .. } => DecisionStatus::Suppressed,
            Self::Throttled { .. } => DecisionStatus::Throttled,
            Self::Queued => DecisionStatus::Queued,
            Self::Disabled => DecisionStatus::Disabled,
        }
    }
}

/// The words for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionStatus {
    /// The contact is invited.
    Invited,
    /// A filter does not hold.
    NotMatched,
    /// The contact is to be left alone for now.
    Suppressed,
    /// The campaign has sent its invites of this minute. On the wire this is an error, 429.
    Throttled,
    /// To be decided later, in a batch.
    Queued,
    /// The campaign is switched off.
    Disabled,
}

impl DecisionStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Invited, Self::NotMatched, Self::Suppressed, Self::Throttled, Self::Queued, Self::Disabled];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::NotMatched => "not_matched",
            Self::Suppressed => "suppressed",
            Self::Throttled => "throttled",
            Self::Queued => "queued",
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Display for DecisionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How one filter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterResult {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed(FilterFailure),
}

impl FilterResult {
    /// Whether it holds.
    pub fn passed(self) -> bool {
        self == Self::Passed
    }
}

/// Why a filter does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterFailure {
    /// The session has no such attribute.
    Missing,
    /// The session has the attribute as another type, and nothing is ever converted.
    OtherType {
        /// The filter's dataType.
        expected: DataType,
        /// What the session sent.
        got: JsonType,
    },
    /// The attribute has the type, and the comparison is false.
    NotSatisfied,
}

/// A decision as it is sent (`TriggerDecision` of the contract).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerDecision {
    /// The campaign that was asked.
    pub campaign_id: String,
    /// The contact of the session.
    pub contact_id: String,
    /// What was decided.
    pub status: DecisionStatus,
    /// With `suppressed`: from this moment on the contact may be invited again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// With `invited`: the action that fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The request's own id, where it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The request's correlation id, where it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated_at: Option<Timestamp>,
}

impl TriggerDecision {
    /// The decision about `session` in the form of the wire.
    pub fn new(decision: &Decision<'_>, session: &Session) -> Self {
        let Decision { campaign, contact_id, decided_at, outcome, filters: _ } = decision;
        let Session { contact_id: _, channel_id: _, attributes: _, timestamp: _, request_id, correlation_id } = session;
        let (expires_at, action) = match outcome {
            Outcome::Invited { action } => (None, Some((*action).clone())),
            Outcome::Suppressed { expires_at } => (Some(*expires_at), None),
            Outcome::NotMatched | Outcome::Throttled { .. } | Outcome::Queued | Outcome::Disabled => (None, None),
        };
        Self {
            campaign_id: campaign.id.to_owned(),
            contact_id: (*contact_id).to_owned(),
            status: outcome.status(),
            expires_at,
            action,
            request_id: request_id.clone(),
            correlation_id: correlation_id.clone(),
            evaluated_at: Some(*decided_at),
        }
    }
}
