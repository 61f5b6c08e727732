//! One line a round, for whoever follows a job in its log.

use std::time::Duration;

use jiff::Timestamp;

use super::super::escape::inline;
use super::{Report, headline};

/// `TIME unchanged: HEADLINE`.
pub fn unchanged_round(report: &Report<'_>, at: Timestamp, is_new: bool) -> String {
    let unchanged = if is_new { "" } else { "unchanged: " };
    format!("{at:.0} {unchanged}{}\n", headline(report))
}

/// `TIME works again after N failed rounds.`
pub fn recovered_round(at: Timestamp, failed: u64) -> String {
    let rounds = if failed == 1 { "1 failed round".to_owned() } else { format!("{failed} failed rounds") };
    format!("{at:.0} works again after {rounds}.\n")
}

/// `TIME this round failed; the next one follows in TIME.`
pub fn failed_round(at: Timestamp, every: Duration) -> String {
    format!("{at:.0} this round failed; the next one follows in about {}.\n", time(every))
}

/// `TIME failed again, the Nth time in a row: MESSAGE`
pub fn failed_again(at: Timestamp, in_a_row: u64, message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    format!("{at:.0} failed again, {in_a_row} rounds in a row: {}\n", inline(first))
}

fn time(time: Duration) -> String {
    let milliseconds = time.as_millis();
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
        if milliseconds >= unit && milliseconds.is_multiple_of(unit) {
            return format!("{}{name}", milliseconds / unit);
        }
    }
    format!("{milliseconds}ms")
}
