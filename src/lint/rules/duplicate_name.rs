//! `duplicate-name`: two campaigns with one display name.

use std::collections::BTreeMap;

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::lint::{Gravity, Rule, Subject};

/// Two campaigns with one display name.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "duplicate-name",
    gravity: Gravity::Error,
    summary: "two campaigns have the same name",
    what: "Compares the `name` of all campaigns, exactly.",
    why: "The platform takes both, but without the state a campaign is found again by its name alone: two candidates stop every plan. People cannot tell them apart in reports either.",
    example: "name: Pricing page   # in two files",
    fix: "name: Pricing page (US)",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut first: BTreeMap<&str, &Subject<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    for subject in subjects.iter().filter(|subject| !subject.document.name.is_empty()) {
        let name = subject.document.name.as_str();
        let Some(earlier) = first.get(name) else {
            first.insert(name, subject);
            continue;
        };
        let place = |subject: &Subject<'_>| sources.place(subject.source, "/name", Part::Value);
        findings.push(
            Finding::error(RULE.id, place(subject), format!("`name`: campaign `{}` has the name {name:?} already", earlier.key))
                .field("name")
                .also(place(earlier), "the first one")
                .help("give each campaign a name of its own"),
        );
    }
    findings
}
