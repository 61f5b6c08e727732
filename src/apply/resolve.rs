//! Creates whose outcome is unknown: looked for in the list, and sent again only where they are certainly not there.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::execute::{Ended, Run, row};
use super::{Event, Outcome};
use crate::model::{CampaignId, Live};
use crate::reconcile::made_by;

/// How often a create whose outcome stays unknown is looked for and sent again.
const ROUNDS: usize = 3;

/// Why the outcome of a create is unknown.
pub(super) struct Doubt {
    /// What happened to the answer, where it was not simply lost.
    pub(super) reason: Option<String>,
    /// The campaign that the answer was about, where it was about another than was sent.
    pub(super) about: Option<CampaignId>,
}

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
    /// What it was answered with is there and has another name, and nothing else can have made it.
    Renamed(CampaignId),
}

impl<F: FnMut(Event)> Run<'_, F> {
    /// Resolves every create in doubt by reading: found, or sent again, or reported as unknown with what resolves it.
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
                    return self.stay_unknown(doubtful, &format!("the list cannot be read: {error}")).await;
                }
            };
            let mut missing = Vec::new();
            for index in self.record_those_there(doubtful, &live).await {
                match self.look_for(index, &live) {
                    Sight::There(id) => self.ended(index, Outcome::Done { id, stored: None }).await,
                    Sight::NotThere => missing.push(index),
                    sight => {
                        let reason = self.unresolved(index, &sight);
                        self.ended(index, Outcome::Unknown { reason }).await;
                    }
                }
            }
            if missing.is_empty() {
                continue;
            }
            if round == ROUNDS || !self.may_start() {
                return self.stay_unknown(missing, NOT_LISTED).await;
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
            self.stay_unknown(missing, NOT_LISTED).await;
        }
        let doubtful = std::mem::take(&mut self.doubtful);
        self.stay_unknown(doubtful, NOT_LISTED).await;
    }

    /// Records the creates that are there, and returns the others. What one create made must be known before anybody asks
    /// whether it was another one.
    async fn record_those_there(&mut self, doubtful: Vec<usize>, live: &Live) -> Vec<usize> {
        let mut others = Vec::new();
        for index in doubtful {
            match self.look_for(index, live) {
                Sight::There(id) => self.ended(index, Outcome::Done { id, stored: None }).await,
                _ => others.push(index),
            }
        }
        others
    }

    fn look_for(&self, index: usize, live: &Live) -> Sight {
        let Some(intent) = self.memory.document.intents.get(&self.changes[index].key) else { return Sight::Several(Vec::new()) };
        match made_by(intent, live, &self.taken).as_slice() {
            [] => match named(&intent.name, live, &self.taken) {
                ids if ids.is_empty() => self.made_under_another_name(index, live).map_or(Sight::NotThere, Sight::Renamed),
                ids => Sight::Other(ids),
            },
            [only] => Sight::There(only.id.clone()),
            several => Sight::Several(several.iter().map(|campaign| campaign.id.clone()).collect()),
        }
    }

    /// The campaign that a create was answered with, where it is live and nothing else is known to have made it: perhaps the
    /// server gave it another name. To send the create again could make a second one.
    fn made_under_another_name(&self, index: usize, live: &Live) -> Option<CampaignId> {
        let about = self.doubts.get(&index)?.about.as_ref().filter(|id| !self.taken.contains(*id))?;
        let mut readable = live.campaigns.iter().map(|campaign| &campaign.id);
        let is_live = readable.any(|id| id == about) || live.unreadable.iter().any(|campaign| campaign.id == *about);
        is_live.then(|| about.clone())
    }

    /// Why a create stays unknown, with what resolves it.
    fn unresolved(&self, index: usize, sight: &Sight) -> String {
        let doubt = self.doubt(index);
        let address = self.changes[index].key.address();
        let environment = &self.memory.document.owner.environment;
        let import = |id: &CampaignId| format!("campaignctl import -e {environment} {address} --id {id}");
        match sight {
            Sight::Several(ids) => {
                let commands: Vec<String> = ids.iter().map(import).collect();
                format!("{doubt}, and {} live campaigns can be it; say which one: {}", ids.len(), commands.join(" or "))
            }
            Sight::Other(ids) => {
                let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
                let ids = ids.join(", ");
                format!("{doubt}, and what has its name now is not as it was sent ({ids}); plan again to see what differs")
            }
            Sight::Renamed(id) => {
                format!("{doubt}, and that campaign is live; if it is the one that was sent: {}", import(id))
            }
            Sight::There(_) | Sight::NotThere => doubt.to_owned(),
        }
    }

    fn doubt(&self, index: usize) -> &str {
        self.doubts.get(&index).and_then(|doubt| doubt.reason.as_deref()).unwrap_or("its answer was lost")
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
            let reason = format!("{}, and {reason}", self.doubt(index));
            self.ended(index, Outcome::Unknown { reason }).await;
        }
    }
}

/// What is said of a create that was looked for in vain.
const NOT_LISTED: &str = "it is not in the list so far";

/// Live campaigns of that name that nothing knows. When the create was planned there was none.
fn named(name: &str, live: &Live, taken: &BTreeSet<CampaignId>) -> Vec<CampaignId> {
    let readable = live.campaigns.iter().filter(|campaign| campaign.spec.name == name).map(|campaign| &campaign.id);
    let unreadable = live.unreadable.iter().filter(|campaign| campaign.name.as_deref() == Some(name)).map(|campaign| &campaign.id);
    readable.chain(unreadable).filter(|id| !taken.contains(id)).cloned().collect()
}
