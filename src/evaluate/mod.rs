//! What a campaign answers to a session. The emulator and every command that speaks of decisions ask here, so that none of
//! them can disagree.
//!
//! [`decide`] looks at the campaign, the session, the [`Ledger`] and the moment, and changes nothing;
//! [`Ledger::record`] then remembers an invite. For decisions by the million, [`Matcher`] says which campaigns match, and
//! [`Recall`] remembers, with the same answers. [`explain`](explain()) says beside each answer what it came from.

pub mod analysis;
mod decide;
mod explain;
mod explained;
mod filter;
mod ledger;
mod matcher;
mod operator;
mod recall;
mod throttle;

pub use decide::{Terms, Verdict, decide, verdict};
pub use explain::{ExplainedCap, ExplainedFilter, ExplainedToken, Explanation, explain};
pub use explained::{Explained, ExplainedCampaign, ExplainedHistory, ExplainedQueue, ExplainedWorld, FilterPlace, NotAsked, TimeFrom};
pub use filter::check;
pub use ledger::{ContactLedger, Ledger, PastInvite, SuppressionToken};
pub use matcher::{Matcher, Seen};
pub use operator::compare_numbers;
pub use recall::{Recall, Suppression};
pub use throttle::{ContactLimit, UtcMinute};
