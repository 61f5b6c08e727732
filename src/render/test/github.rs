//! As annotations of GitHub Actions: one for each case that fails.

use super::TestReport;
use super::junit::lines;
use crate::load::Repository;
use crate::render::findings::Report;
use crate::render::workflow_command::command;

/// `::error file=…,line=…,title=…::message` for every case that fails, at its place in the repository.
pub fn github(report: &TestReport<'_>, repository: &Repository) -> String {
    let TestReport { environment, prepared, tested } = report;
    let paths = Report { findings: &[], sources: &prepared.sources, repository, environment: Some(environment) };
    let failed = prepared.cases.iter().zip(&tested.results).filter(|(_, mismatches)| !mismatches.is_empty());
    let annotation = |(case, mismatches): (&crate::suite::Case, &Vec<crate::suite::Mismatch>)| {
        let properties = [("file", paths.path(&case.file)), ("line", case.line.to_string()), ("title", case.title())];
        let message: Vec<String> = mismatches.iter().flat_map(|mismatch| lines(mismatch, prepared)).collect();
        command("error", &properties, &message)
    };
    failed.map(annotation).collect()
}
