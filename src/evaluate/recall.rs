//! A ledger for millions of contacts: it remembers only what later decisions need, and answers as [`Ledger`](super::Ledger)
//! does.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use jiff::Timestamp;

use super::throttle::{ContactLimit, UtcMinute, cooled_down};

/// Earlier invites of many contacts. Contacts are known by a hash, campaigns by a number.
#[derive(Debug, Default)]
pub struct Recall {
    contacts: HashMap<u128, Contact, BuildHasherDefault<AlreadyHashed>>,
    /// By campaign: invites by minute, the latest of them.
    minutes: BTreeMap<u32, BTreeMap<UtcMinute, u64>>,
    /// How many contacts there may be before those that can change nothing are dropped.
    room: usize,
}

/// Why a contact is to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppression {
    /// Until when.
    pub until: Timestamp,
    /// The campaign whose token expires last.
    pub by: u32,
}

#[derive(Debug)]
struct Contact {
    /// Of all tokens the one that expires last; the others decide nothing.
    suppression: Option<Suppression>,
    /// Invites of campaigns that may invite more than once, as long as they count.
    past: Vec<Past>,
}

#[derive(Debug)]
struct Past {
    campaign: u32,
    at: Timestamp,
    counts_until: Timestamp,
}

/// The least number of contacts at which it is worth dropping some.
const LEAST_ROOM: usize = 4096;
/// Minutes that are kept of each campaign, for sessions that come late.
const MINUTES: usize = 1440;

impl Recall {
    /// Nothing is remembered.
    pub fn new() -> Self {
        Self { room: LEAST_ROOM, ..Self::default() }
    }

    /// Why the contact is to be left alone at this moment, if it is.
    pub fn suppression(&self, contact: u128, now: Timestamp) -> Option<Suppression> {
        self.contacts.get(&contact)?.suppression.filter(|suppression| suppression.until > now)
    }

    /// How many invites the campaign has made in the minute.
    pub fn invites_in(&self, campaign: u32, minute: UtcMinute) -> u64 {
        self.minutes.get(&campaign).and_then(|minutes| minutes.get(&minute)).copied().unwrap_or(0)
    }

    /// The invites of the campaign in this minute and later ones, as far as there are any.
    pub fn invites_from(&self, campaign: u32, minute: UtcMinute) -> impl Iterator<Item = (UtcMinute, u64)> {
        self.minutes
            .get(&campaign)
            .into_iter()
            .flat_map(move |minutes| minutes.range(minute..))
            .map(|(minute, invites)| (*minute, *invites))
    }

    /// Remembers an invite; returns how many the campaign has made in this minute by now.
    pub fn record(&mut self, campaign: u32, limit: Option<ContactLimit>, contact: u128, now: Timestamp) -> u64 {
        let minutes = self.minutes.entry(campaign).or_default();
        let count = minutes.entry(UtcMinute::of(now)).or_default();
        *count += 1;
        let count = *count;
        if minutes.len() > MINUTES {
            minutes.pop_first();
        }
        let Some(limit) = limit.filter(|limit| !limit.cooldown.is_zero()) else { return count };
        if self.contacts.len() >= self.room {
            self.forget(now);
            self.room = LEAST_ROOM.max(self.contacts.len() * 2);
        }
        self.contacts.entry(contact).or_insert(Contact { suppression: None, past: Vec::new() }).record(campaign, limit, now);
        count
    }

    /// Drops what can change no decision at `now` or later.
    fn forget(&mut self, now: Timestamp) {
        self.contacts.retain(|_, contact| {
            contact.past.retain(|past| past.counts_until > now);
            !contact.past.is_empty() || contact.suppression.is_some_and(|suppression| suppression.until > now)
        });
    }

    /// How many contacts are remembered.
    pub fn contacts(&self) -> usize {
        self.contacts.len()
    }
}

impl Contact {
    fn record(&mut self, campaign: u32, limit: ContactLimit, at: Timestamp) {
        let ContactLimit { max_invites, cooldown } = limit;
        let until = cooled_down(at, cooldown);
        // The invite itself is the one that may be made; earlier ones need not be counted.
        if max_invites > 1 {
            self.past.retain(|past| past.campaign != campaign || past.counts_until > at);
            self.past.push(Past { campaign, at, counts_until: until });
            let recent = self.past.iter().filter(|past| past.campaign == campaign && cooled_down(past.at, cooldown) > at).count();
            if (recent as u64) < max_invites {
                return;
            }
        }
        if self.suppression.is_none_or(|suppression| suppression.until < until) {
            self.suppression = Some(Suppression { until, by: campaign });
        }
    }
}

/// The contacts are hashes already.
#[derive(Debug, Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "either half of a hash is one")]
    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::Contact;

    #[test]
    fn a_contact_takes_as_much_as_the_documents_say() {
        assert_eq!(size_of::<(u128, Contact)>(), 80);
    }
}
