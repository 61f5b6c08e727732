//! Findings as a code quality report of GitLab.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::json_text::json_text;
use super::region::{Point, Regions};
use super::report::Report;
use crate::diagnostic::{Finding, Severity};

/// An array with one entry a finding. GitLab stops at the first entry that lacks something and keeps one of two entries with
/// the same fingerprint, so every entry has all it wants and a fingerprint of its own.
pub fn gitlab(report: &Report<'_>) -> String {
    let mut regions = Regions::new(report.sources);
    let mut taken = BTreeSet::new();
    let entries: Vec<Value> = report.findings.iter().map(|finding| entry(finding, report, &mut regions, &mut taken)).collect();
    json_text(&entries)
}

fn entry(finding: &Finding, report: &Report<'_>, regions: &mut Regions<'_>, taken: &mut BTreeSet<String>) -> Value {
    let Finding { rule, severity, message, place, field, label: _, also, help, fix: _ } = finding;
    let severity = match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
    };
    let path = report.path(report.sources.path(place.file));
    let region = regions.region(*place);
    let position = |point: Point| json!({ "line": point.line, "column": point.column });
    let mut entry = json!({
        "description": match help {
            Some(help) => format!("{message}. Help: {help}"),
            None => message.clone(),
        },
        "check_name": rule,
        "fingerprint": fingerprint([rule, &path, field, region.lines.trim()], taken),
        "severity": severity,
        "categories": ["Bug Risk"],
        "location": { "path": path, "positions": { "begin": position(region.start), "end": position(region.end) } },
    });
    if !also.is_empty() {
        let others = also.iter().map(|second| {
            let at = regions.region(second.place);
            let path = report.path(report.sources.path(second.place.file));
            json!({ "path": path, "positions": { "begin": position(at.start), "end": position(at.end) } })
        });
        entry["other_locations"] = Value::Array(others.collect());
    }
    entry
}

/// A number for what a finding is about: rule, path, field and the text of its lines, but not where they stand, so that it
/// stays itself when lines move. The same number a second time becomes another one.
fn fingerprint(about: [&str; 4], taken: &mut BTreeSet<String>) -> String {
    let bytes = about.iter().flat_map(|part| part.bytes().chain([0]));
    let base = bytes.fold(FNV_OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME));
    let mut number = base;
    let mut text = format!("{number:032x}");
    while !taken.insert(text.clone()) {
        number = number.wrapping_add(1);
        text = format!("{number:032x}");
    }
    text
}

/// The 128-bit FNV-1a hash: no secret is in it, it only has to be the same tomorrow.
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::fingerprint;

    #[test]
    fn twins_get_fingerprints_of_their_own() {
        let mut taken = BTreeSet::new();
        let first = fingerprint(["value-type", "a.yaml", "filters[0].value", "value: x"], &mut taken);
        let twin = fingerprint(["value-type", "a.yaml", "filters[0].value", "value: x"], &mut taken);
        let other = fingerprint(["value-type", "a.yamlf", "ilters[0].value", "value: x"], &mut taken);
        assert!(first != twin && twin != other && first != other);
        assert_eq!(first, fingerprint(["value-type", "a.yaml", "filters[0].value", "value: x"], &mut BTreeSet::new()));
    }
}
