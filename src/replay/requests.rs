//! Requests that were made before: the same one within a day is one session.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::batch::Record;

/// How long a request id names the same request.
const REQUEST: SignedDuration = SignedDuration::from_hours(24);
/// Request ids that are kept before old ones are dropped.
const REQUESTS: usize = 1 << 14;

/// When each request was made first.
pub(super) struct Requests {
    made: HashMap<u128, Timestamp>,
    room: usize,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { made: HashMap::new(), room: REQUESTS }
    }

    /// Whether the session repeats an earlier request; one that does not is remembered.
    pub(super) fn is_repeated(&mut self, record: &Record) -> bool {
        let Some(request) = record.request else { return false };
        if self.made.len() >= self.room {
            self.made.retain(|_, at| record.at.duration_since(*at) < REQUEST);
            self.room = REQUESTS.max(self.made.len() * 2);
        }
        let known = self.earlier(request, record.at).is_some();
        if !known {
            self.made.insert(request, record.at);
        }
        known
    }

    /// When the request that would be repeated at this time was made.
    pub(super) fn earlier(&self, request: u128, at: Timestamp) -> Option<Timestamp> {
        self.made.get(&request).copied().filter(|made| at.duration_since(*made) < REQUEST)
    }
}
