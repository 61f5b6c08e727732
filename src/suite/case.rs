//! A case, ready to be run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{CampaignKey, DecisionStatus, Session};

/// A session, what went before it, and what the campaigns are to decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its file, without folder and ending, for short: `pricing-churn`.
    pub group: String,
    /// What it shows.
    pub name: String,
    /// Path of its file as people should see it.
    pub file: String,
    /// Its line there, from 1.
    pub line: u32,
    /// The session.
    pub session: Session,
    /// When it is decided.
    pub at: Timestamp,
    /// The one campaign that is asked, if it is just one.
    pub asked: Option<CampaignKey>,
    /// What went before, in order of time.
    pub history: Vec<Earlier>,
    /// What these campaigns are to decide.
    pub expected: BTreeMap<CampaignKey, Expected>,
    /// The campaigns that invite, where every other must not.
    pub only: Option<BTreeSet<CampaignKey>>,
}

impl Case {
    /// When a case happens that does not say: 2025-01-01T12:00:00Z.
    pub const NOON: Timestamp = Timestamp::constant(1_735_732_800, 0);
    /// The contact of a case that does not say.
    pub const VISITOR: &'static str = "ext:visitor";

    /// `pricing-churn: a name`.
    pub fn title(&self) -> String {
        format!("{}: {}", self.group, self.name)
    }

    /// Whether it says anything of what the campaign decides.
    pub fn speaks_of(&self, key: &CampaignKey) -> bool {
        self.only.is_some() || self.expected.contains_key(key)
    }

    /// Its session and those before it.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        let earlier = self.history.iter().filter_map(|earlier| match &earlier.event {
            Event::Session(session) => Some(session),
            Event::Invited { .. } => None,
        });
        earlier.chain([&self.session])
    }

    /// Whether its history says that the campaign has invited somebody.
    pub fn remembers_invite_of(&self, key: &CampaignKey) -> bool {
        self.history.iter().any(|earlier| matches!(&earlier.event, Event::Invited { campaign, .. } if campaign == key))
    }
}

/// Something that happened before a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// When.
    pub at: Timestamp,
    /// How often, at that moment.
    pub times: u64,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The campaign invited the contact.
    Invited {
        /// Which campaign.
        campaign: CampaignKey,
        /// Whom.
        contact: String,
    },
    /// A session, decided by every campaign.
    Session(Session),
}

/// What a campaign is to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The word for it.
    pub status: DecisionStatus,
    /// Priority of the action that fires.
    pub priority: Option<u64>,
    /// The queue, by name or id, as the campaign has it.
    pub queue: Option<String>,
    /// When a suppression, or a minute that is full, ends.
    pub until: Option<Timestamp>,
}
