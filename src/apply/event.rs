//! What an apply tells while it runs, and what it leaves behind.

use std::time::Duration;

use crate::model::{CampaignId, CampaignKey, CampaignSpec};
use crate::reconcile::{Action, StoredField};
use crate::state::StateError;

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Work on a campaign began.
    Started {
        /// Which campaign.
        key: CampaignKey,
        /// What is done to it.
        action: Action,
        /// Its live id; `None` for a create.
        id: Option<CampaignId>,
    },
    /// The state is about to be written.
    Saving,
    /// The state was written.
    Saved,
    /// The answers to these creates were lost: the list is read after `settle`, to see whether they are there.
    Looking {
        /// Which campaigns.
        keys: Vec<CampaignKey>,
        /// How long is waited first.
        settle: Duration,
    },
    /// Work on a campaign ended.
    Finished {
        /// How it ended.
        row: Row,
        /// How long it took.
        elapsed: Duration,
    },
}

/// How the change of one campaign ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which campaign.
    pub key: CampaignKey,
    /// What was to be done.
    pub action: Action,
    /// Whether it took over a live campaign that was not managed.
    pub imported: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done, and recorded unless the report says otherwise.
    Done {
        /// Id of the live campaign.
        id: CampaignId,
        /// What the server stores differently from what was sent, where it does.
        stored: Option<Box<StoredDifferently>>,
    },
    /// Somebody changed the live campaign since the plan: nothing was written.
    Conflict {
        /// What was found.
        reason: String,
    },
    /// The server refused; nothing was written.
    Failed {
        /// What it said.
        reason: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The answer was lost or was not about what was sent: it may or may not have been done.
    Unknown {
        /// How it was lost, or what did not fit.
        reason: String,
    },
    /// It was never started.
    NotAttempted {
        /// Why.
        reason: String,
    },
}

/// A campaign that the server stores differently from what was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredDifferently {
    /// The body as the server stores it.
    pub body: CampaignSpec,
    /// The fields that differ.
    pub fields: Vec<StoredField>,
}

/// What an apply leaves behind.
#[derive(Debug)]
pub struct Report {
    /// Id of the run, for `plan --rollback`.
    pub run: String,
    /// Every change of the plan, in plan order.
    pub rows: Vec<Row>,
    /// Why the state could not be written, where it could not: what was done since is live but not remembered.
    pub state_error: Option<StateError>,
}

impl Report {
    /// Whether every change was made and recorded.
    pub fn is_complete(&self) -> bool {
        self.state_error.is_none() && self.rows.iter().all(|row| matches!(row.outcome, Outcome::Done { .. }))
    }

    /// How many changes of a kind were made.
    pub fn done(&self, action: Action) -> usize {
        self.rows.iter().filter(|row| row.action == action && matches!(row.outcome, Outcome::Done { .. })).count()
    }

    /// Whether anything was written live, or may have been.
    pub fn wrote(&self) -> bool {
        self.rows.iter().any(|row| row.action.writes() && matches!(row.outcome, Outcome::Done { .. } | Outcome::Unknown { .. }))
    }

    /// How many live campaigns were taken over.
    pub fn imported(&self) -> usize {
        self.rows.iter().filter(|row| row.imported && matches!(row.outcome, Outcome::Done { .. })).count()
    }
}
