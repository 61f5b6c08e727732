//! Creates whose outcome is unknown: looked for in the list, and sent again only where they are certainly not there.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::execute::{Ended, Run, row};
use super::{Event, Outcome};
use crate::model::{CampaignId, Live};
use crate::reconcile::{known_ids, made_by};

/// How often a create whose answer is lost each time is looked for and sent again.
const ROUNDS: usize = 3;

/// What the list says of one create.
enum Sight {
    /// It is there.
    There(CampaignId),
    /// It is not.
    NotThere,
    /// More than one can be it.
    Several(Vec<CampaignId>),
    /// Something has its name since the plan, but is not as it was sent: somebody changed it since, or made one of their own.
    Other(Vec<CampaignId>),
}

impl<F: FnMut(Event)> Run<'_, F> {
    /// Resolves every create in doubt by reading: found, or sent again, or told as unknown with what resolves it.
    pub(super) async fn resolve(&mut self) {
        for round in 0..=ROUNDS {
            let doubtful = std::mem::take(&mut self.doubtful);
            if doubtful.is_empty() {
                return;
            }
            let keys = doubtful.iter().map(|index| self.changes[*index].key.clone()).collect();
            (self.events)(Event::Looking { keys, settle: self.options.settle });
            tokio::time::sleep(self.options.settle).await;
            let live = match self.writer.reader().campaigns().await {
                Ok(live) => live,
                Err(error) => {
                    let reason = format!("its answer was lost, and the list cannot be read: {error}");
                    return self.stay_unknown(doubtful, &reason).await;
                }
            };
            let mut missing = Vec::new();
            for index in doubtful {
                match self.look_for(index, &live) {
                    Sight::There(id) => self.ended(index, Outcome::Done { id }).await,
                    Sight::NotThere => missing.push(index),
                    Sight::Several(ids) => {
                        let reason = self.several(index, &ids);
                        self.ended(index, Outcome::Unknown { reason }).await;
                    }
                    Sight::Other(ids) => {
                        let reason = other(&ids);
                        self.ended(index, Outcome::Unknown { reason }).await;
                    }
                }
            }
            if missing.is_empty() {
                return;
            }
            if round == ROUNDS || !self.may_start() {
                return self.stay_unknown(missing, "its answer was lost, and it is not in the list so far").await;
            }
            self.sent_before.extend(&missing);
            for index in &missing {
                let key = self.changes[*index].key.clone();
                self.memory.sending_again(&key, Timestamp::now());
            }
            self.save().await;
            self.make(missing.iter().copied().collect()).await;
            // What was not sent again, because the run is over, is as unknown as before.
            missing.retain(|index| !self.outcomes.contains_key(index) && !self.doubtful.contains(index));
            self.stay_unknown(missing, "its answer was lost, and it is not in the list so far").await;
        }
    }

    fn look_for(&self, index: usize, live: &Live) -> Sight {
        let document = &self.memory.document;
        let known: BTreeSet<CampaignId> = known_ids(&document.campaigns);
        let Some(intent) = document.intents.get(&self.changes[index].key) else { return Sight::Several(Vec::new()) };
        match made_by(intent, live, &known).as_slice() {
            [] => match named(&intent.name, live, &known) {
                ids if ids.is_empty() => Sight::NotThere,
                ids => Sight::Other(ids),
            },
            [only] => Sight::There(only.id.clone()),
            several => Sight::Several(several.iter().map(|campaign| campaign.id.clone()).collect()),
        }
    }

    fn several(&self, index: usize, ids: &[CampaignId]) -> String {
        let address = self.changes[index].key.address();
        let environment = &self.memory.document.owner.environment;
        let commands: Vec<String> = ids.iter().map(|id| format!("campaignctl import -e {environment} {address} --id {id}")).collect();
        format!("its answer was lost, and {} live campaigns can be it; say which one: {}", ids.len(), commands.join(" or "))
    }

    async fn ended(&mut self, index: usize, outcome: Outcome) {
        self.outcomes.remove(&index);
        if let Outcome::Unknown { .. } = outcome {
            (self.events)(Event::Finished { row: row(&self.changes[index], outcome.clone()), elapsed: Duration::ZERO });
            self.outcomes.insert(index, outcome);
        } else {
            self.record(vec![Ended { index, elapsed: Duration::ZERO, outcome, error: None }]).await;
        }
    }

    async fn stay_unknown(&mut self, indices: Vec<usize>, reason: &str) {
        for index in indices {
            self.ended(index, Outcome::Unknown { reason: reason.to_owned() }).await;
        }
    }
}

/// Live campaigns of that name that the state does not know. When the create was planned there was none.
fn named(name: &str, live: &Live, known: &BTreeSet<CampaignId>) -> Vec<CampaignId> {
    let readable = live.campaigns.iter().filter(|campaign| campaign.spec.name == name).map(|campaign| &campaign.id);
    let unreadable = live.unreadable.iter().filter(|campaign| campaign.name.as_deref() == Some(name)).map(|campaign| &campaign.id);
    readable.chain(unreadable).filter(|id| !known.contains(id)).cloned().collect()
}

fn other(ids: &[CampaignId]) -> String {
    let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
    let ids = ids.join(", ");
    format!("its answer was lost, and what has its name now is not as it was sent ({ids}); plan again to see what differs")
}
