//! All changes of a plan: tier after tier, several at once within a tier, the state written as results come in.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::Instant;

use super::resolve::Doubt;
use super::{Event, Memory, Outcome, Report, Row, one};
use crate::model::CampaignId;
use crate::reconcile::{Action, Change, Plan, Tier, known_ids};
use crate::remote::{RemoteError, Writer};
use crate::state::{self, StateError};

/// How an apply runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Changes made at the same time.
    pub parallelism: NonZeroUsize,
    /// How long after a create whose answer was lost the list is believed to show it. Default of the command line: 5 s.
    pub settle: Duration,
    /// Results that come in within this time share one write of the state. What a kill takes with it is found again: a create
    /// by its intent, an update or delete by looking. Default of the command line: 200 ms.
    pub save_every: Duration,
    /// Id of this run, written into the state and told in the report.
    pub run: String,
}

/// Turns true when no new change may be started; what is in flight is finished and recorded.
pub type Stop = watch::Receiver<bool>;

/// How one change ended, and the error it ended with.
pub(super) type Made = (Outcome, Option<RemoteError>);

/// Makes one change.
pub(super) type Make = Arc<dyn Fn(Arc<Change>) -> Pin<Box<dyn Future<Output = Made> + Send>> + Send + Sync>;

/// A change that ended: its place in the plan, how long it took, how it ended.
pub(super) struct Ended {
    pub(super) index: usize,
    pub(super) elapsed: Duration,
    pub(super) outcome: Outcome,
    pub(super) error: Option<RemoteError>,
}

/// A run under way.
pub(super) struct Run<'a, F> {
    pub(super) changes: Vec<Arc<Change>>,
    pub(super) outcomes: BTreeMap<usize, Outcome>,
    pub(super) memory: &'a mut Memory,
    pub(super) writer: Arc<Writer>,
    make_one: Make,
    pub(super) options: Options,
    pub(super) events: F,
    /// Creates whose answer was lost, or which an earlier run may have sent: to be looked for before anything is sent.
    pub(super) doubtful: Vec<usize>,
    /// What is doubtful about them.
    pub(super) doubts: BTreeMap<usize, Doubt>,
    /// Ids that no create of this run can get: of everything that was live when the plan was made, and of what this run or an
    /// earlier one recorded.
    pub(super) taken: BTreeSet<CampaignId>,
    /// Creates that were sent and not found: should one still turn up, its intent must be there.
    pub(super) sent_before: BTreeSet<usize>,
    /// When the state was written last, and whether anything has come in since.
    saved_at: Instant,
    unsaved: bool,
    /// Runs that the state forgot to remember this one.
    forgotten_runs: Vec<state::Run>,
    state_error: Option<StateError>,
    /// Why no further change is started, once that is so.
    halted: Option<String>,
    stop: Stop,
}

/// Makes every change of a plan and records each one in the state.
///
/// Never gives up half-way in silence: every change of the plan ends as a row of the report. Every create is in the state as
/// an intent, durably, before the first one is sent; one whose answer is lost is looked for, and sent again only once it is
/// certain that it is not there. An answer counts only where it is about what was sent.
pub async fn execute(plan: Plan, writer: Writer, memory: &mut Memory, options: Options, stop: Stop, events: impl FnMut(Event)) -> Report {
    let writer = Arc::new(writer);
    let make_one: Make = {
        let writer = Arc::clone(&writer);
        Arc::new(move |change| {
            let writer = Arc::clone(&writer);
            Box::pin(async move { one::make(&change, &writer).await })
        })
    };
    execute_by(make_one, plan, writer, memory, options, stop, events).await
}

/// [`execute`], with something that makes one change.
pub(super) async fn execute_by(
    make_one: Make,
    plan: Plan,
    writer: Arc<Writer>,
    memory: &mut Memory,
    options: Options,
    stop: Stop,
    events: impl FnMut(Event),
) -> Report {
    let live_ids = plan.live_ids();
    let Plan { changes, state_only, found, .. } = plan;
    let changes: Vec<Arc<Change>> = changes.into_iter().map(Arc::new).collect();
    let learns = !state_only.is_empty() || !found.is_empty();
    let now = Timestamp::now();
    // An earlier run may have sent these, so recently that the list need not show them yet.
    let settle = jiff::SignedDuration::try_from(options.settle).unwrap_or_default();
    let is_recent = |change: &Change| {
        let intent = memory.document.intents.get(&change.key);
        change.action == Action::Create && intent.is_some_and(|intent| intent.sent.saturating_add(settle).is_ok_and(|until| until > now))
    };
    let doubtful = (0..changes.len()).filter(|index| is_recent(&changes[*index])).collect();
    memory.correct(state_only);
    let forgotten_runs = memory.begin(&changes, &options.run, now);
    let writes = changes.iter().any(|change| change.action.writes());
    let taken = live_ids.into_iter().chain(known_ids(&memory.document.campaigns)).collect();
    let mut run = Run {
        changes,
        outcomes: BTreeMap::new(),
        memory,
        writer,
        make_one,
        options,
        events,
        doubtful,
        doubts: BTreeMap::new(),
        taken,
        sent_before: BTreeSet::new(),
        saved_at: Instant::now(),
        unsaved: false,
        forgotten_runs,
        state_error: None,
        halted: None,
        stop,
    };
    if learns || writes {
        run.save().await;
    }
    for tier in [Tier::Tighten, Tier::Neutral, Tier::Loosen] {
        let waiting = (0..run.changes.len()).filter(|index| run.changes[*index].tier == tier && !run.doubtful.contains(index)).collect();
        run.make(waiting).await;
    }
    run.resolve().await;
    run.report().await
}

impl<F: FnMut(Event)> Run<'_, F> {
    /// Makes these changes, several at once.
    pub(super) async fn make(&mut self, mut waiting: VecDeque<usize>) {
        let mut running: JoinSet<Made> = JoinSet::new();
        let mut under_way: HashMap<task::Id, (usize, Instant)> = HashMap::new();
        loop {
            self.confirm_lock().await;
            while running.len() < self.options.parallelism.get() && self.may_start() {
                let Some(index) = waiting.pop_front() else { break };
                let change = Arc::clone(&self.changes[index]);
                let id = change.live.as_ref().map(|live| live.id.clone());
                (self.events)(Event::Started { key: change.key.clone(), action: change.action, id });
                let task = running.spawn((self.make_one)(change));
                under_way.insert(task.id(), (index, Instant::now()));
            }
            let Some(first) = running.join_next_with_id().await else { break };
            // Everything that has ended by now shares one write of the state.
            let mut joined = vec![first];
            joined.extend(std::iter::from_fn(|| running.try_join_next_with_id()));
            let ended = joined.into_iter().filter_map(|joined| self.ended_task(joined, &mut under_way)).collect();
            self.record(ended).await;
        }
        self.save_if_needed(Duration::ZERO).await;
    }

    /// What came of a task. One that panicked may have sent its request: its change is as unknown as one whose answer was
    /// lost, and nothing more is started by a program that is broken.
    fn ended_task(
        &mut self,
        joined: Result<(task::Id, Made), JoinError>,
        under_way: &mut HashMap<task::Id, (usize, Instant)>,
    ) -> Option<Ended> {
        let (task, made) = match joined {
            Ok((task, made)) => (task, Ok(made)),
            Err(error) => (error.id(), Err(error)),
        };
        // Every task was put there as it was started.
        let (index, began) = under_way.remove(&task)?;
        let (outcome, error) = made.unwrap_or_else(|error| {
            let what = if error.is_panic() { "panicked" } else { "was cancelled" };
            let reason = format!("the task that makes this change {what}, which is a defect of campaignctl: please report it");
            let halted = format!("the task that makes {} {what}", self.changes[index].key.address());
            self.halt(|| halted);
            (Outcome::Unknown { reason }, None)
        });
        Some(Ended { index, elapsed: began.elapsed(), outcome, error })
    }

    /// Leaves a create in doubt whose answer has the id of another campaign: one live campaign never gets two keys.
    fn doubt_known_ids(&mut self, ended: &mut [Ended]) {
        for Ended { index, outcome, .. } in ended {
            let is_create = self.changes[*index].action == Action::Create;
            if let Outcome::Done { id, .. } = outcome
                && is_create
                && !self.taken.insert(id.clone())
            {
                let reason = format!("it was answered with the campaign {id}, which is another one");
                *outcome = Outcome::Unknown { reason };
            }
        }
    }

    /// Takes results into the state and the report.
    pub(super) async fn record(&mut self, mut ended: Vec<Ended>) {
        self.doubt_known_ids(&mut ended);
        let mut changed = false;
        for Ended { index, outcome, .. } in &ended {
            let change = Arc::clone(&self.changes[*index]);
            match outcome {
                Outcome::Done { id, stored } => self.memory.remember(&change, id, stored.as_deref()),
                Outcome::Failed { .. } | Outcome::Conflict { .. } => self.memory.forget(&change),
                Outcome::NotAttempted { .. } if !self.sent_before.contains(index) => self.memory.forget(&change),
                Outcome::Unknown { .. } | Outcome::NotAttempted { .. } => continue,
            }
            changed = true;
        }
        self.unsaved |= changed;
        self.save_if_needed(self.options.save_every).await;
        for Ended { index, elapsed, outcome, error } in ended {
            let about = error.as_ref().and_then(RemoteError::answered_about).cloned();
            let is_lost = error.is_some() && about.is_none();
            if let Some(error) = error.filter(RemoteError::concerns_every_request) {
                self.halt(|| format!("an earlier request failed: {error}"));
            }
            let change = &self.changes[index];
            match &outcome {
                Outcome::Unknown { reason } if change.action == Action::Create => {
                    // Told once it is resolved.
                    self.doubtful.push(index);
                    self.doubts.insert(index, Doubt { reason: (!is_lost).then(|| reason.clone()), about });
                }
                _ => (self.events)(Event::Finished { row: row(change, outcome.clone()), elapsed }),
            }
            self.outcomes.insert(index, outcome);
        }
    }

    fn halt(&mut self, reason: impl FnOnce() -> String) {
        self.halted.get_or_insert_with(reason);
    }

    /// Whether another change may be started.
    pub(super) fn may_start(&mut self) -> bool {
        if *self.stop.borrow() {
            self.halt(|| "the run was interrupted".to_owned());
        }
        self.halted.is_none()
    }

    /// Writes the state where something has come in, and the last writing is this long ago.
    async fn save_if_needed(&mut self, after: Duration) {
        if self.unsaved && self.saved_at.elapsed() >= after {
            self.save().await;
        }
    }

    /// Writes the state; when that fails nothing more is started, because it could not be remembered.
    pub(super) async fn save(&mut self) {
        if self.state_error.is_some() {
            return;
        }
        (self.events)(Event::Saving);
        // Whoever watches may end the run here: nothing is written then.
        tokio::task::yield_now().await;
        let saved = self.memory.save().await;
        (self.saved_at, self.unsaved) = (Instant::now(), false);
        (self.events)(Event::Saved);
        if let Err(error) = saved {
            self.halt(|| error.to_string());
            self.state_error = Some(error);
        }
        tokio::task::yield_now().await;
    }

    /// Nothing more is started once somebody else has the lock.
    async fn confirm_lock(&mut self) {
        if self.halted.is_none()
            && let Err(error) = self.memory.lock.confirm().await
        {
            self.halt(|| error.to_string());
            self.state_error.get_or_insert(error);
        }
    }

    /// What became of every change. What was never sent leaves no trace in the state.
    async fn report(mut self) -> Report {
        let reason = self.halted.clone().unwrap_or_else(|| "its task ended early".to_owned());
        let mut rows = Vec::with_capacity(self.changes.len());
        let mut forgotten = false;
        for (index, change) in self.changes.iter().enumerate() {
            let outcome = self.outcomes.remove(&index).unwrap_or_else(|| {
                // One that an earlier run may have sent stays in doubt.
                if !self.doubtful.contains(&index) {
                    self.memory.forget(change);
                    forgotten = true;
                }
                Outcome::NotAttempted { reason: reason.clone() }
            });
            rows.push(row(change, outcome));
        }
        let forgotten_runs = std::mem::take(&mut self.forgotten_runs);
        let wrote_nothing = self.memory.document.end(&self.options.run, forgotten_runs);
        if forgotten || wrote_nothing || self.unsaved {
            self.save().await;
        }
        Report { run: self.options.run, rows, state_error: self.state_error }
    }
}

pub(super) fn row(change: &Change, outcome: Outcome) -> Row {
    Row { key: change.key.clone(), action: change.action, imported: change.imported, outcome }
}
