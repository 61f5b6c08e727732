//! What is remembered when one session comes: everything before it is decided, as a replay does, and nothing is counted.

use jiff::Timestamp;

use super::batch::{Record, hash, small};
use super::contest::{Contest, Entry};
use super::requests::Requests;
use super::run::{ReplayError, Source, in_order};
use super::tally::bits;
use crate::evaluate::{Ledger, Recall, UtcMinute, Verdict, verdict};
use crate::model::{AskedCampaign, BadLine, BothWorlds, Decision, LineCounts, Outcome, SessionPlace, World};

/// The session that the history ends before.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// Whose session it is.
    pub contact: &'a str,
    /// Its request id.
    pub request: Option<&'a str>,
    /// The campaign that it names, as its place in the contest.
    pub only: Option<usize>,
    /// When it is decided.
    pub at: Timestamp,
    /// Its line, where it is one of the recordings; it is no history of its own. One that is none of them comes after all of
    /// its time.
    pub place: Option<SessionPlace>,
    /// Whether the line is decided in its turn: it stands there as it is, at its own time, and some campaign matches it. Then
    /// the history is exactly what a replay has decided before it, also where it came late.
    pub is_recorded: bool,
}

/// What is remembered when the session comes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// Of each world what decisions about the contact can look at. Campaigns are known by
    /// [`Contender::called`](crate::model::Contender::called).
    pub ledger: BothWorlds<Ledger>,
    /// The earlier session with the same request id, within a day: the session is not decided again.
    pub repeats: Option<Earlier>,
    /// When the session is decided, where it is decided in its turn: one without a time has that of another.
    pub at: Option<Timestamp>,
    /// Sessions that were decided and came before it; of those that no campaign matches only how many were read.
    pub decided: u64,
    /// What was read.
    pub lines: LineCounts,
}

/// An earlier session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// When it was decided.
    pub at: Timestamp,
    /// Where it stands.
    pub place: SessionPlace,
}

/// Decides what came before the session, in each world that has campaigns. `progress` is told how many sessions were read.
///
/// Memory is that of a replay: it grows with the contacts that a cooldown still covers.
///
/// # Errors
/// A recording cannot be read, or nothing in it is a session. Other lines that are no sessions are left out, and counted.
pub fn remember(
    sources: Vec<Source>,
    contest: &Contest<'_>,
    before: &Before<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Past, ReplayError> {
    let mut history = History::new(contest, before);
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let seen = in_order(sources, contest, false, progress, &mut |record, _| history.session(record))?;
    let unread = seen.without_sessions.first().and_then(|file| seen.bad_lines.iter().find(|bad| bad.at.file == *file));
    if let Some(BadLine { at, reason }) = unread {
        return Err(ReplayError::Nothing { name: names[at.file].clone(), line: at.line, reason: reason.clone() });
    }
    Ok(history.finish(seen.counts))
}

struct History<'c, 'a> {
    contest: &'c Contest<'a>,
    before: &'c Before<'c>,
    contact: u128,
    request: Option<u128>,
    names: Vec<String>,
    recall: BothWorlds<Recall>,
    requests: Requests,
    past: Past,
}

impl<'c, 'a> History<'c, 'a> {
    fn new(contest: &'c Contest<'a>, before: &'c Before<'c>) -> Self {
        Self {
            contest,
            before,
            contact: hash(before.contact, None),
            request: before.request.map(|request| hash(request, before.only)),
            names: contest.campaigns.iter().map(|campaign| campaign.who.called()).collect(),
            recall: BothWorlds { live: Recall::new(), desired: Recall::new() },
            requests: Requests::new(),
            past: Past::default(),
        }
    }

    /// Takes one session; whether there may be more before the one that is asked about.
    fn session(&mut self, record: &Record) -> bool {
        let Before { at, place, is_recorded, .. } = *self.before;
        let line = |place: SessionPlace| (small(place.file), place.line);
        if place.is_some_and(|place| line(place) == (record.file, record.line)) {
            self.past.at = Some(record.at).filter(|_| is_recorded);
            return !is_recorded;
        }
        let (file, number) = place.map_or((u32::MAX, u64::MAX), line);
        if !is_recorded && (record.at, record.file, record.line) > (at, file, number) {
            return false;
        }
        if self.requests.is_repeated(record) {
            return true;
        }
        if record.request.is_some() && record.request == self.request {
            let place = SessionPlace { file: record.file as usize, line: record.line };
            self.past.repeats = Some(Earlier { at: record.at, place });
        }
        self.past.decided += 1;
        for world in [World::Live, World::Desired] {
            let entries = self.contest.entries.of(world);
            for place in bits(&record.matched, self.contest.first_bit(world), entries.len()) {
                self.ask(&entries[place], record, world);
            }
        }
        true
    }

    /// Asks one campaign, and remembers an invite.
    fn ask(&mut self, entry: &Entry<'_>, record: &Record, world: World) {
        let Entry { campaign, terms, queue: _, heeds_suppression: _ } = entry;
        let (number, now) = (small(*campaign), record.at);
        let recall = self.recall.of_mut(world);
        let suppressed = terms.limit.is_some() && recall.suppression(record.contact, now).is_some();
        if verdict(terms, suppressed, |minute| recall.invites_in(number, minute), now) != Verdict::Invited {
            return;
        }
        recall.record(number, terms.limit, record.contact, now);
        let spec = *self.contest.campaigns[*campaign].spec.of(world);
        if let (true, Some(spec), Some(action)) = (record.contact == self.contact, spec, terms.action) {
            self.past.ledger.of_mut(world).record(&Decision {
                campaign: AskedCampaign { id: &self.names[*campaign], spec },
                contact_id: self.before.contact,
                decided_at: now,
                outcome: Outcome::Invited { action },
                filters: Vec::new(),
            });
        }
    }

    fn finish(self, lines: LineCounts) -> Past {
        let Self { before, request, names, recall, requests, mut past, .. } = self;
        let at = past.at.unwrap_or(before.at);
        let repeated = request.and_then(|request| requests.earlier(request, at)).is_some();
        past.repeats = past.repeats.filter(|_| repeated);
        past.lines = lines;
        for world in [World::Live, World::Desired] {
            let ledger = past.ledger.of_mut(world);
            for (place, name) in names.iter().enumerate() {
                // The contact's own invites are among those of the minute.
                for (minute, invites) in recall.of(world).invites_from(small(place), UtcMinute::of(at)) {
                    ledger.restore_minute(name.as_str(), minute, invites);
                }
            }
        }
        past
    }
}
