//! Findings as annotations of GitHub Actions: one workflow command a finding.

use super::about::about;
use super::region::Regions;
use super::report::Report;
use crate::diagnostic::{Finding, Severity};
use crate::render::workflow_command;

/// `::error file=…,line=…,title=…::message` for every finding, errors first: a step shows only its first ten of each kind.
pub fn github(report: &Report<'_>) -> String {
    let mut regions = Regions::new(report.sources);
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.severity);
    findings.into_iter().map(|finding| annotation(finding, report, &mut regions)).collect()
}

fn annotation(finding: &Finding, report: &Report<'_>, regions: &mut Regions<'_>) -> String {
    let Finding { rule, severity, message, place, field: _, label, also, help, fix: _ } = finding;
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let region = regions.region(*place);
    let mut properties = vec![
        ("file", report.path(report.sources.path(place.file))),
        ("line", region.start.line.to_string()),
        ("endLine", region.end.line.to_string()),
    ];
    // Columns of a region with several lines are refused.
    if region.start.line == region.end.line {
        properties.push(("col", region.start.column.to_string()));
        properties.push(("endColumn", region.end.column.to_string()));
    }
    properties.push(("title", about(rule).map_or_else(|| (*rule).to_owned(), |about| format!("{rule}: {}", about.summary))));

    let mut lines = vec![message.clone()];
    if !label.is_empty() {
        lines.push(label.clone());
    }
    for second in also {
        let at = regions.region(second.place).start;
        lines.push(format!("{}:{}:{}: {}", report.path(report.sources.path(second.place.file)), at.line, at.column, second.text));
    }
    lines.extend(help.as_ref().map(|help| format!("help: {help}")));
    workflow_command::command(level, &properties, &lines)
}
