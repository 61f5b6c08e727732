//! `list-operator`: `in` and `not_in` take an array, the others do not.

use crate::diagnostic::Finding;
use crate::lint::{FilterAt, Gravity, Rule};
use crate::model::{FilterValue, Operator};

/// An array where the operator takes one value, or one value where it takes an array.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "list-operator",
    gravity: Gravity::Error,
    summary: "`in` and `not_in` take an array of values, the other operators take one value",
    what: "Looks at `operator` and `value` of each filter.",
    why: "The API refuses the campaign, or the filter is false for every session. An empty array matches nothing (`in`) or everything (`not_in`).",
    example: "- { attributeName: browser.locale, operator: in, value: en-US, dataType: string }",
    fix: "- { attributeName: browser.locale, operator: in, value: [en-US], dataType: string }",
};

pub(in crate::lint) fn check(at: &FilterAt<'_>) -> Option<Finding> {
    let filter = at.filter();
    let operator = filter.operator;
    let (message, help) = match &filter.value {
        FilterValue::One(scalar) if operator.takes_list() => {
            let shown = serde_json::to_string(scalar).unwrap_or_default();
            (format!("`{operator}` takes an array, not one value"), format!("write [{shown}], or use `{}`", single(operator)))
        }
        FilterValue::Many(values) if operator.takes_list() && values.is_empty() => {
            let effect = if operator == Operator::In { "never matches" } else { "excludes nothing" };
            (format!("the array is empty, so `{operator}` {effect}"), "write at least one value, or remove the filter".to_owned())
        }
        FilterValue::Many(_) if !operator.takes_list() => {
            let help = match operator {
                Operator::Equals => "use `in` to match one of several values, or write one value",
                Operator::NotEquals => "use `not_in` to exclude several values, or write one value",
                _ => "write one value; several need one filter each",
            };
            (format!("`{operator}` takes one value, not an array"), help.to_owned())
        }
        _ => return None,
    };
    Some(at.error(RULE.id, ("/value", ".value"), |field| format!("`{field}`: {message}")).help(help))
}

fn single(operator: Operator) -> &'static str {
    if operator == Operator::NotIn { "not_equals" } else { "equals" }
}
