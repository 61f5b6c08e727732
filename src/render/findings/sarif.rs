//! Findings as SARIF 2.1.0, with all that GitHub's code scanning asks for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::json_text::json_text;
use super::about::{About, about};
use super::line_hash::line_hashes;
use super::region::{Region, Regions};
use super::report::{Report, is_absolute};
use crate::diagnostic::{FileId, Finding, Place, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What stands for the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// One run with the findings as results, and the rules that they break.
pub fn sarif(report: &Report<'_>) -> String {
    let rules = worst_by_rule(report.findings);
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, rule)| (*rule, index)).collect();
    let mut places = Places { report, regions: Regions::new(report.sources), hashes: BTreeMap::new() };
    let results: Vec<Value> = report.findings.iter().map(|finding| places.result(finding, index[finding.rule])).collect();
    json_text(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": INFORMATION,
                "rules": rules.iter().map(|(id, worst)| rule(id, *worst)).collect::<Vec<_>>(),
            } },
            "automationDetails": { "id": run_id(report.environment) },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository." } } },
            "results": results,
        }],
    }))
}

/// Where people read about the tool.
const INFORMATION: &str = "https://crates.io/crates/campaignctl";

/// Uploads with one id replace each other's alerts, so every environment has its own. What is before the last `/` is
/// the category.
fn run_id(environment: Option<&str>) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let environment: String = environment.unwrap_or_default().chars().filter(plain).collect();
    if environment.is_empty() { "campaignctl/validate/".to_owned() } else { format!("campaignctl/validate/{environment}/") }
}

/// The rules with findings, sorted, and how bad the worst finding of each is.
fn worst_by_rule(findings: &[Finding]) -> BTreeMap<&str, Severity> {
    let mut rules = BTreeMap::new();
    for finding in findings {
        let worst = rules.entry(finding.rule).or_insert(finding.severity);
        *worst = finding.severity.min(*worst);
    }
    rules
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(id: &str, worst: Severity) -> Value {
    // An empty text is refused, so a rule that nobody described is called by its id.
    let About { summary, why, help, markdown, kind } = about(id).unwrap_or_else(|| About {
        summary: id.to_owned(),
        why: id.to_owned(),
        help: id.to_owned(),
        markdown: id.to_owned(),
        kind: "campaign",
    });
    json!({
        "id": id,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": why },
        "help": { "text": help, "markdown": markdown },
        "defaultConfiguration": { "level": level(worst) },
        "properties": {
            "tags": ["campaignctl", kind],
            "precision": "very-high",
            "problem.severity": level(worst),
        },
    })
}

/// Turns places into locations.
struct Places<'a> {
    report: &'a Report<'a>,
    regions: Regions<'a>,
    hashes: BTreeMap<FileId, Vec<String>>,
}

impl Places<'_> {
    fn result(&mut self, finding: &Finding, index: usize) -> Value {
        let Finding { rule, severity, message, place, field, label, also, help, fix: _ } = finding;
        let region = self.regions.region(*place);
        let mut location = self.location(*place);
        if !field.is_empty() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": field, "kind": "member" }]);
        }
        let text = match help {
            Some(help) => format!("{message}\nHelp: {help}"),
            None => message.clone(),
        };
        let mut result = json!({
            "ruleId": rule,
            "ruleIndex": index,
            "level": level(*severity),
            "message": { "text": no_links(&text) },
            "locations": [location],
            "partialFingerprints": {
                "primaryLocationLineHash": self.line_hash(*place, region.start.line),
                // Two findings of one rule on one line differ in it.
                "primaryLocationStartColumnFingerprint": region.start.column.to_string(),
            },
        });
        let mut related: Vec<Value> = Vec::new();
        let own = (!label.is_empty()).then_some((*place, label));
        for (id, (place, text)) in own.into_iter().chain(also.iter().map(|second| (second.place, &second.text))).enumerate() {
            let mut location = self.location(place);
            location["id"] = json!(id);
            if !text.is_empty() {
                location["message"] = json!({ "text": no_links(text) });
            }
            related.push(location);
        }
        if !related.is_empty() {
            result["relatedLocations"] = Value::Array(related);
        }
        result
    }

    fn location(&mut self, place: Place) -> Value {
        let Region { start, end, lines: _, lines_byte: _ } = self.regions.region(place);
        let path = self.report.path(self.report.sources.path(place.file));
        let mut artifact = Map::new();
        artifact.insert("uri".to_owned(), json!(uri(&path)));
        if !is_absolute(&path) {
            artifact.insert("uriBaseId".to_owned(), json!(ROOT));
        }
        json!({ "physicalLocation": {
            "artifactLocation": artifact,
            "region": {
                "startLine": start.line,
                "startColumn": start.utf16_column,
                "endLine": end.line,
                "endColumn": end.utf16_column,
            },
        } })
    }

    fn line_hash(&mut self, place: Place, line: usize) -> String {
        let text = self.report.sources.file(place.file).map_or("", |file| file.text.as_str());
        let hashes = self.hashes.entry(place.file).or_insert_with(|| line_hashes(text));
        // A place at the very end may be one line further than there are lines to hash.
        hashes.get(line - 1).or(hashes.last()).cloned().unwrap_or_else(|| "0:1".to_owned())
    }
}

/// A message in which nothing is a link: `[text](target)` would be one, also where a campaign's author wrote it.
fn no_links(text: &str) -> String {
    text.replace("](", "] (")
}

/// A path as a URI reference: relative, or `file:///…`.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if is_absolute(path) {
        out.push_str(if path.starts_with('/') { "file://" } else { "file:///" });
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{no_links, run_id, uri};

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("campaigns/pricing page, 100%.yaml"), "campaigns/pricing%20page%2C%20100%25.yaml");
        assert_eq!(uri("campaigns/gr\u{fc}n#1?.yaml"), "campaigns/gr%C3%BCn%231%3F.yaml");
        assert_eq!(uri("a:b.yaml"), "a%3Ab.yaml");
        assert_eq!(uri("/elsewhere/a.yaml"), "file:///elsewhere/a.yaml");
        assert_eq!(uri("C:/a.yaml"), "file:///C%3A/a.yaml");
    }

    #[test]
    fn a_message_has_no_links_and_a_run_id_no_surprises() {
        assert_eq!(no_links("see [this](https://evil.example) in filters[0]"), "see [this] (https://evil.example) in filters[0]");
        assert_eq!(run_id(Some("staging/../x")), "campaignctl/validate/stagingx/");
        assert_eq!(run_id(None), "campaignctl/validate/");
    }
}
