//! `operator-type`: an operator that is not defined for the filter's type.

use crate::diagnostic::Finding;
use crate::lint::{FilterAt, Gravity, Rule};
use crate::model::{DataType, Operator};

/// An operator that is not defined for the filter's type.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "operator-type",
    gravity: Gravity::Error,
    summary: "the operator is not defined for the filter's dataType",
    what: "Looks at `operator` and `dataType` of each filter. Ordering (`greater_than`, `less_than`, …) is defined for `integer` and `float`; `contains`, `not_contains`, `starts_with` and `ends_with` for `string`; the others for every type.",
    why: "The API compares strictly: such a filter is false for every session, without any error, and the campaign invites nobody.",
    example: "- { attributeName: contact.is_authenticated, operator: greater_than, value: true, dataType: boolean }",
    fix: "- { attributeName: contact.is_authenticated, operator: equals, value: true, dataType: boolean }",
};

pub(in crate::lint) fn check(at: &FilterAt<'_>) -> Option<Finding> {
    let filter = at.filter();
    let (operator, data_type) = (filter.operator, filter.data_type);
    if operator.applies_to(data_type) {
        return None;
    }
    let finding = at.error(RULE.id, ("/operator", ".operator"), |field| {
        format!("`{field}`: `{operator}` is not defined for `{}`; the filter would silently never match", data_type.as_str())
    });
    let usable: Vec<String> =
        Operator::ALL.iter().filter(|operator| operator.applies_to(data_type)).map(|operator| format!("`{operator}`")).collect();
    let types: Vec<&str> =
        DataType::ALL.iter().filter(|data_type| operator.applies_to(**data_type)).map(|data_type| data_type.as_str()).collect();
    Some(finding.help(format!("for `{}` use {}; or set dataType to `{}`", data_type.as_str(), usable.join(", "), types.join("` or `"))))
}
