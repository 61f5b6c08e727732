//! `drift`: live against what was applied last. Reads only: no lock, no write to live or state.

mod adopt;
mod chosen;
mod draft;
mod hold;
mod place;
mod watch;
mod written;

use jiff::civil::Date;

use super::connect::Kept;
use super::plan::{RemoteSide, desired, read_both_sides, today};
use super::validate::Validated;
use super::{Failure, Scope};
use crate::edit::{Refused, Rewritten};
use crate::load::Loaded;
use crate::model::{CampaignKey, Desired, Destination, LastApplied, Live, QueueIds};
pub use crate::reconcile::Selection;
use crate::reconcile::{self, Drift, Drifted};
pub(super) use chosen::chosen;

pub use watch::{Pacing, Round, Tally, Told, watch};

/// What drifted, and what is needed to write it into the files.
#[derive(Debug)]
pub struct Found {
    /// Where live was read.
    pub destination: Destination,
    /// What drifted.
    pub drift: Drift,
    /// Whether there is a state: without one nobody can say what was applied last.
    pub has_state: bool,
    /// Requests sent, the token request included.
    pub requests: u64,
    snapshots: Snapshots,
    desired: Desired,
}

/// Everything that is compared, and the project that new texts of files are proven in.
#[derive(Debug)]
pub struct Snapshots {
    /// Project and environment.
    pub scope: Scope,
    /// The campaign files.
    pub loaded: Loaded,
    /// The queues that the files name.
    pub queues: QueueIds,
    /// What is live.
    pub live: Live,
    /// What was applied last.
    pub last_applied: LastApplied,
    /// The day (UTC) by which it is judged what is held.
    pub today: Date,
}

/// Files with a new text, not written yet, and what cannot be written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drafted {
    /// The files that change.
    pub files: Vec<Rewritten>,
    /// What stays as it is, and why: the file, or the campaign.
    pub refused: Vec<Refused>,
    /// Campaigns that were named and have not drifted.
    pub settled: Vec<CampaignKey>,
    /// Those of the files, by path, that other environments are made from too.
    pub shared: Vec<String>,
}

/// Compares live with what was applied last.
///
/// # Errors
/// Findings in the files, a server that cannot be reached or is another organization, a state that cannot be used.
pub async fn drift(scope: Scope) -> Result<Found, Failure> {
    drift_again(scope, &Kept::default()).await
}

/// As [`drift`], with the client of an earlier round.
async fn drift_again(scope: Scope, kept: &Kept) -> Result<Found, Failure> {
    let (validated, remote) = read_both_sides(&scope, kept).await?;
    let Validated { loaded, findings: _ } = validated;
    let RemoteSide { connection, live, queues } = remote;
    let document = connection.remembered().await?;
    // A state that was never written has no serial.
    let has_state = document.serial > 0;
    let snapshots = Snapshots { scope, loaded, queues: queues.ids(), live, last_applied: document.campaigns, today: today() };
    let mut found = compare(connection.destination.clone(), snapshots)?;
    found.drift.queues = queues.names_of(&found.drift.queue_ids(), &connection.reader).await;
    let requests = kept.requests_sent();
    connection.close().await;
    Ok(Found { has_state, requests, ..found })
}

/// Compares snapshots that somebody else read.
///
/// # Errors
/// The files name queues that cannot be used.
pub fn compare(destination: Destination, snapshots: Snapshots) -> Result<Found, Failure> {
    let Snapshots { scope, loaded, queues, live, last_applied, today } = &snapshots;
    let desired = desired(loaded, &scope.environment, queues, *today)?;
    let drift = reconcile::drift(&desired, live, last_applied);
    Ok(Found { destination, drift, has_state: true, requests: 0, snapshots, desired })
}

impl Found {
    /// The day (UTC) by which it was judged what is held.
    pub fn today(&self) -> Date {
        self.snapshots.today
    }

    /// The files with the live values of the drifted fields; what cannot be proven to be just that is refused.
    ///
    /// # Errors
    /// A campaign that is neither declared nor known to the state.
    pub fn adopt(&self, selection: &Selection) -> Result<Drafted, Failure> {
        let (chosen, settled) = self.chosen(selection)?;
        let steps = |drifted: &Drifted| adopt::steps(drifted, self);
        Ok(Drafted { settled, ..draft::draft(&self.snapshots, &chosen, steps) })
    }

    /// The files with `lifecycle.ignoreUntil` for the drifted fields, or those of them that these pointers name.
    ///
    /// # Errors
    /// A day that is past; a campaign that is neither declared nor known to the state.
    pub fn hold(&self, selection: &Selection, until: Date, only: &[String]) -> Result<Drafted, Failure> {
        if until < self.snapshots.today {
            let message = format!("{until} is past: today is {} (UTC)", self.snapshots.today);
            return Err(Failure::new(message, "name the last day on which the live values may stand, today or later"));
        }
        let (chosen, settled) = self.chosen(selection)?;
        let steps = |drifted: &Drifted| hold::steps(drifted, &self.desired, until, only);
        Ok(Drafted { settled, ..draft::draft(&self.snapshots, &chosen, steps) })
    }

    fn chosen(&self, selection: &Selection) -> Result<(Vec<&Drifted>, Vec<CampaignKey>), Failure> {
        chosen(selection, &self.drift, &self.desired, &self.snapshots.last_applied)
    }
}
