//! What is wrong with a value that is a variable is wrong where the variable is set: findings name both places.

use std::collections::BTreeSet;

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::load::{Environment, Project, variables_in};

/// Rules that judge what a value is.
const OF_VALUES: [&str; 5] = ["wrong-type", "bad-value", "value-type", "list-operator", "operator-type"];
/// Where the remedy has to be made.
const WHERE: &str = "where the variable is set in the project file";

/// Tells of every finding at a value with variables which ones these are, and where they are set.
pub(super) fn explain(project: &Project, environment: &Environment, sources: &SourceMap, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| OF_VALUES.contains(&finding.rule)) {
        let text = sources.file(finding.place.file).map_or("", |file| file.text.as_str());
        let span = finding.place.span;
        let written = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let known = variables_in(written).into_iter().filter(|name| environment.variables.contains_key(*name));
        // Each once: a text may name one ten thousand times.
        let names: BTreeSet<String> = known.map(str::to_owned).collect();
        let names: Vec<String> = names.into_iter().collect();
        let [name] = names.as_slice() else {
            tell_all(project, environment, finding, &names);
            continue;
        };
        if written.trim_matches(['"', '\'']) == format!("${{{name}}}") {
            finding.message.push_str(&format!(" (`${{{name}}}` of environment `{}`)", environment.name));
            if let Some(help) = finding.help.as_mut().filter(|help| !help.ends_with(WHERE)) {
                help.push_str(&format!(", {WHERE}"));
            }
        }
        tell_all(project, environment, finding, &names);
    }
}

fn tell_all(project: &Project, environment: &Environment, finding: &mut Finding, names: &[String]) {
    if names.is_empty() {
        return;
    }
    *finding = names.iter().fold(finding.clone(), |finding, name| {
        finding.also(project.variable_place(&environment.name, name, Part::Value), format!("the value of `{name}`"))
    });
}
