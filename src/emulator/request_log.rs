//! What was asked and how it was answered: tests and the request figures of a run look here.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::route::Route;

/// How many of the latest requests are remembered.
const REMEMBERED: usize = 10_000;

/// One request, answered or not. Times are whole milliseconds of the emulator's clock. No headers, no bodies, no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// The number of the request, from 1.
    pub index: u64,
    /// HTTP method, e.g. `GET`.
    pub method: String,
    /// Path with query, e.g. `/api/v2/routing/queues?pageSize=500`.
    pub path_and_query: String,
    /// What was asked for; `None` for what the API does not know.
    pub route: Option<Route>,
    /// Client id of the token, or of the credentials that got one.
    pub client: Option<String>,
    /// The campaign of the path, or the one that was created.
    pub campaign_id: Option<String>,
    /// Its name: of the body if that has one, else of the live campaign.
    pub campaign_name: Option<String>,
    /// Whether it changed anything that a restart keeps.
    pub committed: bool,
    /// What went wrong on purpose, by the names of [`super::Fault::name`].
    pub faults: Vec<&'static str>,
    /// HTTP status of the answer; `None` while there is none, and where the connection was dropped instead.
    pub status: Option<u16>,
    /// When it came.
    pub received_at: Timestamp,
    /// When the answer was ready to be sent as a whole; `None` where it never was.
    pub answered_at: Option<Timestamp>,
}

/// The latest requests and the count of all.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    latest: VecDeque<RequestRecord>,
    count: u64,
}

impl RequestLog {
    /// Adds a request and gives it its number; the oldest makes room.
    pub fn add(&self, mut record: RequestRecord) -> RequestRecord {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.count += 1;
        record.index = inner.count;
        if inner.latest.len() == REMEMBERED {
            inner.latest.pop_front();
        }
        inner.latest.push_back(record.clone());
        record
    }

    /// Writes what has become of a request, if it is still remembered.
    pub fn update(&self, record: &RequestRecord) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let first = inner.latest.front().map_or(0, |first| first.index);
        let place = record.index.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some(kept) = place.and_then(|place| inner.latest.get_mut(place)) {
            record.clone_into(kept);
        }
    }

    /// How many requests came, remembered or not.
    pub fn count(&self) -> u64 {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).count
    }

    /// The remembered ones after number `index`, oldest first.
    pub fn since(&self, index: u64) -> Vec<RequestRecord> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let start = inner.latest.partition_point(|record| record.index <= index);
        inner.latest.range(start..).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{REMEMBERED, RequestLog, RequestRecord};

    fn record(number: usize) -> RequestRecord {
        RequestRecord {
            index: 0,
            method: "GET".into(),
            path_and_query: format!("/{number}"),
            route: None,
            client: None,
            campaign_id: None,
            campaign_name: None,
            committed: false,
            faults: Vec::new(),
            status: None,
            received_at: Timestamp::UNIX_EPOCH,
            answered_at: None,
        }
    }

    #[test]
    fn the_log_is_bounded_and_the_count_is_not() {
        let log = RequestLog::default();
        let mut first = log.add(record(0));
        for number in 1..REMEMBERED + 3 {
            assert_eq!(log.add(record(number)).index, number as u64 + 1);
        }
        assert_eq!(log.count(), REMEMBERED as u64 + 3);
        let latest = log.since(0);
        assert_eq!(latest.len(), REMEMBERED);
        assert_eq!(latest[0].path_and_query, "/3");
        assert_eq!(log.since(REMEMBERED as u64 + 2).len(), 1);

        let mut fifth = latest[1].clone();
        (first.status, fifth.status) = (Some(200), Some(200));
        log.update(&first);
        log.update(&fifth);
        let answered: Vec<_> = log.since(0).into_iter().filter(|record| record.status.is_some()).collect();
        assert_eq!(answered, [fifth]);
    }
}
