//! `unsatisfiable-filters`: filters that no session can satisfy together.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::evaluate::analysis::Contradiction;
use crate::lint::{Gravity, Rule, Subject};

/// Filters that no session can satisfy together.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "unsatisfiable-filters",
    gravity: Gravity::Error,
    summary: "no session can satisfy all filters of a campaign",
    what: "Works out which values of each attribute let all its filters hold: intervals of integers and floats, true and false, texts by their beginning, end and parts. Only certain contradictions are told.",
    why: "All filters must hold, so the campaign never invites anybody, without any error from the API.",
    example: "- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 60, dataType: integer }\n- { attributeName: session.dwell_time_seconds, operator: less_than, value: 30, dataType: integer }",
    fix: "- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 30, dataType: integer }\n- { attributeName: session.dwell_time_seconds, operator: less_than, value: 60, dataType: integer }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        // What a filter that is wrong in itself means is not known.
        let sound = subject.document.filters.iter().enumerate().filter(|(_, filter)| filter.is_sound());
        for contradiction in Contradiction::find(sound) {
            findings.extend(finding(subject, sources, &contradiction));
        }
    }
    findings
}

fn finding(subject: &Subject<'_>, sources: &SourceMap, contradiction: &Contradiction) -> Option<Finding> {
    let Contradiction { attribute, filters } = contradiction;
    let indices: Vec<usize> = filters.iter().map(|at| subject.filter_index(*at)).collect();
    let path = |index: &usize| format!("filters[{index}]");
    let place = |index: &usize| sources.place(subject.source, &format!("/filters/{index}/value"), Part::Value);
    let (last, others) = indices.split_last()?;
    if others.is_empty() {
        let message = format!("`{}` holds for no value of `{attribute}`: the campaign never invites anybody", path(last));
        return Some(Finding::error(RULE.id, place(last), message).field(path(last)).help("correct the value, or remove the filter"));
    }
    let named: Vec<String> = others.iter().map(|index| format!("`{}`", path(index))).collect();
    let message = format!(
        "{} and `{}` exclude each other: no value of `{attribute}` satisfies {}, so the campaign never invites anybody",
        named.join(", "),
        path(last),
        if others.len() == 1 { "both" } else { "all" }
    );
    let finding = Finding::error(RULE.id, place(last), message).field(path(last)).label("excluded by the other");
    let finding = others.iter().fold(finding, |finding, index| finding.also(place(index), format!("`{}`", path(index))));
    Some(finding.help("correct one of them; filters are joined by AND, so for \"either or\" write two campaigns"))
}
