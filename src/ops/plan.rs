//! `plan`: read the files, live and the state; compare; decide. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use super::connect::{Connection, Kept, connect_again, release, state};
use super::queues::Queues;
use super::references::unknown_queue;
use super::replay::{self, Opened, Recordings};
use super::saved::declared;
use super::validate::{Validated, validate};
use super::warnings::lint_warnings;
use super::way_back::{Aim, aim};
use super::{Failure, Scope};
use crate::apply::take_found;
use crate::load::{Environment, Loaded, LoadedCampaign, Target};
use crate::model::{
    CampaignKey, Desired, DesiredCampaign, Destination, Guards, LastApplied, LintWarnings, Live, QueueIds, UnresolvedQueue,
};
use crate::reconcile::{self, Goal, Plan, Policy};
use crate::saved::DeclaredAt;
use crate::state::{Ended, Holder, LockedState, StateDocument};

/// What to plan.
#[derive(Debug, Clone)]
pub struct Request {
    /// For which environment.
    pub scope: Scope,
    /// Limits from flags; they go before those of the environment.
    pub guards: Guards,
    /// Campaigns whose protection is lifted for this run.
    pub allow_destroy: BTreeSet<CampaignKey>,
    /// Where it leads: to what the files say, or back.
    pub goal: Goal,
}

/// A plan, and the open connection and state it was made with.
#[derive(Debug)]
pub struct Planned {
    /// Where it would be applied.
    pub destination: Destination,
    /// When it was made.
    pub created: Timestamp,
    /// The plan.
    pub plan: Plan,
    /// Requests sent to make it, the token request included.
    pub requests: u64,
    /// Warnings in the campaign files.
    pub warnings: usize,
    pub(super) snapshots: Snapshots,
    pub(super) connection: Connection,
    pub(super) document: StateDocument,
    pub(super) lock: Option<LockedState>,
}

/// What a plan was made from, beside the state.
#[derive(Debug)]
pub(super) struct Snapshots {
    pub(super) desired: Desired,
    pub(super) live: Live,
    /// What was applied last, as far as the plan concerns it.
    pub(super) last_applied: LastApplied,
    /// What each file says, as a digest.
    pub(super) files: BTreeMap<CampaignKey, DeclaredAt>,
    /// The limits the plan is held to.
    pub(super) policy: Policy,
    /// The limits that the project file sets.
    pub(super) guards: Guards,
}

impl Planned {
    /// Lets go of the connection and the lock.
    pub async fn close(self) {
        self.connection.close().await;
        release(self.lock).await;
    }

    /// The expired lock of another run that was taken over to make this plan.
    pub fn taken_over(&self) -> Option<&Ended> {
        self.lock.as_ref().and_then(LockedState::taken_over)
    }
}

/// Makes a plan without taking the lock.
///
/// # Errors
/// Findings in the files, a server that cannot be reached or is another organization, a state that cannot be used. A plan
/// that a guard refuses is no error here: see [`Plan::refusals`].
pub async fn plan(request: Request) -> Result<Planned, Failure> {
    prepare(request, None, None).await
}

/// A plan that is only looked at: nothing is open any more.
#[derive(Debug)]
pub struct Shown {
    /// Where it would be applied.
    pub destination: Destination,
    /// When it was made.
    pub created: Timestamp,
    /// The plan.
    pub plan: Plan,
    /// Warnings in the campaign files.
    pub warnings: usize,
}

/// Makes the plans of several environments at the same time; the outcomes stand in the order of the requests. One that fails
/// does not keep the others from being made.
pub async fn plan_each(requests: Vec<Request>) -> Vec<Result<Shown, Failure>> {
    // An embedded emulator has its folder to itself, so environments that share one go one after the other.
    let mut groups: BTreeMap<(Option<PathBuf>, usize), Group> = BTreeMap::new();
    for (nth, request) in requests.into_iter().enumerate() {
        let group = match &request.scope.environment.target {
            Target::Emulator(folder) => (Some(folder.clone()), 0),
            Target::BaseUrl(_) | Target::Region(_) => (None, nth),
        };
        groups.entry(group).or_default().push((nth, request));
    }
    let running: Vec<_> = groups
        .into_values()
        .map(|group| (group.iter().map(|(nth, _)| *nth).collect::<Vec<_>>(), tokio::spawn(one_by_one(group))))
        .collect();
    let mut outcomes = BTreeMap::new();
    for (positions, task) in running {
        match task.await {
            Ok(done) => outcomes.extend(done),
            Err(error) => {
                let failure = Failure::new(format!("planning stopped: {error}"), "please report this");
                outcomes.extend(positions.into_iter().map(|nth| (nth, Err(failure.clone()))));
            }
        }
    }
    outcomes.into_values().collect()
}

/// Requests that are made one after the other, each with its position among all.
type Group = Vec<(usize, Request)>;

async fn one_by_one(requests: Group) -> Vec<(usize, Result<Shown, Failure>)> {
    let mut outcomes = Vec::new();
    for (nth, request) in requests {
        outcomes.push((nth, shown(request).await));
    }
    outcomes
}

async fn shown(request: Request) -> Result<Shown, Failure> {
    let planned = plan(request).await?;
    let Planned { destination, created, plan, requests, warnings, snapshots: _, connection, document: _, lock: _ } = planned;
    tracing::info!(requests, environment = %destination.environment, "planned");
    connection.close().await;
    Ok(Shown { destination, created, plan, warnings })
}

/// Makes a plan without taking the lock, and decides recorded sessions under live and under what it leaves.
///
/// # Errors
/// As [`plan`]; and a recording that cannot be read.
pub async fn plan_replaying(request: Request, recordings: Recordings) -> Result<Planned, Failure> {
    prepare(request, None, Some(recordings)).await
}

/// Makes a plan; with a holder, under the lock of the state; with recordings, judged by them.
pub(super) async fn prepare(request: Request, holder: Option<Holder>, recordings: Option<Recordings>) -> Result<Planned, Failure> {
    // A slip in a name is told before anything else is done.
    let opened = recordings.map(replay::open).transpose()?;
    let lock = match &holder {
        Some(holder) => Some(state(&request.scope)?.lock(holder).await?),
        None => None,
    };
    match unlocked(request, opened).await {
        Ok(planned) => Ok(Planned { lock, ..planned }),
        Err(failure) => {
            release(lock).await;
            Err(failure)
        }
    }
}

async fn unlocked(request: Request, opened: Option<Opened>) -> Result<Planned, Failure> {
    let Request { scope, guards, allow_destroy, goal } = request;
    let environment = &scope.environment;
    let policy = Policy { guards: guards.or(environment.guards), allow_destroy };
    let (validated, remote) = read_both_sides(&scope, &Kept::default()).await?;
    let RemoteSide { connection, live, queues } = remote;
    let mut document = connection.remembered().await?;
    let found = reconcile::resume(&document.intents, &live, &document.campaigns);
    take_found(&mut document, &found, &live);
    let declared_campaigns = desired(&validated.loaded, environment, &queues.ids(), today())?;
    // Only a way back leaves something that the files say otherwise.
    let files = (goal != Goal::Files).then(|| declared_campaigns.clone());
    let Aim { goal, desired, last_applied } = aim(goal, &document, declared_campaigns, &live)?;
    let plan = reconcile::plan(&desired, &live, &last_applied, &policy);
    let undone_by_files = match &files {
        Some(files) => reconcile::undone_by_files(&plan, files, &live, &document.campaigns),
        None => BTreeSet::new(),
    };
    // What the files say is not what a way back makes.
    let lint = if files.is_none() { lint_warnings(&validated, &plan) } else { LintWarnings::default() };
    let mut replayed = match opened {
        Some(opened) => Some(replay::of_plan(&plan, &live, opened).await?),
        None => None,
    };
    let shown = replayed.iter().flat_map(|replayed| &replayed.queues).filter_map(|queue| queue.id.clone());
    let queues = queues.names_of(&plan.queue_ids().into_iter().chain(shown).collect(), &connection.reader).await;
    replayed.iter_mut().for_each(|replayed| replay::name(replayed, &queues));
    let plan = Plan { found, goal, queues, warnings: lint, undone_by_files, ..plan };
    let plan = match replayed {
        Some(replayed) => plan.judged_by(replayed, &policy),
        None => plan,
    };
    let snapshots = Snapshots { desired, live, last_applied, files: declared(&validated.loaded), policy, guards: environment.guards };
    let requests = connection.reader.requests_sent();
    let warnings = validated.warnings();
    Ok(Planned {
        destination: connection.destination.clone(),
        created: Timestamp::now(),
        plan,
        requests,
        warnings,
        snapshots,
        connection,
        document,
        lock: None,
    })
}

pub(super) struct RemoteSide {
    pub(super) connection: Connection,
    pub(super) live: Live,
    pub(super) queues: Queues,
}

/// Reads files and live at the same time, and with them the queues where a file names one; findings in the files are told
/// without waiting for the server.
pub(super) async fn read_both_sides(scope: &Scope, kept: &Kept) -> Result<(Validated, RemoteSide), Failure> {
    let mut loading = tokio::task::spawn_blocking({
        let Scope { project, environment, .. } = scope.clone();
        move || validate(&project, &environment)
    });
    // Told once the files are read; where that fails, nobody asks any more.
    let (tell, told) = oneshot::channel();
    let reading = async {
        let connection = connect_again(scope, kept).await?;
        let reader = &connection.reader;
        let queues = async { if told.await == Ok(true) { Queues::needed(reader).await } else { Ok(Queues::default()) } };
        let live = async { Ok::<_, Failure>(reader.campaigns().await?) };
        let (live, queues) = tokio::try_join!(live, queues)?;
        Ok::<_, Failure>(RemoteSide { connection, live, queues })
    };
    tokio::pin!(reading);
    let mut remote = None;
    let validated = tokio::select! {
        validated = &mut loading => validated,
        outcome = &mut reading => {
            remote = Some(outcome);
            loading.await
        }
    };
    let validated = validated.map_err(|error| Failure::new(format!("reading the campaign files failed: {error}"), "please report this"))?;
    if validated.has_errors() {
        // Warnings are told by `validate`; here they would bury what stops the plan.
        let message = "the campaign files have errors; nothing was planned";
        return Err(Failure::of_findings(message, validated.errors(), validated.loaded.sources));
    }
    // Whoever reads has failed where it no longer listens.
    let _ = tell.send(validated.loaded.campaigns.iter().any(|campaign| campaign.document.names_queues()));
    let remote = match remote {
        Some(outcome) => outcome?,
        None => reading.await?,
    };
    Ok((validated, remote))
}

/// Today in UTC, the day by which `lifecycle.ignoreUntil` is judged.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// The declared campaigns as they would be sent on this day: queue names looked up, fields that are held named.
pub(super) fn desired(loaded: &Loaded, environment: &Environment, queues: &QueueIds, today: Date) -> Result<Desired, Failure> {
    let mut desired = Desired::default();
    let mut findings = Vec::new();
    for campaign in &loaded.campaigns {
        match resolve(campaign, queues, today) {
            Ok(declared) => {
                desired.campaigns.insert(campaign.key.clone(), declared);
            }
            Err(unresolved) => {
                let finding =
                    |unresolved: &UnresolvedQueue| unknown_queue(unresolved, queues, campaign.source, &loaded.sources, &environment.name);
                findings.extend(unresolved.iter().map(finding));
            }
        }
    }
    if findings.is_empty() {
        Ok(desired)
    } else {
        let message = "the campaign files name queues that cannot be used; nothing was planned";
        Err(Failure::of_findings(message, findings, loaded.sources.clone()))
    }
}

fn resolve(campaign: &LoadedCampaign, queues: &QueueIds, today: Date) -> Result<DesiredCampaign, Vec<UnresolvedQueue>> {
    let LoadedCampaign { key: _, document, source: _, origin } = campaign;
    Ok(DesiredCampaign {
        spec: document.resolve(queues)?,
        lifecycle: document.lifecycle.clone(),
        held: document.lifecycle.held_on(today),
        // The schema allows nothing else than a key here.
        previously: document.previously.clone().and_then(|key| CampaignKey::new(key).ok()),
        origin: origin.clone(),
    })
}
