//! Doing a plan: one change at a time and several at once, each checked right before its write and recorded right after.

mod event;
mod execute;
mod one;

pub use event::{Event, Outcome, Report, Row};
pub use execute::{Memory, Options, Stop, execute};
