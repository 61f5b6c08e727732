//! What every document of a format must have, whatever it says.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// Stops where a document lacks what its readers ask for.
pub fn check(format: &str, text: &str) {
    match format {
        "human" => {}
        "json" => json(text),
        "sarif" => sarif(text),
        "github" => github(text),
        "gitlab" => gitlab(text),
        "junit" => junit(text),
        other => panic!("no shape of {other}"),
    }
}

fn parsed(text: &str) -> Value {
    assert!(text.ends_with('\n'));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("no text: {value}"))
}

fn at_least(value: &Value, least: u64) -> u64 {
    value.as_u64().filter(|number| *number >= least).unwrap_or_else(|| panic!("no number from {least} on: {value}"))
}

/// A path as review tools want it.
fn path(path: &str) {
    assert!(!path.starts_with("./") && !path.contains("//"), "{path}");
}

/// The keys of `terraform validate -json` and no others but `campaignctl`.
fn json(document: &str) {
    let document = parsed(document);
    assert_eq!(sorted(keys(&document)), ["diagnostics", "error_count", "format_version", "valid", "warning_count"]);
    assert_eq!(document["format_version"], "1.0");
    let diagnostics = document["diagnostics"].as_array().unwrap();
    let count = |severity: &str| diagnostics.iter().filter(|diagnostic| diagnostic["severity"] == severity).count() as u64;
    assert_eq!(document["error_count"].as_u64(), Some(count("error")));
    assert_eq!(document["warning_count"].as_u64(), Some(count("warning")));
    assert_eq!(document["valid"].as_bool(), Some(count("error") == 0));
    for diagnostic in diagnostics {
        text(&diagnostic["summary"]);
        text(&diagnostic["detail"]);
        let known = ["campaignctl", "detail", "range", "severity", "snippet", "summary"];
        assert!(keys(diagnostic).iter().all(|key| known.contains(key)), "{diagnostic}");
        let Some(range) = diagnostic.get("range") else { continue };
        path(text(&range["filename"]));
        let [start, end] = ["start", "end"].map(|key| (at_least(&range[key]["line"], 1), at_least(&range[key]["column"], 1)));
        assert!(start <= end, "{diagnostic}");
        assert!(at_least(&range["start"]["byte"], 0) <= at_least(&range["end"]["byte"], 0));
        if let Some(snippet) = diagnostic.get("snippet") {
            let wanted = ["code", "context", "highlight_end_offset", "highlight_start_offset", "start_line", "values"];
            assert_eq!(sorted(keys(snippet)), wanted);
            let [from, to] = ["highlight_start_offset", "highlight_end_offset"].map(|key| at_least(&snippet[key], 0) as usize);
            assert!(snippet["code"].as_str().unwrap().get(from..to).is_some_and(|marked| !marked.is_empty()), "{diagnostic}");
            assert_eq!(snippet["start_line"], range["start"]["line"]);
        }
        let own = &diagnostic["campaignctl"];
        assert_eq!(own["format_version"], "1.0");
        text(&own["rule"]);
        assert!(own["related"].is_array());
    }
}

fn sorted(mut keys: Vec<&str>) -> Vec<&str> {
    keys.sort_unstable();
    keys
}

/// Valid by the standard's schema, and with what GitHub asks for beyond it.
fn sarif(document: &str) {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let validator = VALIDATOR.get_or_init(|| {
        // The one pattern of the standard's schema that not every engine takes (a bracket that opens nothing) is for a field
        // that we do not write.
        let schema = include_str!("../data/sarif-2.1.0.schema.json").replace("{2}]?$", "{2}$");
        jsonschema::options().should_validate_formats(true).build(&serde_json::from_str(&schema).unwrap()).unwrap()
    });
    let document = parsed(document);
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    no_empty_text(&document);

    assert!(document["$schema"].is_string());
    let run = &document["runs"][0];
    assert!(text(&run["automationDetails"]["id"]).ends_with('/'));
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "campaignctl");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        for pointer in
            ["/id", "/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown", "/defaultConfiguration/level"]
        {
            text(rule.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: {rule}")));
        }
        assert!(rule["properties"]["tags"].as_array().is_some_and(|tags| (1..=20).contains(&tags.len())), "{rule}");
    }
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules[at_least(&result["ruleIndex"], 0) as usize]["id"], result["ruleId"]);
        assert!(!text(&result["message"]["text"]).contains("]("), "{result}");
        let location = &result["locations"][0]["physicalLocation"];
        let uri = text(&location["artifactLocation"]["uri"]);
        path(uri);
        assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains(':'), "{uri}");
        for key in ["startLine", "startColumn", "endLine", "endColumn"] {
            at_least(&location["region"][key], 1);
        }
        assert!(text(&result["partialFingerprints"]["primaryLocationLineHash"]).contains(':'), "{result}");
    }
}

fn no_empty_text(value: &Value) {
    match value {
        Value::String(text) => assert!(!text.is_empty()),
        Value::Array(items) => items.iter().for_each(no_empty_text),
        Value::Object(fields) => fields.values().for_each(no_empty_text),
        _ => {}
    }
}

/// Every line is one annotation and nothing else; errors come first.
fn github(document: &str) {
    let mut warned = false;
    for line in document.lines() {
        assert!(!line.chars().any(char::is_control), "{line}");
        let rest = match (line.strip_prefix("::error "), line.strip_prefix("::warning ")) {
            (Some(rest), _) if !warned => rest,
            (None, Some(rest)) => {
                warned = true;
                rest
            }
            _ => panic!("no annotation, or an error after a warning: {line}"),
        };
        let (properties, message) = rest.split_once("::").unwrap();
        let properties: Vec<(&str, &str)> = properties.split(',').map(|property| property.split_once('=').unwrap()).collect();
        let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
        let full = ["file", "line", "endLine", "col", "endColumn", "title"];
        assert!(names == full || names == ["file", "line", "endLine", "title"], "{line}");
        assert!(properties.iter().all(|(_, value)| !value.is_empty() && !value.contains(':')), "{line}");
        assert!(!message.is_empty());
        path(properties[0].1);
    }
}

/// What GitLab's parser asks of each entry; it stops at the first that lacks it.
fn gitlab(document: &str) {
    let document = parsed(document);
    let mut fingerprints = BTreeSet::new();
    for entry in document.as_array().unwrap() {
        text(&entry["description"]);
        text(&entry["check_name"]);
        assert!(fingerprints.insert(text(&entry["fingerprint"])), "twice: {entry}");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&text(&entry["severity"])), "{entry}");
        path(text(&entry["location"]["path"]));
        let position = |end: &str| {
            let position = &entry["location"]["positions"][end];
            (at_least(&position["line"], 1), at_least(&position["column"], 1))
        };
        assert!(position("begin") <= position("end"), "{entry}");
    }
}

/// One `testsuites`, counts that are right, and only the elements and attributes that readers know.
fn junit(document: &str) {
    let document = roxmltree::Document::parse(document).unwrap_or_else(|error| panic!("{error}: {document}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let elements = |name: &'static str| root.descendants().filter(move |node| node.has_tag_name(name));
    assert_eq!(elements("testsuite").count(), 1);
    for suite in elements("testsuite").chain([root]) {
        assert_eq!(suite.attribute("tests"), Some(elements("testcase").count().to_string().as_str()));
        assert_eq!(suite.attribute("failures"), Some(elements("failure").count().to_string().as_str()));
    }
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let known = ["testsuites", "testsuite", "testcase", "failure", "system-out"];
        assert!(known.contains(&node.tag_name().name()), "{node:?}");
    }
    let mut names = BTreeSet::new();
    for case in elements("testcase") {
        assert!(case.attribute("classname").is_some_and(|name| !name.is_empty()));
        assert!(names.insert(case.attribute("name").unwrap()), "twice: {case:?}");
        assert_eq!(case.attribute("file"), case.attribute("name"));
        assert!(case.children().filter(|child| child.has_tag_name("failure")).count() <= 1);
    }
    for failure in elements("failure") {
        assert!(failure.attribute("type").is_some() && failure.attribute("message").is_some());
        assert!(failure.text().is_some_and(|text| !text.is_empty()));
    }
}
