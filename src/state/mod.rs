//! What the tool remembers between runs: which live campaign belongs to which key, and what was applied last.
//!
//! A state that can be lost: without it campaigns are found again by exact name, and nothing is ever deleted. It is kept in
//! a file or in a bucket that several machines share; both are the same [`StateStore`] to everybody else.

mod access;
mod blocking;
mod clock;
mod document;
mod error;
mod file;
mod holder;
mod keys;
mod leftover;
mod object;
mod seal;
mod store;
mod stored;
mod told;

pub use access::StateAccess;
pub use document::{Owner, Run, StateDocument, Touched, Unreadable};
pub use error::{Backup, StateError};
pub use holder::{Ended, Held, Holder, HowEnded, Lease};
pub use store::{LockedState, StateStore};
pub use stored::Stored;
pub use told::{DeclaredAs, Listed, NextPlan, Pushed, Released, Renamed, Shown};
