//! What every request of a credential waits for: the shared pause, the bucket, and never beyond the deadline.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::bucket::{Bucket, Wait};
use super::limits::Quota;

/// The time for the whole run is over, or would be before the wait is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLate;

/// Shared by all requests of one credential, reads and writes.
pub(super) struct Gate {
    /// When the run has to be over; each run has its own.
    deadline: Mutex<Option<Instant>>,
    state: Mutex<State>,
    /// Wakes those who wait when something may have come free, or when they have to wait longer.
    changed: Notify,
}

struct State {
    bucket: Bucket,
    paused_until: Option<Instant>,
}

/// Leave to send one request now. Given back, or dropped, when the request has ended.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    sent: Instant,
    quota: Option<Quota>,
}

impl Gate {
    pub(super) fn new(bucket: Bucket, deadline: Option<Instant>) -> Self {
        Self { deadline: Mutex::new(deadline), state: Mutex::new(State { bucket, paused_until: None }), changed: Notify::new() }
    }

    /// A new run begins, with a deadline of its own. Pauses and what is left of the window stay.
    pub(super) fn begin_run(&self, deadline: Option<Instant>) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    fn deadline(&self) -> Option<Instant> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no pause is on and a token is free.
    ///
    /// # Errors
    /// Where that is after the deadline.
    pub(super) async fn enter(&self) -> Result<Pass<'_>, TooLate> {
        self.wait(|state, now| state.pause(now).map_or_else(|| state.bucket.take(now), |until| Err(Wait::Until(until)))).await?;
        Ok(Pass { gate: self, sent: Instant::now(), quota: None })
    }

    /// Waits until no pause is on.
    ///
    /// # Errors
    /// Where that is after the deadline.
    pub(super) async fn open(&self) -> Result<(), TooLate> {
        self.wait(|state, now| state.pause(now).map_or(Ok(()), |until| Err(Wait::Until(until)))).await
    }

    /// Waits for `delay`.
    ///
    /// # Errors
    /// Where that is after the deadline: then at once.
    pub(super) async fn delay(&self, delay: Duration) -> Result<(), TooLate> {
        let until = Instant::now() + delay;
        self.reachable(until)?;
        sleep_until(until).await;
        Ok(())
    }

    /// What `work` returns, unless the deadline comes first.
    ///
    /// # Errors
    /// Where the deadline came first.
    pub(super) async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, TooLate> {
        match self.deadline() {
            None => Ok(work.await),
            Some(deadline) => tokio::time::timeout_at(deadline, work).await.map_err(|_| TooLate),
        }
    }

    /// Lets no request out for `delay`. A pause that is on is made longer by this, never shorter.
    pub(super) fn pause(&self, delay: Duration) {
        let until = Instant::now() + delay;
        let mut state = self.state();
        state.paused_until = Some(state.paused_until.map_or(until, |earlier| earlier.max(until)));
        drop(state);
        self.changed.notify_waiters();
    }

    /// Asks until the answer is yes; in between it waits for what the answer says.
    async fn wait(&self, ask: impl Fn(&mut State, Instant) -> Result<(), Wait>) -> Result<(), TooLate> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no notification is missed.
            changed.as_mut().enable();
            let until = {
                let mut state = self.state();
                let now = Instant::now();
                self.reachable(now)?;
                match ask(&mut state, now) {
                    Ok(()) => return Ok(()),
                    Err(Wait::Until(until)) => {
                        self.reachable(until)?;
                        Some(until)
                    }
                    Err(Wait::Answer(until)) => [until, self.deadline()].into_iter().flatten().min(),
                }
            };
            match until {
                None => changed.await,
                Some(until) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(until) => {}
                },
            }
        }
    }

    fn reachable(&self, time: Instant) -> Result<(), TooLate> {
        if self.deadline().is_some_and(|deadline| time >= deadline) { Err(TooLate) } else { Ok(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The end of the pause that is on.
    fn pause(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }
}

impl Pass<'_> {
    /// Ends with what the answer says of the server's window.
    pub(super) fn answered(mut self, quota: Option<Quota>) {
        self.quota = quota;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let Self { gate, sent, quota } = self;
        gate.state().bucket.ended(*sent, Instant::now(), *quota);
        gate.changed.notify_waiters();
    }
}
