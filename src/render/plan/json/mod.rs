//! A plan as JSON: the shape of `terraform show -json`, which policies and summaries already read, and beside it what
//! Terraform has no word for, under one key of our own.

mod changes;
mod checks;
mod own;
mod resources;
mod shape;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub(super) use changes::{drift, resource_changes};
pub(super) use own::{OwnDanger, dangers};
pub(super) use shape::{DELETE_REASON, Importing, TerraformAction};

use super::Report;
use crate::render::json_text::json_line;
use crate::schema;
use own::Own;
use shape::{Check, Configuration, FORMAT_VERSION, ResourceChange, State, TERRAFORM_VERSION, Values};

/// A plan: what Terraform's readers know, and under `campaignctl` what they do not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Plan")]
pub(super) struct Document {
    /// Version of Terraform's plan format; readers accept `>= 0.1, < 2.0`.
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: &'static str,
    /// The Terraform whose output has this shape. It names the shape: no Terraform is involved.
    #[schemars(extend("const" = TERRAFORM_VERSION))]
    terraform_version: &'static str,
    /// Every managed campaign as it will be after the apply, the unchanged ones too, by address.
    planned_values: Values,
    /// What moved live since it was applied last; left out when nothing did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resource_drift: Vec<ResourceChange>,
    /// Every managed campaign and what is done to it, by address; always there, unchanged campaigns as `no-op`.
    resource_changes: Vec<ResourceChange>,
    /// Every managed campaign as it is live, by address.
    prior_state: State,
    /// Every declared campaign as it would be sent, by address.
    configuration: Configuration,
    /// One check for each guard.
    checks: Vec<Check>,
    /// When the plan was made: RFC 3339, UTC, to the second.
    timestamp: String,
    /// Whether `apply` would do something with it: it has changes, nothing refuses it, and it has not expired.
    applyable: bool,
    /// Whether every campaign could be planned; `false` when one is left out until a refusal is resolved.
    complete: bool,
    /// Whether the plan is refused.
    errored: bool,
    /// What Terraform has no key for.
    campaignctl: Own,
}

/// The whole document on one line, as Terraform prints it.
pub fn json(report: &Report<'_>) -> String {
    json_line(&document(report))
}

/// The schema of the document, JSON Schema 2020-12.
pub fn json_schema() -> Value {
    schema::of_output::<Document>(
        "urn:campaignctl:schema:plan",
        "A plan as `campaignctl plan --format json` writes it: the shape of `terraform show -json`, and our own keys under \
         `campaignctl`.",
    )
}

/// Name of the committed schema file under `schema/`.
pub const JSON_SCHEMA_FILE: &str = "plan.schema.json";

/// The schema exactly as it is committed.
pub fn json_schema_text() -> String {
    schema::text(&json_schema())
}

pub(super) fn document(report: &Report<'_>) -> Document {
    let Report { destination: _, plan, created, saved, links: _ } = report;
    let refused = !plan.refusals.is_empty();
    let expired = saved.is_some_and(|saved| saved.expired);
    Document {
        format_version: FORMAT_VERSION,
        terraform_version: TERRAFORM_VERSION,
        planned_values: resources::planned(plan),
        resource_drift: drift(plan),
        resource_changes: resource_changes(plan),
        prior_state: resources::prior(plan),
        configuration: resources::configuration(plan),
        checks: checks::of(plan, &report.destination.environment),
        timestamp: format!("{created:.0}"),
        applyable: !plan.is_empty() && !refused && !expired,
        complete: !plan.refusals.iter().any(crate::reconcile::Refusal::leaves_out),
        errored: refused,
        campaignctl: own::of(report),
    }
}
