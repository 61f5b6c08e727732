//! `duplicate-key`: two campaigns with one key.

use std::collections::BTreeMap;

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Subject};

/// Two campaigns with one key.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "duplicate-key",
    gravity: Gravity::Error,
    summary: "two campaigns have the same key",
    what: "Compares the keys of all campaigns: the file's name without its ending, or `key:`. Files in different folders may not share a name either.",
    why: "The key is what the state remembers a campaign by; with one key for two campaigns one of them would overwrite the other.",
    example: "campaigns/eu/pricing.yaml and campaigns/us/pricing.yaml, both without `key:`",
    fix: "key: pricing-us",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut first: BTreeMap<&str, &Subject<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    for subject in subjects {
        let key = subject.key.as_str();
        let Some(earlier) = first.get(key) else {
            first.insert(key, subject);
            continue;
        };
        let file = sources.path(earlier.source.file);
        let help =
            if subject.document.key.is_some() { "give one of them another `key`" } else { "rename one of the files, or set `key:` in it" };
        findings.push(
            Finding::error(RULE.id, subject.key_place(sources), format!("the key `{key}` belongs to a campaign in {file} already"))
                .field("key")
                .also(earlier.key_place(sources), "the first one")
                .help(help),
        );
    }
    findings
}
