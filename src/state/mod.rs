//! What the tool remembers between runs: which live campaign belongs to which key, and what was applied last.
//!
//! A state that can be lost: without it campaigns are found again by exact name, and nothing is ever deleted.

mod document;
mod file;

pub use document::{Owner, Run, StateDocument, Touched};
pub use file::{Holder, LockedState, StateError, StateFile};
