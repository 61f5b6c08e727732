//! What a command does as it happens, one JSON object a line, as `terraform plan -json` and `apply -json` write it: what
//! every line has, the first line, and diagnostics.

use jiff::Timestamp;
use serde::Serialize;

use super::findings::{Report, diagnostics};
use super::json_text::json_line;

/// Version of the lines, as Terraform counts.
const UI_VERSION: &str = "1.2";
/// The Terraform whose lines these are like; no Terraform is involved.
const TERRAFORM_VERSION: &str = "1.11.4";

/// How grave a line is.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Info,
    Warn,
    Error,
}

/// One line of any type.
#[derive(Serialize)]
struct Line<'a, Body> {
    #[serde(rename = "@level")]
    level: Level,
    #[serde(rename = "@message")]
    message: &'a str,
    #[serde(rename = "@module")]
    module: &'static str,
    #[serde(rename = "@timestamp")]
    timestamp: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    body: Body,
}

/// A line of this type that says `body`.
pub(super) fn line(kind: &'static str, level: Level, message: &str, now: Timestamp, body: impl Serialize) -> String {
    json_line(&Line { level, message, module: "terraform.ui", timestamp: format!("{now:.6}"), kind, body })
}

/// A campaign, as lines name it.
#[derive(Debug, Serialize)]
pub(super) struct Resource {
    addr: String,
    module: &'static str,
    resource: String,
    implied_provider: &'static str,
    resource_type: &'static str,
    resource_name: String,
    /// Only resources with `count` or `for_each` have one.
    resource_key: Option<()>,
}

impl Resource {
    /// The campaign of an address, `campaign.<key>`.
    pub(super) fn of(address: &str) -> Self {
        Self {
            addr: address.to_owned(),
            module: "",
            resource: address.to_owned(),
            implied_provider: "campaignctl",
            resource_type: "campaign",
            resource_name: address.strip_prefix("campaign.").unwrap_or(address).to_owned(),
            resource_key: None,
        }
    }
}

/// How many campaigns a plan will change, or an apply changed.
#[derive(Debug, Serialize)]
pub(super) struct Changes {
    pub(super) add: usize,
    pub(super) change: usize,
    pub(super) import: usize,
    pub(super) remove: usize,
    pub(super) operation: &'static str,
}

#[derive(Serialize)]
struct Version {
    terraform: &'static str,
    ui: &'static str,
    campaignctl: OwnVersion,
}

#[derive(Serialize)]
struct OwnVersion {
    version: &'static str,
}

/// The first line.
pub fn version(now: Timestamp) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let body = Version { terraform: TERRAFORM_VERSION, ui: UI_VERSION, campaignctl: OwnVersion { version } };
    line("version", Level::Info, &format!("campaignctl {version}"), now, body)
}

#[derive(Serialize)]
struct Diagnosed<D> {
    diagnostic: D,
}

/// A problem that is in no file.
#[derive(Serialize)]
struct Problem<'a> {
    severity: &'static str,
    summary: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaignctl: Option<OwnProblem<'a>>,
}

#[derive(Serialize)]
struct OwnProblem<'a> {
    kind: &'a str,
}

/// What went wrong, and what to do next; `kind` and `address` where there are any.
pub(super) fn problem(summary: &str, detail: &str, kind: Option<&str>, address: Option<&str>, now: Timestamp) -> String {
    let diagnostic = Problem { severity: "error", summary, detail, address, campaignctl: kind.map(|kind| OwnProblem { kind }) };
    line("diagnostic", Level::Error, &format!("Error: {summary}"), now, Diagnosed { diagnostic })
}

/// An error that is in no file, and what to do next.
pub fn error(message: &str, hint: Option<&str>, now: Timestamp) -> String {
    problem(message, hint.unwrap_or_default(), None, None, now)
}

/// Something that does not stop the work.
pub fn warning(message: &str, hint: &str, now: Timestamp) -> String {
    let diagnostic = Problem { severity: "warning", summary: message, detail: hint, address: None, campaignctl: None };
    line("diagnostic", Level::Warn, &format!("Warning: {message}"), now, Diagnosed { diagnostic })
}

/// A warning of this kind about a campaign.
pub(super) fn warning_about(message: &str, kind: &str, address: &str, now: Timestamp) -> String {
    let campaignctl = Some(OwnProblem { kind });
    let diagnostic = Problem { severity: "warning", summary: message, detail: "", address: Some(address), campaignctl };
    line("diagnostic", Level::Warn, &format!("Warning: {message}"), now, Diagnosed { diagnostic })
}

/// Findings in files, with the place and the lines of each, as `validate --format json` has them.
pub fn findings(report: &Report<'_>, now: Timestamp) -> String {
    let told = diagnostics(report).into_iter().map(|diagnostic| {
        let (level, word) = if diagnostic.severity == "error" { (Level::Error, "Error") } else { (Level::Warn, "Warning") };
        let message = format!("{word}: {}", diagnostic.summary);
        line("diagnostic", level, &message, now, Diagnosed { diagnostic })
    });
    told.collect()
}
