//! `unnamespaced-attribute`: an attribute outside of the namespaces that sessions have.

use crate::diagnostic::{Finding, SourceMap, nearest};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::Level;

/// An attribute outside of the namespaces that sessions have.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "unnamespaced-attribute",
    gravity: Gravity::Warning(Level::Warn),
    summary: "a filter's attribute is in none of the namespaces external, session, contact, browser and referrer",
    what: "Looks at `attributeName` of every filter, in disabled campaigns too: it is a slip of writing.",
    why: "`session.`, `contact.`, `browser.` and `referrer.` are the platform's; what your own systems send belongs under `external.`, where it cannot collide with a native attribute. A misspelt namespace is an attribute that no session carries: the filter is false without any error, and the campaign invites nobody.",
    example: "- { attributeName: crm.churn_probability, operator: greater_than, value: 0.72, dataType: float }",
    fix: "- { attributeName: external.churn_probability, operator: greater_than, value: 0.72, dataType: float }",
};

const NAMESPACES: [&str; 5] = ["external", "session", "contact", "browser", "referrer"];

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for subject in subjects {
        for (position, filter) in subject.document.filters.iter().enumerate() {
            let (namespace, rest) = filter.attribute_name.split_once('.').unwrap_or(("", &filter.attribute_name));
            if NAMESPACES.contains(&namespace) {
                continue;
            }
            let index = subject.filter_index(position);
            let message = format!(
                "`{namespace}.` is no namespace of session attributes; where no session carries the attribute, the filter silently never matches"
            );
            let help = match nearest(namespace, NAMESPACES) {
                Some(meant) => format!("did you mean `{meant}.{rest}`?"),
                None => {
                    format!("what your own systems send is `external.{rest}`; the platform's are session, contact, browser and referrer")
                }
            };
            findings.push(subject.warning(&RULE, sources, &format!("/filters/{index}/attributeName"), &message).help(help));
        }
    }
    findings
}
