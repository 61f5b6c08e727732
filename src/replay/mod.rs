//! Recorded sessions, decided again: read in blocks, parsed and matched on all cores, put in order of time, and decided one
//! after the other under both worlds. Memory does not grow with the recordings, but with the contacts that a cooldown still
//! covers.

mod batch;
mod block;
mod contest;
mod flip;
mod history;
mod order;
mod pick;
mod requests;
mod run;
mod scan;
mod session;
mod tally;
mod timeline;
mod untimed;

pub use contest::{Contest, Contested, Stranger};
pub use history::{Before, Earlier, Past, remember};
pub use pick::{PickError, Picked, pick, read_one};
pub use run::{Options, ReplayError, Source, replay};
