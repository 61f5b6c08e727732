//! New text for a file, decided without touching it: fixes spliced in, the whole file in its canonical
//! layout, or a document written anew.

mod amend;
mod annotated;
mod comment;
mod compose;
mod layout;
mod revise;
mod rewritten;
mod spell;
mod splice;
mod whole;

pub use amend::amended;
pub use annotated::annotated;
pub use comment::comments;
pub use compose::composed;
pub use layout::{Order, Refusal, field_orders, format};
pub use revise::{Revised, Revision, revise, revised};
pub use rewritten::{Refused, Rewritten};
pub use splice::{Splice, splice};
pub use whole::whole;
