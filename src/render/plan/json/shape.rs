//! The part of the document that is Terraform's: the keys of `terraform show -json` (Terraform 1.11.4, plan format 1.2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Version of Terraform's plan format.
pub(super) const FORMAT_VERSION: &str = "1.2";
/// Version of Terraform's state format.
pub(super) const STATE_VERSION: &str = "1.0";
/// The Terraform whose shape this is.
pub(super) const TERRAFORM_VERSION: &str = "1.11.4";
/// What campaigns are called in `type` and before the point of an address.
pub(super) const TYPE: &str = "campaign";
/// What stands for the provider, in the form readers expect; nothing can be downloaded under that name.
pub(super) const PROVIDER: &str = "registry.terraform.io/campaignctl/campaignctl";
/// Key of the provider in `configuration`.
pub(super) const PROVIDER_KEY: &str = "campaignctl";
/// Why a campaign is deleted or forgotten: no file declares it.
pub(in crate::render::plan) const DELETE_REASON: &str = "delete_because_no_resource_config";

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Campaigns with their values.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Values {
    pub(super) root_module: Module,
}

/// The only module.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Module {
    /// The campaigns, by address.
    pub(super) resources: Vec<Resource>,
}

/// One campaign with its values.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Resource {
    /// `campaign.<key>`
    pub(super) address: String,
    /// Always `managed`.
    pub(super) mode: &'static str,
    /// Always `campaign`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The key.
    pub(super) name: String,
    pub(super) provider_name: &'static str,
    pub(super) schema_version: u32,
    /// The body as the API takes it, with `id` and `version` where they are known. What is absent for the API is absent here.
    pub(super) values: Object,
    /// Which values are secret: none ever is.
    pub(super) sensitive_values: Object,
}

/// One campaign and what is done to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::render::plan) struct ResourceChange {
    /// `campaign.<key>`
    pub(in crate::render::plan) address: String,
    /// The address it had before, when the plan moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::render::plan) previous_address: Option<String>,
    /// Always `managed`.
    pub(super) mode: &'static str,
    /// Always `campaign`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The key.
    pub(in crate::render::plan) name: String,
    pub(super) provider_name: &'static str,
    pub(in crate::render::plan) change: Change,
    /// Why, for a delete and a forget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::render::plan) action_reason: Option<&'static str>,
}

/// What is done, and the values on both sides of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::render::plan) struct Change {
    /// Exactly one action.
    pub(in crate::render::plan) actions: [TerraformAction; 1],
    /// The live body with `id` and `version`, fields that this version does not model included; `null` for a create.
    pub(super) before: Option<Object>,
    /// The body as it will be, with what is kept of the live one; `null` for a delete or forget.
    pub(super) after: Option<Object>,
    /// `true` for what only the server will say.
    pub(super) after_unknown: Object,
    /// `{}`, or `false` where `before` is `null`: no value is secret.
    pub(super) before_sensitive: Value,
    /// `{}`, or `false` where `after` is `null`: no value is secret.
    pub(super) after_sensitive: Value,
    /// The live campaign that is taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::render::plan) importing: Option<Importing>,
}

/// Terraform's words for what is done to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::render::plan) enum TerraformAction {
    /// Live stays as it is; the state may learn an id or an address.
    NoOp,
    /// It is created.
    Create,
    /// It is updated in place.
    Update,
    /// It is deleted.
    Delete,
    /// It is no longer managed, and stays live.
    Forget,
}

/// The live campaign that is taken over.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::render::plan) struct Importing {
    /// Its id.
    pub(in crate::render::plan) id: String,
}

/// The campaigns as they are live.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct State {
    /// Version of Terraform's state format.
    #[schemars(extend("const" = STATE_VERSION))]
    pub(super) format_version: &'static str,
    #[schemars(extend("const" = TERRAFORM_VERSION))]
    pub(super) terraform_version: &'static str,
    pub(super) values: Values,
}

/// What the files declare.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Configuration {
    pub(super) provider_config: BTreeMap<&'static str, ProviderConfig>,
    pub(super) root_module: ConfigurationModule,
}

/// What stands for the provider.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ProviderConfig {
    pub(super) name: &'static str,
    pub(super) full_name: &'static str,
}

/// The only module.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ConfigurationModule {
    /// The declared campaigns, by address.
    pub(super) resources: Vec<ConfigurationResource>,
}

/// One declared campaign.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct ConfigurationResource {
    /// `campaign.<key>`
    pub(super) address: String,
    /// Always `managed`.
    pub(super) mode: &'static str,
    /// Always `campaign`.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The key.
    pub(super) name: String,
    pub(super) provider_config_key: &'static str,
    /// The top-level fields of the body.
    pub(super) expressions: BTreeMap<String, Expression>,
    pub(super) schema_version: u32,
}

/// Value of a field: variables and queue names are resolved, so all of them are constants.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Expression {
    pub(super) constant_value: Value,
}

/// One guard and how it ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Check {
    pub(super) address: CheckAddress,
    pub(super) status: Status,
    /// Exactly one.
    pub(super) instances: [CheckInstance; 1],
}

/// Which guard.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct CheckAddress {
    /// Always `check`.
    pub(super) kind: &'static str,
    /// The kind of refusal it leads to.
    pub(super) name: &'static str,
    /// `check.<name>`
    pub(super) to_display: String,
}

/// The guard at work.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct CheckInstance {
    pub(super) address: InstanceAddress,
    pub(super) status: Status,
    /// Why it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) problems: Vec<Problem>,
}

/// Which guard.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct InstanceAddress {
    /// `check.<name>`
    pub(super) to_display: String,
}

/// Whether a guard lets the plan pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// It does.
    Pass,
    /// It refuses the plan.
    Fail,
    /// It is set, and there was nothing to judge it by.
    Unknown,
}

/// Why a guard refuses the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Problem {
    /// The reason, and after an empty line what resolves it.
    pub(super) message: String,
}
