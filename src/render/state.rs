//! The lock of a state, for people.

use super::inline;
use crate::state::{Ended, Lease};

/// Who holds a lock, and for how long.
pub fn lock(at: &str, environment: &str, lease: &Lease) -> String {
    let Lease { id, holder, heartbeat, expires } = lease;
    format!(
        "State {} of environment {}\n  locked by       {}\n  last heartbeat  {heartbeat:.0}\n  expires         {expires:.0}\n  id              {}\n",
        inline(at),
        inline(environment),
        inline(&holder.to_string()),
        inline(id)
    )
}

/// What was done to a lock.
pub fn unlocked(ended: &Ended) -> String {
    format!("\nUnlocked: {}. It is on record.\n", inline(&ended.to_string()))
}
