//! One filter against one attribute value.

use super::operator::holds;
use crate::model::{AttributeValue, Filter, FilterFailure, FilterResult};

/// Whether the filter holds for the attribute it names (`None`: the session has no such attribute).
///
/// The attribute must be there and of the filter's dataType, also for the negative operators: `not_equals` says "is there
/// and is something else". Nothing is converted: `float` takes any JSON number, `integer` only one without fraction and
/// exponent, and `"0.87"` is a string.
///
/// A filter that the contract refuses (an operator that is not defined for the dataType, a value of another type, an array
/// where one value belongs or the reverse) holds for no attribute.
pub fn check(filter: &Filter, attribute: Option<&AttributeValue>) -> FilterResult {
    let Filter { attribute_name: _, operator, value, data_type } = filter;
    let Some(attribute) = attribute else {
        return FilterResult::Failed(FilterFailure::Missing);
    };
    let other_type = || FilterFailure::OtherType { expected: *data_type, got: attribute.json_type() };
    match attribute {
        AttributeValue::Scalar(scalar) if data_type.admits(scalar) => {
            if filter.is_sound() && holds(*operator, scalar, value) {
                FilterResult::Passed
            } else {
                FilterResult::Failed(FilterFailure::NotSatisfied)
            }
        }
        AttributeValue::Null | AttributeValue::Scalar(_) => FilterResult::Failed(other_type()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;
    use crate::model::{AttributeValue, DataType, Filter, FilterFailure, FilterResult, JsonType};

    fn filter(operator: &str, value: &serde_json::Value, data_type: &str) -> Filter {
        serde_json::from_value(json!({ "attributeName": "a.b", "operator": operator, "value": value, "dataType": data_type })).unwrap()
    }

    fn attribute(value: serde_json::Value) -> AttributeValue {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_failure_says_why() {
        let over = filter("greater_than", &json!(0.72), "float");
        assert_eq!(check(&over, None), FilterResult::Failed(FilterFailure::Missing));
        let other_type = |got| FilterResult::Failed(FilterFailure::OtherType { expected: DataType::Float, got });
        assert_eq!(check(&over, Some(&attribute(json!("0.87")))), other_type(JsonType::String));
        assert_eq!(check(&over, Some(&attribute(json!(null)))), other_type(JsonType::Null));
        assert_eq!(check(&over, Some(&attribute(json!(0.72)))), FilterResult::Failed(FilterFailure::NotSatisfied));
        assert_eq!(check(&over, Some(&attribute(json!(1)))), FilterResult::Passed);
    }

    #[test]
    fn a_filter_that_the_contract_refuses_holds_for_nothing() {
        let refused = [
            filter("not_equals", &json!("0.87"), "float"),
            filter("not_in", &json!(3), "integer"),
            filter("not_in", &json!([3, "x"]), "integer"),
            filter("not_equals", &json!([3]), "integer"),
            filter("not_contains", &json!("x"), "boolean"),
            filter("greater_than", &json!("a"), "string"),
        ];
        for filter in refused {
            for value in [json!(1), json!(true), json!("z")].map(attribute) {
                assert!(!check(&filter, Some(&value)).passed(), "{filter:?} {value:?}");
            }
        }
    }
}
