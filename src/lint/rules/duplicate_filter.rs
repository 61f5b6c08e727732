//! `duplicate-filter`: the same condition twice in one campaign.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{FilterAt, Gravity, Rule, Subject};
use crate::model::{Filter, FilterValue, Operator, Scalar};

/// The same condition twice in one campaign.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "duplicate-filter",
    gravity: Gravity::Error,
    summary: "two filters of a campaign have the same attribute, operator and value",
    what: "Compares the filters of a campaign by value: 0.72 is 0.720, and the order inside an array means nothing.",
    why: "The second one changes nothing. Most often one of the two was meant to say something else, so the campaign has another audience than its author thinks.",
    example: "- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 45, dataType: integer }\n- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 45, dataType: integer }",
    fix: "- { attributeName: session.dwell_time_seconds, operator: greater_than, value: 45, dataType: integer }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects.iter().filter(|subject| subject.document.filters.len() > 1) {
        let mut first: BTreeMap<Condition<'_>, usize> = BTreeMap::new();
        for (index, filter) in subject.document.filters.iter().enumerate() {
            match first.entry(condition(filter)) {
                Entry::Vacant(place) => {
                    place.insert(index);
                }
                Entry::Occupied(earlier) => findings.push(finding(subject, sources, *earlier.get(), index)),
            }
        }
    }
    findings
}

fn finding(subject: &Subject<'_>, sources: &SourceMap, first: usize, second: usize) -> Finding {
    let place = |position| FilterAt { subject, position, sources }.place("/attributeName");
    let (first_place, second_place) = (place(first), place(second));
    let (first, second) = (subject.filter_index(first), subject.filter_index(second));
    Finding::error(RULE.id, second_place, format!("`filters[{second}]` says the same as `filters[{first}]`"))
        .field(format!("filters[{second}]"))
        .also(first_place, "the first one")
        .help("remove one of them, or write what was meant")
}

/// Whether both filters say the same.
pub(super) fn same(a: &Filter, b: &Filter) -> bool {
    condition(a) == condition(b)
}

/// What two equal filters have in common.
type Condition<'a> = (&'a str, Operator, Vec<String>);

fn condition(filter: &Filter) -> Condition<'_> {
    let mut values: Vec<String> = filter.value.scalars().iter().map(by_value).collect();
    values.sort_unstable();
    values.dedup();
    if matches!(filter.value, FilterValue::Many(_)) {
        values.push("array".to_owned());
    }
    (&filter.attribute_name, filter.operator, values)
}

/// A text that is equal for equal values: numbers are compared as numbers, 45 is 45.0.
fn by_value(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Text(text) => format!("\"{text}"),
        Scalar::Number(number) => match number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15) {
            // `+ 0.0` makes minus zero a zero.
            Some(whole) => format!("{:.0}", whole + 0.0),
            None => number.to_string(),
        },
    }
}
