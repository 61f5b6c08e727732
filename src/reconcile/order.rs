//! What goes first: tighten before loosening, so that a half-done apply errs on fewer invites.

use super::{Action, Change};

/// When a change is made. A tier is finished before the next one starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Fewer invites: switched off, lower caps, longer cooldown, deleted.
    Tighten,
    /// The number of invites stays as it is.
    Neutral,
    /// More invites: created, switched on, wider audience, higher caps.
    Loosen,
}

impl Tier {
    /// All tiers, in order.
    pub const ALL: [Self; 3] = [Self::Tighten, Self::Neutral, Self::Loosen];

    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Tighten => "tighten",
            Self::Neutral => "neutral",
            Self::Loosen => "loosen",
        }
    }
}

/// Puts changes into the order in which they are made: by tier, then by address.
pub(super) fn sort(changes: &mut [Change]) {
    // Within the loosening tier updates go before creates, as they concern visitors who are already targeted.
    let kind = |action: Action| match action {
        Action::Delete => 0,
        Action::Update => 1,
        Action::Record | Action::Forget => 2,
        Action::Create => 3,
    };
    changes.sort_by(|a, b| (a.tier, kind(a.action), &a.key).cmp(&(b.tier, kind(b.action), &b.key)));
}
