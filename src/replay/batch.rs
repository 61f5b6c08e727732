//! Lines of one block, parsed and matched: what is left are the sessions that some campaign matches, and counts.

use std::collections::BTreeSet;
use std::hash::Hasher;

use jiff::Timestamp;
use rayon::prelude::*;
use siphasher::sip128::{Hasher128, SipHasher13};
use smallvec::SmallVec;

use super::contest::{Contest, Stranger};
use super::session::{Line, Row, is_blank, read, read_text};
use crate::evaluate::{Seen, check};
use crate::model::{JsonType, SentTypes, World};

/// Bytes that are parsed in one go.
const PIECE: usize = 256 << 10;
/// Lines in which names of attributes that no filter looks at are collected.
const LOOKED_AT: usize = 200;
/// Bad lines that are kept of one piece.
const BAD_LINES: usize = 10;

/// A session that some campaign matches.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) at: Timestamp,
    pub(super) file: u32,
    pub(super) line: u64,
    /// A hash of the contact's id. 128 bits: two contacts do not share one by accident.
    pub(super) contact: u128,
    /// A hash of the request's id and of the campaign that it names.
    pub(super) request: Option<u128>,
    /// The campaign that the session names.
    pub(super) only: Option<u32>,
    /// The campaigns that match, as bits of the matcher.
    pub(super) matched: SmallVec<[u64; 2]>,
    /// Where filters of a campaign differ between the worlds and only one of them matches: the campaign, and the first filter
    /// that fails in the other.
    pub(super) failing: SmallVec<[(u32, u32); 1]>,
}

/// What came of some lines.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) lines: u64,
    pub(super) sessions: u64,
    pub(super) untimed: u64,
    pub(super) strangers: u64,
    pub(super) bad: u64,
    /// The first bad lines: line number from 0, and why.
    pub(super) bad_lines: Vec<(u64, String)>,
    /// In the order of the lines; their numbers count from 0.
    pub(super) records: Vec<Record>,
    /// How many records at the beginning come before any session with a time.
    pub(super) before_first_time: usize,
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Option<Timestamp>,
    /// Time of the first session that has one.
    pub(super) first: Option<Timestamp>,
    /// Time of the last session that has one.
    pub(super) last: Option<Timestamp>,
    /// What was sent of each attribute of the matcher.
    pub(super) sent: Vec<SentTypes>,
    /// Sessions that name a campaign, by its place.
    pub(super) named: Vec<(usize, u64)>,
    /// Attributes that no filter looks at, of the first lines.
    pub(super) unused: BTreeSet<String>,
}

/// Parses and matches the lines on all cores. The result does not depend on how many there are.
pub(super) fn batches(bytes: &[u8], contest: &Contest<'_>, look: bool) -> Vec<Batch> {
    let pieces: Vec<&[u8]> = pieces(bytes).collect();
    pieces.par_iter().enumerate().map(|(nth, piece)| batch(piece, contest, look && nth == 0)).collect()
}

/// Cuts at ends of lines.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let least = rest.len().min(PIECE) - 1;
        let end = memchr::memchr(b'\n', &rest[least..]).map_or(rest.len(), |end| least + end + 1);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn batch<'b>(bytes: &'b [u8], contest: &Contest<'_>, look: bool) -> Batch {
    let matcher = &contest.matcher;
    let mut row = Row::new(matcher);
    row.unused = look.then(BTreeSet::new);
    let mut batch = Batch { sent: vec![SentTypes::default(); matcher.attributes()], ..Batch::default() };
    let mut named = vec![0_u64; contest.campaigns.len()];
    let mut matched: SmallVec<[u64; 2]> = SmallVec::from_elem(0, matcher.words());
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut take = |batch: &mut Batch, line: &'b [u8], text: Option<&'b str>| {
        let number = batch.lines;
        batch.lines += 1;
        if line.first() != Some(&b'{') && is_blank(line) {
            return;
        }
        row.clear();
        let read = match text {
            Some(text) => read_text(text, &mut row, matcher),
            None => read(line, &mut row, matcher),
        };
        match read {
            Ok(line) => batch.session(&line, number, &row.values, contest, &mut matched, &mut named),
            Err(reason) => batch.bad_line(number, reason),
        }
        if number as usize == LOOKED_AT
            && let Some(unused) = row.unused.take()
        {
            batch.unused = unused;
        }
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => text.split('\n').for_each(|line| take(&mut batch, line.as_bytes(), Some(line))),
        // Only the lines that are no text are bad.
        Err(_) => bytes.split(|byte| *byte == b'\n').for_each(|line| take(&mut batch, line, None)),
    }
    batch.unused.extend(row.unused.into_iter().flatten());
    batch.named = named.into_iter().enumerate().filter(|(_, sessions)| *sessions > 0).collect();
    batch
}

impl Batch {
    fn bad_line(&mut self, number: u64, reason: String) {
        self.bad += 1;
        if self.bad_lines.len() < BAD_LINES {
            self.bad_lines.push((number, reason));
        }
    }

    fn session(
        &mut self,
        line: &Line<'_>,
        number: u64,
        row: &[Seen<'_>],
        contest: &Contest<'_>,
        matched: &mut SmallVec<[u64; 2]>,
        named: &mut [u64],
    ) {
        self.sessions += 1;
        for (sent, value) in self.sent.iter_mut().zip(row) {
            count(sent, value);
        }
        match line.at {
            Some(at) => {
                self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
                self.latest = Some(self.latest.map_or(at, |latest| latest.max(at)));
                if self.last.is_none() {
                    self.before_first_time = self.records.len();
                    self.first = Some(at);
                }
                self.last = Some(at);
            }
            None => self.untimed += 1,
        }
        let only = match contest.named(line.campaign.as_deref(), line.campaign_id.as_deref()) {
            Ok(only) => only,
            Err(Stranger) => {
                self.strangers += 1;
                return;
            }
        };
        if let Some(campaign) = only {
            named[campaign] += 1;
        }
        if !contest.matcher.matches(row, matched) {
            return;
        }
        if let Some(campaign) = only {
            keep_only(campaign, contest, matched);
            if matched.iter().all(|word| *word == 0) {
                return;
            }
        }
        self.records.push(Record {
            at: line.at.or(self.last).unwrap_or(Timestamp::UNIX_EPOCH),
            file: 0,
            line: number,
            contact: hash(&line.contact, None),
            request: line.request_id.as_ref().map(|id| hash(id, only)),
            only: only.map(small),
            matched: matched.clone(),
            failing: failing(row, contest, matched, only),
        });
        if self.last.is_none() {
            self.before_first_time = self.records.len();
        }
    }
}

fn keep_only(campaign: usize, contest: &Contest<'_>, matched: &mut [u64]) {
    for world in [World::Live, World::Desired] {
        for (place, entry) in contest.entries.of(world).iter().enumerate() {
            if entry.campaign != campaign {
                let bit = contest.first_bit(world) + place;
                matched[bit / 64] &= !(1 << (bit % 64));
            }
        }
    }
}

/// Of each campaign that only one world matches: the first filter that fails in the other.
fn failing(row: &[Seen<'_>], contest: &Contest<'_>, matched: &[u64], only: Option<usize>) -> SmallVec<[(u32, u32); 1]> {
    let mut failing = SmallVec::new();
    for changed in contest.changed.iter().filter(|changed| only.is_none_or(|only| only == changed.campaign)) {
        let filters = match (is_set(matched, changed.bits.live), is_set(matched, changed.bits.desired)) {
            (true, false) => changed.filters.desired,
            (false, true) => changed.filters.live,
            _ => continue,
        };
        let fails = filters.iter().position(|filter| {
            let value = contest.matcher.place(&filter.attribute_name).and_then(|place| row[place].to_value());
            !check(filter, value.as_ref()).passed()
        });
        if let Some(filter) = fails {
            failing.push((small(changed.campaign), small(filter)));
        }
    }
    failing
}

pub(super) fn is_set(matched: &[u64], bit: usize) -> bool {
    matched[bit / 64] & (1 << (bit % 64)) != 0
}

/// Nobody has four thousand million campaigns, files or filters.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A contact by its id, or a request by its id and the campaign that it names.
pub(super) fn hash(text: &str, campaign: Option<usize>) -> u128 {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    if let Some(campaign) = campaign {
        hasher.write_u8(0xff);
        hasher.write_u64(campaign as u64);
    }
    hasher.finish128().as_u128()
}

fn count(sent: &mut SentTypes, value: &Seen<'_>) {
    let counter = match value.json_type() {
        None => &mut sent.missing,
        Some(JsonType::Null) => &mut sent.null,
        Some(JsonType::Boolean) => &mut sent.boolean,
        Some(JsonType::Integer) => &mut sent.integer,
        Some(JsonType::Float) => &mut sent.float,
        Some(JsonType::String) => &mut sent.string,
    };
    *counter += 1;
}
