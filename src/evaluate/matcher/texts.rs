//! Text: what each text that filters name leaves, what every other leaves, and the tests of what a text contains.

use std::collections::{BTreeSet, HashMap};

use super::slot::{equality, keeping};
use super::{Bits, and, empty, set};
use crate::model::{DataType, Filter, Operator, Scalar};

#[derive(Debug)]
pub(super) struct Texts {
    /// What a text leaves that a filter names, before it is asked what it contains.
    named: HashMap<String, Bits>,
    /// What any other leaves.
    other: Bits,
    /// `contains` and its like, each once.
    parts: Vec<Part>,
}

/// One test of what a text contains.
#[derive(Debug)]
struct Part {
    operator: Operator,
    text: String,
    /// The campaigns that ask for it.
    asked_by: Bits,
}

impl Texts {
    pub(super) fn new(filters: &[(usize, &Filter)], possible: &Bits) -> Self {
        let leaves = |text: Option<&str>| {
            keeping(filters, possible, |filter| {
                let is = |value: &Scalar| matches!((value, text), (Scalar::Text(value), Some(text)) if value == text);
                filter.data_type == DataType::String && (looks_inside(filter.operator) || equality(filter, is))
            })
        };
        let whole = filters.iter().filter(|(_, filter)| !looks_inside(filter.operator));
        let texts: BTreeSet<&str> = whole.flat_map(|(_, filter)| filter.value.scalars()).filter_map(text).collect();
        let named = texts.into_iter().map(|text| (text.to_owned(), leaves(Some(text)))).collect();
        let mut parts: Vec<Part> = Vec::new();
        for (campaign, filter) in filters.iter().filter(|(_, filter)| looks_inside(filter.operator)) {
            let Some(wanted) = filter.value.scalars().first().and_then(text) else { continue };
            let known = parts.iter().position(|part| part.operator == filter.operator && part.text == wanted);
            let place = known.unwrap_or_else(|| {
                parts.push(Part { operator: filter.operator, text: wanted.to_owned(), asked_by: empty(possible.len()) });
                parts.len() - 1
            });
            set(&mut parts[place].asked_by, *campaign);
        }
        Self { named, other: leaves(None), parts }
    }

    pub(super) fn keep(&self, text: &str, matched: &mut [u64]) -> bool {
        let mut left = and(matched, if self.named.is_empty() { &self.other } else { self.named.get(text).unwrap_or(&self.other) });
        for part in &self.parts {
            if !left {
                break;
            }
            let is_asked = matched.iter().zip(&part.asked_by).any(|(left, asked)| left & asked != 0);
            if is_asked && !part.holds(text) {
                left = false;
                for (word, asked) in matched.iter_mut().zip(&part.asked_by) {
                    *word &= !asked;
                    left |= *word != 0;
                }
            }
        }
        left
    }
}

impl Part {
    fn holds(&self, text: &str) -> bool {
        let Self { operator, text: part, asked_by: _ } = self;
        let part = part.as_str();
        match operator {
            Operator::Contains => text.contains(part),
            Operator::NotContains => !text.contains(part),
            Operator::StartsWith => text.starts_with(part),
            Operator::EndsWith => text.ends_with(part),
            _ => false,
        }
    }
}

fn looks_inside(operator: Operator) -> bool {
    matches!(operator, Operator::Contains | Operator::NotContains | Operator::StartsWith | Operator::EndsWith)
}

fn text(scalar: &Scalar) -> Option<&str> {
    match scalar {
        Scalar::Text(text) => Some(text),
        Scalar::Boolean(_) | Scalar::Number(_) => None,
    }
}
