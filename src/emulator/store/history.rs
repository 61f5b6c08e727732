//! The lists of a moment ago: what the latest writes replaced, kept only while a fault asks for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::emulator::fault::Staleness;

/// How many writes are kept at most.
const KEPT: usize = 10_000;

/// How a list looks, if not as it is.
#[derive(Debug, Clone, Default)]
pub(in crate::emulator) struct ListView {
    /// The page has moved among the pages.
    pub shift: Option<PageShift>,
    /// Writes that do not show.
    pub hidden: Vec<Hidden>,
}

/// Where a page has moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) enum PageShift {
    /// It begins one entry too early.
    Back,
    /// It begins one entry too late.
    Forward,
}

/// Writes that do not show in one list request.
#[derive(Debug, Clone, Copy)]
pub(in crate::emulator) struct Hidden {
    /// Which ones.
    pub staleness: Staleness,
    /// The number of the list request.
    pub list: u64,
    /// When it came.
    pub now: Timestamp,
}

/// A campaign that was there before: its name and its JSON.
pub(super) type Before = Option<(String, Vec<u8>)>;

/// What the latest writes replaced.
#[derive(Debug, Default)]
pub(in crate::emulator) struct History {
    keeps: AtomicBool,
    lists: AtomicU64,
    entries: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    id: u128,
    before: Before,
    at: Timestamp,
    /// How many list requests had come.
    lists: u64,
}

impl History {
    /// Begins to keep, or forgets everything.
    pub fn keep(&self, keeps: bool) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.keeps.store(keeps, Ordering::SeqCst);
    }

    /// Counts a list request and returns its number, from 1.
    pub fn list_came(&self) -> u64 {
        self.lists.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Whether it is worth looking at what a write replaces.
    pub(super) fn keeps(&self) -> bool {
        self.keeps.load(Ordering::SeqCst)
    }

    /// Adds what a commit replaced, before anybody can see the commit.
    pub(super) fn add(&self, replaced: Vec<(u128, Before)>, at: Timestamp) {
        if !self.keeps() {
            return;
        }
        let lists = self.lists.load(Ordering::SeqCst);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.extend(replaced.into_iter().map(|(id, before)| Entry { id, before, at, lists }));
        let surplus = entries.len().saturating_sub(KEPT);
        entries.drain(..surplus);
    }

    /// Whether list request number `list` misses any write.
    pub fn hides(&self, staleness: Staleness, list: u64, now: Timestamp) -> bool {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        first_hidden(&entries, Hidden { staleness, list, now }) < entries.len()
    }

    /// Takes the hidden writes back, the latest first.
    pub(super) fn undo(&self, hidden: &[Hidden], mut put_back: impl FnMut(u128, &Before)) {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let first = hidden.iter().map(|hidden| first_hidden(&entries, *hidden)).min().unwrap_or(entries.len());
        for entry in entries[first..].iter().rev() {
            put_back(entry.id, &entry.before);
        }
    }
}

/// The place of the first hidden write; all after it are hidden too, as a list cannot show a write and miss an earlier one.
fn first_hidden(entries: &[Entry], hidden: Hidden) -> usize {
    let Hidden { staleness, list, now } = hidden;
    let is_hidden = |entry: &Entry| match staleness {
        Staleness::Requests(requests) => list.saturating_sub(entry.lists) <= u64::from(requests),
        Staleness::Writes(_) => false,
        Staleness::Time(time) => SignedDuration::try_from(time).is_ok_and(|time| now.duration_since(entry.at) < time),
    };
    match staleness {
        Staleness::Writes(writes) => entries.len().saturating_sub(writes as usize),
        _ => entries.iter().position(is_hidden).unwrap_or(entries.len()),
    }
}
