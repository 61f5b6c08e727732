//! Work on files beside the async tasks: waiting for the disk holds nobody up, and nothing outlives who asked for it.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the work is; locked while it runs.
enum Stage<W, T> {
    /// Not begun.
    Waiting(W),
    /// Ended, with what it came to.
    Ended(T),
    /// Nobody asks for it any more, or its result was taken.
    Over,
}

/// A hold on work that was asked for. Dropped early it takes the work back: what is not begun never begins, what has begun
/// is waited for, and what it came to is dropped. So an abandoned call leaves neither a lock nor a write behind.
struct Asked<W, T>(Arc<Mutex<Stage<W, T>>>);

impl<W, T> Asked<W, T> {
    fn stage(&self) -> MutexGuard<'_, Stage<W, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W, T> Drop for Asked<W, T> {
    fn drop(&mut self) {
        *self.stage() = Stage::Over;
    }
}

/// Runs work on a thread that may wait for the disk. A caller that gives up waits there for work that has begun: for one
/// read or write of a small file.
///
/// # Errors
/// Where the work panicked, or the runtime is shutting down.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let asked = Asked(Arc::new(Mutex::new(Stage::Waiting(work))));
    let on_thread = Arc::clone(&asked.0);
    let running = tokio::task::spawn_blocking(move || {
        let mut stage = on_thread.lock().unwrap_or_else(PoisonError::into_inner);
        *stage = match mem::replace(&mut *stage, Stage::Over) {
            Stage::Waiting(work) => Stage::Ended(work()),
            other => other,
        };
    });
    running.await.map_err(io::Error::other)?;
    match mem::replace(&mut *asked.stage(), Stage::Over) {
        Stage::Ended(outcome) => Ok(outcome),
        Stage::Waiting(_) | Stage::Over => Err(io::Error::other("the work was never done")),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{Sender, channel};
    use std::task::{Context, Poll, Waker};

    use tokio::runtime::{Builder, Runtime};
    use tokio::task::JoinHandle;

    use super::blocking;
    use crate::model::StateLocation;
    use crate::state::{Holder, Owner, StateAccess, StateDocument, StateStore};

    /// A runtime with one thread for work on files, so that a test can keep it busy.
    fn runtime() -> Runtime {
        Builder::new_current_thread().max_blocking_threads(1).build().unwrap()
    }

    /// Keeps that thread busy until the sender is used.
    fn occupy() -> (Sender<()>, JoinHandle<()>) {
        let (open, gate) = channel();
        (open, tokio::task::spawn_blocking(move || gate.recv().unwrap()))
    }

    fn poll_once<T>(future: &mut std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Asks, and gives up before anything has begun.
    fn abandon<T>(future: impl Future<Output = T>) {
        assert!(poll_once(&mut pin!(future)).is_pending());
    }

    #[test]
    fn what_was_not_begun_never_begins_and_holds_nothing() {
        let began = Arc::new(AtomicBool::new(false));
        let held = Arc::new(());
        runtime().block_on(async {
            let (open, busy) = occupy();
            let (flag, kept) = (Arc::clone(&began), Arc::clone(&held));
            abandon(blocking(move || {
                flag.store(true, Ordering::SeqCst);
                kept
            }));
            assert_eq!(Arc::strong_count(&held), 1, "what the work holds is let go at once");
            open.send(()).unwrap();
            busy.await.unwrap();
            blocking(|| ()).await.unwrap();
        });
        assert!(!began.load(Ordering::SeqCst));
    }

    #[test]
    fn what_has_begun_has_ended_when_the_caller_is_gone() {
        let (open, gate) = channel();
        let (begin, begun) = channel();
        let ended = Arc::new(AtomicBool::new(false));
        let held = Arc::new(());
        runtime().block_on(async {
            let (flag, kept) = (Arc::clone(&ended), Arc::clone(&held));
            let mut asked = Box::pin(blocking(move || {
                begin.send(()).unwrap();
                gate.recv().unwrap();
                flag.store(true, Ordering::SeqCst);
                kept
            }));
            assert!(poll_once(&mut asked.as_mut()).is_pending());
            begun.recv().unwrap();
            // The gate opens while the caller gives up, on another thread: giving up waits for it.
            let opener = std::thread::spawn(move || open.send(()).unwrap());
            drop(asked);
            assert!(ended.load(Ordering::SeqCst), "it goes on although nobody waits for it");
            assert_eq!(Arc::strong_count(&held), 1, "what it came to is let go");
            opener.join().unwrap();
        });
    }

    #[test]
    fn a_panic_is_an_error() {
        let failed = runtime().block_on(blocking(|| -> () { panic!("as told") }));
        assert!(failed.unwrap_err().to_string().contains("panic"));
    }

    #[test]
    fn an_abandoned_lock_and_an_abandoned_write_leave_the_state_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let store = StateStore::open(&StateLocation::File(path.clone()), &StateAccess::default(), "local").unwrap();
        // The next command of this process, with threads of its own.
        let next = || runtime().block_on(store.lock(&Holder::default())).map(drop);
        let holder = Holder { command: "apply".to_owned(), process: 7, ..Holder::default() };
        runtime().block_on(async {
            let (open, busy) = occupy();
            abandon(store.lock(&holder));
            open.send(()).unwrap();
            busy.await.unwrap();
            std::thread::scope(|scope| scope.spawn(next).join().unwrap()).unwrap();

            let mut locked = store.lock(&holder).await.unwrap();
            let owner = Owner { environment: "local".to_owned(), organization: "org".to_owned() };
            let mut document = StateDocument::new("lineage".to_owned(), owner);
            let (open, busy) = occupy();
            abandon(locked.write(&mut document));
            std::thread::scope(|scope| scope.spawn(next).join().unwrap()).unwrap();
            open.send(()).unwrap();
            busy.await.unwrap();
            let error = locked.write(&mut document).await.unwrap_err();
            assert!(error.to_string().contains("a write was abandoned"), "{error}");
            assert!(!path.exists(), "a write that was not begun is never done");
        });
    }
}
