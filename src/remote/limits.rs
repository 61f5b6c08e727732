//! What the headers of an answer say of limits: how long to wait, and how much of the window is left. Pure.
//!
//! `Retry-After` is a number of seconds or an HTTP date ([RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
//! The platform sends `inin-ratelimit-allowed` (requests a window), `-count` (used so far) and `-reset` (seconds to the end of
//! the window) with every answer; the contract names `X-RateLimit-Remaining` and `-Reset` with a 429.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::retry::LONGEST_WAIT;

/// The state of the server's window when it processed a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    /// Requests that a whole window allows, where the server says it.
    pub(super) allowed: Option<u32>,
    /// Requests that are left of it.
    pub(super) remaining: u32,
    /// How long until the next window, in whole seconds, however the server rounds.
    pub(super) reset: Duration,
}

/// What the headers say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// How long to wait, from `Retry-After`; nothing where it cannot be read.
    pub(super) retry_after: Option<Duration>,
    /// The tighter window, where there are two.
    pub(super) quota: Option<Quota>,
}

/// Reads the headers. `now` is only asked when a date came without the server's own `Date` beside it.
pub(super) fn read(header: impl Fn(&str) -> Option<String>, now: impl FnOnce() -> Timestamp) -> Limits {
    let number = |name: &str| header(name)?.trim().parse::<u32>().ok();
    let platform = || {
        let (allowed, count, reset) = (number("inin-ratelimit-allowed")?, number("inin-ratelimit-count")?, number("inin-ratelimit-reset")?);
        quota(Some(allowed).filter(|allowed| *allowed > 0), allowed.saturating_sub(count), reset)
    };
    let contract = || quota(None, number("x-ratelimit-remaining")?, number("x-ratelimit-reset")?);
    let quota = [platform(), contract()].into_iter().flatten().min_by_key(|quota| quota.remaining);
    Limits { retry_after: header("retry-after").and_then(|text| wait(text.trim(), || header("date"), now)), quota }
}

/// A window that ends later than anybody waits for is a daily limit: a 429 will say so, with its time.
fn quota(allowed: Option<u32>, remaining: u32, reset: u32) -> Option<Quota> {
    let reset = Duration::from_secs(u64::from(reset));
    (reset <= LONGEST_WAIT).then_some(Quota { allowed, remaining, reset })
}

fn wait(text: &str, date: impl FnOnce() -> Option<String>, now: impl FnOnce() -> Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = moment(text)?;
    // The server's clock is the one the date was made with.
    let from = date().and_then(|date| moment(date.trim())).unwrap_or_else(now);
    Some(at.duration_since(from).try_into().unwrap_or(Duration::ZERO))
}

fn moment(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Limits, Quota, read};

    fn of(headers: &[(&str, &str)]) -> Limits {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        read(|name| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()), || now)
    }

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        //  Retry-After, Date, seconds
        let table = [
            ("42", None, Some(42)),
            (" 7 ", None, Some(7)),
            ("0", None, Some(0)),
            ("Sat, 21 Nov 2026 08:00:30 GMT", None, Some(30)),
            ("Sat, 21 Nov 2026 07:00:00 GMT", None, Some(0)),
            ("Sat, 21 Nov 2026 09:10:05 GMT", Some("Sat, 21 Nov 2026 09:10:00 GMT"), Some(5)),
            ("Sat, 21 Nov 2026 08:00:30 GMT", Some("nonsense"), Some(30)),
            ("-5", None, None),
            ("soon", None, None),
            ("", None, None),
            ("99999999999999999999999", None, None),
        ];
        for (text, date, seconds) in table {
            let headers: Vec<_> = [Some(("retry-after", text)), date.map(|date| ("date", date))].into_iter().flatten().collect();
            assert_eq!(of(&headers).retry_after, seconds.map(Duration::from_secs), "{text} {date:?}");
        }
    }

    #[test]
    fn the_tighter_window_counts() {
        let quota = |allowed, remaining, reset| Some(Quota { allowed, remaining, reset: Duration::from_secs(reset) });
        let platform = [("inin-ratelimit-allowed", "300"), ("inin-ratelimit-count", "3"), ("inin-ratelimit-reset", "57")];
        assert_eq!(of(&platform).quota, quota(Some(300), 297, 57));
        assert_eq!(of(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "12")]).quota, quota(None, 0, 12));
        let both = [&platform[..], &[("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "9")]].concat();
        assert_eq!(of(&both).quota, quota(None, 5, 9));
        let over = [("inin-ratelimit-allowed", "300"), ("inin-ratelimit-count", "301"), ("inin-ratelimit-reset", "1")];
        assert_eq!(of(&over).quota, quota(Some(300), 0, 1));
    }

    #[test]
    fn a_window_that_makes_no_sense_is_none() {
        for headers in [
            &[("inin-ratelimit-allowed", "300"), ("inin-ratelimit-count", "3")][..],
            &[("inin-ratelimit-allowed", "many"), ("inin-ratelimit-count", "3"), ("inin-ratelimit-reset", "57")],
            &[("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", "12")],
            // A moment instead of seconds, and the rest of a day.
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795250000")],
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "40000")],
        ] {
            assert_eq!(of(headers).quota, None, "{headers:?}");
        }
    }
}
