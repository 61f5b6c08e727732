//! What an import comes to: files, what is managed already, and what is not imported.

use std::path::PathBuf;

use crate::model::{CampaignId, CampaignKey, Destination};

/// The outcome for every live campaign that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Imports {
    /// Where the campaigns are live.
    pub destination: Destination,
    /// The new files, by key.
    pub files: Vec<NewFile>,
    /// Campaigns that need no file, by key.
    pub managed: Vec<Managed>,
    /// Campaigns that are left as they are, by name.
    pub refused: Vec<NotImported>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// A file for a live campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The key it declares.
    pub key: CampaignKey,
    /// Id of the live campaign.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Where the file is.
    pub path: PathBuf,
    /// Its path as people should see it.
    pub shown: String,
    /// Its text.
    pub text: String,
    /// How many live fields have no place in it; they stay live, whatever is applied.
    pub unmodelled: usize,
}

/// A live campaign that needs no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// Its key.
    pub key: CampaignKey,
    /// Its id.
    pub id: CampaignId,
    /// Its name; `None` where it could not be read.
    pub name: Option<String>,
    /// How it is managed.
    pub how: How,
}

/// How a campaign is managed that needs no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A file declares it, and the state knows it.
    Known,
    /// A file declares exactly what is live; this import records it in the state.
    Recorded,
    /// A file declares a campaign of its name that differs from it: the next plan takes it over and shows what differs.
    Differs,
    /// The state knows it, and no file declares it any more.
    Undeclared,
}

impl How {
    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Recorded => "recorded",
            Self::Differs => "differs",
            Self::Undeclared => "undeclared",
        }
    }
}

/// A live campaign that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotImported {
    /// Its id.
    pub id: CampaignId,
    /// Its name; `None` where it could not be read.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}
