//! What the server can be told to do wrong, and when.

mod armed;
mod chance;
mod kind;
mod rule;
mod script;
mod spec;

pub(super) use armed::{Armed, Asked};
pub use kind::{Fault, Staleness};
pub use rule::{FaultRule, Times, When};
pub use script::{FaultError, FaultScript};
pub use spec::duration;
