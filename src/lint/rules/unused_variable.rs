//! `unused-variable`: a variable that no campaign asks for.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Settings, Subject};
use crate::model::Level;

/// A variable that no campaign asks for.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "unused-variable",
    gravity: Gravity::Warning(Level::Warn),
    summary: "a variable of the environment is used in no campaign file",
    what: "Looks for `${name}` in all campaign files and the overlays of the environment, for each of its `variables` and those of the project. One of the project that only the overlay of another environment asks for is used. Silent while a file cannot be read: it might be the one that uses it.",
    why: "Most often the name was changed on one side only, or the file has a fixed value where it was to ask for the variable: then a change of the variable changes nothing, and nobody is told.",
    example: "environments:\n  production: { region: eu-west-1, variables: { churnLimt: 0.72 } }   # the files say ${churnLimit}",
    fix: "environments:\n  production: { region: eu-west-1, variables: { churnLimit: 0.72 } }",
};

pub(in crate::lint) fn check(_: &[Subject<'_>], _: &SourceMap, settings: &Settings<'_>) -> Vec<Finding> {
    let unused = settings.variables.iter().filter(|variable| settings.complete && !variable.is_used);
    let finding = |variable: &crate::lint::VariableAt<'_>| {
        let (name, environment) = (variable.name, settings.environment);
        let (whose, field) = if variable.is_shared {
            (String::new(), format!("variables.{name}"))
        } else {
            (format!(" of environment `{environment}`"), format!("environments.{environment}.variables.{name}"))
        };
        Finding::warning(RULE.id, variable.place, format!("no campaign file uses the variable `{name}`{whose}"))
            .field(field)
            .help(format!("write `${{{name}}}` where it is meant, or remove it"))
    };
    unused.map(finding).collect()
}
