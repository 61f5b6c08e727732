//! The limits of a campaign as decisions use them, and the calendar minute they count in.

use jiff::{SignedDuration, Timestamp};

use crate::model::{CampaignSpec, Throttling};

/// Seconds of a minute. UTC as computers count it has no leap seconds.
const MINUTE: i64 = 60;

/// How often a campaign may invite one contact. A campaign without it neither looks at suppression nor leaves any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactLimit {
    /// `maxInvitesPerContact`, at least 1.
    pub max_invites: u64,
    /// `cooldownSeconds`; an absent one is zero. Zero leaves no token, but tokens of other campaigns still count.
    pub cooldown: SignedDuration,
}

impl ContactLimit {
    /// The limit of a campaign; none where the throttling block or `maxInvitesPerContact` is absent, or is 0.
    pub fn of(spec: &CampaignSpec) -> Option<Self> {
        let Throttling { max_invites_per_contact, cooldown_seconds, max_invites_per_minute: _ } = spec.throttling.as_ref()?;
        let max_invites = max_invites_per_contact.filter(|max| *max > 0)?;
        let seconds = i64::try_from(cooldown_seconds.unwrap_or(0)).unwrap_or(i64::MAX);
        Some(Self { max_invites, cooldown: SignedDuration::from_secs(seconds) })
    }
}

/// `maxInvitesPerMinute`, where there is one. It counts with and without a [`ContactLimit`].
pub(super) fn minute_cap(spec: &CampaignSpec) -> Option<u64> {
    spec.throttling.as_ref()?.max_invites_per_minute
}

/// `cooldown` after `at`; the end of time where that is later.
pub(super) fn cooled_down(at: Timestamp, cooldown: SignedDuration) -> Timestamp {
    at.saturating_add(cooldown).unwrap_or(Timestamp::MAX)
}

/// A calendar minute in UTC: from its first moment up to, and without, the first moment of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMinute(
    /// Minutes since 1970-01-01T00:00Z.
    pub i64,
);

impl UtcMinute {
    /// The minute that a moment is in.
    pub fn of(now: Timestamp) -> Self {
        // `as_second` rounds towards 1970; a fraction before it belongs to the second below.
        let below = i64::from(now.subsec_nanosecond() < 0);
        Self((now.as_second() - below).div_euclid(MINUTE))
    }

    /// The first moment of the next minute.
    pub fn end(self) -> Timestamp {
        Timestamp::from_second(self.0.saturating_add(1).saturating_mul(MINUTE)).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{UtcMinute, cooled_down};

    #[test]
    fn a_minute_begins_with_its_first_moment_and_ends_before_the_next() {
        let table = [
            ("2024-05-21T14:32:00Z", "2024-05-21T14:33:00Z"),
            ("2024-05-21T14:32:59.999999999Z", "2024-05-21T14:33:00Z"),
            ("2024-05-21T14:33:00Z", "2024-05-21T14:34:00Z"),
            ("2024-12-31T23:59:59Z", "2025-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z"),
            ("1969-12-31T23:58:59.5Z", "1969-12-31T23:59:00Z"),
            ("1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z"),
        ];
        for (now, end) in table {
            let (now, end): (Timestamp, Timestamp) = (now.parse().unwrap(), end.parse().unwrap());
            assert_eq!(UtcMinute::of(now).end(), end, "{now}");
        }
        assert_eq!(UtcMinute::of(Timestamp::MAX).end(), Timestamp::MAX);
        assert!(UtcMinute::of(Timestamp::MIN).end() > Timestamp::MIN);
    }

    #[test]
    fn an_endless_cooldown_ends_with_time() {
        assert_eq!(cooled_down(Timestamp::UNIX_EPOCH, SignedDuration::from_secs(i64::MAX)), Timestamp::MAX);
    }
}
