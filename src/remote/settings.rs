//! How patient and how busy the client is.

use std::num::NonZeroU32;
use std::time::Duration;

/// Limits of one [`Reader`](super::Reader) and of the [`Writer`](super::Writer) made from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Requests under way at once; at least 1. Default: 8.
    pub parallelism: usize,
    /// How long a connection, with its TLS handshake, may take. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long one request may take, from connecting to the last byte of the answer. Default: 30 s.
    pub request_timeout: Duration,
    /// How many requests a minute go out at most. Default: what the server is known to allow.
    pub pace: Pace,
    /// How long the whole run may take, from making the reader on. No request starts after that; one that is under way is
    /// waited for. Default: no limit.
    pub deadline: Option<Duration>,
    /// Requests sent again after failures, for each hundred requests of the run; those after a 429 are not counted, because
    /// the server answered and everyone waits. When they are used up, failures are told at once. Default: 20.
    pub repetitions_percent: u32,
    /// Requests that may be sent again however few there were. Default: 10.
    pub repetitions_floor: u32,
    /// How often one request is sent at most; at least 1. Default: 5.
    pub max_attempts: u32,
    /// Longest wait before the second attempt; it doubles with each further one. The wait is random between zero and it
    /// (full jitter). Default: 500 ms.
    pub backoff_base: Duration,
    /// Where the doubling ends. Default: 30 s.
    pub backoff_cap: Duration,
    /// Wait after a "too many requests" that does not say for how long; it doubles with each further one. Default: 3 s.
    pub throttle_wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            parallelism: 8,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            pace: Pace::default(),
            deadline: None,
            repetitions_percent: 20,
            repetitions_floor: 10,
            max_attempts: 5,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            throttle_wait: Duration::from_secs(3),
        }
    }
}

/// How many requests a minute one credential sends. Requests for tokens are not counted, because they go elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// 300 to any other machine, which is what the platform allows one client; no limit on this machine.
    #[default]
    ByServer,
    /// So many in any window of a minute. Fewer where the server says that it allows fewer.
    PerMinute(NonZeroU32),
    /// As many as there are. What the server says of its own window is obeyed all the same.
    Unlimited,
}
