//! A plan in a file: bound to what it was made from, sealed, and told apart from what it was once anything moved.
//!
//! The file holds the three snapshots that a plan is a function of, not the plan: what is shown and what is applied are
//! both derived from them, so that no file can show one thing and do another.

mod document;
mod file;
mod moved;
mod seal;

pub use document::{AppliedAt, DeclaredAt, LiveAt, SavedPlan, digest};
pub use file::{SavedPlanError, read, write};
pub use moved::{LiveMove, Moved, Now, moved};
pub use seal::{Opened, SealError, SignatureError, open, seal};
