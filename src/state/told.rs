//! What commands on a state come to, as values: what was found in it, and what became of it.

use jiff::Timestamp;

use super::Ended;
use crate::model::{CampaignId, CampaignKey, Remembered};

/// Campaigns of a state.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Name of the environment.
    pub environment: String,
    /// Id of the state.
    pub lineage: String,
    /// Number of its last writing.
    pub serial: u64,
    /// The campaigns, by key.
    pub campaigns: Vec<(CampaignKey, Remembered)>,
}

/// One campaign as the state remembers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Name of the environment.
    pub environment: String,
    /// Id of the state.
    pub lineage: String,
    /// Number of its last writing.
    pub serial: u64,
    /// When that was, where the state says so.
    pub written: Option<Timestamp>,
    /// Its key.
    pub key: CampaignKey,
    /// What is remembered of it.
    pub remembered: Remembered,
    /// The remembered runs that wrote to it, oldest first.
    pub runs: Vec<(String, Timestamp)>,
}

/// What was renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The live campaign.
    pub id: CampaignId,
    /// Its name as it was last applied.
    pub name: String,
    /// What the files say of both keys.
    pub files: DeclaredAs,
    /// Runs that cannot be rolled back any more: they wrote to another campaign under the new key.
    pub forgotten: Vec<String>,
    /// The expired lock of another run that was taken over.
    pub taken_over: Option<Ended>,
}

/// Where the two keys are declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeclaredAs {
    /// The new one is, in this file.
    New(String),
    /// The old one still is, in this file, and the new one is not: the next plan would take the name back.
    Old(String),
    /// Neither is: the next plan would delete the campaign, or let it go where its lifecycle says `keep`.
    Nowhere {
        /// `lifecycle.keep` as it was last applied.
        keep: bool,
    },
    /// Some files cannot be read, and the others do not declare the new one.
    Unknown,
}

/// What was let go.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    /// The campaigns with what the state remembered, and what the next plan does with them; by key.
    pub campaigns: Vec<(CampaignKey, Remembered, NextPlan)>,
    /// The expired lock of another run that was taken over.
    pub taken_over: Option<Ended>,
}

/// What the next plan does with a campaign that the state does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextPlan {
    /// A file still declares it: the plan takes it over by its name, as long as no other live campaign has that name.
    Adopted {
        /// The file.
        file: String,
    },
    /// A file declares it under a name that was not applied yet: the plan finds no campaign of that name, and creates one.
    Created {
        /// The file.
        file: String,
        /// The name in it.
        name: String,
    },
    /// No file declares it: the plan leaves it alone.
    Left,
    /// Some files cannot be read, and the others do not declare it.
    Unknown,
}

/// What a push came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Where the state is.
    pub at: String,
    /// How many campaigns it has.
    pub campaigns: usize,
    /// Number of its last writing.
    pub serial: u64,
    /// Whether that was by this push; a state that says the same is left alone.
    pub written: bool,
    /// Whether another state was there.
    pub replaced: bool,
    /// The organization it belongs to, where nothing said here which one that should be: the next plan compares it.
    pub unchecked_organization: Option<String>,
    /// The expired lock of another run that was taken over.
    pub taken_over: Option<Ended>,
}
