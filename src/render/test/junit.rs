//! As JUnit XML: one suite a file, one test case a case.

use std::fmt::Write;

use super::TestReport;
use super::words::reasons;
use crate::render::findings::xml;
use crate::suite::{Case, Difference, Mismatch, Prepared};

/// The whole run as one XML document.
pub fn junit(report: &TestReport<'_>) -> String {
    let TestReport { environment, prepared, tested } = report;
    let all: Vec<(&Case, &[Mismatch])> = prepared.cases.iter().zip(tested.results.iter().map(Vec::as_slice)).collect();
    let (tests, failures) = (all.len(), tested.failed());
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"campaignctl test {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"0\">\n",
        xml(environment)
    );
    for suite in all.chunk_by(|(a, _), (b, _)| a.file == b.file) {
        let failures = suite.iter().filter(|(_, mismatches)| !mismatches.is_empty()).count();
        let name = suite.first().map_or("", |(case, _)| case.group.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"0\">",
            xml(name),
            suite.len()
        );
        suite.iter().for_each(|(case, mismatches)| out.push_str(&of_case(case, mismatches, prepared)));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn of_case(case: &Case, mismatches: &[Mismatch], prepared: &Prepared) -> String {
    let Case { group, name, file, line, .. } = case;
    let open =
        format!("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{line}\" time=\"0\"", xml(group), xml(name), xml(file));
    if mismatches.is_empty() {
        return format!("{open}/>\n");
    }
    let lines: Vec<String> = mismatches.iter().flat_map(|mismatch| lines(mismatch, prepared)).collect();
    let message = lines.first().map_or("", String::as_str);
    let text: Vec<String> = lines.iter().map(|line| xml(line)).collect();
    format!("{open}>\n      <failure type=\"decision\" message=\"{}\">{}</failure>\n    </testcase>\n", xml(message), text.join("\n"))
}

/// What is other than expected, and why.
pub(super) fn lines(mismatch: &Mismatch, prepared: &Prepared) -> Vec<String> {
    let differences = mismatch.differences.iter().map(|Difference { what, expected, got }| {
        let label = if *what == "status" { String::new() } else { format!("{what} ") };
        format!("campaign.{}: expected {label}{expected}, got {got}", mismatch.campaign)
    });
    differences.chain(reasons(mismatch, prepared)).collect()
}
