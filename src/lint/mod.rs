//! What is wrong with campaigns that have the right shape: one rule a file under `rules/`, one table.

mod rules;
mod subject;

use crate::diagnostic::{Finding, SourceMap};

pub use subject::{FilterAt, Subject};

/// What people should know of a rule; the documentation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id, as findings carry it.
    pub id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it looks at.
    pub what: &'static str,
    /// Why what it finds is bad.
    pub why: &'static str,
    /// YAML that it finds.
    pub example: &'static str,
    /// What to write instead.
    pub fix: &'static str,
}

/// How a rule looks at campaigns.
#[derive(Clone, Copy)]
enum Check {
    /// At one filter at a time. Of these rules the first in the table that finds something in a filter is the only one.
    Filter(fn(&FilterAt<'_>) -> Option<Finding>),
    /// At all campaigns together.
    Campaigns(fn(&[Subject<'_>], &SourceMap) -> Vec<Finding>),
}

/// All rules; those on filters in order of how fundamental they are.
const TABLE: [(Rule, Check); 7] = [
    (rules::operator_type::RULE, Check::Filter(rules::operator_type::check)),
    (rules::list_operator::RULE, Check::Filter(rules::list_operator::check)),
    (rules::value_type::RULE, Check::Filter(rules::value_type::check)),
    (rules::duplicate_filter::RULE, Check::Campaigns(rules::duplicate_filter::check)),
    (rules::duplicate_key::RULE, Check::Campaigns(rules::duplicate_key::check)),
    (rules::duplicate_name::RULE, Check::Campaigns(rules::duplicate_name::check)),
    (rules::bad_id::RULE, Check::Campaigns(rules::bad_id::check)),
];

/// All rules, for documentation.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLE.iter().map(|(rule, _)| rule)
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

/// Everything the rules find in these campaigns. Not sorted: see [`sort`].
pub fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        for position in 0..subject.document.filters.len() {
            let filter = FilterAt { subject, position, sources };
            findings.extend(TABLE.iter().find_map(|(_, check)| match check {
                Check::Filter(check) => check(&filter),
                Check::Campaigns(_) => None,
            }));
        }
    }
    for (_, check) in &TABLE {
        if let Check::Campaigns(check) = check {
            findings.extend(check(subjects, sources));
        }
    }
    findings
}

/// Puts findings in the order people read them: errors first, then by file, line and column. Stable.
pub fn sort(findings: &mut [Finding], sources: &SourceMap) {
    // Within one file the first byte orders like line and column, and costs no walk through the text.
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.severity, finding.place.span.start, finding.place.span.end);
        let ((a_severity, a_start, a_end), (b_severity, b_start, b_end)) = (key(a), key(b));
        let paths = || sources.path(a.place.file).cmp(sources.path(b.place.file));
        a_severity.cmp(&b_severity).then_with(paths).then(a_start.cmp(&b_start)).then(a_end.cmp(&b_end))
    });
}
