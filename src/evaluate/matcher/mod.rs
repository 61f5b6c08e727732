//! Which of many campaigns match a session, without asking them one by one.
//!
//! Filters look at few attributes, and of each attribute only a few kinds of values differ for them: the values that filters
//! name, and what lies between. For each such kind it is worked out once which campaigns no filter on the attribute rules
//! out. A session then costs one look-up and one AND of bit sets an attribute, whether there are twenty campaigns or a
//! thousand. The answers are those of [`check`](super::check).

mod numbers;
mod slot;
mod texts;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Number;

use crate::model::{AttributeValue, Filter, JsonType, Scalar};
use slot::Slot;

/// Campaigns in a form in which all are asked at once. Each campaign is a bit, in the order in which they were given.
#[derive(Debug)]
pub struct Matcher {
    slots: Vec<Slot>,
    places: BTreeMap<String, usize>,
    /// The campaigns that something can match.
    possible: Bits,
}

/// A set of campaigns.
type Bits = Box<[u64]>;

/// The value of one attribute in one session.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Seen<'a> {
    /// The session does not have it.
    #[default]
    Missing,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A negative integer, or one that fits in 63 bits.
    Signed(i64),
    /// An integer that needs 64 bits.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Cow<'a, str>),
}

impl<'a> Seen<'a> {
    /// A value of the model.
    pub fn of(value: Option<&'a AttributeValue>) -> Self {
        match value {
            None => Self::Missing,
            Some(AttributeValue::Null) => Self::Null,
            Some(AttributeValue::Scalar(Scalar::Boolean(value))) => Self::Boolean(*value),
            Some(AttributeValue::Scalar(Scalar::Text(text))) => Self::Text(Cow::Borrowed(text)),
            Some(AttributeValue::Scalar(Scalar::Number(number))) => match (number.as_i64(), number.as_u64()) {
                (Some(small), _) => Self::Signed(small),
                (None, Some(large)) => Self::Unsigned(large),
                (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
        }
    }

    /// As a value of the model.
    pub fn to_value(&self) -> Option<AttributeValue> {
        let number = |number: Number| AttributeValue::Scalar(Scalar::Number(number));
        Some(match self {
            Self::Missing => return None,
            Self::Null => AttributeValue::Null,
            Self::Boolean(value) => AttributeValue::Scalar(Scalar::Boolean(*value)),
            Self::Signed(value) => number((*value).into()),
            Self::Unsigned(value) => number((*value).into()),
            Self::Float(value) => number(Number::from_f64(*value)?),
            Self::Text(text) => AttributeValue::Scalar(Scalar::Text(text.clone().into_owned())),
        })
    }

    /// The JSON type; `None` for an attribute that the session does not have.
    pub fn json_type(&self) -> Option<JsonType> {
        Some(match self {
            Self::Missing => return None,
            Self::Null => JsonType::Null,
            Self::Boolean(_) => JsonType::Boolean,
            Self::Signed(_) | Self::Unsigned(_) => JsonType::Integer,
            Self::Float(_) => JsonType::Float,
            Self::Text(_) => JsonType::String,
        })
    }
}

impl Matcher {
    /// The filters of each campaign; `None` is one that matches nothing.
    pub fn new<'a>(campaigns: impl IntoIterator<Item = Option<&'a [Filter]>>) -> Self {
        let campaigns: Vec<Option<&[Filter]>> = campaigns.into_iter().collect();
        let words = campaigns.len().div_ceil(u64::BITS as usize);
        let mut possible = empty(words);
        let mut by_attribute: BTreeMap<&str, Vec<(usize, &Filter)>> = BTreeMap::new();
        for (bit, filters) in campaigns.iter().enumerate() {
            // A filter that the contract refuses holds for nothing.
            let Some(filters) = filters.filter(|filters| filters.iter().all(Filter::is_sound)) else { continue };
            set(&mut possible, bit);
            for filter in filters {
                by_attribute.entry(&filter.attribute_name).or_default().push((bit, filter));
            }
        }
        let slots = by_attribute.values().map(|filters| Slot::new(filters, &possible)).collect();
        let places = by_attribute.keys().enumerate().map(|(place, name)| ((*name).to_owned(), place)).collect();
        Self { slots, places, possible }
    }

    /// How many attributes the filters look at.
    pub fn attributes(&self) -> usize {
        self.slots.len()
    }

    /// The attributes, in the order of their places.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The place of an attribute in the rows that [`Matcher::matches`] takes.
    pub fn place(&self, attribute: &str) -> Option<usize> {
        self.places.get(attribute).copied()
    }

    /// Words of a set of campaigns.
    pub fn words(&self) -> usize {
        self.possible.len()
    }

    /// Writes the set of campaigns that match into `matched`; whether there is one. `row` has a value for each place.
    pub fn matches(&self, row: &[Seen<'_>], matched: &mut [u64]) -> bool {
        matched.copy_from_slice(&self.possible);
        for (slot, value) in self.slots.iter().zip(row) {
            if !slot.keep(value, matched) {
                return false;
            }
        }
        matched.iter().any(|word| *word != 0)
    }
}

fn empty(words: usize) -> Bits {
    vec![0; words].into_boxed_slice()
}

fn set(bits: &mut [u64], bit: usize) {
    bits[bit / 64] |= 1 << (bit % 64);
}

fn clear(bits: &mut [u64], bit: usize) {
    bits[bit / 64] &= !(1 << (bit % 64));
}

/// Keeps what is in both; whether anything is left.
fn and(bits: &mut [u64], other: &[u64]) -> bool {
    let mut left = 0;
    for (word, other) in bits.iter_mut().zip(other) {
        *word &= other;
        left |= *word;
    }
    left != 0
}
