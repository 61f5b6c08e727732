//! The campaigns as they decide together: in order, with what each invite leaves to the next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::case::{Case, Earlier, Event};
use crate::evaluate::{ContactLimit, Ledger, Terms, UtcMinute, decide};
use crate::model::{AskedCampaign, CampaignKey, CampaignSpec, Decision, DecisionStatus, FilterResult, Outcome, Session};

/// A campaign of a world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contestant<'a> {
    /// Its key.
    pub key: &'a CampaignKey,
    /// Its body; queues may stand there by name.
    pub spec: &'a CampaignSpec,
}

/// Campaigns in the order in which a session is offered to them: best action priority first, then by key.
#[derive(Debug, Clone, PartialEq)]
pub struct World<'a> {
    contestants: Vec<Contestant<'a>>,
}

/// What a campaign decided in a case, and what it knew.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided<'a> {
    /// Which campaign.
    pub campaign: Contestant<'a>,
    /// What it decided; `None` where the session was for another campaign.
    pub answer: Option<Answer<'a>>,
}

/// A decision with what went before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<'a> {
    /// What was decided.
    pub outcome: Outcome<'a>,
    /// How each filter went; empty for a campaign that is switched off.
    pub filters: Vec<FilterResult>,
    /// The campaign whose token kept the contact suppressed the longest.
    pub suppressed_by: Option<String>,
    /// When the last token that this campaign has left on the contact ends, or ended.
    pub own_token: Option<Timestamp>,
    /// Invites of this campaign to the contact that still count.
    pub recent: u64,
    /// Invites of this campaign in the minute.
    pub in_minute: u64,
}

impl Answer<'_> {
    /// The word for the decision.
    pub fn status(&self) -> DecisionStatus {
        self.outcome.status()
    }
}

impl<'a> World<'a> {
    /// A world of these campaigns.
    pub fn new(campaigns: impl IntoIterator<Item = Contestant<'a>>) -> Self {
        let mut contestants: Vec<Contestant<'a>> = campaigns.into_iter().collect();
        contestants.sort_by_key(|Contestant { key, spec }| (Terms::of(spec).action.map_or(u64::MAX, |action| action.priority), *key));
        Self { contestants }
    }

    /// The campaigns, in their order.
    pub fn contestants(&self) -> &[Contestant<'a>] {
        &self.contestants
    }

    /// The campaign of a key.
    pub fn find(&self, key: &CampaignKey) -> Option<Contestant<'a>> {
        self.contestants.iter().copied().find(|contestant| contestant.key == key)
    }

    /// The world of only these campaigns, one of them with another body.
    pub fn with(&self, keys: &BTreeSet<&CampaignKey>, key: &'a CampaignKey, spec: &'a CampaignSpec) -> Self {
        let others = self.contestants.iter().copied().filter(|other| other.key != key && keys.contains(other.key));
        Self::new(others.chain([Contestant { key, spec }]))
    }

    /// What every campaign decides in the case, in the order of the campaigns.
    pub fn run(&self, case: &'a Case) -> Vec<Decided<'a>> {
        let mut past = Past::default();
        for Earlier { at, times, event } in &case.history {
            match event {
                Event::Invited { campaign, contact } => {
                    if let Some(contestant) = self.find(campaign) {
                        past.invite(contestant, contact, *at, *times);
                    }
                }
                Event::Session(session) => {
                    for _ in 0..*times {
                        self.contestants.iter().for_each(|contestant| drop(past.ask(*contestant, session, *at)));
                    }
                }
            }
        }
        let ask = |contestant: &Contestant<'a>| Decided {
            campaign: *contestant,
            answer: case.asked.as_ref().is_none_or(|asked| asked == contestant.key).then(|| past.ask(*contestant, &case.session, case.at)),
        };
        self.contestants.iter().map(ask).collect()
    }
}

/// What has happened so far.
#[derive(Default)]
struct Past<'a> {
    ledger: Ledger,
    /// Tokens that were left, by campaign and contact, also those that have ended.
    tokens: BTreeMap<(&'a str, String), Timestamp>,
    /// Invites, by campaign and contact.
    invites: BTreeMap<(&'a str, String), Vec<(Timestamp, u64)>>,
}

impl<'a> Past<'a> {
    /// One campaign decides; an invite is remembered.
    fn ask(&mut self, contestant: Contestant<'a>, session: &'a Session, at: Timestamp) -> Answer<'a> {
        let Contestant { key, spec } = contestant;
        let key = key.as_str();
        let place = (key, session.contact_id.clone());
        let cooldown = ContactLimit::of(spec).map(|limit| limit.cooldown);
        let still_counts = |made: Timestamp| cooldown.is_some_and(|cooldown| made.saturating_add(cooldown).is_ok_and(|end| end > at));
        let recent = self.invites.get(&place).into_iter().flatten().filter(|(made, _)| still_counts(*made)).map(|(_, times)| times).sum();
        let tokens = self.ledger.contact(&session.contact_id).into_iter().flat_map(|contact| contact.tokens(at));
        let suppressed_by = tokens.max_by_key(|(_, token)| token.expires_at).map(|(campaign, _)| campaign.to_owned());
        let in_minute = self.ledger.invites_in(key, UtcMinute::of(at));
        let own_token = self.tokens.get(&place).copied();
        let decision = decide(AskedCampaign { id: key, spec }, session, &self.ledger, at);
        self.remember(key, &decision);
        let Decision { outcome, filters, .. } = decision;
        Answer { outcome, filters, suppressed_by, own_token, recent, in_minute }
    }

    /// A campaign has invited a contact so many times at one moment, whatever it would have decided.
    fn invite(&mut self, contestant: Contestant<'a>, contact: &str, at: Timestamp, times: u64) {
        let Contestant { key, spec } = contestant;
        let Some(action) = Terms::of(spec).action else { return };
        let campaign = AskedCampaign { id: key.as_str(), spec };
        let decision =
            Decision { campaign, contact_id: contact, decided_at: at, outcome: Outcome::Invited { action }, filters: Vec::new() };
        // Once the contact has a token, more invites of the same moment change nothing but the count of the minute.
        let enough = ContactLimit::of(spec).map_or(1, |limit| limit.max_invites);
        for _ in 0..times.min(enough) {
            self.remember(key.as_str(), &decision);
        }
        if let Some(more) = times.checked_sub(enough).filter(|more| *more > 0) {
            let minute = UtcMinute::of(at);
            let so_far = self.ledger.invites_in(key.as_str(), minute);
            self.ledger.restore_minute(key.as_str(), minute, so_far.saturating_add(more));
        }
    }

    fn remember(&mut self, key: &'a str, decision: &Decision<'_>) {
        let Outcome::Invited { .. } = decision.outcome else { return };
        self.ledger.record(decision);
        let place = (key, decision.contact_id.to_owned());
        self.invites.entry(place.clone()).or_default().push((decision.decided_at, 1));
        let contact = self.ledger.contact(decision.contact_id);
        let token = contact.and_then(|contact| contact.tokens(decision.decided_at).find(|(campaign, _)| *campaign == key));
        if let Some((_, token)) = token {
            self.tokens.insert(place, token.expires_at);
        }
    }
}
