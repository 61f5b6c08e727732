//! Text that would like to be more than text, in every place it can stand, through every format.

use crate::run::{FORMATS, Project};
use crate::shape;

/// What somebody might write into a campaign that others review.
const HOSTILE: [&str; 24] = [
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;owned\u{7}",
    "\u{9b}31mred",
    "::add-mask::e",
    "a\n::error file=x::gotcha",
    "a\r\n::stop-commands::x",
    "a\r::error::x",
    "##[add-mask]e",
    "##[command] ##[error]x",
    "##vso[task.setvariable variable=a]b ##VSO[task.complete]",
    "##teamcity[buildStatus text='x'] ##TeamCity[y",
    "100% %0A::error::x %25",
    "a,line=9,title=x::y",
    "<script>alert(1)</script>",
    "]]><failure/><![CDATA[",
    "\" onmouseover=\"x' </failure></testcase>",
    "&lt;&#x1b;&amp;",
    "@team [click](https://evil.example) ![x](y)",
    "</details>\n```\n# heading",
    "\u{202e}txt.exe\u{2066}",
    "\u{0}\u{b}\u{fffe}\u{ffff}\u{e0041}",
    "\"]}, {\"check_name\": \"x",
    "\\u001b \\\" \\",
    "{0} {{1}} ${nobody}",
    "\u{85}\u{2028}::error::x\u{2029}",
];

/// A project with the text in every place a finding may quote.
fn project(hostile: &str) -> Project {
    let project = Project::empty();
    let quoted = serde_json::to_string(hostile).unwrap();
    project.write("campaignctl.yaml", b"environments: { local: { emulator: .x, variables: { a: b } } }\n");
    let campaign = format!(
        "name: {quoted}
campaignType: {quoted}
evaluationMode: realtime
{quoted}: 1
filters:
  - {{ attributeName: {quoted}, operator: equals, value: {quoted}, dataType: float }}
  - {{ attributeName: {quoted}, operator: {quoted}, value: 1, dataType: {quoted} }}
actions:
  - {{ type: webchat_invite, priority: {quoted}, routingConfig: {{ queueId: {quoted}, overflowQueueId: {quoted} }} }}
"
    );
    project.write("campaigns/quoted.yaml", campaign.as_bytes());
    // The same name in good campaigns, which `duplicate-name` quotes.
    let good = format!(
        "name: {quoted}
campaignType: proactive
evaluationMode: realtime
filters:
  - {{ attributeName: a.b, operator: equals, value: {quoted}, dataType: float }}
actions: [{{ type: webchat_invite, priority: 1 }}]
"
    );
    project.write("campaigns/one.yaml", good.as_bytes());
    project.write("campaigns/two.yaml", good.as_bytes());
    project.write("campaigns/raw.yaml", format!("name: {hostile}\nfilters: # {hostile}\n  - {hostile}\n").as_bytes());
    project.write("campaigns/plain.yaml", format!("enabled: 'x' # {}\nname: {quoted}\n", hostile.replace(['\n', '\r'], " ")).as_bytes());
    project
}

/// Whether a character would act on a terminal or reorder what is read.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{e0041}')
}

fn check(project: &Project, what: &str) {
    let findings = project.findings().unwrap();
    assert!(findings > 0, "{what:?} was found nowhere");
    for (format, _) in FORMATS {
        let ran = project.validate(format);
        assert_eq!(ran.code, 1, "{format} {what:?}: {}", ran.err);
        let out = ran.out;
        shape::check(format, &out);
        assert!(!out.contains(acts), "{format} {what:?}: {:?}", out.chars().find(|c| acts(*c)));
        if format != "github" {
            // A runner obeys `::` at the beginning of a line, blanks aside, and `##[` anywhere.
            for command in ["##[", "##vso[", "##VSO[", "##teamcity[", "##TeamCity["] {
                assert!(!out.contains(command), "{format} {what:?}: {out}");
            }
            assert!(
                !out.lines().any(|line| line.trim_start().starts_with("::") && !line.trim_start().starts_with("::: ")),
                "{format}: {out}"
            );
        }
        let count = match format {
            "json" => serde_json::from_str::<serde_json::Value>(&out).unwrap()["diagnostics"].as_array().unwrap().len(),
            "sarif" => serde_json::from_str::<serde_json::Value>(&out).unwrap()["runs"][0]["results"].as_array().unwrap().len(),
            "gitlab" => serde_json::from_str::<Vec<serde_json::Value>>(&out).unwrap().len(),
            "github" => out.lines().count(),
            _ => continue,
        };
        assert_eq!(count, findings, "{format} {what:?}");
    }
    for width in [40, 60] {
        assert!(!project.human(width).contains(acts), "{what:?}");
    }
}

#[test]
fn hostile_text_stays_text() {
    for hostile in HOSTILE {
        check(&project(hostile), hostile);
    }
}

#[test]
fn ten_thousand_characters_stay_one_value() {
    check(&project(&"x".repeat(10_000)), "10,000 characters");
    check(&project(&"long words ".repeat(1_000)), "11,000 characters");
}

#[cfg(unix)]
#[test]
fn hostile_file_names_stay_names() {
    for hostile in HOSTILE {
        let name = hostile.replace(['/', '\0'], "_");
        let project = Project::empty();
        project.write("campaignctl.yaml", b"environments: { local: { emulator: .x } }\n");
        project.write(&format!("campaigns/x{name}.yaml"), b"name: A\n");
        check(&project, hostile);
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let project = Project::empty();
    project.write("campaignctl.yaml", b"environments: { local: { emulator: .x } }\r\n");
    project.write("campaigns/a.yaml", b"\xEF\xBB\xBFname: A\r\ncampaignType: nobody\r\n");
    check(&project, "byte order mark");
    let out = project.validate("json").out;
    assert!(out.contains("\"code\": \"campaignType: nobody\","), "{out}");
    assert!(out.contains("\"column\": 15,"), "{out}");
}

#[test]
fn what_is_no_text_has_a_place_too() {
    let project = Project::empty();
    project.write("campaignctl.yaml", b"environments: { local: { emulator: .x } }\n");
    project.write("campaigns/binary.yaml", b"\x00\x01\x02");
    project.write("campaigns/empty.yaml", b"");
    project.write("campaigns/latin.yaml", b"name: gr\xFCn\n");
    check(&project, "binary");
}
