//! The state as an object in a bucket that several machines share: read without a lock, written under a lease that can
//! be lost, and only where it still is what was read.

mod bucket;
mod connector;
mod held;
mod lock;
mod open;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use object_store::UpdateVersion;
use uuid::Uuid;

use super::clock::Clock;
use super::{Ended, Held, Holder, Lease, StateDocument, StateError, Stored};
use bucket::{Bucket, Found, LOCK, Swapped};
use lock::{LockDocument, NotBroken, Taken, UnreadableLock};

pub(super) use held::HeldLock;

/// How often something is tried again that another run came in between of.
const ROUNDS: u32 = 5;

/// A state in a bucket. It need not exist yet.
#[derive(Debug, Clone)]
pub(super) struct ObjectState {
    bucket: Bucket,
    environment: String,
    clock: Clock,
    /// How long a lease lasts after its last heartbeat.
    lease: Duration,
}

/// The state as it was read.
struct Known {
    document: StateDocument,
    found: Found,
}

impl ObjectState {
    /// Reads the state; `None` where there is none yet.
    #[cfg(test)]
    async fn read(&self) -> Result<Option<StateDocument>, StateError> {
        Ok(self.known().await?.map(|known| known.document))
    }

    async fn known(&self) -> Result<Option<Known>, StateError> {
        let Some(found) = self.bucket.get("").await? else { return Ok(None) };
        let document = Stored::new(self.bucket.at(), found.bytes.clone()).document()?;
        Ok(Some(Known { document, found }))
    }

    /// As [`Self::known`], for who takes the lock: a damaged state has no number, and may be replaced under the lock.
    async fn known_if_whole(&self) -> Result<Option<Known>, StateError> {
        match self.known().await {
            Err(StateError::Corrupt { .. }) => Ok(None),
            known => known,
        }
    }

    /// The object with this behind its key, byte for byte.
    pub(super) async fn stored(&self, suffix: &str) -> Result<Option<Stored>, StateError> {
        let found = self.bucket.get(suffix).await?;
        Ok(found.map(|found| Stored::new(self.bucket.at().to_owned() + suffix, found.bytes)))
    }

    async fn lock_document(&self) -> Result<Option<(LockDocument, UpdateVersion)>, StateError> {
        let Some(found) = self.bucket.get(LOCK).await? else { return Ok(None) };
        Ok(Some((self.parse_lock(&found)?, found.version)))
    }

    fn parse_lock(&self, found: &Found) -> Result<LockDocument, StateError> {
        let at = self.bucket.at().to_owned() + LOCK;
        LockDocument::parse(&found.bytes).map_err(|unreadable| match unreadable {
            UnreadableLock::Newer(found) => StateError::Newer { at, found, supported: LockDocument::FORMAT },
            UnreadableLock::Damaged(reason) => StateError::NotUnlocked {
                at: self.bucket.at().to_owned(),
                reason: format!("has a lock that is damaged: {reason}"),
                hint: format!("make sure that nothing is running, and delete the object `{at}`; the next run makes a new one"),
            },
        })
    }

    /// Takes the lock: at once or not at all. A lease that has expired is taken over.
    pub(super) async fn lock(&self, holder: &Holder) -> Result<HeldLock, StateError> {
        let id = Uuid::new_v4().to_string();
        for _ in 0..ROUNDS {
            let known = self.known_if_whole().await?;
            let fence = known.as_ref().map_or(0, |known| known.document.fence);
            let found = self.lock_document().await?;
            let is_new = found.is_none();
            let (mut document, version) = found.map_or((LockDocument::free(fence), None), |(document, version)| (document, Some(version)));
            // A lock that was put back from an older copy must not hand out a number again.
            document.fence = document.fence.max(fence);
            let taken = document.take(holder, id.clone(), self.clock.now(), self.lease).map_err(|lease| self.locked(*lease))?;
            let Taken { document, taken_over } = taken;
            let version = match self.bucket.swap(LOCK, document.bytes(), version.as_ref()).await? {
                Swapped::Done(version) => version,
                Swapped::Lost(_) => continue,
            };
            let must_fence = taken_over.is_some() || (is_new && known.is_some());
            let fence = document.fence;
            let lock = HeldLock::new(self.clone(), id, document, version, taken_over);
            if must_fence && let Err(error) = self.raise_fence(fence).await {
                let _ = lock.release().await;
                return Err(error);
            }
            return Ok(lock);
        }
        Err(self.lost("others took its lock again and again"))
    }

    /// Rewrites the state as it is, under a higher number: whoever held the lock before finds it changed and cannot write.
    async fn raise_fence(&self, fence: u64) -> Result<(), StateError> {
        for _ in 0..ROUNDS {
            let Some(Known { mut document, found }) = self.known_if_whole().await? else { return Ok(()) };
            if document.fence >= fence {
                return Ok(());
            }
            document.fence = fence;
            document.write = Some(Uuid::new_v4().to_string());
            // The serial stays: nothing that a saved plan is bound to has moved.
            if let Swapped::Done(_) = self.bucket.swap("", document.bytes(), Some(&found.version)).await? {
                return Ok(());
            }
        }
        Err(self.lost("others wrote it again and again"))
    }

    /// Who holds the lock; `None` where nobody does. A lease that has expired is told as well.
    pub(super) async fn held(&self) -> Result<Option<Held>, StateError> {
        let lease = self.lock_document().await?.and_then(|(document, _)| document.lease);
        Ok(lease.map(|lease| Held { holder: Some(lease.holder.clone()), lease: Some(lease) }))
    }

    /// The lock with this id, as it would be broken.
    pub(super) async fn breakable(&self, id: &str) -> Result<Lease, StateError> {
        let document = self.lock_document().await?.map_or(LockDocument::free(0), |(document, _)| document);
        match document.broken(id, &Holder::default(), self.clock.now()) {
            Ok((_, ended)) => Ok(ended.lease),
            Err(not) => Err(self.not_unlocked(not)),
        }
    }

    /// Breaks the lock with this id, on the record.
    pub(super) async fn unlock(&self, id: &str, by: &Holder) -> Result<Ended, StateError> {
        for _ in 0..ROUNDS {
            let found = self.lock_document().await?;
            let (document, version) = found.map_or((LockDocument::free(0), None), |(document, version)| (document, Some(version)));
            let (document, ended) = document.broken(id, by, self.clock.now()).map_err(|not| self.not_unlocked(not))?;
            if let Swapped::Done(_) = self.bucket.swap(LOCK, document.bytes(), version.as_ref()).await? {
                self.raise_fence(document.fence).await?;
                return Ok(ended);
            }
            // A heartbeat came in between.
        }
        Err(self.lost("others took its lock again and again"))
    }

    fn not_unlocked(&self, not: NotBroken) -> StateError {
        let at = self.bucket.at().to_owned();
        match not {
            NotBroken::Free => {
                StateError::NotUnlocked { at, reason: "is not locked".to_owned(), hint: "nothing has to be unlocked".to_owned() }
            }
            NotBroken::Other(lease) => StateError::NotUnlocked {
                at,
                reason: format!("is locked under another id, by {}", lease.holder),
                hint: format!("that lock was taken later; its id is {}", lease.id),
            },
        }
    }

    fn locked(&self, lease: Lease) -> StateError {
        let held = Held { holder: Some(lease.holder.clone()), lease: Some(lease) };
        StateError::Locked { at: self.bucket.at().to_owned(), environment: self.environment.clone(), held: Box::new(held) }
    }

    fn lost(&self, reason: impl Into<String>) -> StateError {
        StateError::Lost { at: self.bucket.at().to_owned(), reason: reason.into() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
