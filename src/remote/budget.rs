//! How many repetitions a run affords: a share of its requests, so that an outage does not become a storm.

use std::sync::{Mutex, PoisonError};

/// Counts requests and their repetitions.
#[derive(Debug)]
pub(super) struct Budget {
    /// Repetitions for each hundred requests.
    percent: u32,
    /// Repetitions that are free, however few requests there were.
    floor: u32,
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    requests: u64,
    repetitions: u64,
}

impl Budget {
    pub(super) fn new(percent: u32, floor: u32) -> Self {
        Self { percent, floor, spent: Mutex::default() }
    }

    /// A new run begins: what was repeated before it is forgotten.
    pub(super) fn begin_run(&self) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = Spent::default();
    }

    /// A request is sent for the first time.
    pub(super) fn earn(&self) {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).requests += 1;
    }

    /// Whether a request may be repeated after a failure; if so, that is counted.
    pub(super) fn take(&self) -> bool {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let share = spent.requests.saturating_mul(u64::from(self.percent)) / 100;
        let affordable = spent.repetitions < share.max(u64::from(self.floor));
        spent.repetitions += u64::from(affordable);
        affordable
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn a_fifth_of_the_requests_and_never_less_than_the_floor() {
        //  requests, repetitions that are possible
        for (requests, expected) in [(0, 10), (1, 10), (50, 10), (51, 10), (55, 11), (1000, 200)] {
            let budget = Budget::new(20, 10);
            (0..requests).for_each(|_| budget.earn());
            assert_eq!((0..10_000).filter(|_| budget.take()).count(), expected, "{requests}");
        }
    }
}
