//! The lock of a shared state while this process holds it: heartbeats, writes that need it, and giving it back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as Flag};

use object_store::UpdateVersion;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Duration, MissedTickBehavior, interval_at, timeout};

use super::bucket::{Found, LOCK, Swapped};
use super::lock::LockDocument;
use super::{Known, ObjectState};
use crate::state::stored::BACKUP;
use crate::state::{Ended, StateDocument, StateError, Stored};

/// Heartbeats in the time of one lease.
const BEATS: u32 = 4;

/// A lock that this process holds until somebody takes it away.
#[derive(Debug)]
pub(in crate::state) struct HeldLock {
    shared: Arc<Shared>,
    beat: JoinHandle<()>,
    fence: u64,
    taken_over: Option<Ended>,
    /// Whether the storage was asked once before anything was changed.
    confirmed: AtomicBool,
    /// The version of the last writing of the state, once this run has written.
    written: Option<UpdateVersion>,
}

#[derive(Debug)]
struct Shared {
    state: ObjectState,
    id: String,
    lock: Mutex<Renewal>,
    /// Why the lock is no longer held, once that is so.
    lost: Flag<Option<String>>,
}

/// The lock as this process wrote it last.
#[derive(Debug)]
struct Renewal {
    document: LockDocument,
    version: UpdateVersion,
}

impl HeldLock {
    pub(super) fn new(state: ObjectState, id: String, document: LockDocument, version: UpdateVersion, taken_over: Option<Ended>) -> Self {
        let (fence, length) = (document.fence, state.lease);
        let lock = Mutex::new(Renewal { document, version });
        let shared = Arc::new(Shared { state, id, lock, lost: Flag::new(None) });
        let beat = tokio::spawn(beat(Arc::clone(&shared), length / BEATS));
        Self { shared, beat, fence, taken_over, confirmed: AtomicBool::new(false), written: None }
    }

    /// The expired lease that was taken over, where there was one.
    pub(in crate::state) fn taken_over(&self) -> Option<&Ended> {
        self.taken_over.as_ref()
    }

    #[cfg(test)]
    pub(super) async fn read(&self) -> Result<Option<StateDocument>, StateError> {
        self.shared.state.read().await
    }

    /// Makes sure that the lock is still this run's. The first time the storage is asked: a person may have looked at the
    /// plan for long, and another one may have broken the lock just now. Later the heartbeats tell, and a lease that ran
    /// out is renewed if nobody took it.
    pub(in crate::state) async fn confirm(&self) -> Result<(), StateError> {
        let shared = &self.shared;
        shared.still_held()?;
        let expires = shared.lock.lock().await.document.lease.as_ref().map(|lease| lease.expires);
        if !self.confirmed.load(Ordering::Relaxed) || expires.is_none_or(|expires| shared.state.now() >= expires) {
            shared.renew().await?;
            self.confirmed.store(true, Ordering::Relaxed);
        }
        shared.still_held()
    }

    /// Writes the state where it is still what `document` was made from, or what this run wrote last.
    pub(in crate::state) async fn write(&mut self, document: &mut StateDocument) -> Result<(), StateError> {
        self.confirm().await?;
        let state = &self.shared.state;
        let next = document.next(state.now(), self.fence);
        let expected = match self.written.clone() {
            Some(version) => Some(version),
            None => self.first(document).await?,
        };
        match state.bucket.swap("", next.bytes(), expected.as_ref()).await? {
            Swapped::Done(version) => {
                self.written = Some(version);
                *document = next;
                Ok(())
            }
            Swapped::Lost(found) => Err(self.shared.written_by_another(found.as_ref()).await),
        }
    }

    /// Puts a document in the place of `before`, whatever both say. What was there is kept beside it.
    pub(in crate::state) async fn put(&mut self, document: &mut StateDocument, before: Option<&Stored>) -> Result<(), StateError> {
        self.confirm().await?;
        let state = &self.shared.state;
        let found = state.bucket.get("").await?;
        if found.as_ref().map(|found| found.bytes.as_slice()) != before.map(Stored::bytes) {
            return Err(self.shared.written_by_another(found.as_ref()).await);
        }
        if let Some(before) = before {
            state.bucket.put(before.kept_as(), before.bytes().to_vec()).await?;
        }
        let next = document.after(before).next(state.now(), self.fence);
        match state.bucket.swap("", next.bytes(), found.as_ref().map(|found| &found.version)).await? {
            Swapped::Done(version) => {
                self.written = Some(version);
                *document = next;
                Ok(())
            }
            Swapped::Lost(found) => Err(self.shared.written_by_another(found.as_ref()).await),
        }
    }

    /// Before the first write: the state must be what `document` was made from, and is kept beside it.
    async fn first(&self, document: &StateDocument) -> Result<Option<UpdateVersion>, StateError> {
        let state = &self.shared.state;
        let known = state.known().await?;
        let is_ours = known.as_ref().is_none_or(|known| known.document.fence <= self.fence);
        if !is_ours || !document.continues(known.as_ref().map(|known| &known.document)) {
            return Err(self.shared.written_by_another(known.as_ref().map(|known| &known.found)).await);
        }
        let Some(Known { found, .. }) = known else { return Ok(None) };
        state.bucket.put(BACKUP, found.bytes).await?;
        Ok(Some(found.version))
    }

    /// Gives the lock back. The object stays, without a holder: its number must not start again.
    pub(in crate::state) async fn release(self) -> Result<(), StateError> {
        self.beat.abort();
        match self.shared.rewrite(LockDocument::released).await {
            // Somebody has it already: there is nothing left to give back.
            Err(StateError::Lost { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

async fn beat(shared: Arc<Shared>, every: Duration) {
    let mut ticks = interval_at(tokio::time::Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match timeout(every, shared.renew()).await {
            Ok(Err(StateError::Lost { .. })) => return,
            Ok(Err(error)) => tracing::warn!("heartbeat failed: {error}"),
            Err(_) => tracing::warn!("heartbeat got no answer"),
            Ok(Ok(())) => tracing::debug!("heartbeat"),
        }
    }
}

impl Shared {
    async fn renew(&self) -> Result<(), StateError> {
        self.rewrite(|lock| lock.renewed(self.state.now(), self.state.lease)).await
    }

    /// Replaces the lock where it is still this run's.
    async fn rewrite(&self, next: impl Fn(&LockDocument) -> LockDocument) -> Result<(), StateError> {
        let mut lock = self.lock.lock().await;
        for _ in 0..super::ROUNDS {
            let document = next(&lock.document);
            match self.state.bucket.swap(LOCK, document.bytes(), Some(&lock.version)).await? {
                Swapped::Done(version) => {
                    *lock = Renewal { document, version };
                    return Ok(());
                }
                Swapped::Lost(found) => match found.map(|found| Ok((self.state.parse_lock(&found)?, found.version))).transpose()? {
                    // A renewal that nobody waited for any more was written after all.
                    Some((document, version)) if document.is_of(&self.id) => *lock = Renewal { document, version },
                    other => return Err(self.lose(other.map(|(document, _)| document))),
                },
            }
        }
        Err(self.state.lost("its lock changed again and again"))
    }

    /// Notes that the lock is gone, and whose it is.
    fn lose(&self, now: Option<LockDocument>) -> StateError {
        let reason = now.map_or_else(|| "somebody deleted its lock".to_owned(), |lock| lock.how_ended(&self.id));
        if let Ok(mut lost) = self.lost.lock() {
            lost.get_or_insert_with(|| reason.clone());
        }
        self.state.lost(reason)
    }

    fn still_held(&self) -> Result<(), StateError> {
        match self.lost.lock().map(|lost| lost.clone()) {
            Ok(None) => Ok(()),
            Ok(Some(reason)) => Err(self.state.lost(reason)),
            Err(_) => Err(self.state.lost("a heartbeat failed")),
        }
    }

    /// Why the state is not what this run wrote last: told by the lock where it can tell.
    async fn written_by_another(&self, found: Option<&Found>) -> StateError {
        if let Ok(Some((lock, _))) = self.state.lock_document().await
            && !lock.is_of(&self.id)
        {
            return self.lose(Some(lock));
        }
        let reason = match found.map(|found| StateDocument::parse(&found.bytes)) {
            None => "it was deleted".to_owned(),
            Some(Ok(StateDocument { serial, written: Some(written), .. })) => format!("it was written at {written:.0} (serial {serial})"),
            Some(Ok(StateDocument { serial, .. })) => format!("it was written (serial {serial})"),
            Some(Err(_)) => "it was replaced by something that is no state".to_owned(),
        };
        let reason = format!("{reason} by something that does not hold the lock");
        if let Ok(mut lost) = self.lost.lock() {
            lost.get_or_insert_with(|| reason.clone());
        }
        self.state.lost(reason)
    }
}
