//! Ctrl-C and SIGTERM: once means no new work, twice means now.

use tokio::sync::watch;

use crate::apply::Stop;

/// Exit code of a process that a second Ctrl-C ended, as shells know it.
const INTERRUPTED: i32 = 130;

/// Waits for the next request to stop.
pub(super) async fn next() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Listens from now on. The first request turns the answer true and calls `told`; the second ends the process.
#[allow(clippy::disallowed_methods, reason = "a second Ctrl-C means now")]
pub(super) fn listen(told: impl FnOnce() + Send + 'static) -> Stop {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        next().await;
        // Nobody listening any more means that the work is done.
        let _ = sender.send(true);
        told();
        next().await;
        std::process::exit(INTERRUPTED);
    });
    receiver
}
