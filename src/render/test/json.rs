//! For programs: every case, every limit that is not looked at, every change that nobody noticed.

use serde::Serialize;
use serde_json::{Value, json};

use super::words::{edge_words, filters_of, reasons};
use super::{TestReport, paste, place};
use crate::render::json_text::json_text;
use crate::schema::field_path;
use crate::suite::{Case, Coverage, Difference, Mismatch, Mutation, Survivor, Uncovered};

/// Version of this document; it changes when a reader would have to.
const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format_version: &'static str,
    environment: &'a str,
    passed: usize,
    failed: usize,
    filtered: usize,
    other_environments: usize,
    cases: Vec<Value>,
    coverage: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    mutants: Option<Value>,
}

/// The whole run as one JSON document.
pub fn json(report: &TestReport<'_>) -> String {
    let TestReport { environment, prepared, tested } = report;
    let failed = tested.failed();
    json_text(&Document {
        format_version: FORMAT_VERSION,
        environment,
        passed: tested.results.len() - failed,
        failed,
        filtered: prepared.filtered,
        other_environments: prepared.elsewhere,
        cases: prepared.cases.iter().zip(&tested.results).map(|(case, mismatches)| of_case(case, mismatches, report)).collect(),
        coverage: of_coverage(&tested.coverage, report),
        mutants: tested.mutation.as_ref().map(|mutation| of_mutation(mutation, report)),
    })
}

fn of_case(case: &Case, mismatches: &[Mismatch], report: &TestReport<'_>) -> Value {
    let failures: Vec<Value> = mismatches
        .iter()
        .map(|mismatch| {
            let Mismatch { campaign, differences, reason: _ } = mismatch;
            let differences: Vec<Value> = differences
                .iter()
                .map(|Difference { what, expected, got }| json!({ "what": what, "expected": expected, "got": got }))
                .collect();
            json!({ "campaign": campaign, "differences": differences, "reasons": reasons(mismatch, report.prepared) })
        })
        .collect();
    let result = if failures.is_empty() { "passed" } else { "failed" };
    json!({
        "group": case.group, "name": case.name, "file": case.file, "line": case.line, "result": result, "failures": failures,
    })
}

fn of_coverage(coverage: &Coverage, report: &TestReport<'_>) -> Value {
    let uncovered: Vec<Value> = coverage
        .uncovered
        .iter()
        .map(|Uncovered { campaign, edge, pointer, suggested }| {
            let (limit, side) = edge_words(edge, filters_of(report.prepared, campaign));
            let (file, line) = place(report.prepared, campaign, pointer);
            let mut told = json!({ "campaign": campaign, "file": file, "line": line, "limit": limit, "side": side });
            if let Some(case) = suggested {
                told["case"] = json!(paste(case));
            }
            told
        })
        .collect();
    json!({ "covered": coverage.covered(), "total": coverage.total, "percent": coverage.percent(), "uncovered": uncovered })
}

fn of_mutation(mutation: &Mutation, report: &TestReport<'_>) -> Value {
    let Mutation { tried, survivors, equivalent, campaigns_left_out } = mutation;
    let survivors: Vec<Value> = survivors
        .iter()
        .map(|Survivor { campaign, pointer, change }| {
            let (file, line) = place(report.prepared, campaign, pointer);
            json!({ "campaign": campaign, "file": file, "line": line, "field": field_path(pointer), "change": change })
        })
        .collect();
    json!({
        "noticed": mutation.killed(), "tried": tried, "percent": mutation.percent(), "equivalent": equivalent,
        "campaignsLeftOut": campaigns_left_out, "survivors": survivors,
    })
}
