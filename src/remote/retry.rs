//! When a request is sent again: a pure policy. The clock and the dice are arguments.
//!
//! | outcome | read, token | put, delete | post |
//! |---|---|---|---|
//! | 429, or throttled login | again | again | again: it was not processed |
//! | not connected | again | again | again: nothing was sent |
//! | 502, 503, 504 | again | again: its version lets it happen once | stands: may have been done |
//! | lost: timeout, reset, torn answer | again | look first | stands: may have been done |
//! | 408, 500 | stands | look first | stands: may have been done |
//! | anything else | stands | stands | stands |
//!
//! "Not connected" is certain to have sent nothing: the connector failed before there was a connection to write to - in
//! the name lookup, the TCP handshake, a proxy's `CONNECT` or the TLS handshake (early data is never used). A kept
//! connection that turns out dead is no such case: it is "lost".
//!
//! 500 is not repeated as it is: of the platform's own clients those that write their policy down repeat 429, 502, 503 and
//! 504 only. After a write it leaves open whether it was done, hence the look.

use std::time::Duration;

use super::Settings;
use super::request::Class;

/// Longest `Retry-After` that is waited for. Some limits are daily and answer with hours; the platform's own client
/// libraries draw the line at the same place.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(180);

/// What came of one attempt, as far as repeating it depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// An answer that is no throttling.
    Status { status: u16, retry_after: Option<Duration> },
    /// The server did not process the request, because there are too many.
    Throttled { retry_after: Option<Duration> },
    /// No connection: nothing was sent.
    NotConnected,
    /// No answer, or half of one: the request may have been processed.
    Lost,
    /// The request cannot be sent, or its answer cannot be taken: the next attempt would end the same.
    Hopeless,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The outcome stands.
    Stop,
    /// Send it again after `delay`.
    Repeat { delay: Duration },
    /// It may have been done: look, and send it again after `delay` if it was not.
    Look { delay: Duration },
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    /// What to do with this request.
    pub(super) next: Next,
    /// For how long no request at all goes out.
    pub(super) pause: Option<Duration>,
}

/// The numbers the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    class: Class,
    max_attempts: u32,
    base: Duration,
    cap: Duration,
    throttle_wait: Duration,
}

impl Policy {
    /// The policy for one class of requests.
    pub(super) fn new(class: Class, settings: &Settings) -> Self {
        Self {
            class,
            max_attempts: settings.max_attempts,
            base: settings.backoff_base,
            cap: settings.backoff_cap,
            throttle_wait: settings.throttle_wait,
        }
    }

    /// `start`, doubled for each attempt after the first, but not over the cap.
    fn doubled(&self, start: Duration, attempt: u32) -> Duration {
        start.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1))).min(self.cap.max(start))
    }

    /// The wait after attempt number `attempt` where the server names none: anything up to the doubled base (full jitter).
    pub(super) fn backoff(&self, attempt: u32, random: f64) -> Duration {
        self.doubled(self.base, attempt).mul_f64(random.clamp(0.0, 1.0))
    }
}

impl Outcome {
    /// How long the server asks to wait.
    fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } | Self::Throttled { retry_after } => retry_after,
            Self::NotConnected | Self::Lost | Self::Hopeless => None,
        }
    }
}

/// Decides what follows attempt number `attempt` (from 1). `random` is between 0 and 1.
pub(super) fn decide(attempt: u32, outcome: Outcome, random: f64, policy: &Policy) -> Decision {
    let named = outcome.retry_after();
    if named.is_some_and(|wait| wait > LONGEST_WAIT) {
        return Decision { next: Next::Stop, pause: None };
    }
    let backoff = policy.backoff(attempt, random);
    let delay = named.unwrap_or_default().max(backoff);
    let (next, pause) = match (outcome, policy.class) {
        (Outcome::Throttled { .. }, _) => {
            // Half of it fixed, half of it random: an answer that names no time must not be followed at once.
            let unnamed = policy.doubled(policy.throttle_wait, attempt).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
            let delay = named.unwrap_or(unnamed);
            (Next::Repeat { delay }, Some(delay))
        }
        (Outcome::NotConnected, _) => (Next::Repeat { delay }, None),
        (Outcome::Status { status: 502..=504, .. }, Class::Read | Class::Token | Class::Put | Class::Delete)
        | (Outcome::Lost, Class::Read | Class::Token) => (Next::Repeat { delay }, named),
        (Outcome::Status { status: 408 | 500, .. } | Outcome::Lost, Class::Put | Class::Delete) => (Next::Look { delay }, named),
        (Outcome::Status { .. } | Outcome::Lost | Outcome::Hopeless, _) => (Next::Stop, named),
    };
    Decision { next: if attempt < policy.max_attempts { next } else { Next::Stop }, pause }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Decision, LONGEST_WAIT, Next, Outcome, Policy, decide};
    use crate::remote::Settings;
    use crate::remote::request::Class::{self, Delete, Post, Put, Read, Token};

    fn policy(class: Class) -> Policy {
        let settings = Settings {
            max_attempts: 5,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(3),
            throttle_wait: Duration::from_secs(2),
            ..Settings::default()
        };
        Policy::new(class, &settings)
    }

    fn status(status: u16) -> Outcome {
        Outcome::Status { status, retry_after: None }
    }

    fn status_after(status: u16, seconds: u64) -> Outcome {
        Outcome::Status { status, retry_after: Some(Duration::from_secs(seconds)) }
    }

    fn throttled(seconds: u64) -> Outcome {
        Outcome::Throttled { retry_after: Some(Duration::from_secs(seconds)) }
    }

    const STOP: Decision = Decision { next: Next::Stop, pause: None };

    const fn again(millis: u64) -> Decision {
        Decision { next: Next::Repeat { delay: Duration::from_millis(millis) }, pause: None }
    }

    const fn look(millis: u64) -> Decision {
        Decision { next: Next::Look { delay: Duration::from_millis(millis) }, pause: None }
    }

    /// Again after so long; nobody sends anything before that.
    const fn all_again(millis: u64) -> Decision {
        Decision { pause: Some(Duration::from_millis(millis)), ..again(millis) }
    }

    /// Not again; nobody sends anything for so long.
    const fn stop_all(millis: u64) -> Decision {
        Decision { pause: Some(Duration::from_millis(millis)), ..STOP }
    }

    #[test]
    fn the_table() {
        use Outcome::{Hopeless, Lost, NotConnected};
        //  outcome, what follows the first try of a read, put, delete, post (random: 1)
        let table = [
            (status(200), [STOP, STOP, STOP, STOP]),
            (status(302), [STOP, STOP, STOP, STOP]),
            (status(400), [STOP, STOP, STOP, STOP]),
            (status(401), [STOP, STOP, STOP, STOP]),
            (status(403), [STOP, STOP, STOP, STOP]),
            (status(404), [STOP, STOP, STOP, STOP]),
            (status(409), [STOP, STOP, STOP, STOP]),
            (status(412), [STOP, STOP, STOP, STOP]),
            (status(413), [STOP, STOP, STOP, STOP]),
            (status(408), [STOP, look(500), look(500), STOP]),
            (status(500), [STOP, look(500), look(500), STOP]),
            (status(501), [STOP, STOP, STOP, STOP]),
            (status(502), [again(500), again(500), again(500), STOP]),
            (status(503), [again(500), again(500), again(500), STOP]),
            (status(504), [again(500), again(500), again(500), STOP]),
            (status_after(503, 7), [all_again(7000), all_again(7000), all_again(7000), stop_all(7000)]),
            (status_after(400, 7), [stop_all(7000), stop_all(7000), stop_all(7000), stop_all(7000)]),
            (status_after(503, 181), [STOP, STOP, STOP, STOP]),
            (NotConnected, [again(500), again(500), again(500), again(500)]),
            (Lost, [again(500), look(500), look(500), STOP]),
            (Hopeless, [STOP, STOP, STOP, STOP]),
            (throttled(42), [all_again(42_000); 4]),
            (throttled(180), [all_again(180_000); 4]),
            (throttled(181), [STOP; 4]),
            (Outcome::Throttled { retry_after: None }, [all_again(2000); 4]),
        ];
        for (outcome, [read, put, delete, post]) in table {
            for (class, expected) in [(Read, read), (Token, read), (Put, put), (Delete, delete), (Post, post)] {
                assert_eq!(decide(1, outcome, 1.0, &policy(class)), expected, "{class:?} {outcome:?}");
            }
        }
    }

    #[test]
    fn waits_grow_to_the_cap_and_are_random() {
        let unnamed = Outcome::Throttled { retry_after: None };
        let late = Outcome::Status { status: 503, retry_after: Some(Duration::from_secs(1)) };
        //  attempt, outcome, random, decision
        let table = [
            (1, status(503), 0.0, again(0)),
            (1, status(503), 0.5, again(250)),
            (2, status(503), 1.0, again(1000)),
            (3, status(503), 1.0, again(2000)),
            (4, status(503), 1.0, again(3000)),
            (5, status(503), 1.0, STOP),
            // Never before the time that was named, and later where the own wait is longer.
            (1, late, 0.5, Decision { pause: Some(Duration::from_secs(1)), ..again(1000) }),
            (3, late, 1.0, Decision { pause: Some(Duration::from_secs(1)), ..again(2000) }),
            (1, unnamed, 0.0, all_again(1000)),
            (1, unnamed, 1.0, all_again(2000)),
            (2, unnamed, 1.0, all_again(3000)),
            // The last try: the others wait all the same.
            (5, throttled(9), 0.3, stop_all(9000)),
        ];
        for (attempt, outcome, random, expected) in table {
            for class in [Read, Put] {
                assert_eq!(decide(attempt, outcome, random, &policy(class)), expected, "{class:?} {attempt} {outcome:?} {random}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_over_the_limit(attempt in 0_u32..u32::MAX, random in -1.0_f64..2.0, wait in proptest::option::of(0_u64..100_000)) {
            let settings = Settings { max_attempts: u32::MAX, ..Settings::default() };
            let retry_after = wait.map(Duration::from_secs);
            for outcome in [Outcome::Throttled { retry_after }, Outcome::Status { status: 503, retry_after }, Outcome::Lost] {
                let Decision { next, pause } = decide(attempt, outcome, random, &Policy::new(Class::Read, &settings));
                prop_assert!(pause.is_none_or(|pause| pause <= LONGEST_WAIT));
                if let Next::Repeat { delay } = next {
                    prop_assert!(delay <= LONGEST_WAIT && pause.is_none_or(|pause| pause <= delay));
                }
            }
        }

        #[test]
        fn what_may_have_made_a_campaign_is_never_sent_again(attempt in 1_u32..9, random in 0.0_f64..1.0, code in 100_u16..600) {
            for outcome in [status(code), status_after(code, 1), Outcome::Lost, Outcome::Hopeless] {
                prop_assert_eq!(decide(attempt, outcome, random, &policy(Post)).next, Next::Stop);
            }
        }
    }
}
