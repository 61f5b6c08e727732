//! A file of test cases as people write it: sessions, what went before them, and what each campaign is to decide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::AttributeValue;

/// Attributes of a session, flat: attributeName to value.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// Test cases for the campaigns: each decides one session, offline, and compares what the campaigns decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, title = "Test cases")]
pub struct TestDocument {
    /// The environments that the cases are for; without it, all of them. For cases at a limit that an overlay moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["production"])]
    pub environments: Vec<String>,
    /// What every case of the file starts from.
    #[serde(default)]
    pub defaults: CaseDefaults,
    /// The cases, in the order in which they are run.
    #[schemars(length(min = 1))]
    pub cases: Vec<CaseDocument>,
}

/// What every case of a file starts from; each case may say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct CaseDefaults {
    /// Who the contact is. Default: `ext:visitor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"ext:customer_8842910")]
    pub contact: Option<String>,
    /// Where the contact is; no campaign looks at it. Default: `webchat:test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"webchat:primary_embed")]
    pub channel: Option<String>,
    /// When the session happens, RFC 3339. Default: 2025-01-01T12:00:00Z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2024-05-21T14:32:11Z")]
    pub at: Option<String>,
    /// Attributes that every session of the file has, unless a case says otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session: Attributes,
}

/// One session and what the campaigns are to decide about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Case")]
pub struct CaseDocument {
    /// What the case shows, in a few words; once in a file.
    #[schemars(length(min = 1, max = 200), example = &"a customer at exactly the threshold is left alone")]
    pub name: String,
    /// Who the contact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub contact: Option<String>,
    /// Where the contact is; no campaign looks at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub channel: Option<String>,
    /// When the session happens, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"2024-05-21T14:32:11Z")]
    pub at: Option<String>,
    /// Attributes of the session, laid over those of the defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session: Attributes,
    /// Attributes of the defaults that this session does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// The one campaign that the session is for, as a trigger names it. Without it, every campaign decides: the one with the
    /// best action priority first, then in order of their keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// What happened before, which suppression and limits remember.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<EarlierDocument>,
    /// What these campaigns are to decide: `pricing-churn: invited`, or a mapping that says more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expect: BTreeMap<String, ExpectationDocument>,
    /// The campaign, or the campaigns, that invite; every other one must not. `[]`: nobody invites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Keys>,
}

/// An invite that was made, or a session that was decided, before the one of the case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(
    deny_unknown_fields,
    rename = "Earlier",
    extend("allOf" = [{ "not": { "required": ["invited", "session"] } }, { "not": { "required": ["ago", "at"] } }])
)]
pub struct EarlierDocument {
    /// This campaign invited the contact. Instead of `session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited: Option<String>,
    /// There was a session with these attributes, laid over those of the case, and the campaigns decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Attributes>,
    /// How long before the session of the case: `90s`, `30m`, `23h 59m`, `1d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"24h")]
    pub ago: Option<String>,
    /// When, RFC 3339. Instead of `ago`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Another contact than that of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub contact: Option<String>,
    /// How often it happened, at the same moment. Default: once.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    #[schemars(range(min = 1, max = 100_000))]
    pub times: u64,
}

fn once() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_once(times: &u64) -> bool {
    *times == 1
}

/// What one campaign is to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExpectationDocument {
    /// The word for it.
    Status(String),
    /// The word, and what else is to be so.
    Full(FullExpectation),
}

/// The decision of a campaign in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FullExpectation {
    /// The word for it.
    pub status: String,
    /// With `invited`: priority of the action that fires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u64>,
    /// With `invited`: the queue, as the campaign names it: by name or by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// With `suppressed` and `throttled`: when that ends, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl JsonSchema for ExpectationDocument {
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = ["invited", "not_matched", "suppressed", "throttled", "queued", "disabled"];
        let message = format!("write one of {}", words.map(|word| format!("`{word}`")).join(", "));
        // A pattern holds for texts alone, so one schema covers both forms and a slip is told at its place.
        json_schema!({
            "description": "What a campaign is to decide: invited, not_matched, suppressed, throttled, queued or disabled; or a mapping that says more.",
            "type": ["string", "object"],
            "pattern": format!("^({})$", words.join("|")),
            "patternErrorMessage": message,
            "examples": words,
            "required": ["status"],
            "additionalProperties": false,
            "properties": {
                "status": { "description": "What is decided.", "type": "string", "enum": words },
                "priority": { "description": "With `invited`: priority of the action that fires.", "type": "integer", "minimum": 1 },
                "queue": { "description": "With `invited`: the queue, as the campaign names it: by name or by id.", "type": "string" },
                "until": { "description": "With `suppressed` and `throttled`: when that ends, RFC 3339.", "type": "string" },
            },
        })
    }
}

/// One campaign key, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Keys {
    /// One.
    One(String),
    /// Several, or none.
    Many(Vec<String>),
}

impl Keys {
    /// The keys, one or many.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Many(keys) => keys,
        }
    }
}

impl JsonSchema for Keys {
    fn schema_name() -> Cow<'static, str> {
        "Keys".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}
