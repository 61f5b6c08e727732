//! The limit of requests a minute: one window for each client, which begins with its first request.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::failure::Failure;

/// How long a window is. Seconds.
const WINDOW: i64 = 60;

/// The clients and what they have used of their windows.
#[derive(Debug)]
pub(super) struct RateLimit {
    allowed: NonZeroU32,
    windows: Mutex<HashMap<Arc<str>, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    start: Timestamp,
    count: u32,
}

/// Where a client stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether the request is over the limit.
    pub refused: bool,
    allowed: u32,
    count: u32,
    /// Seconds until the window ends, rounded up: 1 to 60.
    reset: i64,
}

impl RateLimit {
    /// So many requests a minute for each client.
    pub fn new(allowed: NonZeroU32) -> Self {
        Self { allowed, windows: Mutex::default() }
    }

    /// Counts a request of the client; one over the limit does not count.
    pub fn take(&self, client: &Arc<str>, now: Timestamp) -> Standing {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that went back begins a new window as well.
        let runs =
            |window: &Window| (0..WINDOW * 1_000).contains(&now.duration_since(window.start).as_millis().try_into().unwrap_or(i64::MAX));
        let window = windows.entry(Arc::clone(client)).or_insert(Window { start: now, count: 0 });
        if !runs(window) {
            *window = Window { start: now, count: 0 };
        }
        let allowed = self.allowed.get();
        let refused = window.count >= allowed;
        window.count += u32::from(!refused);
        let gone = now.duration_since(window.start).as_millis();
        let left = i128::from(WINDOW) * 1_000 - gone;
        Standing { refused, allowed, count: window.count, reset: i64::try_from(left).map_or(WINDOW, |left| (left + 999) / 1_000) }
    }
}

impl Standing {
    /// The answer over the limit, in the platform's words.
    pub fn refusal(self) -> Response {
        let message = format!("Rate limit exceeded the maximum. Retry the request in [{}] seconds", self.reset);
        let mut response = Failure::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests.retry.after", message).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(self.reset));
        response
    }

    /// Tells where the client stands. `X-RateLimit-*` of a trigger stays: it speaks of the campaign's invites.
    pub fn tell(self, headers: &mut HeaderMap) {
        let Self { refused: _, allowed, count, reset } = self;
        headers.insert("inin-ratelimit-allowed", HeaderValue::from(allowed));
        headers.insert("inin-ratelimit-count", HeaderValue::from(count));
        headers.insert("inin-ratelimit-reset", HeaderValue::from(reset));
        let remaining = HeaderName::from_static("x-ratelimit-remaining");
        if !headers.contains_key(&remaining) {
            headers.insert(remaining, HeaderValue::from(allowed - count));
            headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::RateLimit;

    #[test]
    fn a_window_is_a_minute_of_one_client() {
        let limit = RateLimit::new(NonZeroU32::new(2).expect("not zero"));
        let (me, you): (Arc<str>, Arc<str>) = ("me".into(), "you".into());
        // Milliseconds, the client, and what comes of it: refused, count, reset.
        let table = [
            (5_000, &me, (false, 1, 60)),
            (5_001, &me, (false, 2, 60)),
            (6_000, &me, (true, 2, 59)),
            (6_000, &you, (false, 1, 60)),
            (64_999, &me, (true, 2, 1)),
            (65_000, &me, (false, 1, 60)),
            (1_000, &me, (false, 1, 60)),
        ];
        for (millis, client, expected) in table {
            let standing = limit.take(client, Timestamp::from_millisecond(millis).expect("a time"));
            assert_eq!((standing.refused, standing.count, standing.reset), expected, "at {millis}");
        }
    }
}
