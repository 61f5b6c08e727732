//! What is wrong with campaigns that have the right shape: one rule a file under `rules/`, one table.

mod allows;
mod levels;
mod neighbours;
mod rules;
mod settings;
mod subject;
mod witness;

use allows::Allowed;

use crate::diagnostic::{Allow, Finding, Severity, SourceMap};
use crate::model::Level;

pub use levels::{GROUPS, Gravity, Levels, NotSettable, Overrides, find};
pub use settings::{Layer, OverlayAt, Settings, VariableAt};
pub use subject::{FilterAt, Subject};

/// What people should know of a rule; the documentation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id, as findings carry it.
    pub id: &'static str,
    /// Whether its findings are always errors, or what they are by default.
    pub gravity: Gravity,
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
    /// At all campaigns and what the project file says.
    Project(fn(&[Subject<'_>], &SourceMap, &Settings<'_>) -> Vec<Finding>),
    /// At a rule, by position, that a comment allows and that found nothing there.
    Unused(fn(&Allow, usize) -> Finding),
}

/// All rules; those on filters in order of how fundamental they are.
const TABLE: &[(Rule, Check)] = &[
    (rules::operator_type::RULE, Check::Filter(rules::operator_type::check)),
    (rules::list_operator::RULE, Check::Filter(rules::list_operator::check)),
    (rules::value_type::RULE, Check::Filter(rules::value_type::check)),
    (rules::unsatisfiable_filters::RULE, Check::Campaigns(rules::unsatisfiable_filters::check)),
    (rules::duplicate_filter::RULE, Check::Campaigns(rules::duplicate_filter::check)),
    (rules::duplicate_key::RULE, Check::Campaigns(rules::duplicate_key::check)),
    (rules::duplicate_name::RULE, Check::Campaigns(rules::duplicate_name::check)),
    (rules::bad_id::RULE, Check::Campaigns(rules::bad_id::check)),
    (rules::batch_on_chat::RULE, Check::Campaigns(rules::batch_on_chat::check)),
    (rules::missing_routing::RULE, Check::Campaigns(rules::missing_routing::check)),
    (rules::no_overflow::RULE, Check::Campaigns(rules::no_overflow::check)),
    (rules::overflow_is_primary::RULE, Check::Campaigns(rules::overflow_is_primary::check)),
    (rules::throttling_off::RULE, Check::Campaigns(rules::throttling_off::check)),
    (rules::no_cooldown::RULE, Check::Campaigns(rules::no_cooldown::check)),
    (rules::redundant_filter::RULE, Check::Campaigns(rules::redundant_filter::check)),
    (rules::shadowed_campaign::RULE, Check::Campaigns(rules::shadowed_campaign::check)),
    (rules::suppression_collision::RULE, Check::Campaigns(rules::suppression_collision::check)),
    (rules::cap_over_limit::RULE, Check::Project(rules::cap_over_limit::check)),
    (rules::unnamespaced_attribute::RULE, Check::Campaigns(rules::unnamespaced_attribute::check)),
    (rules::message_length::RULE, Check::Campaigns(rules::message_length::check)),
    (rules::idle_overlay::RULE, Check::Project(rules::idle_overlay::check)),
    (rules::unused_variable::RULE, Check::Project(rules::unused_variable::check)),
    (rules::bad_level::RULE, Check::Project(rules::bad_level::check)),
    (rules::bad_allow::RULE, Check::Project(rules::bad_allow::check)),
    (rules::unused_allow::RULE, Check::Unused(rules::unused_allow::check)),
];

/// All rules, for documentation.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLE.iter().map(|(rule, _)| rule)
}

/// The rule with this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

/// Everything the rules find in these campaigns at their default levels. Not sorted: see [`sort`].
pub fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    check_with(subjects, sources, &Settings::default())
}

/// Everything the rules find in these campaigns, with the levels of `settings`, apart from what comments allow. Not sorted:
/// see [`sort`].
pub fn check_with(subjects: &[Subject<'_>], sources: &SourceMap, settings: &Settings<'_>) -> Vec<Finding> {
    let levels = settings.levels();
    let looked_at: Vec<(Severity, Check)> = TABLE.iter().filter_map(|(rule, check)| Some((severity(levels.of(rule))?, *check))).collect();
    let mut findings = of_filters(subjects, sources, &looked_at);
    for (severity, check) in &looked_at {
        let found = match check {
            Check::Campaigns(check) => check(subjects, sources),
            Check::Project(check) => check(subjects, sources, settings),
            Check::Filter(_) | Check::Unused(_) => continue,
        };
        findings.extend(found.into_iter().map(|finding| Finding { severity: *severity, ..finding }));
    }
    let mut allowed = Allowed::new(settings.allows, subjects, sources);
    allowed.silence(&mut findings);
    for (severity, check) in looked_at {
        if let Check::Unused(check) = check {
            let unused = allowed.unused(subjects, sources, settings, &levels).into_iter();
            findings.extend(unused.map(|(allow, position)| Finding { severity, ..check(allow, position) }));
        }
    }
    findings
}

/// What the findings of a rule count as; `None` where they count as nothing.
fn severity(level: Option<Level>) -> Option<Severity> {
    match level {
        None | Some(Level::Deny) => Some(Severity::Error),
        Some(Level::Warn) => Some(Severity::Warning),
        Some(Level::Allow) => None,
    }
}

fn of_filters(subjects: &[Subject<'_>], sources: &SourceMap, looked_at: &[(Severity, Check)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        for position in 0..subject.document.filters.len() {
            let filter = FilterAt { subject, position, sources };
            findings.extend(looked_at.iter().find_map(|(severity, check)| match check {
                Check::Filter(check) => check(&filter).map(|finding| Finding { severity: *severity, ..finding }),
                _ => None,
            }));
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
