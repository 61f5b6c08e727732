//! Matched sessions in order of time, though they come only roughly so: a buffer of bounded size holds them back for a while.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use jiff::Timestamp;

use super::batch::Record;

/// Sessions that are held back. One that comes later than this many others that are younger is late.
pub(super) const HELD: usize = 1 << 16;

/// Puts records in order.
#[derive(Default)]
pub(super) struct Order {
    /// Those that came in order.
    straight: VecDeque<Record>,
    /// Those that did not.
    strays: BinaryHeap<Reverse<Stray>>,
    /// Time of the last that was let go.
    last: Option<Timestamp>,
}

struct Stray(Record);

fn turn(record: &Record) -> (Timestamp, u32, u64) {
    (record.at, record.file, record.line)
}

impl Order {
    pub(super) fn push(&mut self, record: Record) {
        if self.straight.back().is_none_or(|back| turn(back) <= turn(&record)) {
            self.straight.push_back(record);
        } else {
            self.strays.push(Reverse(Stray(record)));
        }
    }

    /// Lets go of the earliest while more than `hold` are held.
    pub(super) fn release(&mut self, hold: usize, each: &mut impl FnMut(&Record, IsLate)) {
        while self.straight.len() + self.strays.len() > hold {
            let stray_first = match (self.straight.front(), self.strays.peek()) {
                (Some(front), Some(Reverse(stray))) => turn(&stray.0) < turn(front),
                (None, _) => true,
                (Some(_), None) => false,
            };
            let record = if stray_first { self.strays.pop().map(|Reverse(Stray(record))| record) } else { self.straight.pop_front() };
            let Some(record) = record else { return };
            let late = self.last.is_some_and(|last| record.at < last);
            self.last = Some(self.last.map_or(record.at, |last| last.max(record.at)));
            each(&record, late);
        }
    }
}

/// Whether a later session was let go before.
pub(super) type IsLate = bool;

impl PartialEq for Stray {
    fn eq(&self, other: &Self) -> bool {
        turn(&self.0) == turn(&other.0)
    }
}

impl Eq for Stray {}

impl PartialOrd for Stray {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stray {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        turn(&self.0).cmp(&turn(&other.0))
    }
}
