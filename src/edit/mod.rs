//! New text for a file, decided without touching it: fixes spliced in, or the whole file in its canonical layout.

mod amend;
mod comment;
mod layout;
mod rewritten;
mod splice;

pub use amend::amended;
pub use comment::comments;
pub use layout::{Order, Refusal, field_orders, format};
pub use rewritten::{Refused, Rewritten};
pub use splice::{Splice, splice};
