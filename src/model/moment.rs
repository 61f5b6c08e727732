//! The range of times.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;

/// Says what is wrong with a text that is written as a time should be and lies outside of what a [`Timestamp`] can be; `None`
/// for every other text.
pub fn out_of_range(text: &str) -> Option<String> {
    let pieces = Pieces::parse(text).ok()?;
    let (Some(_), Some(_)) = (pieces.time(), pieces.offset()) else { return None };
    match pieces.date().year() {
        9999 => Some(format!("is later than the latest possible time, {:.0}", Timestamp::MAX)),
        -9999 => Some(format!("is earlier than the earliest possible time, {:.0}", Timestamp::MIN)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::out_of_range;

    #[test]
    fn only_times_are_out_of_range() {
        for late in ["9999-12-31T23:59:59Z", "9999-12-30T22:00:01Z", "9999-12-31 00:00:00+00:00"] {
            assert!(late.parse::<Timestamp>().is_err());
            assert_eq!(out_of_range(late).as_deref(), Some("is later than the latest possible time, 9999-12-30T22:00:00Z"), "{late}");
        }
        let early = out_of_range("-009999-01-01T00:00:00Z");
        assert_eq!(early.as_deref(), Some("is earlier than the earliest possible time, -009999-01-02T01:59:59Z"));
        for other in ["", "yesterday", "9999-12-31", "9999-12-31T23:59:59", "9999-13-31T23:59:59Z", "2024-05-21T10:00Z[Nowhere/At_All]"] {
            assert_eq!(out_of_range(other), None, "{other}");
        }
    }
}
