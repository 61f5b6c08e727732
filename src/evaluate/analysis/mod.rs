//! What can be known about filters without any session: can they hold, does one imply another, can two campaigns match the
//! same session? Each claim is certain and carries a session that shows it, or the filters that contradict; where the
//! algebra cannot decide, the answer is `Unknown` and nobody is told anything.

mod attribute;
mod audience;
mod integers;
mod strings;

pub use attribute::{AttributeSet, Reach};
pub use audience::{Audience, Contradiction, Verdict, implied_by};
