//! Filters as conditions on the typed columns of a session.
//!
//! Every attribute has a column for each kind that filters ask for, and at most one of them is not null. A condition is
//! true, false or null; null is not true, and nothing here negates a condition that may be null.

use std::collections::BTreeMap;

use super::Dialect;
use super::number::{Left, Sign, of_floats, of_integers};
use crate::model::{DataType, Filter, FilterValue, Operator, Scalar};

/// A kind of value that an attribute can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An integer as JSON writes it, of 64 bits.
    Whole,
    /// Any other number.
    Float,
    /// Text.
    Text,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Whole, Self::Float, Self::Text, Self::Boolean];

    /// The column of an attribute's values of this kind.
    pub(super) fn column(self, attribute: usize) -> String {
        let kind = match self {
            Self::Whole => "whole",
            Self::Float => "float",
            Self::Text => "text",
            Self::Boolean => "boolean",
        };
        format!("{kind}_{attribute}")
    }

    fn of(data_type: DataType) -> &'static [Self] {
        match data_type {
            DataType::Float => &[Self::Whole, Self::Float],
            DataType::Integer => &[Self::Whole],
            DataType::Boolean => &[Self::Boolean],
            DataType::String => &[Self::Text],
        }
    }
}

/// An attribute that filters look at.
#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    /// The kinds that they ask for.
    pub(super) kinds: Vec<Kind>,
}

/// The attributes that filters look at, by name.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    places: BTreeMap<&'a str, usize>,
    all: Vec<Attribute<'a>>,
}

impl<'a> Attributes<'a> {
    /// All of them, by their place.
    pub(super) fn all(&self) -> &[Attribute<'a>] {
        &self.all
    }

    fn ask(&mut self, name: &'a str, kinds: &[Kind]) -> usize {
        let place = *self.places.entry(name).or_insert_with(|| {
            self.all.push(Attribute { name, kinds: Vec::new() });
            self.all.len() - 1
        });
        for kind in kinds {
            if !self.all[place].kinds.contains(kind) {
                self.all[place].kinds.push(*kind);
            }
        }
        place
    }
}

/// When all filters hold; none hold always.
pub(super) fn of_filters<'a>(filters: &'a [Filter], attributes: &mut Attributes<'a>, dialect: Dialect) -> String {
    let mut conditions: Vec<String> = filters.iter().map(|filter| of_filter(filter, attributes, dialect)).collect();
    conditions.dedup();
    match &conditions[..] {
        [] => "TRUE".to_owned(),
        conditions if conditions.iter().any(|condition| condition == "FALSE") => "FALSE".to_owned(),
        conditions => conditions.join(" AND "),
    }
}

/// When a filter holds. One that the contract refuses never does.
fn of_filter<'a>(filter: &'a Filter, attributes: &mut Attributes<'a>, dialect: Dialect) -> String {
    let Filter { attribute_name, operator, value, data_type } = filter;
    if !filter.is_sound() {
        return "FALSE".to_owned();
    }
    let kinds = Kind::of(*data_type);
    let place = attributes.ask(attribute_name, kinds);
    let conditions = kinds.iter().map(|kind| {
        let column = kind.column(place);
        match kind {
            Kind::Whole => of_numbers(&column, *operator, value, of_integers, |whole| cast(&whole.to_string(), dialect.whole())),
            Kind::Float => of_numbers(&column, *operator, value, of_floats, |float| float_literal(float, dialect)),
            Kind::Text => of_text(&column, *operator, value, dialect),
            Kind::Boolean => of_booleans(&column, *operator, value),
        }
    });
    let mut possible: Vec<String> = conditions.flatten().collect();
    match (possible.pop(), possible.pop()) {
        (None, _) => "FALSE".to_owned(),
        (Some(only), None) => only,
        (Some(second), Some(first)) => format!("({first} OR {second})"),
    }
}

fn cast(number: &str, name: &str) -> String {
    format!("CAST('{number}' AS {name})")
}

/// The shortest text that is this float; -0 is 0 wherever floats are compared.
fn float_literal(float: f64, dialect: Dialect) -> String {
    let float = if float == 0.0 { 0.0 } else { float };
    cast(&format!("{float:?}"), dialect.float())
}

/// What is left of numbers of one kind; `None` where nothing is.
fn of_numbers<T>(
    column: &str,
    operator: Operator,
    value: &FilterValue,
    left: fn(Sign, &serde_json::Number) -> Left<T>,
    literal: impl Fn(T) -> String,
) -> Option<String> {
    let number = |scalar: &Scalar| match scalar {
        Scalar::Number(number) => Some(number.clone()),
        Scalar::Boolean(_) | Scalar::Text(_) => None,
    };
    match value {
        FilterValue::One(value) => match left(Sign::of(operator)?, &number(value)?) {
            Left::None => None,
            Left::All => Some(format!("{column} IS NOT NULL")),
            Left::Those(sign, value) => Some(format!("{column} {} {}", sign.as_str(), literal(value))),
        },
        FilterValue::Many(values) => {
            let equal = values.iter().filter_map(number).filter_map(|value| match left(Sign::Equal, &value) {
                Left::Those(Sign::Equal, value) => Some(literal(value)),
                _ => None,
            });
            one_of(column, operator, equal.collect())
        }
    }
}

/// `in` and `not_in`.
fn one_of(column: &str, operator: Operator, mut literals: Vec<String>) -> Option<String> {
    literals.sort();
    literals.dedup();
    match (operator, literals.is_empty()) {
        (Operator::In, false) => Some(format!("{column} IN ({})", literals.join(", "))),
        (Operator::NotIn, true) => Some(format!("{column} IS NOT NULL")),
        (Operator::NotIn, false) => Some(format!("({column} IS NOT NULL AND {column} NOT IN ({}))", literals.join(", "))),
        _ => None,
    }
}

fn of_text(column: &str, operator: Operator, value: &FilterValue, dialect: Dialect) -> Option<String> {
    let text = |scalar: &Scalar| match scalar {
        Scalar::Text(text) => Some(dialect.literal(text)),
        Scalar::Boolean(_) | Scalar::Number(_) => None,
    };
    let value = match value {
        FilterValue::Many(values) => return one_of(column, operator, values.iter().filter_map(text).collect()),
        FilterValue::One(value) => text(value)?,
    };
    // What engines say of the empty text differs; it is in every text, at the start and at the end.
    let is_part = matches!(operator, Operator::Contains | Operator::StartsWith | Operator::EndsWith);
    if value == "''" && is_part {
        return Some(format!("{column} IS NOT NULL"));
    }
    match operator {
        Operator::Equals => Some(format!("{column} = {value}")),
        Operator::NotEquals => Some(format!("{column} <> {value}")),
        Operator::Contains => Some(dialect.contains(column, &value)),
        Operator::NotContains if value == "''" => None,
        Operator::NotContains => Some(format!("NOT ({})", dialect.contains(column, &value))),
        Operator::StartsWith => Some(dialect.starts_with(column, &value)),
        Operator::EndsWith => Some(dialect.ends_with(column, &value)),
        Operator::GreaterThan
        | Operator::GreaterThanOrEqual
        | Operator::LessThan
        | Operator::LessThanOrEqual
        | Operator::In
        | Operator::NotIn => None,
    }
}

fn of_booleans(column: &str, operator: Operator, value: &FilterValue) -> Option<String> {
    let is = |wanted: bool| value.scalars().contains(&Scalar::Boolean(wanted));
    let holds = |attribute: bool| match operator {
        Operator::Equals | Operator::In => is(attribute),
        Operator::NotEquals | Operator::NotIn => !is(attribute),
        _ => false,
    };
    match (holds(true), holds(false)) {
        (true, true) => Some(format!("{column} IS NOT NULL")),
        (true, false) => Some(format!("{column} = TRUE")),
        (false, true) => Some(format!("{column} = FALSE")),
        (false, false) => None,
    }
}
