//! Two machines, one state, a storage that forgets to answer, and a clock that jumps: nobody writes over anybody.

mod edges;
mod faulty;
mod locking;
mod opening;
mod properties;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::{Clock, HeldLock, ObjectState};
use crate::state::{Holder, Owner, StateDocument, StateError};
use faulty::Faulty;

const LEASE: Duration = Duration::from_secs(60);

/// A bucket, and the hands of the clock on its wall.
struct World {
    store: Arc<InMemory>,
    seconds: Arc<AtomicI64>,
}

impl World {
    fn new() -> Self {
        Self { store: Arc::default(), seconds: Arc::default() }
    }

    fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.seconds);
        Clock::new(move || Timestamp::from_second(1_790_000_000 + seconds.load(Ordering::SeqCst)).unwrap())
    }

    /// Time goes by while every process of this world sleeps: no heartbeat is sent.
    fn sleep(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn state(&self) -> ObjectState {
        ObjectState::of_store(Arc::clone(&self.store) as Arc<dyn ObjectStore>, self.clock(), LEASE)
    }

    /// The same state, over a line that fails as told.
    fn behind(&self, faulty: &Arc<Faulty>) -> ObjectState {
        ObjectState::of_store(Arc::clone(faulty) as Arc<dyn ObjectStore>, self.clock(), LEASE)
    }

    fn faulty(&self) -> Arc<Faulty> {
        Arc::new(Faulty::new(Arc::clone(&self.store)))
    }

    async fn text(&self, key: &str) -> String {
        let bytes = self.store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }
}

fn holder(process: u32) -> Holder {
    Holder {
        command: "apply".to_owned(),
        host: format!("runner-{process}"),
        process,
        run: None,
        since: Timestamp::from_second(1_790_000_000).unwrap(),
    }
}

fn document() -> StateDocument {
    StateDocument::new("lineage".to_owned(), Owner { environment: "production".to_owned(), organization: "org".to_owned() })
}

/// Takes the lock, writes once more on top of what is there, and gives the lock back.
async fn write_once(state: &ObjectState, process: u32) -> Result<StateDocument, StateError> {
    let mut lock = state.lock(&holder(process)).await?;
    let mut document = lock.read().await?.unwrap_or_else(document);
    let outcome = lock.write(&mut document).await;
    lock.release().await?;
    outcome.map(|()| document)
}

fn reason(outcome: Result<(), StateError>) -> String {
    let error = outcome.unwrap_err();
    assert!(matches!(error, StateError::Lost { .. }), "{error}");
    error.to_string()
}

async fn lock(state: &ObjectState, process: u32) -> HeldLock {
    state.lock(&holder(process)).await.unwrap()
}
