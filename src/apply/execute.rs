//! All changes of a plan: tier after tier, several at once within a tier, the state written as results come in.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Event, Outcome, Report, Row, one};
use crate::model::{CampaignId, Remembered};
use crate::reconcile::{Action, Change, Plan, StateOnly, Tier};
use crate::remote::{RemoteError, Writer};
use crate::state::{LockedState, StateDocument, StateError};

/// How an apply runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Changes made at the same time.
    pub parallelism: NonZeroUsize,
}

/// The state while it is being changed: the document and the lock that allows writing it.
#[derive(Debug)]
pub struct Memory {
    /// The document as it is so far.
    pub document: StateDocument,
    /// The lock.
    pub lock: LockedState,
}

/// Turns true when no new change may be started; what is in flight is finished and recorded.
pub type Stop = watch::Receiver<bool>;

/// A change that ended: its place in the plan, how long it took, how it ended.
struct Ended {
    index: usize,
    elapsed: std::time::Duration,
    outcome: Outcome,
    error: Option<RemoteError>,
}

struct Run<'a> {
    changes: Vec<Arc<Change>>,
    outcomes: BTreeMap<usize, Outcome>,
    memory: &'a mut Memory,
    state_error: Option<StateError>,
    /// Why no further change is started, once that is so.
    halted: Option<String>,
    stop: Stop,
}

/// Makes every change of a plan and records each one in the state.
///
/// Never gives up half-way in silence: every change of the plan ends as a row of the report.
pub async fn execute(
    plan: Plan,
    writer: Writer,
    memory: &mut Memory,
    options: Options,
    stop: Stop,
    mut events: impl FnMut(Event),
) -> Report {
    let Plan { changes, state_only, .. } = plan;
    let mut run = Run {
        changes: changes.into_iter().map(Arc::new).collect(),
        outcomes: BTreeMap::new(),
        memory,
        state_error: None,
        halted: None,
        stop,
    };
    run.correct_state(state_only).await;
    let writer = Arc::new(writer);
    for tier in [Tier::Tighten, Tier::Neutral, Tier::Loosen] {
        run.tier(tier, &writer, options.parallelism, &mut events).await;
    }
    run.report()
}

impl Run<'_> {
    /// What the state has to learn without anything being written live.
    async fn correct_state(&mut self, corrections: Vec<StateOnly>) {
        if corrections.is_empty() {
            return;
        }
        let campaigns = &mut self.memory.document.campaigns.campaigns;
        for correction in corrections {
            match correction {
                StateOnly::Refresh { key, id, body, remember } => {
                    let remembered = Remembered { id, body, prevent_destroy: remember.prevent_destroy, keep: remember.keep };
                    campaigns.insert(key, remembered);
                }
                StateOnly::Drop { key, id: _ } => {
                    campaigns.remove(&key);
                }
            }
        }
        self.save().await;
    }

    async fn tier(&mut self, tier: Tier, writer: &Arc<Writer>, parallelism: NonZeroUsize, events: &mut impl FnMut(Event)) {
        let mut waiting: VecDeque<usize> = (0..self.changes.len()).filter(|index| self.changes[*index].tier == tier).collect();
        let mut running: JoinSet<Ended> = JoinSet::new();
        loop {
            self.confirm_lock().await;
            while running.len() < parallelism.get() && self.may_start() {
                let Some(index) = waiting.pop_front() else { break };
                let change = Arc::clone(&self.changes[index]);
                let id = change.live.as_ref().map(|live| live.id.clone());
                events(Event::Started { key: change.key.clone(), action: change.action, id });
                let writer = Arc::clone(writer);
                running.spawn(async move {
                    let began = Instant::now();
                    let (outcome, error) = one::make(&change, &writer).await;
                    Ended { index, elapsed: began.elapsed(), outcome, error }
                });
            }
            let Some(first) = running.join_next().await else { break };
            // Everything that has ended by now shares one write of the state.
            let mut ended = vec![first];
            ended.extend(std::iter::from_fn(|| running.try_join_next()));
            let ended: Vec<Ended> = ended.into_iter().filter_map(Result::ok).collect();
            self.record(&ended).await;
            for Ended { index, elapsed, outcome, error } in ended {
                events(Event::Finished { row: row(&self.changes[index], outcome.clone()), elapsed });
                self.outcomes.insert(index, outcome);
                if let Some(error) = error.filter(RemoteError::concerns_every_request) {
                    self.halted.get_or_insert_with(|| format!("an earlier request failed: {error}"));
                }
            }
        }
    }

    fn may_start(&mut self) -> bool {
        if *self.stop.borrow() {
            self.halted.get_or_insert_with(|| "the run was interrupted".to_owned());
        }
        self.halted.is_none()
    }

    async fn record(&mut self, ended: &[Ended]) {
        let mut changed = false;
        for Ended { index, outcome, .. } in ended {
            if let Outcome::Done { id } = outcome {
                let change = Arc::clone(&self.changes[*index]);
                self.remember(&change, id);
                changed = true;
            }
        }
        if changed {
            self.save().await;
        }
    }

    fn remember(&mut self, change: &Change, id: &CampaignId) {
        let campaigns = &mut self.memory.document.campaigns.campaigns;
        if let Some(old) = &change.moved_from {
            campaigns.remove(old);
        }
        match (change.action, &change.desired, change.remember) {
            (Action::Create | Action::Update | Action::Record, Some(body), Some(remember)) => {
                let (body, prevent_destroy, keep) = (body.clone(), remember.prevent_destroy, remember.keep);
                campaigns.insert(change.key.clone(), Remembered { id: id.clone(), body, prevent_destroy, keep });
            }
            _ => {
                campaigns.remove(&change.key);
            }
        }
    }

    /// Writes the state; when that fails nothing more is started, because it could not be remembered.
    async fn save(&mut self) {
        if self.state_error.is_some() {
            return;
        }
        let Memory { document, lock } = &mut *self.memory;
        if let Err(error) = lock.write(document).await {
            self.halted.get_or_insert_with(|| error.to_string());
            self.state_error = Some(error);
        }
    }

    /// Nothing more is started once somebody else has the lock.
    async fn confirm_lock(&mut self) {
        if self.halted.is_none()
            && let Err(error) = self.memory.lock.confirm().await
        {
            self.halted = Some(error.to_string());
            self.state_error.get_or_insert(error);
        }
    }

    fn report(mut self) -> Report {
        let reason = self.halted.clone().unwrap_or_else(|| "its task ended early".to_owned());
        let rows = self
            .changes
            .iter()
            .enumerate()
            .map(|(index, change)| {
                let outcome = self.outcomes.remove(&index).unwrap_or_else(|| Outcome::NotAttempted { reason: reason.clone() });
                row(change, outcome)
            })
            .collect();
        Report { rows, state_error: self.state_error }
    }
}

fn row(change: &Change, outcome: Outcome) -> Row {
    Row { key: change.key.clone(), action: change.action, imported: change.imported, outcome }
}
