//! What is under way: open connections, and requests that are not done yet.

use std::sync::Arc;

use tokio::sync::watch;

/// How many there are, for everybody who waits until there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<watch::Sender<usize>>);

/// One of them; it counts until it is dropped.
#[derive(Debug)]
pub(super) struct Counted(UnderWay);

impl UnderWay {
    /// One more.
    pub fn begin(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.clone())
    }

    /// Waits until there is none.
    pub async fn none(&self) {
        // The sender is held here, so it is never gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
