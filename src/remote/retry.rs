//! When a request is sent again: a pure policy. The clock and the dice are arguments.

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
pub(super) enum Decision {
    /// The outcome stands.
    Stop,
    /// Send it again after `delay`; with `everyone` no other request goes out before that either.
    Repeat { delay: Duration, everyone: bool },
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
}

/// Decides what follows attempt number `attempt` (from 1). `random` is between 0 and 1.
pub(super) fn decide(attempt: u32, outcome: Outcome, random: f64, policy: &Policy) -> Decision {
    if attempt >= policy.max_attempts {
        return Decision::Stop;
    }
    let random = random.clamp(0.0, 1.0);
    let backoff = policy.doubled(policy.base, attempt).mul_f64(random);
    let reading = policy.class == Class::Read;
    match outcome {
        Outcome::Throttled { retry_after: Some(wait) } | Outcome::Status { retry_after: Some(wait), .. } if wait > LONGEST_WAIT => {
            Decision::Stop
        }
        Outcome::Throttled { retry_after } => {
            // Half of it fixed, half of it random: an answer that names no time must not be followed at once.
            let unnamed = policy.doubled(policy.throttle_wait, attempt).mul_f64(0.5 + random / 2.0);
            Decision::Repeat { delay: retry_after.unwrap_or(unnamed), everyone: true }
        }
        Outcome::Status { status: 502..=504, retry_after } if reading => {
            Decision::Repeat { delay: retry_after.unwrap_or_default().max(backoff), everyone: false }
        }
        Outcome::NotConnected | Outcome::Lost if reading => Decision::Repeat { delay: backoff, everyone: false },
        Outcome::Status { .. } | Outcome::NotConnected | Outcome::Lost | Outcome::Hopeless => Decision::Stop,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Decision, Outcome, Policy, decide};
    use crate::remote::Settings;
    use crate::remote::request::Class::{self, Read, Write};

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

    fn throttled(seconds: u64) -> Outcome {
        Outcome::Throttled { retry_after: Some(Duration::from_secs(seconds)) }
    }

    const STOP: Decision = Decision::Stop;

    const fn alone(millis: u64) -> Decision {
        Decision::Repeat { delay: Duration::from_millis(millis), everyone: false }
    }

    const fn everyone(millis: u64) -> Decision {
        Decision::Repeat { delay: Duration::from_millis(millis), everyone: true }
    }

    #[test]
    fn the_table() {
        let unavailable = Outcome::Status { status: 503, retry_after: Some(Duration::from_secs(7)) };
        let far = Outcome::Status { status: 503, retry_after: Some(Duration::from_secs(181)) };
        let unnamed = Outcome::Throttled { retry_after: None };
        //  class, attempt, outcome, random, decision
        let table = [
            (Read, 1, status(200), 1.0, STOP),
            (Read, 1, status(302), 1.0, STOP),
            (Read, 1, status(400), 1.0, STOP),
            (Read, 1, status(404), 1.0, STOP),
            (Read, 1, status(500), 1.0, STOP),
            (Read, 1, status(501), 1.0, STOP),
            (Read, 1, status(502), 1.0, alone(500)),
            (Read, 1, status(503), 0.5, alone(250)),
            (Read, 1, status(504), 0.0, alone(0)),
            (Read, 2, status(503), 1.0, alone(1000)),
            (Read, 3, status(503), 1.0, alone(2000)),
            (Read, 4, status(503), 1.0, alone(3000)),
            (Read, 5, status(503), 1.0, STOP),
            (Read, 1, unavailable, 1.0, alone(7000)),
            (Read, 1, far, 1.0, STOP),
            (Read, 1, Outcome::NotConnected, 1.0, alone(500)),
            (Read, 1, Outcome::Lost, 1.0, alone(500)),
            (Read, 1, Outcome::Hopeless, 1.0, STOP),
            (Read, 1, throttled(42), 0.3, everyone(42_000)),
            (Read, 1, throttled(180), 0.3, everyone(180_000)),
            (Read, 1, throttled(181), 0.3, STOP),
            (Read, 5, throttled(1), 0.3, STOP),
            (Read, 1, unnamed, 0.0, everyone(1000)),
            (Read, 1, unnamed, 1.0, everyone(2000)),
            (Read, 2, unnamed, 1.0, everyone(3000)),
            (Write, 1, throttled(42), 0.3, everyone(42_000)),
            (Write, 1, throttled(181), 0.3, STOP),
            (Write, 1, unnamed, 1.0, everyone(2000)),
            (Write, 5, throttled(1), 0.3, STOP),
            (Write, 1, status(502), 1.0, STOP),
            (Write, 1, unavailable, 1.0, STOP),
            (Write, 1, status(504), 1.0, STOP),
            (Write, 1, Outcome::NotConnected, 1.0, STOP),
            (Write, 1, Outcome::Lost, 1.0, STOP),
        ];
        for (class, attempt, outcome, random, expected) in table {
            assert_eq!(decide(attempt, outcome, random, &policy(class)), expected, "{class:?} {attempt} {outcome:?} {random}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_over_the_limit(attempt in 0_u32..u32::MAX, random in -1.0_f64..2.0, wait in proptest::option::of(0_u64..100_000)) {
            let settings = Settings { max_attempts: u32::MAX, ..Settings::default() };
            let retry_after = wait.map(Duration::from_secs);
            for outcome in [Outcome::Throttled { retry_after }, Outcome::Status { status: 503, retry_after }, Outcome::Lost] {
                if let Decision::Repeat { delay, .. } = decide(attempt, outcome, random, &Policy::new(Class::Read, &settings)) {
                    prop_assert!(delay <= super::LONGEST_WAIT);
                }
            }
        }
    }
}
