//! One attribute: what each kind of value leaves of the campaigns.

use super::numbers::Numbers;
use super::texts::Texts;
use super::{Bits, Seen, and, clear};
use crate::model::{DataType, Filter, FilterValue, Operator, Scalar};

/// The filters of all campaigns on one attribute.
#[derive(Debug)]
pub(super) struct Slot {
    /// What is left when the attribute is missing, or of a type that no filter takes: the campaigns that do not look at it.
    others: Bits,
    /// What `false` and `true` leave.
    booleans: [Bits; 2],
    numbers: Numbers,
    texts: Texts,
}

impl Slot {
    /// `filters` with the campaign of each.
    pub(super) fn new(filters: &[(usize, &Filter)], possible: &Bits) -> Self {
        let mut others = possible.clone();
        for (campaign, _) in filters {
            clear(&mut others, *campaign);
        }
        let booleans = [false, true].map(|value| {
            keeping(filters, possible, |filter| {
                let is = |scalar: &Scalar| *scalar == Scalar::Boolean(value);
                filter.data_type == DataType::Boolean && equality(filter, is)
            })
        });
        let numbers = Numbers::new(filters, possible);
        let texts = Texts::new(filters, possible);
        Self { others, booleans, numbers, texts }
    }

    /// Keeps the campaigns that this value does not rule out; whether any is left.
    pub(super) fn keep(&self, value: &Seen<'_>, matched: &mut [u64]) -> bool {
        match value {
            Seen::Missing | Seen::Null => and(matched, &self.others),
            Seen::Boolean(value) => and(matched, &self.booleans[usize::from(*value)]),
            Seen::Signed(value) => and(matched, self.numbers.whole(i128::from(*value))),
            Seen::Unsigned(value) => and(matched, self.numbers.whole(i128::from(*value))),
            Seen::Float(value) => and(matched, self.numbers.float(*value)),
            Seen::Text(text) => self.texts.keep(text, matched),
        }
    }
}

/// The campaigns of which every filter holds.
pub(super) fn keeping(filters: &[(usize, &Filter)], possible: &Bits, holds: impl Fn(&Filter) -> bool) -> Bits {
    let mut left = possible.clone();
    for (campaign, filter) in filters {
        if !holds(filter) {
            clear(&mut left, *campaign);
        }
    }
    left
}

/// Whether a filter that asks for equality holds, given which of its values is the attribute's.
pub(super) fn equality(filter: &Filter, is: impl Fn(&Scalar) -> bool) -> bool {
    match (&filter.value, filter.operator) {
        (FilterValue::One(value), Operator::Equals) => is(value),
        (FilterValue::One(value), Operator::NotEquals) => !is(value),
        (FilterValue::Many(values), Operator::In) => values.iter().any(is),
        (FilterValue::Many(values), Operator::NotIn) => !values.iter().any(is),
        _ => false,
    }
}
