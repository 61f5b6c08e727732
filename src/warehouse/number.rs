//! Comparing with a number: exact, though the engine would round an integer to a float to compare the two.
//!
//! An attribute is an integer of 64 bits, or a float. Against an integer the filter's value is made the integer that leaves the
//! same integers; against a float it is made the float that leaves the same floats. So an engine never compares the one with
//! the other.

use serde_json::Number;

use crate::model::Operator;

/// What is left of a comparison for attributes of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Left<T> {
    /// No attribute holds.
    None,
    /// Every attribute holds.
    All,
    /// Those that compare so with a value of their own kind.
    Those(Sign, T),
}

/// A comparison as SQL writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Equal,
    Other,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

impl Sign {
    /// That of an operator which compares with one value.
    pub(super) fn of(operator: Operator) -> Option<Self> {
        match operator {
            Operator::Equals => Some(Self::Equal),
            Operator::NotEquals => Some(Self::Other),
            Operator::GreaterThan => Some(Self::Greater),
            Operator::GreaterThanOrEqual => Some(Self::AtLeast),
            Operator::LessThan => Some(Self::Less),
            Operator::LessThanOrEqual => Some(Self::AtMost),
            Operator::Contains | Operator::NotContains | Operator::StartsWith | Operator::EndsWith | Operator::In | Operator::NotIn => None,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Other => "<>",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        }
    }
}

/// Farther from zero than any integer that an attribute can be.
const BEYOND: f64 = 36_893_488_147_419_103_232.0;

/// What is left of integers.
pub(super) fn of_integers(sign: Sign, value: &Number) -> Left<i128> {
    let float = match exact(value) {
        Ok(whole) => return Left::Those(sign, whole),
        Err(float) => float,
    };
    // Within ±2^65 every float without a fraction is an integer of 128 bits.
    #[allow(clippy::cast_possible_truncation, reason = "it has no fraction and is within the range")]
    let whole = |float: f64| float.clamp(-BEYOND, BEYOND) as i128;
    let (below, above) = (whole(float.floor()), whole(float.ceil()));
    match sign {
        Sign::Equal | Sign::Other if below == above => Left::Those(sign, below),
        Sign::Equal => Left::None,
        Sign::Other => Left::All,
        Sign::Greater | Sign::AtMost => Left::Those(sign, below),
        Sign::AtLeast | Sign::Less => Left::Those(sign, above),
    }
}

/// What is left of floats.
pub(super) fn of_floats(sign: Sign, value: &Number) -> Left<f64> {
    let whole = match exact(value) {
        Ok(whole) => whole,
        Err(float) => return Left::Those(sign, float),
    };
    let (below, above) = around(whole);
    match sign {
        _ if below.to_bits() == above.to_bits() => Left::Those(sign, below),
        Sign::Equal => Left::None,
        Sign::Other => Left::All,
        Sign::Greater | Sign::AtLeast => Left::Those(Sign::AtLeast, above),
        Sign::Less | Sign::AtMost => Left::Those(Sign::AtMost, below),
    }
}

/// The number as it is kept: an integer of 64 bits, or a float.
fn exact(number: &Number) -> Result<i128, f64> {
    match (number.as_i64(), number.as_u64()) {
        (Some(small), _) => Ok(i128::from(small)),
        (None, Some(large)) => Ok(i128::from(large)),
        (None, None) => Err(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// The greatest float that is not above the integer, and the least that is not below it.
fn around(whole: i128) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss, reason = "what is lost is made good below")]
    let near = whole as f64;
    #[allow(clippy::cast_possible_truncation, reason = "the float of an integer is one")]
    let back = near as i128;
    match back.cmp(&whole) {
        std::cmp::Ordering::Equal => (near, near),
        std::cmp::Ordering::Less => (near, near.next_up()),
        std::cmp::Ordering::Greater => (near.next_down(), near),
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;
    use serde_json::{Number, json};

    use super::{Left, Sign, of_floats, of_integers};
    use crate::evaluate::compare_numbers;

    const SIGNS: [Sign; 6] = [Sign::Equal, Sign::Other, Sign::Greater, Sign::AtLeast, Sign::Less, Sign::AtMost];

    fn holds(sign: Sign, order: Ordering) -> bool {
        match sign {
            Sign::Equal => order.is_eq(),
            Sign::Other => order.is_ne(),
            Sign::Greater => order.is_gt(),
            Sign::AtLeast => order.is_ge(),
            Sign::Less => order.is_lt(),
            Sign::AtMost => order.is_le(),
        }
    }

    fn left<T: PartialOrd>(left: Left<T>, attribute: &T) -> bool {
        match left {
            Left::None => false,
            Left::All => true,
            Left::Those(sign, value) => holds(sign, attribute.partial_cmp(&value).unwrap()),
        }
    }

    fn number() -> impl Strategy<Value = Number> {
        let near = (any::<i64>(), -3..4_i8, any::<bool>()).prop_map(|(seed, step, float)| {
            let edges = [0_i128, 1 << 53, -(1 << 53), i128::from(i64::MAX), i128::from(i64::MIN), i128::from(u64::MAX), i128::from(seed)];
            let whole = edges[seed.unsigned_abs() as usize % edges.len()] + i128::from(step);
            #[allow(clippy::cast_precision_loss, reason = "any float will do")]
            let rounded = Number::from_f64(whole as f64 + f64::from(step) / 4.0).unwrap();
            match (float, i64::try_from(whole), u64::try_from(whole)) {
                (false, Ok(small), _) => small.into(),
                (false, _, Ok(large)) => large.into(),
                _ => rounded,
            }
        });
        prop_oneof![near, any::<f64>().prop_filter_map("JSON has no others", Number::from_f64), any::<i64>().prop_map(Number::from)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

        #[test]
        fn what_is_left_is_what_an_exact_comparison_leaves(attribute in number(), value in number()) {
            for sign in SIGNS {
                let expected = holds(sign, compare_numbers(&attribute, &value));
                let found = match super::exact(&attribute) {
                    Ok(whole) => left(of_integers(sign, &value), &whole),
                    Err(float) => left(of_floats(sign, &value), &float),
                };
                prop_assert_eq!(found, expected, "{} {:?} {}", attribute, sign, value);
            }
        }
    }

    #[test]
    fn a_fraction_moves_to_the_integers_beside_it() {
        let number = |value: serde_json::Value| value.as_number().unwrap().clone();
        assert_eq!(of_integers(Sign::Greater, &number(json!(0.72))), Left::Those(Sign::Greater, 0));
        assert_eq!(of_integers(Sign::Less, &number(json!(-0.5))), Left::Those(Sign::Less, 0));
        assert_eq!(of_integers(Sign::Equal, &number(json!(1.5))), Left::None);
        assert_eq!(
            of_floats(Sign::Greater, &number(json!(9_007_199_254_740_993_u64))),
            Left::Those(Sign::AtLeast, 9_007_199_254_740_994.0)
        );
    }
}
