//! The state while it is being changed: what is written down before the first request, and after each answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::StoredDifferently;
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Created, Intent, Remembered};
use crate::reconcile::{Action, Change, Found, StateOnly, fingerprint, same};
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
                    let created = campaigns.remove(&key).filter(|known| known.id == id).and_then(|known| known.created);
                    let (prevent_destroy, keep) = (remember.prevent_destroy, remember.keep);
                    campaigns.insert(key, Remembered { prevent_destroy, keep, created, ..Remembered::new(id, body) });
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
        let concerns: BTreeSet<&CampaignKey> =
            changes.iter().filter(|change| change.action == Action::Create || change.imported).map(|change| &change.key).collect();
        self.document.intents.retain(|key, _| concerns.contains(key));
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

    /// A change is done. `stored` is how the server stores the campaign, where that is not as it was sent.
    pub(super) fn remember(&mut self, change: &Change, id: &CampaignId, stored: Option<&StoredDifferently>) {
        let StateDocument { campaigns, intents, runs, .. } = &mut self.document;
        let campaigns = &mut campaigns.campaigns;
        let moved = change.moved_from.as_ref().and_then(|old| campaigns.remove(old));
        let known = campaigns.remove(&change.key).or(moved).filter(|known| known.id == *id);
        // Only a change that writes belongs to the run that was begun last.
        if change.action.writes()
            && let Some(touched) = runs.last_mut().and_then(|run| run.touched.get_mut(&change.key))
        {
            touched.id = Some(id.clone());
        }
        let intent = intents.remove(&change.key);
        let (Action::Create | Action::Update | Action::Record, Some(sent), Some(remember)) =
            (change.action, &change.desired, change.remember)
        else {
            return;
        };
        let body = stored.map_or_else(|| sent.clone(), |stored| stored.body.clone());
        let created = match intent {
            Some(intent) if change.action == Action::Create => Some(created_by(&intent, &body)),
            // Taken over by its name while a create of its own may still be on its way.
            Some(Intent { name, fingerprint, at, .. }) => Some(Created { at, name, fingerprint }),
            None => known.and_then(|known| known.created),
        };
        let sent = (!same(sent, &body)).then(|| sent.clone());
        let (prevent_destroy, keep) = (remember.prevent_destroy, remember.keep);
        campaigns.insert(change.key.clone(), Remembered { id: id.clone(), body, sent, prevent_destroy, keep, created });
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
        let created = Some(created_by(&intent, &campaign.spec));
        let Intent { name: _, fingerprint: _, run: _, at: _, sent: _, prevent_destroy, keep } = intent;
        let remembered = Remembered { prevent_destroy, keep, created, ..Remembered::new(id.clone(), campaign.spec.clone()) };
        document.campaigns.campaigns.insert(key.clone(), remembered);
    }
}

/// What a second campaign of this create is recognised by: it is stored as the first one is.
fn created_by(intent: &Intent, stored: &CampaignSpec) -> Created {
    Created { at: intent.at, name: stored.name.clone(), fingerprint: fingerprint(stored) }
}
