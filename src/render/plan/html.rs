//! A plan as html.

use super::Report;

/// The whole document.
pub fn html(report: &Report<'_>) -> String {
    let Report { destination: _, plan: _, created: _, saved: _, links: _ } = report;
    String::new()
}
