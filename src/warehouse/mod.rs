//! The matching of sessions as SQL: one statement over a table of recorded sessions, for the warehouse that has them.
//!
//! What a filter answers here is what [`check`](crate::evaluate::check) answers, also for other types, for integers beyond
//! 2^53 and for odd text, as far as the engine keeps what was written; `docs/warehouse.md` says where it does not. Only the
//! stateless part is here: which campaigns match a session, not whom suppression and caps keep from being invited.

mod attribute;
mod condition;
mod dialect;
mod number;
mod relation;
mod result;
mod statement;
mod text;

pub use dialect::Dialect;
pub use relation::{BadName, Relation};
pub use statement::{Asked, Shape, statement};
