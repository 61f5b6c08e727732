//! Findings as JUnit XML: one test case a file, so that a file without errors shows as passed.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::region::Regions;
use super::report::Report;
use crate::diagnostic::{FileId, Finding, Severity};
use crate::render::escape::inline;

/// One suite with one case for each file that was read. Errors fail the case of their file; warnings are its output.
pub fn junit(report: &Report<'_>) -> String {
    let mut regions = Regions::new(report.sources);
    let mut cases = String::new();
    let (mut tests, mut failures) = (0, 0);
    let mut of_file: BTreeMap<FileId, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        of_file.entry(finding.place.file).or_default().push(finding);
    }
    for (id, file) in report.sources.files() {
        let found = of_file.remove(&id).unwrap_or_default();
        let (errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(|finding| finding.severity == Severity::Error);
        tests += 1;
        failures += usize::from(!errors.is_empty());
        cases.push_str(&case(&report.path(&file.path), &errors, &warnings, report, &mut regions));
    }
    let suite = match report.environment {
        Some(environment) => format!("validate {environment}"),
        None => "validate".to_owned(),
    };
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<testsuites name=\"campaignctl\" {counts} time=\"0\">");
    let _ = writeln!(out, "  <testsuite name=\"{}\" {counts} skipped=\"0\" time=\"0\">", xml(&suite));
    out.push_str(&cases);
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(path: &str, errors: &[&Finding], warnings: &[&Finding], report: &Report<'_>, regions: &mut Regions<'_>) -> String {
    let path = xml(path);
    let open = format!("    <testcase classname=\"campaignctl.validate\" name=\"{path}\" file=\"{path}\" time=\"0\"");
    if errors.is_empty() && warnings.is_empty() {
        return format!("{open}/>\n");
    }
    let mut out = format!("{open}>\n");
    if let Some(first) = errors.first() {
        let message = match errors.len() {
            1 => first.message.clone(),
            count => format!("{count} errors, the first: {}", first.message),
        };
        let text = told(errors, report, regions);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "      <failure type=\"{}\" message=\"{}\">{text}</failure>", xml(first.rule), xml(&message));
    }
    if !warnings.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", told(warnings, report, regions));
    }
    out.push_str("    </testcase>\n");
    out
}

/// The findings as lines of text, escaped.
fn told(findings: &[&Finding], report: &Report<'_>, regions: &mut Regions<'_>) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let Finding { rule, severity, message, place, field: _, label, also, help, fix: _ } = finding;
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut at = |place| {
            let start = regions.region(place).start;
            format!("{}:{}:{}", report.path(report.sources.path(place.file)), start.line, start.column)
        };
        lines.push(format!("{}: {severity}[{rule}] {message}", at(*place)));
        if !label.is_empty() {
            lines.push(format!("  {label}"));
        }
        lines.extend(also.iter().map(|second| format!("  {}: {}", at(second.place), second.text)));
        lines.extend(help.as_ref().map(|help| format!("  help: {help}")));
    }
    lines.iter().map(|line| xml(line)).collect::<Vec<_>>().join("\n")
}

/// Text for an element or an attribute in double quotes: markup spelled out, and nothing that XML 1.0 cannot hold.
pub(in crate::render) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in inline(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn markup_and_what_xml_cannot_hold_is_spelled_out() {
        assert_eq!(xml("<a b=\"c\">]]>&'"), "&lt;a b=&quot;c&quot;&gt;]]&gt;&amp;&#39;");
        assert_eq!(xml("\u{1b}[31m\u{0}\u{ffff}\n##[add-mask]"), "\\u{1b}[31m\\u{0}\\n#\\u{23}[add-mask]");
    }
}
