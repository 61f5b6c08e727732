//! `plan`: read the files, live and the state; compare; decide. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::connect::{Connection, connect, release, state};
use super::references::unknown_queue;
use super::saved::declared;
use super::validate::{Validated, validate};
use super::{Failure, Scope};
use crate::apply::take_found;
use crate::load::{Environment, Loaded, LoadedCampaign, Target};
use crate::model::{CampaignKey, Desired, DesiredCampaign, Destination, Guards, Live, QueueIds, UnresolvedQueue};
use crate::reconcile::{self, Plan, Policy};
use crate::remote::Reader;
use crate::saved::DeclaredAt;
use crate::state::{Ended, Holder, LockedState, Run, StateDocument, Touched};

/// What to plan.
#[derive(Debug, Clone)]
pub struct Request {
    /// For which environment.
    pub scope: Scope,
    /// Limits from flags; they go before those of the environment.
    pub guards: Guards,
    /// Campaigns whose protection is lifted for this run.
    pub allow_destroy: BTreeSet<CampaignKey>,
    /// A run that is to be undone, by its id, instead of doing what the files say; `last` is the latest.
    pub rollback: Option<String>,
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
    prepare(request, None).await
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

/// Makes a plan; with a holder, under the lock of the state.
pub(super) async fn prepare(request: Request, holder: Option<Holder>) -> Result<Planned, Failure> {
    let lock = match &holder {
        Some(holder) => Some(state(&request.scope)?.lock(holder).await?),
        None => None,
    };
    match unlocked(request).await {
        Ok(planned) => Ok(Planned { lock, ..planned }),
        Err(failure) => {
            release(lock).await;
            Err(failure)
        }
    }
}

async fn unlocked(request: Request) -> Result<Planned, Failure> {
    let Request { scope, guards, allow_destroy, rollback } = request;
    let environment = &scope.environment;
    let policy = Policy { guards: guards.or(environment.guards), allow_destroy };
    let (validated, remote) = read_both_sides(&scope).await?;
    let RemoteSide { connection, live } = remote;
    let mut document = connection.remembered().await?;
    let found = reconcile::resume(&document.intents, &live, &document.campaigns);
    take_found(&mut document, &found, &live);
    let queues = queues(&validated.loaded, &connection.reader).await?;
    let desired = desired(&validated.loaded, environment, &queues, today())?;
    let desired = match &rollback {
        Some(run) => undone(run, &document, &desired, &live)?,
        None => desired,
    };
    let plan = Plan { found, ..reconcile::plan(&desired, &live, &document.campaigns, &policy) };
    let snapshots = Snapshots { desired, live, files: declared(&validated.loaded), policy, guards: environment.guards };
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

/// What is desired when a run is undone.
fn undone(run: &str, document: &StateDocument, declared: &Desired, live: &Live) -> Result<Desired, Failure> {
    let mut known = document.runs.iter().filter(|known| !known.touched.is_empty());
    let found = if run == "last" { known.next_back() } else { known.find(|known| known.id == run) };
    let Some(Run { id, at: _, touched }) = found else {
        let wrote = document.runs.iter().rev().filter(|run| !run.touched.is_empty());
        let campaigns = |count: usize| if count == 1 { "1 campaign".to_owned() } else { format!("{count} campaigns") };
        let known: Vec<String> = wrote.map(|run| format!("\n  {}  {}", run.id, campaigns(run.touched.len()))).collect();
        let hint = if known.is_empty() {
            "no run has written anything yet; to go back further, revert the commit and apply".to_owned()
        } else {
            format!("these runs are remembered, the latest first; to go back further, revert the commit and apply:{}", known.concat())
        };
        return Err(Failure::new(format!("the state remembers no run `{run}`"), hint));
    };
    // A campaign may have been given another key since; its id tells which one it is.
    let keys: BTreeMap<_, _> = document.campaigns.campaigns.iter().map(|(key, remembered)| (&remembered.id, key)).collect();
    let key_now = |key, touched: &Touched| (*touched.id.as_ref().and_then(|id| keys.get(id)).unwrap_or(&key)).clone();
    let before = touched.iter().map(|(key, touched)| (key_now(key, touched), touched.before.clone())).collect();
    Ok(reconcile::rolled_back(id, &before, declared, live, &document.campaigns))
}

pub(super) struct RemoteSide {
    pub(super) connection: Connection,
    pub(super) live: Live,
}

/// Reads files and live at the same time; findings in the files are told without waiting for the server.
pub(super) async fn read_both_sides(scope: &Scope) -> Result<(Validated, RemoteSide), Failure> {
    let mut loading = tokio::task::spawn_blocking({
        let Scope { project, environment, .. } = scope.clone();
        move || validate(&project, &environment)
    });
    let reading = async {
        let connection = connect(scope).await?;
        let live = connection.reader.campaigns().await?;
        Ok::<_, Failure>(RemoteSide { connection, live })
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

/// The queues of the organization, in one paged list; asked for only where a campaign names one.
pub(super) async fn queues(loaded: &Loaded, reader: &Reader) -> Result<QueueIds, Failure> {
    if !loaded.campaigns.iter().any(|campaign| campaign.document.names_queues()) {
        return Ok(QueueIds::default());
    }
    Ok(QueueIds::new(reader.queues().await?.into_iter().map(|queue| (queue.name, queue.id))))
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
