//! `duplicate-filter`: the same condition twice in one campaign.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diagnostic::{Amendment, Change, Edit, Finding, Fix, Part, Place, SourceMap, Span};
use crate::lint::subject::text;
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
    let fix = removal(&FilterAt { subject, position: first, sources }, &FilterAt { subject, position: second, sources });
    let place = |position| FilterAt { subject, position, sources }.place("/attributeName");
    let (first_place, second_place) = (place(first), place(second));
    let (first, second) = (subject.filter_index(first), subject.filter_index(second));
    Finding::error(RULE.id, second_place, format!("`filters[{second}]` says the same as `filters[{first}]`"))
        .field(format!("filters[{second}]"))
        .also(first_place, "the first one")
        .help("remove one of them, or write what was meant")
        .fix(fix)
}

/// Takes the second filter out, where both say the same in every environment and no comment would go with it.
fn removal(first: &FilterAt<'_>, second: &FilterAt<'_>) -> Option<Fix> {
    let is_literal = |at: &FilterAt<'_>| !text(at.sources, at.place("")).contains(['$', '*']);
    if first.filter().data_type != second.filter().data_type || !is_literal(first) || !is_literal(second) {
        return None;
    }
    let (sources, source) = (second.sources, second.subject.source);
    // One of them may be in an overlay, and the other one in the campaigns of other environments too.
    if sources.overlaid(source).is_some() {
        return None;
    }
    let index = second.subject.filter_index(second.position);
    let list = sources.place(source, "/filters", Part::Value);
    let before = sources.place(source, &format!("/filters/{}", index.checked_sub(1)?), Part::Value).span;
    let item = second.place("");
    let whole = &sources.file(item.file)?.text;
    let spans = if text(sources, list).starts_with('[') {
        let span = Span { start: before.end, end: item.span.end };
        let gone = text(sources, Place { file: item.file, span });
        (!gone.contains('#')).then(|| vec![span])?
    } else {
        item_lines(whole, item.span)?
    };
    let pointer = format!("/filters/{index}");
    let mut fix = Fix::new(format!("filters[{index}]: removed, filters[{}] says the same", first.subject.filter_index(first.position)));
    fix.changes.push(Change { document: source, pointer, to: Amendment::Removed });
    fix.edits.extend(spans.into_iter().map(|span| Edit { place: Place { file: item.file, span }, replacement: String::new() }));
    Some(fix)
}

/// The lines of a `- ` item, but those that hold only a comment. `None` where something else stands on one of them.
fn item_lines(text: &str, item: Span) -> Option<Vec<Span>> {
    let (start, end) = (item.start as usize, item.end as usize);
    let first = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    text[first..start].trim().eq("-").then_some(())?;
    let last = end + text.get(end..)?.find('\n').map_or(text.len() - end, |newline| newline + 1);
    text[end..last].trim().is_empty().then_some(())?;
    let mut spans: Vec<Span> = Vec::new();
    let mut at = first;
    for line in text[first..last].split_inclusive('\n') {
        let is_comment = line.trim_start().starts_with('#');
        if !is_comment && line.contains('#') {
            return None;
        }
        let span = Span { start: u32::try_from(at).ok()?, end: u32::try_from(at + line.len()).ok()? };
        match spans.last_mut() {
            _ if is_comment => {}
            Some(Span { end, .. }) if *end == span.start => *end = span.end,
            _ => spans.push(span),
        }
        at += line.len();
    }
    // A last line without a line break takes the one before it along.
    if let Some(span) = spans.last_mut().filter(|_| !text[first..last].ends_with('\n')) {
        let line_break = if text[..span.start as usize].ends_with("\r\n") { 2 } else { 1 };
        span.start = span.start.saturating_sub(line_break);
    }
    Some(spans)
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
