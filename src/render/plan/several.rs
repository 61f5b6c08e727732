//! Plans of several environments together: what is said above, between and below them.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::escape::inline;
use super::super::json_text::json_line;
use super::super::style::{DANGER, STRONG};
use super::json::Document;
use super::summary::{counts, dangerous, plural};
use super::{Report, json};
use crate::schema;

/// One environment and what planning it came to.
#[derive(Debug, Clone, Copy)]
pub struct Planning<'a> {
    /// Its name.
    pub environment: &'a str,
    /// Its plan, or why there is none.
    pub outcome: Result<Report<'a>, NotPlanned<'a>>,
}

/// Why an environment was not planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotPlanned<'a> {
    /// What went wrong.
    pub message: &'a str,
    /// What to do next.
    pub hint: Option<&'a str>,
}

/// What the plan of one environment comes to, in a few words.
pub(super) fn in_short(planning: &Planning<'_>) -> String {
    match &planning.outcome {
        Err(NotPlanned { message, hint: _ }) => format!("not planned: {}", message.lines().next().unwrap_or_default()),
        Ok(Report { plan, .. }) => {
            let refused = if plan.refusals.is_empty() { "" } else { " Refused." };
            let dangers = dangerous(plan).len();
            match (plan.is_empty(), dangers) {
                (true, _) => format!("No changes.{refused}"),
                (false, 0) => format!("{}{refused}", counts(plan.summary())),
                (false, _) => format!("{} {dangers} dangerous {}.{refused}", counts(plan.summary()), plural(dangers, "change")),
            }
        }
    }
}

/// What stands in the place of a plan that could not be made.
pub fn not_planned(environment: &str) -> String {
    format!("Environment: {STRONG}{}{STRONG:#}\n\n{DANGER}Not planned{DANGER:#}\n", inline(environment))
}

/// The closing lines: what each environment comes to, in the order in which they were named.
pub fn closing(plannings: &[Planning<'_>]) -> String {
    let width = plannings.iter().map(|planning| inline(planning.environment).chars().count()).max().unwrap_or_default();
    let mut out = format!("{STRONG}Environments{STRONG:#}\n");
    for planning in plannings {
        let is_grave =
            planning.outcome.as_ref().map_or(true, |report| !report.plan.refusals.is_empty() || !dangerous(report.plan).is_empty());
        let mark = if is_grave { format!("{DANGER}!{DANGER:#}") } else { " ".to_owned() };
        out.push_str(&format!("{mark} {:width$}  {}\n", inline(planning.environment), inline(&in_short(planning))));
    }
    out
}

/// Plans of several environments.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Plans")]
struct Documents {
    /// Version of the keys beside `plan`: one more when a key goes or means something else.
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: &'static str,
    /// The environments, in the order in which they were named.
    environments: Vec<OfEnvironment>,
}

/// Version of the document around the plans.
const FORMAT_VERSION: &str = "1.0";

/// What planning one environment came to: it has exactly one of `plan` and `error`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OfEnvironment {
    /// Its name.
    environment: String,
    /// Its plan, as `plan --format json` writes it for this environment alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Document>,
    /// Why there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<OwnError>,
}

/// Why an environment could not be planned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnError {
    /// What went wrong.
    message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// One document with all environments, on one line.
pub fn json_of_several(plannings: &[Planning<'_>]) -> String {
    let of = |Planning { environment, outcome }: &Planning<'_>| OfEnvironment {
        environment: (*environment).to_owned(),
        plan: outcome.as_ref().ok().map(json::document),
        error: outcome
            .as_ref()
            .err()
            .map(|NotPlanned { message, hint }| OwnError { message: (*message).to_owned(), hint: hint.map(str::to_owned) }),
    };
    json_line(&Documents { format_version: FORMAT_VERSION, environments: plannings.iter().map(of).collect() })
}

/// Name of the committed schema file of that document under `schema/`.
pub const SEVERAL_SCHEMA_FILE: &str = "plans.schema.json";

/// Its schema exactly as it is committed.
pub fn several_schema_text() -> String {
    schema::text(&schema::of_output::<Documents>(
        "urn:campaignctl:schema:plans",
        "Plans of several environments as `campaignctl plan -e A -e B --format json` writes them.",
    ))
}
