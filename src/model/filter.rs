//! A filter: one condition on one session attribute, strictly typed.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::Number;

/// One condition on a session attribute. A missing attribute, or one of another JSON type, makes it false without any
/// error.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Filter {
    /// Key of the session attribute, with its namespace (`external.`, `session.`, `contact.`, `browser.`, `referrer.`).
    #[schemars(
        regex(pattern = r"^[a-z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)+$"),
        extend("patternErrorMessage" = "an attribute has a namespace, a dot and a name, such as `external.churn_probability`"),
        example = &"external.churn_probability",
        example = &"session.dwell_time_seconds",
        example = &"contact.is_authenticated"
    )]
    pub attribute_name: String,
    /// How the attribute is compared with `value`. Ordering needs `integer` or `float`; `contains`, `starts_with` and
    /// `ends_with` need `string`; `in` and `not_in` take an array.
    pub operator: Operator,
    /// What the attribute is compared with: of `dataType`, or an array of it for `in` and `not_in`.
    #[schemars(example = 0.72, example = 45, example = true, example = &"en-US")]
    pub value: FilterValue,
    /// JSON type of the attribute, compared strictly: `"0.87"` in quotes is no float. A whole number is a valid float;
    /// `45.0` is no integer.
    pub data_type: DataType,
}

impl Filter {
    /// Whether the contract takes it: an operator that is defined for the dataType, and a value, or an array of values, of it.
    pub fn is_sound(&self) -> bool {
        let Self { attribute_name: _, operator, value, data_type } = self;
        let of_type = |scalar: &Scalar| data_type.admits(scalar);
        let value_fits = match value {
            FilterValue::One(scalar) => !operator.takes_list() && of_type(scalar),
            FilterValue::Many(scalars) => operator.takes_list() && scalars.iter().all(of_type),
        };
        value_fits && operator.applies_to(*data_type)
    }
}

/// JSON type that a filter's attribute and value must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// Any JSON number.
    Float,
    /// A JSON number without fraction or exponent.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A JSON string.
    String,
}

impl DataType {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 4] = [Self::Float, Self::Integer, Self::Boolean, Self::String];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::String => "string",
        }
    }

    /// Whether `scalar` is of this type. No coercion: float takes any JSON number, integer only an integer.
    pub fn admits(self, scalar: &Scalar) -> bool {
        match (self, scalar) {
            (Self::Float, Scalar::Number(_)) | (Self::Boolean, Scalar::Boolean(_)) | (Self::String, Scalar::Text(_)) => true,
            (Self::Integer, Scalar::Number(number)) => !number.is_f64(),
            _ => false,
        }
    }
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The attribute is the value.
    Equals,
    /// The attribute is present, of the type, and not the value.
    NotEquals,
    /// Numbers only.
    GreaterThan,
    /// Numbers only.
    GreaterThanOrEqual,
    /// Numbers only.
    LessThan,
    /// Numbers only.
    LessThanOrEqual,
    /// Strings only.
    Contains,
    /// Strings only.
    NotContains,
    /// Strings only.
    StartsWith,
    /// Strings only.
    EndsWith,
    /// The attribute is one of the values.
    In,
    /// The attribute is none of the values.
    NotIn,
}

impl Operator {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 12] = [
        Self::Equals,
        Self::NotEquals,
        Self::GreaterThan,
        Self::GreaterThanOrEqual,
        Self::LessThan,
        Self::LessThanOrEqual,
        Self::Contains,
        Self::NotContains,
        Self::StartsWith,
        Self::EndsWith,
        Self::In,
        Self::NotIn,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEquals => "not_equals",
            Self::GreaterThan => "greater_than",
            Self::GreaterThanOrEqual => "greater_than_or_equal",
            Self::LessThan => "less_than",
            Self::LessThanOrEqual => "less_than_or_equal",
            Self::Contains => "contains",
            Self::NotContains => "not_contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::In => "in",
            Self::NotIn => "not_in",
        }
    }

    /// Whether the operator is defined for attributes of `data_type`.
    pub fn applies_to(self, data_type: DataType) -> bool {
        match self {
            Self::Equals | Self::NotEquals | Self::In | Self::NotIn => true,
            Self::GreaterThan | Self::GreaterThanOrEqual | Self::LessThan | Self::LessThanOrEqual => {
                matches!(data_type, DataType::Integer | DataType::Float)
            }
            Self::Contains | Self::NotContains | Self::StartsWith | Self::EndsWith => data_type == DataType::String,
        }
    }

    /// Whether the operator compares with an array of values (`in`, `not_in`).
    pub fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a filter compares with: one scalar, or a list of them for `in` and `not_in`.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterValue {
    /// One value.
    One(Scalar),
    /// Several values; their order means nothing.
    Many(Vec<Scalar>),
}

impl FilterValue {
    /// The scalars, one or many.
    pub fn scalars(&self) -> &[Scalar] {
        match self {
            Self::One(scalar) => std::slice::from_ref(scalar),
            Self::Many(scalars) => scalars,
        }
    }
}

/// A JSON scalar. A number keeps whether it was written as an integer, because `integer` and `float` are strict.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// A JSON number.
    Number(Number),
    /// A JSON string.
    Text(String),
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl Serialize for FilterValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(scalar) => scalar.serialize(serializer),
            Self::Many(scalars) => {
                let mut seq = serializer.serialize_seq(Some(scalars.len()))?;
                for scalar in scalars {
                    seq.serialize_element(scalar)?;
                }
                seq.end()
            }
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = FilterValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, a number, a string or an array of them")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<FilterValue, E> {
        Ok(FilterValue::One(Scalar::Boolean(value)))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<FilterValue, E> {
        Ok(FilterValue::One(Scalar::Number(value.into())))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<FilterValue, E> {
        Ok(FilterValue::One(Scalar::Number(value.into())))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<FilterValue, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number must be finite"))?;
        Ok(FilterValue::One(Scalar::Number(number)))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<FilterValue, E> {
        Ok(FilterValue::One(Scalar::Text(value.to_owned())))
    }
    fn visit_string<E: de::Error>(self, value: String) -> Result<FilterValue, E> {
        Ok(FilterValue::One(Scalar::Text(value)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FilterValue, A::Error> {
        let mut scalars = Vec::new();
        while let Some(element) = seq.next_element::<FilterValue>()? {
            match element {
                FilterValue::One(scalar) => scalars.push(scalar),
                FilterValue::Many(_) => return Err(de::Error::custom("an array inside an array is no filter value")),
            }
        }
        Ok(FilterValue::Many(scalars))
    }
}

impl<'de> Deserialize<'de> for FilterValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl JsonSchema for FilterValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FilterValue".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["boolean", "number", "string", "array"],
            "items": { "type": ["boolean", "number", "string"] }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{DataType, FilterValue, Operator, Scalar};

    fn scalar(json: &str) -> Scalar {
        match serde_json::from_str(json).expect("a scalar") {
            FilterValue::One(scalar) => scalar,
            FilterValue::Many(_) => panic!("{json} is a list"),
        }
    }

    #[test]
    fn types_are_strict() {
        let table = [
            ("0.87", [true, false, false, false]),
            ("45", [true, true, false, false]),
            ("45.0", [true, false, false, false]),
            ("-3", [true, true, false, false]),
            ("true", [false, false, true, false]),
            ("\"0.87\"", [false, false, false, true]),
        ];
        for (json, expected) in table {
            assert_eq!(DataType::ALL.map(|data_type| data_type.admits(&scalar(json))), expected, "{json}");
        }
    }

    #[test]
    fn operators_know_their_types() {
        assert!(!Operator::GreaterThan.applies_to(DataType::Boolean));
        assert!(Operator::GreaterThan.applies_to(DataType::Float));
        assert!(!Operator::StartsWith.applies_to(DataType::Integer));
        assert!(Operator::ALL.iter().all(|operator| DataType::ALL.iter().any(|t| operator.applies_to(*t))));
    }

    #[test]
    fn a_value_round_trips_as_it_was_written() {
        for json in ["0.72", "45", "45.0", "true", "\"x\"", "[1,2.5,\"a\"]", "[]", "18446744073709551615"] {
            let value: FilterValue = serde_json::from_str(json).expect(json);
            assert_eq!(serde_json::to_string(&value).expect(json), json);
        }
        assert!(serde_json::from_str::<FilterValue>("[[1]]").is_err());
        assert!(serde_json::from_str::<FilterValue>("null").is_err());
    }
}
