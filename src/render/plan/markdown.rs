//! A plan as markdown.

use super::Report;

/// The whole document.
pub fn markdown(report: &Report<'_>) -> String {
    let Report { destination: _, plan: _, created: _, saved: _, links: _ } = report;
    String::new()
}
