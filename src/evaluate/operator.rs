//! Comparing: what the twelve operators mean. Numbers compare by their exact values, text by Unicode code points.

use std::cmp::Ordering;

use serde_json::Number;

use crate::model::{FilterValue, Operator, Scalar};

/// Whether `attribute operator value` is true.
///
/// Where the operator is not defined for the attribute's type or for the kind of value (one or many), it is false: such a
/// filter is refused everywhere before it gets here.
pub(super) fn holds(operator: Operator, attribute: &Scalar, value: &FilterValue) -> bool {
    match value {
        FilterValue::One(value) => one_holds(operator, attribute, value),
        FilterValue::Many(values) => match operator {
            Operator::In => values.iter().any(|value| equal(attribute, value)),
            Operator::NotIn => !values.iter().any(|value| equal(attribute, value)),
            _ => false,
        },
    }
}

fn one_holds(operator: Operator, attribute: &Scalar, value: &Scalar) -> bool {
    let ordered = || match (attribute, value) {
        (Scalar::Number(attribute), Scalar::Number(value)) => holds_in_order(operator, compare_numbers(attribute, value)),
        _ => false,
    };
    let of_text = |test: fn(&str, &str) -> bool| match (attribute, value) {
        (Scalar::Text(attribute), Scalar::Text(value)) => test(attribute, value),
        _ => false,
    };
    match operator {
        Operator::Equals => equal(attribute, value),
        Operator::NotEquals => !equal(attribute, value),
        Operator::GreaterThan | Operator::GreaterThanOrEqual | Operator::LessThan | Operator::LessThanOrEqual => ordered(),
        // Well-formed UTF-8 contains exactly what the sequence of its code points contains.
        Operator::Contains => of_text(|attribute, value| attribute.contains(value)),
        Operator::NotContains => of_text(|attribute, value| !attribute.contains(value)),
        Operator::StartsWith => of_text(|attribute, value| attribute.starts_with(value)),
        Operator::EndsWith => of_text(|attribute, value| attribute.ends_with(value)),
        Operator::In | Operator::NotIn => false,
    }
}

/// Whether `attribute operator value` is true of two numbers of which only is known how they compare.
pub(super) fn holds_in_order(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equals => order.is_eq(),
        Operator::NotEquals => order.is_ne(),
        Operator::GreaterThan => order.is_gt(),
        Operator::GreaterThanOrEqual => order.is_ge(),
        Operator::LessThan => order.is_lt(),
        Operator::LessThanOrEqual => order.is_le(),
        Operator::Contains | Operator::NotContains | Operator::StartsWith | Operator::EndsWith | Operator::In | Operator::NotIn => false,
    }
}

/// Numbers by value (`1` is `1.0`), text by code points without folding case or normalizing, and never across types.
fn equal(a: &Scalar, b: &Scalar) -> bool {
    match (a, b) {
        (Scalar::Boolean(a), Scalar::Boolean(b)) => a == b,
        (Scalar::Text(a), Scalar::Text(b)) => a == b,
        (Scalar::Number(a), Scalar::Number(b)) => compare_numbers(a, b).is_eq(),
        _ => false,
    }
}

/// Compares two JSON numbers by their exact values: an integer is not rounded to a float first, so 2^53 + 1 is greater than
/// 9007199254740992.0. A number with a fraction or an exponent is the 64-bit float nearest to what was written.
pub fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    Exact::of(a).compare(Exact::of(b))
}

/// A JSON number as it is kept: whole, or a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Exact {
    /// From -2^63 to 2^64 - 1.
    Whole(i128),
    /// Any other.
    Float(f64),
}

impl Exact {
    pub(super) fn of(number: &Number) -> Self {
        match (number.as_i64(), number.as_u64()) {
            (Some(small), _) => Self::Whole(i128::from(small)),
            (None, Some(large)) => Self::Whole(i128::from(large)),
            (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.cmp(&b),
            (Self::Whole(a), Self::Float(b)) => compare_whole_with_float(a, b),
            (Self::Float(a), Self::Whole(b)) => compare_whole_with_float(b, a).reverse(),
            // JSON has no NaN, so two floats always compare.
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        }
    }
}

fn compare_whole_with_float(whole: i128, float: f64) -> Ordering {
    // The integers come from 64 bits, so a float that the cast has to clamp to 128 bits is still on its side of all of them.
    #[allow(clippy::cast_possible_truncation, reason = "the fraction is looked at below")]
    let float_whole = float as i128;
    whole.cmp(&float_whole).then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use serde_json::Number;

    use super::compare_numbers;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_compare_without_losing_a_digit() {
        // Each is greater than the one before; those of one line are equal.
        let ascending: [&[&str]; 19] = [
            &["-1.7976931348623157e308"],
            &["-9223372036854775809.0e3"],
            &["-9223372036854775808", "-9223372036854775808.0"],
            &["-9223372036854775807"],
            &["-9007199254740993"],
            &["-9007199254740992", "-9007199254740992.0"],
            &["-1.5"],
            &["-1", "-1.0"],
            &["-0.5"],
            &["0", "0.0", "-0.0", "-0"],
            &["5e-324"],
            &["0.72", "0.720"],
            &["1", "1.0", "10e-1"],
            &["9007199254740992", "9007199254740992.0"],
            &["9007199254740993"],
            &["9223372036854775807"],
            &["9223372036854775808", "9223372036854775808.0"],
            &["18446744073709551615"],
            &["18446744073709551616", "1.8446744073709551616e19"],
        ];
        for (place, line) in ascending.iter().enumerate() {
            for (other_place, other_line) in ascending.iter().enumerate() {
                for (a, b) in line.iter().flat_map(|a| other_line.iter().map(move |b| (a, b))) {
                    assert_eq!(compare_numbers(&number(a), &number(b)), place.cmp(&other_place), "{a} {b}");
                }
            }
        }
        assert_eq!(compare_numbers(&number("18446744073709551615"), &number("1e300")), Ordering::Less);
    }
}
