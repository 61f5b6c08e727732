//! The rules that a stream of JSON lines follows, as readers of `terraform plan -json` and `apply -json` rely on them.

use serde_json::Value;

/// What every line of a type has beside the five keys of all lines.
const TYPES: [(&str, &[&str]); 9] = [
    ("version", &["terraform", "ui"]),
    ("resource_drift", &["change"]),
    ("planned_change", &["change"]),
    ("change_summary", &["changes"]),
    ("apply_start", &["hook"]),
    ("apply_progress", &["hook"]),
    ("apply_complete", &["hook"]),
    ("apply_errored", &["hook"]),
    ("diagnostic", &["diagnostic"]),
];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

fn resource(value: &Value) {
    let expected = ["addr", "implied_provider", "module", "resource", "resource_key", "resource_name", "resource_type"];
    assert_eq!(keys(value), expected, "{value}");
    assert_eq!(value["addr"], format!("campaign.{}", value["resource_name"].as_str().unwrap()));
}

/// Every line of a stream, checked.
pub fn check(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let active =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(active), "{text:?}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    for (number, line) in lines.iter().enumerate() {
        let kind = line["type"].as_str().unwrap_or_else(|| panic!("no type: {line}"));
        assert_eq!(kind == "version", number == 0, "the version is the first line, and only that: {line}");
        let (_, own) = TYPES.iter().find(|(name, _)| *name == kind).unwrap_or_else(|| panic!("no type of Terraform: {line}"));
        let mut expected = vec!["@level", "@message", "@module", "@timestamp", "type"];
        expected.extend(*own);
        expected.sort_unstable();
        let found: Vec<&str> = keys(line).into_iter().filter(|key| *key != "campaignctl").collect();
        assert_eq!(found, expected, "{line}");
        assert_eq!(line["@module"], "terraform.ui");
        assert!(["info", "warn", "error"].contains(&line["@level"].as_str().unwrap()), "{line}");
        line["@timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        body(kind, line);
    }
    lines
}

fn body(kind: &str, line: &Value) {
    match kind {
        "version" => assert_eq!((&line["ui"], &line["terraform"]), (&"1.2".into(), &"1.11.4".into())),
        "planned_change" | "resource_drift" => {
            let change = &line["change"];
            let allowed = ["action", "importing", "previous_resource", "reason", "resource"];
            assert!(keys(change).iter().all(|key| allowed.contains(key)), "{change}");
            resource(&change["resource"]);
            if let Some(previous) = change.get("previous_resource") {
                resource(previous);
            }
            let action = change["action"].as_str().unwrap();
            assert!(["create", "update", "delete", "move", "import", "remove"].contains(&action), "{change}");
            assert_eq!(action == "move", action == "move" && change.get("previous_resource").is_some());
            let said = if kind == "planned_change" { format!(": Plan to {action}") } else { format!(": Drift detected ({action})") };
            assert!(line["@message"].as_str().unwrap().ends_with(&said), "{line}");
        }
        "change_summary" => {
            assert_eq!(keys(&line["changes"]), ["add", "change", "import", "operation", "remove"]);
            assert!(["plan", "apply"].contains(&line["changes"]["operation"].as_str().unwrap()));
        }
        "diagnostic" => {
            let diagnostic = &line["diagnostic"];
            let allowed = ["address", "campaignctl", "detail", "range", "severity", "snippet", "summary"];
            assert!(keys(diagnostic).iter().all(|key| allowed.contains(key)), "{diagnostic}");
            let (level, word) = if diagnostic["severity"] == "error" { ("error", "Error") } else { ("warn", "Warning") };
            assert_eq!(line["@level"], level);
            assert_eq!(line["@message"], format!("{word}: {}", diagnostic["summary"].as_str().unwrap()));
            assert!(diagnostic["detail"].is_string());
            if let Some(range) = diagnostic.get("range") {
                assert_eq!(keys(range), ["end", "filename", "start"]);
                assert_eq!(keys(&range["start"]), ["byte", "column", "line"]);
            }
        }
        _ => {
            let hook = &line["hook"];
            resource(&hook["resource"]);
            let allowed = ["action", "elapsed_seconds", "id_key", "id_value", "resource"];
            assert!(keys(hook).iter().all(|key| allowed.contains(key)), "{hook}");
            assert_eq!(hook.get("elapsed_seconds").is_some(), kind != "apply_start", "{hook}");
            assert_eq!(kind == "apply_errored", line["campaignctl"]["outcome"].is_string(), "{line}");
        }
    }
}
