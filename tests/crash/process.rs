//! A process of its own inside this one: when it is killed nothing of it goes on, as nothing of a real one does.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;

use tokio::sync::Notify;

/// A process, to be killed from inside or outside.
#[derive(Default)]
pub struct Process {
    killed: AtomicBool,
    wake: Notify,
    gone: Mutex<bool>,
    is_gone: Condvar,
}

impl Process {
    /// Kills it where it stands: what it is doing right now, up to where it next waits, is the last thing it does.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// Kills it from another thread, and returns when nothing of it is left.
    pub fn kill_and_wait(&self) {
        self.kill();
        let gone = self.gone.lock().unwrap();
        drop(self.is_gone.wait_while(gone, |gone| !*gone).unwrap());
    }

    /// Runs `work` as this process, with a runtime of its own, on this thread; `None` where it was killed. When it returns,
    /// its tasks and connections are gone, what it had begun on files has ended, and what it had not begun never begins.
    pub fn run<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> Option<T> {
        let _gone = Gone(self);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.until_killed(work))
    }

    async fn until_killed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (mut work, mut wake) = (pin!(work), pin!(self.wake.notified()));
        poll_fn(|context| {
            if wake.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            let polled = work.as_mut().poll(context);
            // It may have been killed by what it did itself.
            if self.killed.load(Ordering::SeqCst) { Poll::Ready(None) } else { polled.map(Some) }
        })
        .await
    }
}

/// Says that the process is gone, once everything of it is.
struct Gone<'a>(&'a Process);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        *self.0.gone.lock().unwrap() = true;
        self.0.is_gone.notify_all();
    }
}
