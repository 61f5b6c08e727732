//! The one way to a state, wherever it is kept.

use super::access::StateAccess;
use super::file::{LockedFile, StateFile};
use super::object::{HeldLock, ObjectState};
use super::stored::BACKUP;
use super::{Backup, Ended, Held, Holder, Lease, StateDocument, StateError, Stored};
use crate::model::StateLocation;

/// The state of one environment. It need not exist yet.
#[derive(Debug, Clone)]
pub struct StateStore {
    at: String,
    environment: String,
    backend: Backend,
}

#[derive(Debug, Clone)]
enum Backend {
    File(StateFile),
    Object(ObjectState),
}

impl StateStore {
    /// The state of `environment` at this place. Reads nothing yet.
    ///
    /// # Errors
    /// [`StateError::NotConfigured`] where the process environment does not say how to reach a bucket.
    pub fn open(location: &StateLocation, access: &StateAccess, environment: &str) -> Result<Self, StateError> {
        let backend = match location {
            StateLocation::File(path) => Backend::File(StateFile::new(path)),
            StateLocation::Object(object) => Backend::Object(ObjectState::open(object, access, environment)?),
        };
        Ok(Self { at: location.to_string(), environment: environment.to_owned(), backend })
    }

    /// A state in a bucket in memory, with any clock and leases of a minute, for tests of other rooms.
    #[cfg(test)]
    pub(crate) fn in_memory(now: impl Fn() -> jiff::Timestamp + Send + Sync + 'static) -> Self {
        let bucket = std::sync::Arc::new(object_store::memory::InMemory::new());
        let state = ObjectState::of_store(bucket, super::clock::Clock::new(now), std::time::Duration::from_secs(60));
        Self { at: "s3://bucket/state.json".to_owned(), environment: "production".to_owned(), backend: Backend::Object(state) }
    }

    /// Where it is: a path or URL, without credentials.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// Reads the state; `None` where there is none yet. Takes no lock: a write replaces the state as a whole.
    ///
    /// # Errors
    /// A state that cannot be read, is damaged, was written in a newer format, or in which two keys have one live campaign.
    pub async fn read(&self) -> Result<Option<StateDocument>, StateError> {
        self.usable(self.read_to_mend().await?)
    }

    /// Reads the state, also one in which two keys have one live campaign: for what shows that and what mends it.
    ///
    /// # Errors
    /// A state that cannot be read, is damaged, or was written in a newer format.
    pub async fn read_to_mend(&self) -> Result<Option<StateDocument>, StateError> {
        match self.stored().await? {
            Some(stored) => Ok(Some(self.document(&stored).await?)),
            None => Ok(None),
        }
    }

    /// The document that is stored. Of a damaged one the error tells what can be done, which depends on the backup.
    ///
    /// # Errors
    /// A state that is damaged, or was written in a newer format.
    pub async fn document(&self, stored: &Stored) -> Result<StateDocument, StateError> {
        match stored.document() {
            Err(error @ StateError::Corrupt { .. }) => Err(error.beside(match self.backup().await {
                Ok(Some(backup)) => backup.as_backup(),
                Ok(None) => Backup::Missing,
                Err(_) => Backup::Unknown,
            })),
            outcome => outcome,
        }
    }

    /// Refuses a state in which two keys have one live campaign.
    fn usable(&self, document: Option<StateDocument>) -> Result<Option<StateDocument>, StateError> {
        let Some((one, other, id)) = document.as_ref().and_then(StateDocument::claimed_twice) else { return Ok(document) };
        let (keys, id) = ([one.clone(), other.clone()], id.clone());
        Err(StateError::ClaimedTwice { at: self.at.clone(), environment: self.environment.clone(), keys, id })
    }

    /// The state byte for byte, also one that is damaged or too new; `None` where there is none. Takes no lock.
    ///
    /// # Errors
    /// A state that cannot be read.
    pub async fn stored(&self) -> Result<Option<Stored>, StateError> {
        self.beside("").await
    }

    /// The state before the last run, byte for byte; `None` where there is none.
    ///
    /// # Errors
    /// A backup that cannot be read.
    pub async fn backup(&self) -> Result<Option<Stored>, StateError> {
        self.beside(BACKUP).await
    }

    async fn beside(&self, suffix: &'static str) -> Result<Option<Stored>, StateError> {
        match &self.backend {
            Backend::File(file) => {
                let file = file.clone();
                blocking("read", &self.at, move || file.stored(suffix)).await
            }
            Backend::Object(object) => object.stored(suffix).await,
        }
    }

    /// Takes the lock, which is renewed in the background until it is released. The lock of a file goes with the process,
    /// that of a shared state expires; one that has expired is taken over, see [`LockedState::taken_over`].
    ///
    /// # Errors
    /// [`StateError::Locked`] at once when somebody else holds it; never waits.
    pub async fn lock(&self, holder: &Holder) -> Result<LockedState, StateError> {
        let lock = match &self.backend {
            Backend::File(file) => {
                let (file, holder, environment) = (file.clone(), holder.clone(), self.environment.clone());
                Lock::File(Some(blocking("lock", &self.at, move || file.lock(&holder, &environment)).await?))
            }
            Backend::Object(object) => Lock::Object(Box::new(object.lock(holder).await?)),
        };
        Ok(LockedState { store: self.clone(), lock })
    }

    /// Who holds the lock, also where the lease has expired; `None` where nobody does.
    ///
    /// # Errors
    /// A lock that cannot be read.
    pub async fn held(&self) -> Result<Option<Held>, StateError> {
        match &self.backend {
            Backend::File(file) => {
                let file = file.clone();
                blocking("look at the lock of", &self.at, move || file.held()).await
            }
            Backend::Object(object) => object.held().await,
        }
    }

    /// The lock with this id, which [`Self::unlock`] would break.
    ///
    /// # Errors
    /// [`StateError::NotUnlocked`] where it is not locked, or under another id, or is a file.
    pub async fn breakable(&self, id: &str) -> Result<Lease, StateError> {
        match &self.backend {
            Backend::Object(object) => object.breakable(id).await,
            Backend::File(_) => Err(self.is_a_file().await),
        }
    }

    /// Breaks the lock of a shared state, on the record: its holder can write no more, and the next one may take it.
    ///
    /// # Errors
    /// [`StateError::NotUnlocked`] where it is not locked, or under another id, or is a file.
    pub async fn unlock(&self, id: &str, by: &Holder) -> Result<Ended, StateError> {
        match &self.backend {
            Backend::Object(object) => object.unlock(id, by).await,
            Backend::File(_) => Err(self.is_a_file().await),
        }
    }

    async fn is_a_file(&self) -> StateError {
        let reason = match self.held().await {
            Ok(Some(Held { holder: Some(holder), .. })) => format!("is a file, and {holder} has it locked"),
            Ok(Some(_)) => "is a file, and another process has it locked".to_owned(),
            Ok(None) => "is a file, and nobody has it locked".to_owned(),
            Err(error) => return error,
        };
        let hint = "the lock of a file goes with the process that holds it: nothing is left to break once that has ended".to_owned();
        StateError::NotUnlocked { at: self.at.clone(), reason, hint }
    }
}

/// A state that this process holds the lock of, and may write.
#[derive(Debug)]
pub struct LockedState {
    store: StateStore,
    lock: Lock,
}

#[derive(Debug)]
enum Lock {
    /// Away while a write is under way; one that was abandoned takes the lock with it.
    File(Option<LockedFile>),
    Object(Box<HeldLock>),
}

impl LockedState {
    /// Reads the state; see [`StateStore::read`].
    ///
    /// # Errors
    /// As [`StateStore::read`].
    pub async fn read(&self) -> Result<Option<StateDocument>, StateError> {
        self.store.usable(self.read_to_mend().await?)
    }

    /// Reads the state; see [`StateStore::read_to_mend`].
    ///
    /// # Errors
    /// As [`StateStore::read_to_mend`].
    pub async fn read_to_mend(&self) -> Result<Option<StateDocument>, StateError> {
        self.store.read_to_mend().await
    }

    /// Writes the whole state, and `document` becomes what was written: the serial goes up by one. The first write of a
    /// run keeps the state before it, as `<state>.backup`.
    ///
    /// # Errors
    /// [`StateError::Lost`] where the lock is gone, or the state is not the writing that `document` was made from: nothing
    /// is merged. On every error the old state is still there, whole, and `document` is as it was.
    pub async fn write(&mut self, document: &mut StateDocument) -> Result<(), StateError> {
        match &mut self.lock {
            Lock::Object(lock) => lock.write(document).await,
            Lock::File(lock) => write_file(lock, &self.store.at, document, LockedFile::write).await,
        }
    }

    /// Puts a document in the place of what was [stored](StateStore::stored), whatever both say, and `document` becomes what
    /// was written: its serial is above those of both. What was there is kept as `<state>.backup`, or, where it is damaged,
    /// as `<state>.damaged`, which leaves a good backup alone.
    ///
    /// # Errors
    /// As [`Self::write`]; [`StateError::Lost`] where something else is stored by now.
    pub async fn put(&mut self, document: &mut StateDocument, before: Option<&Stored>) -> Result<(), StateError> {
        match &mut self.lock {
            Lock::Object(lock) => lock.put(document, before).await,
            Lock::File(lock) => {
                let before = before.cloned();
                write_file(lock, &self.store.at, document, move |file, document| file.put(document, before.as_ref())).await
            }
        }
    }

    /// Makes sure that this run still holds the lock.
    ///
    /// # Errors
    /// [`StateError::Lost`] where somebody took it over or broke it.
    pub async fn confirm(&self) -> Result<(), StateError> {
        match &self.lock {
            Lock::File(_) => Ok(()),
            Lock::Object(lock) => lock.confirm().await,
        }
    }

    /// The expired lease that was taken over with this lock, where there was one.
    pub fn taken_over(&self) -> Option<&Ended> {
        match &self.lock {
            Lock::File(_) => None,
            Lock::Object(lock) => lock.taken_over(),
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// A storage that cannot be reached; the lock then expires by itself.
    pub async fn release(self) -> Result<(), StateError> {
        match self.lock {
            Lock::File(_) => Ok(()),
            Lock::Object(lock) => lock.release().await,
        }
    }
}

/// Writes a file under its lock; on an error `document` is as it was.
async fn write_file(
    lock: &mut Option<LockedFile>,
    at: &str,
    document: &mut StateDocument,
    write: impl FnOnce(&mut LockedFile, &mut StateDocument) -> Result<(), StateError> + Send + 'static,
) -> Result<(), StateError> {
    let abandoned = || StateError::Lost { at: at.to_owned(), reason: "a write was abandoned".to_owned() };
    let mut file = lock.take().ok_or_else(abandoned)?;
    let mut next = document.clone();
    let (file, outcome) = blocking("write", at, move || {
        let outcome = write(&mut file, &mut next).map(|()| next);
        Ok((file, outcome))
    })
    .await?;
    *lock = Some(file);
    *document = outcome?;
    Ok(())
}

/// Runs work on a file where waiting for the disk holds nobody up. A call that is abandoned leaves nothing behind: see
/// [`super::blocking`].
async fn blocking<T: Send + 'static>(
    verb: &'static str,
    at: &str,
    work: impl FnOnce() -> Result<T, StateError> + Send + 'static,
) -> Result<T, StateError> {
    super::blocking::blocking(work).await.map_err(|source| StateError::Io { verb, path: at.into(), source })?
}
