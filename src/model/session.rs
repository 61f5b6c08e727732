//! A session: what is known about one contact at one moment, as it is submitted for a decision.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::{DataType, Scalar};

/// One contact session that a campaign decides about. It is read and written in the form of the wire ([`TriggerRequest`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "TriggerRequest", into = "TriggerRequest")]
pub struct Session {
    /// Who the contact is; the prefix `ext:` marks an identifier of another system. Suppression follows this id.
    pub contact_id: String,
    /// Where the contact is, e.g. `webchat:primary_embed`. No rule looks at it.
    pub channel_id: String,
    /// What the filters look at: attributeName to value. A key that is sent twice has its last value.
    pub attributes: BTreeMap<String, AttributeValue>,
    /// When the sender says it happened. No rule looks at it: the clock of the one who decides counts, or a sender could
    /// end a suppression.
    pub timestamp: Option<Timestamp>,
    /// Names one request: repeated within 24 hours it gets the same decision again and counts once.
    pub request_id: Option<String>,
    /// Carried through to later events of the conversation; no rule looks at it.
    pub correlation_id: Option<String>,
}

/// A session as it is sent (`TriggerRequest` of the contract).
///
/// Deserializing is lenient about unknown fields, so that a recording of a newer API can be replayed; what a request may
/// say is decided by the schema generated from this type, which forbids them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct TriggerRequest {
    /// Who the contact is; the prefix `ext:` marks an identifier of another system.
    #[schemars(length(min = 1), example = &"ext:customer_8842910")]
    pub contact_id: String,
    /// Where the contact is.
    #[schemars(length(min = 1), example = &"webchat:primary_embed")]
    pub channel_id: String,
    /// Attributes, flat: the keys are the attributeName of filters, the values are JSON scalars.
    #[schemars(with = "Map<String, Value>")]
    pub session_data: BTreeMap<String, AttributeValue>,
    /// When it happened, and ids to find it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_context: Option<EvaluationContext>,
}

/// When a session happened, and ids to find it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct EvaluationContext {
    /// When the sender says it happened: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub timestamp: Option<Timestamp>,
    /// Names one request: repeated within 24 hours it gets the same decision again and counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub request_id: Option<String>,
    /// Carried through to later events of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

impl From<TriggerRequest> for Session {
    fn from(request: TriggerRequest) -> Self {
        let TriggerRequest { contact_id, channel_id, session_data, evaluation_context } = request;
        let EvaluationContext { timestamp, request_id, correlation_id } = evaluation_context.unwrap_or_default();
        Self { contact_id, channel_id, attributes: session_data, timestamp, request_id, correlation_id }
    }
}

impl From<Session> for TriggerRequest {
    fn from(session: Session) -> Self {
        let Session { contact_id, channel_id, attributes, timestamp, request_id, correlation_id } = session;
        let context = EvaluationContext { timestamp, request_id, correlation_id };
        let evaluation_context = (context != EvaluationContext::default()).then_some(context);
        Self { contact_id, channel_id, session_data: attributes, evaluation_context }
    }
}

/// The value of a session attribute: a JSON scalar, or `null`, which is of no filter's type.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    /// `null`.
    Null,
    /// A boolean, a number or a string.
    Scalar(Scalar),
}

impl AttributeValue {
    /// The JSON type, in the words of `dataType`.
    pub fn json_type(&self) -> JsonType {
        match self {
            Self::Null => JsonType::Null,
            Self::Scalar(Scalar::Boolean(_)) => JsonType::Boolean,
            Self::Scalar(Scalar::Text(_)) => JsonType::String,
            Self::Scalar(scalar @ Scalar::Number(_)) => {
                if DataType::Integer.admits(scalar) {
                    JsonType::Integer
                } else {
                    JsonType::Float
                }
            }
        }
    }
}

/// The type that an attribute was sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonType {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without fraction or exponent, from -2^63 to 2^64 - 1. `-0` is none: JSON has it for the float's sake.
    Integer,
    /// Any other number.
    Float,
    /// A string.
    String,
}

impl JsonType {
    /// The word for people and machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::String => "string",
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Scalar(scalar) => scalar.serialize(serializer),
        }
    }
}

/// What people write: `null` is of no filter's type, and what was meant is to leave the attribute out.
impl JsonSchema for AttributeValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributeValue".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["boolean", "number", "string"] })
    }
}

struct AttributeVisitor;

impl Visitor<'_> for AttributeVisitor {
    type Value = AttributeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, a number, a string or null")
    }
    fn visit_unit<E: de::Error>(self) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Null)
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Scalar(Scalar::Boolean(value)))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Scalar(Scalar::Number(value.into())))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Scalar(Scalar::Number(value.into())))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<AttributeValue, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number must be finite"))?;
        Ok(AttributeValue::Scalar(Scalar::Number(number)))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Scalar(Scalar::Text(value.to_owned())))
    }
    fn visit_string<E: de::Error>(self, value: String) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Scalar(Scalar::Text(value)))
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttributeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{AttributeValue, JsonType, Session};

    #[test]
    fn a_session_reads_and_writes_as_the_wire_has_it() {
        let full = json!({
            "contactId": "ext:1", "channelId": "webchat:x",
            "sessionData": { "a.b": 1, "a.c": 1.0, "a.d": true, "a.e": "x", "a.f": null },
            "evaluationContext": { "timestamp": "2024-05-21T14:32:11Z", "requestId": "r", "correlationId": "c" },
        });
        let least = json!({ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": {} });
        for wire in [full, least] {
            let session: Session = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!(serde_json::to_value(&session).unwrap(), wire);
        }
        for bad in [json!([]), json!({})] {
            let wire = json!({ "contactId": "ext:1", "channelId": "x", "sessionData": { "a.b": bad } });
            assert!(serde_json::from_value::<Session>(wire).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_is_an_integer_by_its_spelling() {
        let table = [
            ("null", JsonType::Null),
            ("false", JsonType::Boolean),
            ("45", JsonType::Integer),
            ("-45", JsonType::Integer),
            ("18446744073709551615", JsonType::Integer),
            ("18446744073709551616", JsonType::Float),
            ("-9223372036854775808", JsonType::Integer),
            ("-9223372036854775809", JsonType::Float),
            ("45.0", JsonType::Float),
            ("4e1", JsonType::Float),
            ("-0", JsonType::Float),
            ("\"45\"", JsonType::String),
        ];
        for (json, expected) in table {
            let by_text: AttributeValue = serde_json::from_str(json).unwrap();
            let by_value: AttributeValue = serde_json::from_value(serde_json::from_str::<Value>(json).unwrap()).unwrap();
            assert_eq!((by_text.json_type(), by_value.json_type()), (expected, expected), "{json}");
        }
    }
}
