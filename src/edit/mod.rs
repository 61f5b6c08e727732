//! New text for a file, decided without touching it: fixes spliced in, or the whole file in its canonical layout.

mod amend;
mod comment;
mod layout;
mod revise;
mod rewritten;
mod spell;
mod splice;
mod whole;

pub use amend::amended;
pub use comment::comments;
pub use layout::{Order, Refusal, field_orders, format};
pub use revise::{Revised, Revision, revise, revised};
pub use rewritten::{Refused, Rewritten};
pub use splice::{Splice, splice};
pub use whole::whole;
