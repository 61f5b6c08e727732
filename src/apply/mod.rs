//! Doing a plan: one change at a time and several at once, each checked right before its write and recorded right after.

mod event;
mod execute;
mod memory;
mod one;
mod resolve;
#[cfg(test)]
mod tests;

pub use event::{Event, Outcome, Report, Row, StoredDifferently};
pub use execute::{Options, Stop, execute};
pub use memory::{Memory, take_found};
