//! Findings as JSON, in the shape of `terraform validate -json`, with our own keys beside it.

use serde::Serialize;

use super::super::json_text::json_text;
use super::about::about;
use super::region::{Point, Region, Regions};
use super::report::Report;
use crate::diagnostic::{Finding, Place, Severity};

/// Version of the keys that are Terraform's.
const FORMAT_VERSION: &str = "1.0";
/// Version of the keys under `campaignctl`.
const OWN_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document {
    format_version: &'static str,
    valid: bool,
    error_count: usize,
    warning_count: usize,
    diagnostics: Vec<Diagnostic>,
}

/// One finding, or one failure that is in no file.
#[derive(Serialize)]
pub(in crate::render) struct Diagnostic {
    pub(in crate::render) severity: &'static str,
    /// What kind of problem it is.
    pub(in crate::render) summary: String,
    /// This very problem, and after an empty line what to do.
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Snippet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaignctl: Option<Own>,
}

#[derive(Serialize)]
struct Range {
    filename: String,
    start: Position,
    end: Position,
}

/// Line and column from 1, columns in characters; byte from 0.
#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    byte: usize,
}

/// The lines the range touches; the offsets are bytes of `code`, as in Terraform.
#[derive(Serialize)]
struct Snippet {
    context: Option<String>,
    code: String,
    start_line: usize,
    highlight_start_offset: usize,
    highlight_end_offset: usize,
    values: [(); 0],
}

/// What Terraform has no key for.
#[derive(Serialize)]
struct Own {
    format_version: &'static str,
    rule: &'static str,
    message: String,
    field: Option<String>,
    label: Option<String>,
    help: Option<String>,
    /// Whether `--fix` mends it.
    fixable: bool,
    related: Vec<Related>,
}

#[derive(Serialize)]
struct Related {
    message: String,
    range: Range,
}

/// Each finding as the JSON of a run has it.
pub(in crate::render) fn diagnostics(report: &Report<'_>) -> Vec<Diagnostic> {
    let mut regions = Regions::new(report.sources);
    report.findings.iter().map(|finding| diagnostic(finding, report, &mut regions)).collect()
}

/// The findings of a run.
pub fn json(report: &Report<'_>) -> String {
    json_text(&document(report))
}

fn document(report: &Report<'_>) -> Document {
    let errors = report.count(Severity::Error);
    Document {
        format_version: FORMAT_VERSION,
        valid: errors == 0,
        error_count: errors,
        warning_count: report.count(Severity::Warning),
        diagnostics: diagnostics(report),
    }
}

/// The findings of several environments.
#[derive(Serialize)]
struct Documents {
    format_version: &'static str,
    /// Whether no environment has an error.
    valid: bool,
    environments: Vec<OfEnvironment>,
}

#[derive(Serialize)]
struct OfEnvironment {
    environment: String,
    /// The document that this environment alone would have.
    validation: Document,
}

/// One document with the findings of several environments, in this order.
pub fn json_of_several(reports: &[Report<'_>]) -> String {
    let of = |report: &Report<'_>| OfEnvironment {
        environment: report.environment.unwrap_or_default().to_owned(),
        validation: document(report),
    };
    let environments: Vec<OfEnvironment> = reports.iter().map(of).collect();
    json_text(&Documents { format_version: FORMAT_VERSION, valid: environments.iter().all(|of| of.validation.valid), environments })
}

/// A run that came to nothing for a reason that is in no file; as Terraform, one diagnostic without a range.
pub fn failure(message: &str, hint: Option<&str>) -> String {
    let detail = hint.unwrap_or_default().to_owned();
    let diagnostic = Diagnostic { severity: "error", summary: message.to_owned(), detail, range: None, snippet: None, campaignctl: None };
    json_text(&Document { format_version: FORMAT_VERSION, valid: false, error_count: 1, warning_count: 0, diagnostics: vec![diagnostic] })
}

fn diagnostic(finding: &Finding, report: &Report<'_>, regions: &mut Regions<'_>) -> Diagnostic {
    let Finding { rule, severity, message, place, field, label, also, help, fix } = finding;
    let region = regions.region(*place);
    let present = |text: &String| (!text.is_empty()).then(|| text.clone());
    let related = also
        .iter()
        .map(|second| Related { message: second.text.clone(), range: range(second.place, &regions.region(second.place), report) })
        .collect();
    Diagnostic {
        severity: match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        summary: about(rule).map_or_else(|| (*rule).to_owned(), |about| about.summary),
        detail: match help {
            Some(help) => format!("{message}\n\nHelp: {help}"),
            None => message.clone(),
        },
        range: Some(range(*place, &region, report)),
        snippet: snippet(&region, present(field)),
        campaignctl: Some(Own {
            format_version: OWN_VERSION,
            rule,
            message: message.clone(),
            field: present(field),
            label: present(label),
            help: help.clone(),
            fixable: fix.is_some(),
            related,
        }),
    }
}

fn range(place: Place, region: &Region<'_>, report: &Report<'_>) -> Range {
    let position = |Point { line, column, utf16_column: _, byte }: Point| Position { line, column, byte };
    Range { filename: report.path(report.sources.path(place.file)), start: position(region.start), end: position(region.end) }
}

/// `None` where there is no text to show: an empty file, or one that could not be read.
fn snippet(region: &Region<'_>, context: Option<String>) -> Option<Snippet> {
    let Region { start, end, lines, lines_byte } = region;
    (!lines.is_empty()).then(|| Snippet {
        context,
        code: (*lines).to_owned(),
        start_line: start.line,
        highlight_start_offset: start.byte - lines_byte,
        highlight_end_offset: (end.byte - lines_byte).min(lines.len()),
        values: [],
    })
}
