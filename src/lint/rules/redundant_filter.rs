//! `redundant-filter`: a filter that others imply.

use std::collections::BTreeSet;

use super::duplicate_filter;
use crate::diagnostic::{Finding, SourceMap};
use crate::evaluate::analysis::implied_by;
use crate::lint::{FilterAt, Gravity, Rule, Subject};
use crate::model::{Filter, Level};

/// A filter that others imply.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "redundant-filter",
    gravity: Gravity::Warning(Level::Warn),
    summary: "a filter is implied by another one: removing it changes nothing",
    what: "Works out for each filter whether every value that satisfies the other filters on its attribute satisfies it too. Only what is certain is told.",
    why: "Most often the threshold that counts is the other one, and whoever changes this one later will wonder why nothing happens.",
    example: "- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 60, dataType: integer }\n- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 30, dataType: integer }",
    fix: "- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 60, dataType: integer }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects.iter().filter(|subject| repeats_an_attribute(&subject.document.filters)) {
        let sound: Vec<usize> = (0..subject.document.filters.len()).filter(|at| subject.document.filters[*at].is_sound()).collect();
        let filters: Vec<Filter> = sound.iter().map(|at| subject.document.filters[*at].clone()).collect();
        let mut told: BTreeSet<usize> = BTreeSet::new();
        for at in 0..filters.len() {
            let Some(by) = implied_by(&filters, at) else { continue };
            // Each finding says "remove it": what is told may not lean on a filter that goes.
            if by.iter().any(|other| told.contains(other)) {
                continue;
            }
            // The same filter twice is another rule's.
            if by.iter().any(|other| duplicate_filter::same(&filters[*other], &filters[at])) {
                continue;
            }
            told.insert(at);
            let by: Vec<usize> = by.into_iter().map(|other| sound[other]).collect();
            findings.push(finding(subject, sources, sound[at], &by));
        }
    }
    findings
}

fn repeats_an_attribute(filters: &[Filter]) -> bool {
    let names = || filters.iter().map(|filter| &filter.attribute_name);
    names().enumerate().any(|(at, name)| names().skip(at + 1).any(|other| other == name))
}

fn finding(subject: &Subject<'_>, sources: &SourceMap, position: usize, by: &[usize]) -> Finding {
    let path = |position: usize| format!("filters[{}]", subject.filter_index(position));
    let place = |position: usize| FilterAt { subject, position, sources }.place("/value");
    let named: Vec<String> = by.iter().map(|other| format!("`{}`", path(*other))).collect();
    let verb = if by.len() == 1 { "implies" } else { "imply" };
    let message = format!("`{}` changes nothing: {} {verb} it", path(position), named.join(" and "));
    let finding = Finding::error(RULE.id, place(position), message).field(path(position)).label("always true by then");
    let finding = by.iter().fold(finding, |finding, other| finding.also(place(*other), "implies it"));
    finding.help("remove it, or correct the value that was meant")
}
