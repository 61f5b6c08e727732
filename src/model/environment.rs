//! The project file: where the campaigns are, and the targets they can be applied to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Level;

/// `campaignctl.yaml`: the project file, found upwards from the working directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, title = "Project")]
pub struct ProjectSettings {
    /// Folder with the campaign files, relative to this file. Every `*.yaml` and `*.yml` below it is read.
    #[serde(default = "ProjectSettings::default_campaigns")]
    #[schemars(length(min = 1))]
    pub campaigns: String,
    /// Environment that is meant when a command names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"local")]
    pub default_environment: Option<String>,
    /// Targets by name. Each one has exactly one of `emulator`, `baseUrl` and `region`.
    #[schemars(extend("minProperties" = 1, "propertyNames" = { "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", "patternErrorMessage": "a name of an environment has letters, digits, `_` and `-`, starts with a letter or digit, and has at most 64 characters" }))]
    pub environments: BTreeMap<String, EnvironmentSettings>,
    /// Folder with the overlays, relative to this file: `<environment>/<key>.yaml` in it is merged over the campaign of that
    /// key, for that environment.
    #[serde(default = "ProjectSettings::default_overlays")]
    #[schemars(length(min = 1))]
    pub overlays: String,
    /// Values for `${name}` in campaign files, for every environment that does not set its own: text, numbers, `true` or
    /// `false`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend(
        "additionalProperties" = { "type": ["string", "number", "boolean"] },
        "propertyNames" = { "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}$", "patternErrorMessage": "a name of a variable has letters, digits, `_` and `-`, starts with a letter or `_`, and has at most 64 characters" }
    ))]
    pub variables: BTreeMap<String, VariableValue>,
    /// Limits on what one plan may do, for every environment that does not set its own.
    #[serde(default)]
    pub guards: Guards,
    /// What findings of warning rules count as, by rule id, or for `all` of them; see `campaignctl validate --rules`.
    /// Rules that are always errors cannot be set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lint: BTreeMap<String, Level>,
    /// What the organization can take, for every environment that does not set its own.
    #[serde(default)]
    pub limits: Limits,
}

impl ProjectSettings {
    fn default_campaigns() -> String {
        "campaigns".to_owned()
    }

    fn default_overlays() -> String {
        "environments".to_owned()
    }
}

/// One target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct EnvironmentSettings {
    /// Folder, relative to this file, in which the embedded emulator keeps its data. It runs inside each command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &".campaignctl/local")]
    pub emulator: Option<String>,
    /// Base URL of any server of this API: `https://…`, or `http://…` on this machine's loopback only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"http://127.0.0.1:8080")]
    pub base_url: Option<String>,
    /// Public region of Genesys Cloud, by its AWS name (`us-east-1`, `eu-west-1`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &"eu-west-1")]
    pub region: Option<String>,
    /// Id of the organization this environment must be. Checked against the token before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub organization: Option<String>,
    /// Where it is remembered what was applied: a file, relative to this one, or an object that several machines share:
    /// `s3://bucket/key`, `gs://bucket/key`, `az://container/key`. Credentials come from the process environment. Default:
    /// in the emulator's folder, or `.campaignctl/<environment>.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), example = &".campaignctl/staging.json")]
    pub state: Option<String>,
    /// Values for `${name}` in campaign files: text, numbers, `true` or `false`. They go before those of the project.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend(
        "additionalProperties" = { "type": ["string", "number", "boolean"] },
        "propertyNames" = { "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}$", "patternErrorMessage": "a name of a variable has letters, digits, `_` and `-`, starts with a letter or `_`, and has at most 64 characters" }
    ))]
    pub variables: BTreeMap<String, VariableValue>,
    /// Limits on what one plan may do.
    #[serde(default)]
    pub guards: Guards,
    /// What findings of warning rules count as here, by rule id, or for `all` of them. Goes before the project's `lint`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lint: BTreeMap<String, Level>,
    /// What this organization can take.
    #[serde(default)]
    pub limits: Limits,
}

/// What an organization can take. Nothing enforces it but the rules of `validate`; what is not set is not checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Limits {
    /// Invites a minute that the organization's licence, or its agents, can take from all campaigns together. Rule
    /// `cap-over-limit` compares it with the sum of `throttling.maxInvitesPerMinute` of the enabled campaigns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), example = 1000)]
    pub max_invites_per_minute: Option<u64>,
}

/// Value of a variable: any YAML scalar. A scalar that is exactly `${name}` keeps this type.
pub type VariableValue = serde_json::Value;

/// Limits on what one plan may do. Over a limit the plan is shown and refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Guards {
    /// Most campaigns that one plan may delete. Default: 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = 2)]
    pub max_deletes: Option<u64>,
    /// Most of the managed campaigns that one plan may update or delete, in percent (0 to 100). Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100), example = 30)]
    pub max_changed_percent: Option<u64>,
    /// Most invites that one plan may add, in percent of those that recorded sessions get live. Judged where a recording is
    /// given (`plan --replay FILE`); where none is, the plan says that it was not. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = 20)]
    pub max_added_invites_percent: Option<u64>,
}

impl Guards {
    /// Deletes that one plan may hold when nobody set `maxDeletes`.
    pub const DEFAULT_MAX_DELETES: u64 = 5;

    /// These limits, with what is not set taken from `fallback`.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            max_deletes: self.max_deletes.or(fallback.max_deletes),
            max_changed_percent: self.max_changed_percent.or(fallback.max_changed_percent),
            max_added_invites_percent: self.max_added_invites_percent.or(fallback.max_added_invites_percent),
        }
    }
}

impl Limits {
    /// These limits, with what is not set taken from `fallback`.
    pub fn or(self, fallback: Self) -> Self {
        Self { max_invites_per_minute: self.max_invites_per_minute.or(fallback.max_invites_per_minute) }
    }
}
