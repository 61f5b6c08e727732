//! What was asked and how it was answered: tests and the request figures of a run look here.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many of the latest requests are remembered.
const REMEMBERED: usize = 10_000;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// HTTP method, e.g. `GET`.
    pub method: String,
    /// Path with query, e.g. `/api/v2/routing/queues?pageSize=500`.
    pub path_and_query: String,
    /// HTTP status of the answer.
    pub status: u16,
}

/// The latest requests and the count of all.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    latest: VecDeque<RequestRecord>,
    answered: u64,
}

impl RequestLog {
    /// Adds one; the oldest makes room.
    pub fn add(&self, record: RequestRecord) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.answered += 1;
        if inner.latest.len() == REMEMBERED {
            inner.latest.pop_front();
        }
        inner.latest.push_back(record);
    }

    /// How many requests were answered, remembered or not.
    pub fn answered(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).answered
    }

    /// The remembered ones, oldest first.
    pub fn latest(&self) -> Vec<RequestRecord> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).latest.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED, RequestLog, RequestRecord};

    #[test]
    fn the_log_is_bounded_and_the_count_is_not() {
        let log = RequestLog::default();
        for number in 0..REMEMBERED + 3 {
            log.add(RequestRecord { method: "GET".into(), path_and_query: format!("/{number}"), status: 200 });
        }
        assert_eq!(log.answered(), REMEMBERED as u64 + 3);
        let latest = log.latest();
        assert_eq!(latest.len(), REMEMBERED);
        assert_eq!(latest[0].path_and_query, "/3");
    }
}
