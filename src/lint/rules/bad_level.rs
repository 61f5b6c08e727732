//! `bad-level`: a level for a rule that is none, or that has none.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::levels::settable;
use crate::lint::{Gravity, Rule, Settings, Subject};

/// A level for a rule that is none, or that has none.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "bad-level",
    gravity: Gravity::Error,
    summary: "`lint:` sets a level for a rule that does not exist or is always an error",
    what: "Looks at the keys of `lint:` in campaignctl.yaml, of the project and of the environment. A key is the id of a rule, or `all`.",
    why: "What is misspelt sets nothing: a rule that was to stop a deployment would go on warning. A rule that is always an error finds campaigns that cannot do what their file says; no level makes them work.",
    example: "lint: { no-cooldwon: deny, value-type: warn }",
    fix: "lint: { no-cooldown: deny }",
};

pub(in crate::lint) fn check(_: &[Subject<'_>], _: &SourceMap, settings: &Settings<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in &settings.layers {
        for (name, place) in layer.levels.keys().zip(&layer.places) {
            if let Err(refused) = settable(name) {
                let finding = Finding::error(RULE.id, *place, format!("`{}`: {refused}", layer.field));
                findings.push(finding.field(format!("{}.{name}", layer.field)).help(refused.hint()));
            }
        }
    }
    findings
}
