//! What can go wrong with a state, in words, with the next step.

use std::io;
use std::path::PathBuf;

use super::Held;
use crate::model::{CampaignId, CampaignKey};

/// What can go wrong with a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file could not be read or written.
    #[error("cannot {verb} the state `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An object could not be read or written.
    #[error("cannot {verb} the state `{at}`: {reason}")]
    Remote {
        /// What was tried.
        verb: &'static str,
        /// Where the state is.
        at: String,
        /// What the storage said, or how it was not reached.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// The process environment does not say how to reach the storage.
    #[error("cannot reach the state `{at}`: {reason}")]
    NotConfigured {
        /// Where the state is.
        at: String,
        /// What is missing or wrong.
        reason: String,
        /// What to set.
        hint: String,
    },
    /// It is not a state document.
    #[error("the state `{at}` is damaged: {reason}")]
    Corrupt {
        /// Where the state is.
        at: String,
        /// Where the one before the last run is.
        backup: String,
        /// What could not be read.
        reason: String,
    },
    /// A newer version of the tool wrote it.
    #[error("the state `{at}` has format {found}, and this version of campaignctl reads up to format {supported}")]
    Newer {
        /// Where the state is.
        at: String,
        /// Its format.
        found: u64,
        /// The newest format this version reads.
        supported: u32,
    },
    /// Two keys have one live campaign: a plan would change it as both.
    #[error("in the state `{at}`, campaign.{} and campaign.{} have the same live campaign {id}", keys[0], keys[1])]
    ClaimedTwice {
        /// Where the state is.
        at: String,
        /// The environment it belongs to.
        environment: String,
        /// The two keys.
        keys: [CampaignKey; 2],
        /// The live campaign.
        id: CampaignId,
    },
    /// Another command holds the lock.
    #[error("the state `{at}` is locked by {}", locked_by(held))]
    Locked {
        /// Where the state is.
        at: String,
        /// The environment it belongs to.
        environment: String,
        /// Who holds the lock, and for how long.
        held: Box<Held>,
    },
    /// Somebody else has the lock now, or wrote the state since it was read. Nothing was merged or overwritten.
    #[error("the state `{at}` is no longer this run's to write: {reason}")]
    Lost {
        /// Where the state is.
        at: String,
        /// Who or what came in between.
        reason: String,
    },
    /// There is no lock that could be broken, or not this one.
    #[error("the state `{at}` {reason}")]
    NotUnlocked {
        /// Where the state is.
        at: String,
        /// Why not.
        reason: String,
        /// What to do.
        hint: String,
    },
}

fn locked_by(held: &Held) -> String {
    let who = held.holder.as_ref().map_or_else(|| "another campaignctl command".to_owned(), ToString::to_string);
    match &held.lease {
        None => who,
        Some(lease) => format!("{who}; last heartbeat {:.0}, expires {:.0}", lease.heartbeat, lease.expires),
    }
}

impl StateError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Io { path, .. } => format!("check that the folder of `{}` exists and that you may write in it", path.display()),
            Self::Remote { hint, .. } => (*hint).to_owned(),
            Self::NotConfigured { hint, .. } | Self::NotUnlocked { hint, .. } => hint.clone(),
            Self::Corrupt { backup, .. } => format!(
                "the state before the last run is in `{backup}`; `campaignctl state pull --backup | campaignctl state push --force -` \
                 (both with the same -e) puts it back. Without any state campaigns are found by exact name and nothing is deleted"
            ),
            Self::ClaimedTwice { environment, keys: [one, other], .. } => format!(
                "every apply would change it as both, and removing one file would delete the campaign of the other. Take the wrong key \
                 out of the state; if a file declares it, the next plan takes over its own live campaign by name:\n  \
                 campaignctl state show -e {environment} {one}\n  campaignctl state show -e {environment} {other}\n  \
                 campaignctl state rm -e {environment} {other}\nor put the state before the last run back:\n  \
                 campaignctl state pull --backup -e {environment} | campaignctl state push --force - -e {environment}"
            ),
            Self::Newer { .. } => "use the version of campaignctl that your pipeline uses".to_owned(),
            Self::Locked { environment, held, .. } => match &held.lease {
                None => "wait until it has finished; the lock goes with its process".to_owned(),
                Some(lease) => format!(
                    "wait until it has finished. If it was killed, the next run takes the lock over once it has expired; if you are \
                     sure that it is dead, break the lock now: campaignctl state unlock {} -e {environment}",
                    lease.id
                ),
            },
            Self::Lost { .. } => "what this run recorded before is kept; `campaignctl plan` shows what is left to do".to_owned(),
        }
    }

    /// Whether somebody else stands in the way, rather than something being wrong.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Lost { .. } | Self::NotUnlocked { .. })
    }
}
