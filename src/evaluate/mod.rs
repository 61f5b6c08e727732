//! What a campaign answers to a session. The emulator and every command that speaks of decisions ask here, so that none of
//! them can disagree.
//!
//! [`decide`] looks at the campaign, the session, the [`Ledger`] and the moment, and changes nothing;
//! [`Ledger::record`] then remembers an invite.

pub mod analysis;
mod decide;
mod filter;
mod ledger;
mod operator;
mod throttle;

pub use decide::decide;
pub use filter::check;
pub use ledger::{ContactLedger, Ledger, PastInvite, SuppressionToken};
pub use operator::compare_numbers;
pub use throttle::{ContactLimit, UtcMinute};
