//! The values of one attribute for which filters hold: a part for each JSON type, as types never mix.

use std::collections::BTreeSet;

use serde_json::Number;

use super::integers::{Integers, float_at, float_key, largest_float};
use super::strings::{Member, Texts};
use crate::evaluate::{check, compare_numbers};
use crate::model::{AttributeValue, DataType, Filter, FilterValue, Operator, Scalar};

/// Values of an attribute. An attribute that is missing or null satisfies no filter, so neither is ever a member.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeSet {
    booleans: BTreeSet<bool>,
    /// Numbers that are written as integers.
    integers: Integers,
    /// Numbers that are written with a fraction or exponent, by [`float_key`].
    floats: Integers,
    texts: Option<Texts>,
    /// Numbers of the filters: examples near them read well.
    landmarks: Vec<Number>,
}

/// How much of its type a set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Every value of the type.
    Every,
    /// Every number that is not negative: all that a count or a duration can be.
    NotNegative,
    /// Less than that.
    Some,
}

/// Whether an attribute has a value for which everything holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Inhabitant {
    /// This one.
    Is(AttributeValue),
    /// None, certainly.
    None,
    /// It could not be decided.
    Unknown,
}

/// Smallest and largest number that JSON integers are read as: 64 bits, signed or not.
const INTEGERS: (i128, i128) = (i64::MIN as i128, u64::MAX as i128);

impl AttributeSet {
    /// The values for which one filter holds.
    pub fn of(filter: &Filter) -> Self {
        let Filter { attribute_name: _, operator, value, data_type } = filter;
        let mut set =
            Self { booleans: BTreeSet::new(), integers: Integers::none(), floats: Integers::none(), texts: None, landmarks: Vec::new() };
        // A filter that the contract refuses holds for nothing.
        if !filter.is_sound() {
            return set;
        }
        match data_type {
            DataType::Boolean => {
                let holds = |value: &bool| check(filter, Some(&AttributeValue::Scalar(Scalar::Boolean(*value)))).passed();
                set.booleans = [false, true].into_iter().filter(holds).collect();
            }
            DataType::String => set.texts = texts(*operator, value),
            DataType::Integer | DataType::Float => {
                set.landmarks = value.scalars().iter().filter_map(as_number).cloned().collect();
                set.integers = numbers(*operator, value, INTEGERS, &integer_bounds);
                if *data_type == DataType::Float {
                    let all = (-largest_float(), largest_float());
                    set.floats = numbers(*operator, value, all, &float_bounds);
                }
            }
        }
        set
    }

    /// The values for which both hold.
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            booleans: self.booleans.intersection(&other.booleans).copied().collect(),
            integers: self.integers.intersect(&other.integers),
            floats: self.floats.intersect(&other.floats),
            texts: match (&self.texts, &other.texts) {
                (Some(a), Some(b)) => Some(a.intersect(b)),
                _ => None,
            },
            landmarks: self.landmarks.iter().chain(&other.landmarks).cloned().collect(),
        }
    }

    /// A member that reads well.
    pub(super) fn inhabitant(&self) -> Inhabitant {
        let scalar = |scalar| Inhabitant::Is(AttributeValue::Scalar(scalar));
        if let Some(boolean) = self.booleans.last() {
            return scalar(Scalar::Boolean(*boolean));
        }
        if let Some(integer) = self.integers.example(self.integers_nearby())
            && let Some(number) = integer_number(integer)
        {
            return scalar(Scalar::Number(number));
        }
        if let Some(float) = self.floats.example(self.floats_nearby())
            && let Some(number) = Number::from_f64(float_at(float))
        {
            return scalar(Scalar::Number(number));
        }
        match self.texts.as_ref().map(Texts::example) {
            None | Some(Member::None) => Inhabitant::None,
            Some(Member::Is(text)) => scalar(Scalar::Text(text)),
            Some(Member::Unknown) => Inhabitant::Unknown,
        }
    }

    /// Whole numbers at and beside the filters' own, and the smallest that are not negative.
    fn integers_nearby(&self) -> Vec<i128> {
        let near = self.landmarks.iter().filter_map(|number| {
            #[allow(clippy::cast_possible_truncation, reason = "only a suggestion, which is checked")]
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_f64().map(|float| float as i128))?;
            Some([whole, whole.saturating_add(1), whole.saturating_sub(1)])
        });
        near.flatten().chain([0, 1]).collect()
    }

    /// Floats at and near the filters' own: a hundredth off reads better than the very next one.
    fn floats_nearby(&self) -> Vec<i128> {
        let numbers = self.landmarks.iter().filter_map(Number::as_f64);
        let near = numbers.clone().flat_map(|float| [float, float + 0.01, float - 0.01, float + 1.0, float - 1.0]);
        let between = numbers.clone().zip(numbers.skip(1)).map(|(a, b)| f64::midpoint(a, b));
        near.chain(between).filter(|float| float.is_finite()).map(float_key).collect()
    }

    /// Whether every member is in `other`; `None` where that could not be decided.
    pub(super) fn is_within(&self, other: &Self) -> Option<bool> {
        let numbers = self.integers.is_within(&other.integers) && self.floats.is_within(&other.floats);
        if !numbers || !self.booleans.is_subset(&other.booleans) {
            return Some(false);
        }
        match (&self.texts, &other.texts) {
            (None, _) => Some(true),
            (Some(own), None) => match own.example() {
                Member::Is(_) => Some(false),
                Member::None => Some(true),
                Member::Unknown => None,
            },
            (Some(own), Some(other)) => own.is_within(other),
        }
    }

    /// Which values of its type the set has, where it leaves out none that a session is likely to send.
    pub fn reach(&self) -> Reach {
        let low = |set: &Integers, zero: i128, low: i128, high: i128| {
            let from = |from: i128| Integers::between(from, high).is_within(set);
            if from(low) { Some(Reach::Every) } else { from(zero).then_some(Reach::NotNegative) }
        };
        if self.booleans.len() == 2 || self.texts.as_ref().is_some_and(Texts::is_every) {
            return Reach::Every;
        }
        let integers = low(&self.integers, 0, INTEGERS.0, INTEGERS.1);
        match (integers, &self.floats) {
            (None, _) => Reach::Some,
            (Some(integers), floats) if floats.first().is_none() => integers,
            (Some(integers), floats) => {
                low(floats, float_key(0.0), -largest_float(), largest_float()).map_or(Reach::Some, |floats| integers.max(floats))
            }
        }
    }

    /// The texts that are the only possible members, where the set is such a list and nothing else.
    pub fn only_texts(&self) -> Option<&BTreeSet<String>> {
        self.texts.as_ref()?.named.as_ref()
    }
}

fn as_number(scalar: &Scalar) -> Option<&Number> {
    match scalar {
        Scalar::Number(number) => Some(number),
        Scalar::Boolean(_) | Scalar::Text(_) => None,
    }
}

fn integer_number(integer: i128) -> Option<Number> {
    i64::try_from(integer).map(Number::from).or_else(|_| u64::try_from(integer).map(Number::from)).ok()
}

/// For one number: the largest member of an ordered domain at or below it, and the smallest at or above it.
type Bounds<'a> = &'a dyn Fn(&Number) -> (i128, i128);

/// First and last place of an interval.
type Interval = (i128, i128);

/// The numbers of one domain for which `operator value` holds. `bounds` places a number in the domain.
fn numbers(operator: Operator, value: &FilterValue, domain: Interval, bounds: Bounds<'_>) -> Integers {
    let (low, high) = domain;
    let all = Integers::between(low, high);
    // A number that is itself in the domain is its own floor and ceiling.
    let exact = || -> BTreeSet<i128> {
        let places = value.scalars().iter().filter_map(as_number).map(bounds);
        places.filter(|(floor, ceiling)| floor == ceiling).map(|(floor, _)| floor).collect()
    };
    let one = || match value.scalars() {
        [Scalar::Number(number)] => Some(bounds(number)),
        _ => None,
    };
    let ordered = |interval: fn(Interval, Interval) -> Interval| match one() {
        Some(place) => {
            let (from, to) = interval(place, domain);
            Integers::between(from.max(low), to.min(high))
        }
        None => Integers::none(),
    };
    match operator {
        Operator::Equals | Operator::In => all.only(exact()),
        Operator::NotEquals | Operator::NotIn => all.without(exact()),
        Operator::GreaterThan => ordered(|(floor, _), (_, high)| (floor.saturating_add(1), high)),
        Operator::GreaterThanOrEqual => ordered(|(_, ceiling), (_, high)| (ceiling, high)),
        Operator::LessThan => ordered(|(_, ceiling), (low, _)| (low, ceiling.saturating_sub(1))),
        Operator::LessThanOrEqual => ordered(|(floor, _), (low, _)| (low, floor)),
        Operator::Contains | Operator::NotContains | Operator::StartsWith | Operator::EndsWith => Integers::none(),
    }
}

/// Floor and ceiling of a number among whole numbers.
fn integer_bounds(number: &Number) -> (i128, i128) {
    if let Some(whole) = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) {
        return (whole, whole);
    }
    let float = number.as_f64().unwrap_or_default();
    // Beyond 64 bits every float is out of the domain, on the side that the clamped cast keeps.
    #[allow(clippy::cast_possible_truncation, reason = "clamped to 128 bits, beyond the domain")]
    let whole = |float: f64| float as i128;
    (whole(float.floor()), whole(float.ceil()))
}

/// Floor and ceiling of a number among floats, by key. A whole number of more than 53 bits lies between two floats.
fn float_bounds(number: &Number) -> (i128, i128) {
    let nearest = number.as_f64().unwrap_or_default();
    let key = float_key(nearest);
    let Some(as_float) = Number::from_f64(nearest) else { return (key, key) };
    match compare_numbers(&as_float, number) {
        std::cmp::Ordering::Equal => (key, key),
        std::cmp::Ordering::Less => (key, key + 1),
        std::cmp::Ordering::Greater => (key - 1, key),
    }
}

/// The texts for which `operator value` holds.
fn texts(operator: Operator, value: &FilterValue) -> Option<Texts> {
    let all = || -> Option<BTreeSet<String>> {
        let text = |scalar: &Scalar| match scalar {
            Scalar::Text(text) => Some(text.clone()),
            Scalar::Boolean(_) | Scalar::Number(_) => None,
        };
        value.scalars().iter().map(text).collect()
    };
    let values = all()?;
    let many = matches!(value, FilterValue::Many(_));
    if many != operator.takes_list() {
        return None;
    }
    let mut texts = Texts::default();
    match operator {
        Operator::Equals | Operator::In => texts.named = Some(values),
        Operator::NotEquals | Operator::NotIn => texts.left_out = values,
        Operator::Contains => texts.contains = values,
        Operator::NotContains => texts.lacks = values,
        Operator::StartsWith => texts.begins = values,
        Operator::EndsWith => texts.ends = values,
        Operator::GreaterThan | Operator::GreaterThanOrEqual | Operator::LessThan | Operator::LessThanOrEqual => return None,
    }
    Some(texts)
}
