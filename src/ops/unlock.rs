//! `state unlock`: who holds the lock of a state, and breaking it on the record. Reaches the state only, no server.

use super::connect::state;
use super::{Failure, Scope};
use crate::state::{Ended, Holder, Lease};

/// A lock that may be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakable {
    /// Where the state is.
    pub at: String,
    /// Who holds the lock, and for how long.
    pub lease: Lease,
}

/// Looks at the lock with this id.
///
/// # Errors
/// No lock, one with another id, or one that is not there to be broken: that of a file.
pub async fn find(scope: &Scope, id: &str) -> Result<Breakable, Failure> {
    let state = state(scope)?;
    Ok(Breakable { at: state.at().to_owned(), lease: state.breakable(id).await? })
}

/// Breaks the lock with this id: its holder can write no more, and it is on record who broke it.
///
/// # Errors
/// As [`find`]; it may have changed hands since.
pub async fn unlock(scope: &Scope, id: &str, by: &Holder) -> Result<Ended, Failure> {
    Ok(state(scope)?.unlock(id, by).await?)
}
