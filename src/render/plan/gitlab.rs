//! A plan as gitlab.

use super::Report;

/// The whole document.
pub fn gitlab(report: &Report<'_>) -> String {
    let Report { destination: _, plan: _, created: _, saved: _, links: _ } = report;
    String::new()
}
