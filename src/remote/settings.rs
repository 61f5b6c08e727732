//! How patient and how busy the client is.

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
            max_attempts: 5,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            throttle_wait: Duration::from_secs(3),
        }
    }
}
