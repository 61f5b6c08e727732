//! Numbers: the values that filters name cut the line into points and the stretches between them, and each of these leaves
//! the same campaigns wherever in it a number is.

use std::cmp::Ordering;

use super::Bits;
use super::slot::{equality, keeping};
use crate::evaluate::operator::{Exact, holds_in_order};
use crate::model::{DataType, Filter, FilterValue, Scalar};

#[derive(Debug)]
pub(super) struct Numbers {
    /// The points, ascending.
    points: Vec<Exact>,
    /// What an integer leaves in each part: before the first point, on it, between it and the second, …
    whole: Vec<Bits>,
    /// What any other number leaves.
    float: Vec<Bits>,
}

impl Numbers {
    pub(super) fn new(filters: &[(usize, &Filter)], possible: &Bits) -> Self {
        let named = filters.iter().flat_map(|(_, filter)| filter.value.scalars()).filter_map(exact);
        let mut points: Vec<Exact> = named.collect();
        points.sort_by(|a, b| a.compare(*b));
        points.dedup_by(|a, b| a.compare(*b).is_eq());
        let parts = |takes: fn(DataType) -> bool| {
            (0..=2 * points.len())
                .map(|part| keeping(filters, possible, |filter| takes(filter.data_type) && holds(filter, part, &points)))
                .collect()
        };
        Self {
            whole: parts(|data_type| matches!(data_type, DataType::Integer | DataType::Float)),
            float: parts(|data_type| data_type == DataType::Float),
            points,
        }
    }

    pub(super) fn whole(&self, value: i128) -> &Bits {
        &self.whole[self.part(Exact::Whole(value))]
    }

    pub(super) fn float(&self, value: f64) -> &Bits {
        &self.float[self.part(Exact::Float(value))]
    }

    fn part(&self, value: Exact) -> usize {
        match self.points.binary_search_by(|point| point.compare(value)) {
            Ok(point) => 2 * point + 1,
            Err(before) => 2 * before,
        }
    }
}

fn exact(scalar: &Scalar) -> Option<Exact> {
    match scalar {
        Scalar::Number(number) => Some(Exact::of(number)),
        Scalar::Boolean(_) | Scalar::Text(_) => None,
    }
}

/// Whether the filter holds for the numbers of this part.
fn holds(filter: &Filter, part: usize, points: &[Exact]) -> bool {
    // How a number of this part compares with a value that a filter names.
    let order = |value: &Scalar| {
        let point = exact(value).and_then(|value| points.binary_search_by(|point| point.compare(value)).ok());
        point.map(|point| part.cmp(&(2 * point + 1)))
    };
    match &filter.value {
        FilterValue::One(value) => order(value).is_some_and(|order| holds_in_order(filter.operator, order)),
        FilterValue::Many(_) => equality(filter, |value| order(value) == Some(Ordering::Equal)),
    }
}
