//! The state while it is being changed: what is written down before the first request, and after each answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{CampaignId, CampaignKey, Intent, Remembered};
use crate::reconcile::{Action, Change, Found, StateOnly, fingerprint};
use crate::state::{LockedState, Run, StateDocument, StateError, Touched};

/// The document as it is so far, and the lock that allows writing it.
#[derive(Debug)]
pub struct Memory {
    /// The document.
    pub document: StateDocument,
    /// The lock.
    pub lock: LockedState,
}

impl Memory {
    /// Writes the document down, durably.
    pub(super) async fn save(&mut self) -> Result<(), StateError> {
        let Self { document, lock } = self;
        lock.write(document).await
    }

    /// What the state has to learn without anything being written live.
    pub(super) fn correct(&mut self, corrections: Vec<StateOnly>) {
        let campaigns = &mut self.document.campaigns.campaigns;
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
    }

    /// Writes into the document what is about to be done: how every campaign was before, and every create as an intent. An
    /// intent of an earlier run for the same create keeps its time: a request of that run may still be on its way. Returns
    /// the runs that are forgotten for this one.
    pub(super) fn begin(&mut self, changes: &[Arc<Change>], run: &str, now: Timestamp) -> Vec<Run> {
        let writes = |change: &&Arc<Change>| change.action.writes();
        let touched: BTreeMap<CampaignKey, Touched> = changes
            .iter()
            .filter(writes)
            .map(|change| {
                let live = change.live.as_ref();
                let touched = Touched { id: live.map(|live| live.id.clone()), before: live.map(|live| live.spec.clone()) };
                (change.key.clone(), touched)
            })
            .collect();
        if touched.is_empty() {
            return Vec::new();
        }
        let forgotten = self.document.begin(Run { id: run.to_owned(), at: now, touched });
        // What no plan creates any more, and no list has shown since, never came to be.
        let creates = |key: &CampaignKey| changes.iter().any(|change| change.action == Action::Create && change.key == *key);
        self.document.intents.retain(|key, _| creates(key));
        for change in changes.iter().filter(|change| change.action == Action::Create) {
            let (Some(body), Some(remember)) = (&change.desired, change.remember) else { continue };
            let intent = Intent {
                name: body.name.clone(),
                fingerprint: fingerprint(body),
                run: run.to_owned(),
                at: now,
                sent: now,
                prevent_destroy: remember.prevent_destroy,
                keep: remember.keep,
            };
            let earlier = self.document.intents.get(&change.key).filter(|earlier| earlier.fingerprint == intent.fingerprint);
            let at = earlier.map_or(now, |earlier| earlier.at);
            self.document.intents.insert(change.key.clone(), Intent { at, ..intent });
        }
        forgotten
    }

    /// A create is sent once more.
    pub(super) fn sending_again(&mut self, key: &CampaignKey, now: Timestamp) {
        if let Some(intent) = self.document.intents.get_mut(key) {
            intent.sent = now;
        }
    }

    /// A change is done.
    pub(super) fn remember(&mut self, change: &Change, id: &CampaignId) {
        let StateDocument { campaigns, intents, runs, .. } = &mut self.document;
        let campaigns = &mut campaigns.campaigns;
        if let Some(old) = &change.moved_from {
            campaigns.remove(old);
        }
        // Only a change that writes belongs to the run that was begun last.
        if change.action.writes()
            && let Some(touched) = runs.last_mut().and_then(|run| run.touched.get_mut(&change.key))
        {
            touched.id = Some(id.clone());
        }
        intents.remove(&change.key);
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

    /// A change was certainly not made: there is nothing to look for, and nothing to roll back.
    pub(super) fn forget(&mut self, change: &Change) {
        self.document.intents.remove(&change.key);
        // Only a change that writes belongs to the run that was begun last.
        if change.action.writes()
            && let Some(run) = self.document.runs.last_mut()
        {
            run.touched.remove(&change.key);
        }
    }
}

/// Takes what an earlier run created into the state. The bodies are as they are live, which is as they were sent.
pub fn take_found(document: &mut StateDocument, found: &[Found], live: &crate::model::Live) {
    for Found { key, id, intended: _ } in found {
        let Some(campaign) = live.campaigns.iter().find(|campaign| campaign.id == *id) else { continue };
        let Some(intent) = document.intents.remove(key) else { continue };
        let Intent { name: _, fingerprint: _, run: _, at: _, sent: _, prevent_destroy, keep } = intent;
        let remembered = Remembered { id: id.clone(), body: campaign.spec.clone(), prevent_destroy, keep };
        document.campaigns.campaigns.insert(key.clone(), remembered);
    }
}
