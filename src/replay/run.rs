//! The whole way: from recordings to what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use jiff::Timestamp;

use super::batch::{Batch, Record, batches};
use super::block::Blocks;
use super::contest::Contest;
use super::order::{HELD, IsLate, Order};
use super::tally::Tally;
use super::untimed::Untimed;
use crate::diagnostic::nearest;
use crate::model::{AttributeUse, BadLine, DataType, LineCounts, Replayed, SentTypes, SessionPlace, Wanted};

/// A recording.
pub struct Source {
    /// What it is called.
    pub name: String,
    /// Its bytes, plain or compressed.
    pub from: Box<dyn Read + Send>,
}

/// How to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether there is a live world to compare with.
    pub compared: bool,
    /// Whether the first bad line ends it.
    pub strict: bool,
}

/// Why a replay ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A recording cannot be read, or is damaged.
    #[error("`{name}` cannot be read: {source}")]
    Read {
        /// Which one.
        name: String,
        /// What went wrong.
        source: io::Error,
    },
    /// Nothing in a recording is a session, and it is needed.
    #[error("nothing in `{name}` could be read, line {line}: {reason}")]
    Nothing {
        /// Which recording.
        name: String,
        /// Its first line that is not a session, from 1.
        line: u64,
        /// Why it is none.
        reason: String,
    },
    /// A line is no session, and all must be.
    #[error("`{name}`, line {line}: {reason}")]
    BadLine {
        /// Which recording.
        name: String,
        /// Which line, from 1.
        line: u64,
        /// Why it is none.
        reason: String,
    },
}

/// Bad lines that are shown.
const BAD_LINES: usize = 10;

/// One recording while it is read.
struct Open {
    name: String,
    blocks: Option<Blocks>,
    /// Lines read so far.
    lines: u64,
    /// Sessions among them.
    sessions: u64,
    /// The first line that is not a session.
    first_bad: Option<BadLine>,
    /// Time of the last session that has one.
    last: Option<Timestamp>,
    /// The latest time of all its sessions.
    latest: Option<Timestamp>,
    looked: bool,
}

/// Decides all sessions of the recordings under both worlds. `progress` is told how many sessions were read so far.
///
/// Sessions are decided in order of time, over all recordings. A recording that is not in order is put in order as far as a
/// buffer goes; what comes later than that is decided when it comes, and counted as late.
///
/// # Errors
/// A recording cannot be read; with `strict`, a line that is no session.
pub fn replay(
    sources: Vec<Source>,
    contest: &Contest<'_>,
    options: Options,
    progress: &mut dyn FnMut(u64),
) -> Result<Replayed, ReplayError> {
    let Options { compared, strict } = options;
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut tally = Tally::new(contest, compared);
    let seen = in_order(sources, contest, strict, progress, &mut |record, late| {
        tally.session(record, late);
        true
    })?;
    let offered = seen.offered();
    let attributes = seen.attributes(contest);
    let Seen { counts, bad_lines, without_sessions, earliest, latest, .. } = seen;
    let mut replayed = tally.finish(counts, &offered);
    if earliest.is_none() {
        replayed.forget_times();
    }
    Ok(Replayed { files: names, bad_lines, without_sessions, from: earliest, to: latest, attributes, ..replayed })
}

/// Gives each session that some campaign matches, in order of time, until there are none or `each` says that it was enough.
pub(super) fn in_order(
    sources: Vec<Source>,
    contest: &Contest<'_>,
    strict: bool,
    progress: &mut dyn FnMut(u64),
    each: &mut (impl FnMut(&Record, IsLate) -> bool + Send),
) -> Result<Seen, ReplayError> {
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let mut open = Vec::with_capacity(sources.len());
    for Source { name, from } in sources {
        let blocks = Blocks::open(from).map_err(|source| ReplayError::Read { name: name.clone(), source })?;
        open.push(Open { name, blocks: Some(blocks), lines: 0, sessions: 0, first_bad: None, last: None, latest: None, looked: false });
    }
    let mut seen = Seen::new(contest);
    let mut order = Order::default();
    let mut untimed = Untimed::new(open.len());
    let mut waiting: Vec<Vec<Record>> = Vec::new();
    let mut goes_on = true;
    while goes_on {
        let mut each = |record: &Record, late: IsLate| goes_on = goes_on && each(record, late);
        // While one block is decided, the next is read and parsed.
        let (decided, read) = rayon::join(
            || {
                for records in std::mem::take(&mut waiting) {
                    records.into_iter().for_each(|record| order.push(record));
                    order.release(HELD, &mut each);
                }
            },
            || next(&mut open, contest),
        );
        let () = decided;
        let Some((file, found)) = read? else { break };
        for mut batch in found {
            let has_time = seen.take(file, &mut open[file], &mut batch);
            if let (true, Some(bad)) = (strict, seen.bad_lines.first()) {
                let BadLine { at: SessionPlace { file, line }, reason } = bad.clone();
                return Err(ReplayError::BadLine { name: names[file].clone(), line, reason });
            }
            if let Some(first) = has_time {
                waiting.push(untimed.release(file, first));
                waiting.push(batch.records);
            } else {
                untimed.hold(file, batch.records);
            }
        }
        if let Some(first) = seen.first.filter(|_| !untimed.is_empty()) {
            let ended = (0..open.len()).filter(|file| open[*file].blocks.is_none());
            waiting.extend(ended.map(|file| untimed.release(file, first)));
        }
        if untimed.is_full() {
            waiting.push(seen.at_no_time(&mut untimed));
        }
        progress(seen.counts.sessions);
    }
    // What a recording without any time left, where `goes_on` still asks for it.
    for record in waiting.into_iter().flatten().chain(seen.at_no_time(&mut untimed)) {
        order.push(record);
    }
    order.release(0, &mut |record, late| goes_on = goes_on && each(record, late));
    seen.without_sessions(&open);
    Ok(seen)
}

/// Reads and parses the next block of the recording that is furthest behind in time.
fn next(open: &mut [Open], contest: &Contest<'_>) -> Result<Option<(usize, Vec<Batch>)>, ReplayError> {
    loop {
        let waiting = open.iter_mut().enumerate().filter(|(_, open)| open.blocks.is_some());
        let Some((file, recording)) = waiting.min_by_key(|(place, open)| (open.latest, *place)) else { return Ok(None) };
        let Some(blocks) = &mut recording.blocks else { return Ok(None) };
        let block = blocks.next().map_err(|source| ReplayError::Read { name: recording.name.clone(), source })?;
        let Some(block) = block else {
            recording.blocks = None;
            continue;
        };
        let mut found = batches(&block.bytes, contest, !std::mem::replace(&mut recording.looked, true));
        if let Some(unread) = block.unread {
            found.push(Batch { lines: 1, bad: 1, bad_lines: vec![(0, unread.reason())], ..Batch::default() });
        }
        for batch in &found {
            recording.latest = recording.latest.max(batch.latest);
        }
        return Ok(Some((file, found)));
    }
}

/// What is counted of the lines, whatever is decided.
pub(super) struct Seen {
    pub(super) counts: LineCounts,
    pub(super) bad_lines: Vec<BadLine>,
    /// Recordings that have lines, and none of them is a session.
    pub(super) without_sessions: Vec<usize>,
    /// The first time that was read.
    first: Option<Timestamp>,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
    sent: Vec<SentTypes>,
    /// Sessions that name a campaign, by campaign.
    named: Vec<u64>,
    unused: BTreeSet<String>,
}

impl Seen {
    fn new(contest: &Contest<'_>) -> Self {
        Self {
            counts: LineCounts::default(),
            bad_lines: Vec::new(),
            without_sessions: Vec::new(),
            first: None,
            earliest: None,
            latest: None,
            sent: vec![SentTypes::default(); contest.matcher.attributes()],
            named: vec![0; contest.campaigns.len()],
            unused: BTreeSet::new(),
        }
    }

    /// Counts a batch, and gives its records their places and, where they have none, their times. Returns the time of the
    /// records before the first one that has its own; `None` where the recording has had no time yet.
    fn take(&mut self, file: usize, open: &mut Open, batch: &mut Batch) -> Option<Timestamp> {
        let Batch {
            lines,
            sessions,
            untimed,
            strangers,
            bad,
            bad_lines,
            records,
            before_first_time,
            earliest,
            latest,
            first,
            last,
            sent,
            named,
            unused,
        } = batch;
        self.counts.sessions += *sessions;
        self.counts.untimed += *untimed;
        self.counts.strangers += *strangers;
        self.counts.bad += *bad;
        open.sessions += *sessions;
        for (line, reason) in std::mem::take(bad_lines) {
            let bad = BadLine { at: SessionPlace { file, line: open.lines + line + 1 }, reason };
            open.first_bad.get_or_insert_with(|| bad.clone());
            if self.bad_lines.len() < BAD_LINES {
                self.bad_lines.push(bad);
            }
        }
        let has_time = open.last.or(*first);
        for (place, record) in records.iter_mut().enumerate() {
            record.file = super::batch::small(file);
            record.line += open.lines + 1;
            if place < *before_first_time
                && let Some(at) = has_time
            {
                record.at = at;
            }
        }
        open.lines += *lines;
        self.first = self.first.or(*first);
        open.last = last.or(open.last);
        self.earliest = [self.earliest, *earliest].into_iter().flatten().min();
        self.latest = self.latest.max(*latest);
        for (sum, SentTypes { missing, null, boolean, integer, float, string }) in self.sent.iter_mut().zip(sent.iter()) {
            sum.missing += missing;
            sum.null += null;
            sum.boolean += boolean;
            sum.integer += integer;
            sum.float += float;
            sum.string += string;
        }
        for (campaign, sessions) in named.iter() {
            self.named[*campaign] += sessions;
        }
        self.unused.append(unused);
        has_time
    }

    /// The sessions for which no time of their own recording is known: they count at the first time of any, or at none.
    fn at_no_time(&mut self, untimed: &mut Untimed) -> Vec<Record> {
        let records = untimed.release_all(self.first.unwrap_or(Timestamp::UNIX_EPOCH));
        if self.first.is_none() {
            self.counts.timeless += records.len() as u64;
        }
        records
    }

    /// Names the recordings in which nothing could be read. Of the first of them some line is shown, whatever was shown before.
    fn without_sessions(&mut self, open: &[Open]) {
        let is_unread = |file: &usize| open[*file].sessions == 0 && open[*file].first_bad.is_some();
        self.without_sessions = (0..open.len()).filter(is_unread).collect();
        let first = self.without_sessions.first().and_then(|file| open[*file].first_bad.clone());
        self.bad_lines.extend(first.filter(|first| !self.bad_lines.iter().any(|bad| bad.at.file == first.at.file)));
    }

    /// How many sessions each campaign was offered: all that name none, and those that name it.
    fn offered(&self) -> Vec<u64> {
        let to_all = self.counts.sessions - self.counts.strangers - self.named.iter().sum::<u64>();
        self.named.iter().map(|named| to_all + named).collect()
    }

    fn attributes(&self, contest: &Contest<'_>) -> Vec<AttributeUse> {
        let mut wanted: BTreeMap<&str, Vec<Wanted>> = BTreeMap::new();
        for (campaign, contested) in contest.campaigns.iter().enumerate() {
            let Some(spec) = contested.spec.desired else { continue };
            for filter in &spec.filters {
                want(wanted.entry(&filter.attribute_name).or_default(), filter.data_type, campaign);
            }
        }
        let used = wanted.into_iter().map(|(name, wanted)| {
            let sent = contest.matcher.place(name).and_then(|place| self.sent.get(place)).copied();
            // Campaigns that are switched off in both worlds ask nothing, and nobody counted for them.
            let sent = sent.unwrap_or_default();
            let similar = match sent.missing > 0 && sent.sent() == 0 {
                true => nearest(name, self.unused.iter().map(String::as_str)).into_iter().map(str::to_owned).collect(),
                false => Vec::new(),
            };
            AttributeUse { name: name.to_owned(), wanted, sent, similar }
        });
        used.filter(|used| used.sent != SentTypes::default()).collect()
    }
}

fn want(wanted: &mut Vec<Wanted>, data_type: DataType, campaign: usize) {
    match wanted.iter_mut().find(|wanted| wanted.data_type == data_type) {
        Some(Wanted { by, .. }) if by.last() == Some(&campaign) => {}
        Some(Wanted { by, .. }) => by.push(campaign),
        None => wanted.push(Wanted { data_type, by: vec![campaign] }),
    }
}
