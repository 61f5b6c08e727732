//! What the job last posted, for whoever asks while it goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What a job shows of itself. Clones show the same.
#[derive(Debug, Clone)]
pub struct Board(Arc<Mutex<Posted>>);

#[derive(Debug)]
struct Posted {
    metrics: String,
    /// How long the last success may be ago.
    patience: Duration,
    started: Instant,
    last_round: Option<Instant>,
    last_success: Option<Instant>,
}

/// Rounds that may fail or be late before a job counts as unhealthy.
const ROUNDS_OF_PATIENCE: u32 = 3;
/// A round that waits for a server may take long without being stuck.
const LONGEST_ROUND: Duration = Duration::from_secs(15 * 60);

impl Board {
    /// An empty board of a job with a round every `every`.
    pub fn new(every: Duration) -> Self {
        let patience = every.saturating_mul(ROUNDS_OF_PATIENCE);
        Self(Arc::new(Mutex::new(Posted {
            metrics: String::new(),
            patience,
            started: Instant::now(),
            last_round: None,
            last_success: None,
        })))
    }

    /// Posts what a round came to.
    pub fn post(&self, metrics: String, success: bool) {
        let now = Instant::now();
        let mut posted = self.posted();
        posted.metrics = metrics;
        posted.last_round = Some(now);
        if success {
            posted.last_success = Some(now);
        }
    }

    /// The metrics of the last round; empty before the first.
    pub(super) fn metrics(&self) -> String {
        self.posted().metrics.clone()
    }

    /// Whether the last success is young enough, in words.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn health(&self) -> Result<String, String> {
        let posted = self.posted();
        let Some(last) = posted.last_success else { return Err("no round has succeeded yet".to_owned()) };
        let (age, patience) = (last.elapsed(), posted.patience.as_secs_f64());
        let words = format!("the last round that succeeded ended {} s ago", age.as_secs());
        if age < posted.patience { Ok(words) } else { Err(format!("{words}; {patience} s are allowed")) }
    }

    /// Whether rounds go on, whatever becomes of them, in words.
    ///
    /// # Errors
    /// Why it looks as if they did not.
    pub(super) fn life(&self) -> Result<String, String> {
        let posted = self.posted();
        let age = posted.last_round.unwrap_or(posted.started).elapsed();
        let words = format!("the last round ended {} s ago", age.as_secs());
        if age < posted.patience.saturating_add(LONGEST_ROUND) { Ok(words) } else { Err(words) }
    }

    fn posted(&self) -> MutexGuard<'_, Posted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Board;

    #[tokio::test(start_paused = true)]
    async fn a_job_is_healthy_for_three_intervals_and_alive_for_longer() {
        let board = Board::new(Duration::from_secs(60));
        assert_eq!(board.health().unwrap_err(), "no round has succeeded yet");
        assert!(board.life().is_ok());
        board.post("m".to_owned(), true);
        tokio::time::advance(Duration::from_secs(179)).await;
        assert!(board.health().is_ok());
        board.post("n".to_owned(), false);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(board.health().unwrap_err(), "the last round that succeeded ended 180 s ago; 180 s are allowed");
        assert!(board.life().is_ok(), "a server that is down is no reason to start the job again");
        tokio::time::advance(Duration::from_secs(20 * 60)).await;
        assert!(board.life().is_err());
        assert_eq!(board.metrics(), "n");
    }
}
