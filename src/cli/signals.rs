//! Ctrl-C and SIGTERM: once means no new work, twice means now.

use tokio::sync::watch;

use crate::apply::Stop;

/// Exit code of a process that a second Ctrl-C ended, as shells know it.
const INTERRUPTED: i32 = 130;

/// Hears both signals from the moment it is made, also between two waits.
pub(super) struct Signals {
    #[cfg(unix)]
    both: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let both = [signal(SignalKind::interrupt()), signal(SignalKind::terminate())];
        let [Ok(interrupt), Ok(terminate)] = both else { return Self { both: None } };
        Self { both: Some([interrupt, terminate]) }
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> Self {
        Self {}
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some([interrupt, terminate]) = &mut self.both {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Waits for the next request to stop.
pub(super) async fn next() {
    Signals::new().next().await;
}

/// Listens from now on. The first request calls `told` and turns the answer true; the second ends the process.
#[allow(clippy::disallowed_methods, reason = "a second Ctrl-C means now")]
pub(super) fn listen(told: impl FnOnce() + Send + 'static) -> Stop {
    let (sender, receiver) = watch::channel(false);
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.next().await;
        // First the words: when the answer is true, the process may end at any moment.
        told();
        // Nobody listening any more means that the work is done.
        let _ = sender.send(true);
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
    receiver
}
