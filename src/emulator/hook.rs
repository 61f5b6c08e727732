//! Hooks: a test that is told of every request at the moments that matter to a crash.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::request_log::RequestRecord;

/// A moment in the life of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// It was read, and nothing has been done.
    Received,
    /// What it changed is on disk, and nothing has been answered.
    Committed,
    /// The whole answer was handed to the operating system.
    Answered,
}

type Hook = Arc<dyn Fn(Moment, &RequestRecord) + Send + Sync>;

/// Everybody who wants to be told.
#[derive(Default)]
pub(super) struct Hooks(RwLock<Vec<Hook>>);

impl Hooks {
    /// One more.
    pub fn add(&self, hook: impl Fn(Moment, &RequestRecord) + Send + Sync + 'static) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(hook));
    }

    /// Tells them one after the other, in the order they came.
    pub fn call(&self, moment: Moment, record: &RequestRecord) {
        let hooks = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        for hook in hooks {
            hook(moment, record);
        }
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
