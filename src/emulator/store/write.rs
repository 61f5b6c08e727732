//! The thread that writes. What has queued up while a commit was on its way to the disk goes into the next one together:
//! eight creates at once cost two commits, not eight.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use redb::{Database, ReadableTable, Table};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::history::{Before, History};
use super::memory::{Memory, SweepPlan, Triggered};
use super::{CAMPAIGNS, Committed, Snapshot, StoreError};
use crate::emulator::clock::Clock;
use crate::emulator::contract::{CampaignBody, ServerFields};
use crate::model::Session;

/// The most writes of one commit.
const LARGEST_COMMIT: usize = 256;

/// A write that waits for its commit, and who waits for it.
pub(super) enum Write {
    /// Create (`expected` is `None`) or replace the version `expected`.
    Put { id: Uuid, expected: Option<u64>, body: CampaignBody, modified_by: Box<str>, answer: oneshot::Sender<Result<Vec<u8>, StoreError>> },
    /// Remove.
    Delete { id: Uuid, answer: oneshot::Sender<Result<(), StoreError>> },
    /// Decide about a session, and remember the decision.
    Trigger { id: Uuid, session: Box<Session>, answer: oneshot::Sender<Result<Triggered, StoreError>> },
}

/// The campaigns in an open transaction.
pub(super) type Campaigns<'t> = Table<'t, u128, (u64, &'static str, &'static str, &'static [u8])>;

/// What a write did, still to be told once it is on the disk.
struct Outcome {
    change: Option<Change>,
    /// Whether the answer is true only once the transaction is on the disk. That of a refused write is true already.
    waits: bool,
    /// The campaign that was written and what it was before, where a list may have to show that.
    replaced: Option<(u128, Before)>,
    /// Tells the one who waits; an error means that the commit failed.
    tell: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// What a write did to the set of ids, if anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Added(u128),
    Kept,
    Removed(u128),
}

/// Commits writes until nobody can send any more, then closes the database.
pub(super) fn run(database: Database, clock: Clock, waiting: &Receiver<Write>, committed: &Committed, history: &History) {
    let mut plan = SweepPlan::new(clock);
    while let Ok(first) = waiting.recv() {
        let writes = std::iter::once(first).chain(waiting.try_iter()).take(LARGEST_COMMIT).collect();
        commit(&database, writes, &mut plan, committed, history);
    }
    *committed.write().unwrap_or_else(PoisonError::into_inner) = None;
    drop(database);
}

/// Does the writes in one transaction and answers each of them.
fn commit(database: &Database, writes: Vec<Write>, plan: &mut SweepPlan, committed: &Committed, history: &History) {
    let mut outcomes = Vec::new();
    let result = transact(database, writes, &mut outcomes, plan, committed, history);
    for outcome in outcomes {
        (outcome.tell)(if outcome.waits { result.clone() } else { Ok(()) });
    }
}

fn transact(
    database: &Database,
    writes: Vec<Write>,
    outcomes: &mut Vec<Outcome>,
    plan: &mut SweepPlan,
    committed: &Committed,
    history: &History,
) -> Result<(), StoreError> {
    let keeps = history.keeps();
    let transaction = database.begin_write()?;
    let changes: Vec<Change> = {
        let mut tables = Tables { campaigns: transaction.open_table(CAMPAIGNS)?, memory: Memory::open(&transaction)? };
        outcomes.extend(writes.into_iter().map(|write| perform(write, &mut tables, plan.now(), keeps)));
        let changes: Vec<Change> = outcomes.iter().filter_map(|outcome| outcome.change).collect();
        if !changes.is_empty() {
            plan.sweep(&mut tables.memory)?;
        }
        changes
    };
    if changes.is_empty() {
        return Ok(transaction.abort()?);
    }
    // The default durability: on the disk when `commit` returns.
    transaction.commit()?;
    history.add(outcomes.iter_mut().filter_map(|outcome| outcome.replaced.take()).collect(), plan.now());
    publish(database, &changes, committed)
}

/// Lets readers see the new state.
fn publish(database: &Database, changes: &[Change], committed: &Committed) -> Result<(), StoreError> {
    let ids = committed.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|snapshot| Arc::clone(&snapshot.ids));
    let mut ids = ids.ok_or(StoreError::Closed)?;
    if changes.iter().any(|change| *change != Change::Kept) {
        let changed = Arc::make_mut(&mut ids);
        for change in changes {
            match *change {
                Change::Added(id) => {
                    let (Ok(place) | Err(place)) = changed.binary_search(&id);
                    changed.insert(place, id);
                }
                Change::Removed(id) => {
                    if let Ok(place) = changed.binary_search(&id) {
                        changed.remove(place);
                    }
                }
                Change::Kept => {}
            }
        }
    }
    let snapshot = Snapshot::take(database, ids)?;
    *committed.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot);
    Ok(())
}

/// The tables of an open transaction.
struct Tables<'t> {
    campaigns: Campaigns<'t>,
    memory: Memory<'t>,
}

/// Does one write in the open transaction.
fn perform(write: Write, tables: &mut Tables<'_>, now: Timestamp, keeps: bool) -> Outcome {
    let Tables { campaigns, memory } = tables;
    let replaced = match &write {
        Write::Put { id, .. } | Write::Delete { id, .. } if keeps => before(campaigns, id.as_u128()),
        _ => None,
    };
    let done = match write {
        Write::Put { id, expected, body, modified_by, answer } => match put(campaigns, id, expected, &body, &modified_by, now) {
            Ok(json) => {
                let change = if expected.is_none() { Change::Added(id.as_u128()) } else { Change::Kept };
                outcome(Some(change), answer, Ok(json))
            }
            Err(refusal) => outcome(None, answer, Err(refusal)),
        },
        Write::Delete { id, answer } => match remove(campaigns, id) {
            Ok(()) => outcome(Some(Change::Removed(id.as_u128())), answer, Ok(())),
            Err(refusal) => outcome(None, answer, Err(refusal)),
        },
        Write::Trigger { id, session, answer } => match memory.trigger(campaigns, id, &session, now) {
            Ok(triggered) => outcome(triggered.remembered.then_some(Change::Kept), answer, Ok(triggered)),
            Err(refusal) => outcome(None, answer, Err(refusal)),
        },
    };
    Outcome { replaced: replaced.filter(|_| done.change.is_some()), ..done }
}

/// The campaign as it is now, to be shown later in lists that are behind.
fn before(campaigns: &Campaigns<'_>, id: u128) -> Option<(u128, Before)> {
    let row = campaigns.get(id).ok()?;
    Some((id, row.map(|row| (row.value().2.to_owned(), row.value().3.to_vec()))))
}

fn outcome<T: Send + 'static>(
    change: Option<Change>,
    answer: oneshot::Sender<Result<T, StoreError>>,
    done: Result<T, StoreError>,
) -> Outcome {
    let waits = done.is_ok();
    // Nobody may wait any more: the client hung up. The write counts all the same.
    let tell = move |committed: Result<(), StoreError>| drop(answer.send(committed.and(done)));
    Outcome { change, waits, replaced: None, tell: Box::new(tell) }
}

fn put(
    campaigns: &mut Campaigns<'_>,
    id: Uuid,
    expected: Option<u64>,
    body: &CampaignBody,
    modified_by: &str,
    now: Timestamp,
) -> Result<Vec<u8>, StoreError> {
    let now = format!("{now:.3}");
    let (version, date_created) = match expected {
        None => (1, now.clone()),
        Some(expected) => {
            let row = campaigns.get(id.as_u128())?.ok_or(StoreError::NotFound)?;
            let (live, date_created, ..) = row.value();
            if live != expected {
                return Err(StoreError::VersionMismatch { live });
            }
            (live + 1, date_created.to_owned())
        }
    };
    let server = ServerFields { id, version, date_created: &date_created, date_modified: &now, modified_by };
    let json = body.campaign(server);
    campaigns.insert(id.as_u128(), (version, date_created.as_str(), body.name(), json.as_slice()))?;
    Ok(json)
}

fn remove(campaigns: &mut Campaigns<'_>, id: Uuid) -> Result<(), StoreError> {
    campaigns.remove(id.as_u128())?.map(drop).ok_or(StoreError::NotFound)
}
