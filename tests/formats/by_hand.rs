//! Findings as no rule makes them yet: warnings, words beside the underline, places in other files, places without text.

use campaignctl::diagnostic::{FileId, Finding, Place, Severity, SourceMap, Span};
use campaignctl::load::Repository;
use campaignctl::render::findings::{Report, github, gitlab, human, json, junit, sarif};
use unicode_width::UnicodeWidthStr;

use crate::shape;

const TEXT: &str = "name: Grüße 🎉\nfilters:\n  - { value: 5 }\n  - { value: 3 }\n";

fn place(file: FileId, what: &str) -> Place {
    let start = TEXT.find(what).unwrap();
    Place { file, span: Span { start: start as u32, end: (start + what.len()) as u32 } }
}

/// A warning before an error, as no sorted list has them; one finding of many lines, twins, and one in an empty file.
fn findings() -> (Vec<Finding>, SourceMap) {
    let mut sources = SourceMap::default();
    let first = sources.add_file("campaigns/first.yaml", TEXT, Vec::new());
    let second = sources.add_file("campaigns/second.yaml", TEXT, Vec::new());
    let empty = sources.add_file("campaigns/empty.yaml", "", Vec::new());
    sources.add_file("campaigns/passes.yaml", TEXT, Vec::new());
    let long = "a session with `external.churn_probability: 4` would have to be above five and below three at once, which none is";
    let mut warning = Finding::error("redundant-filter", place(first, "5"), "`filters[0]`: nothing is above 5 and below 3")
        .field("filters[0].value")
        .label(long)
        .also(place(first, "3"), "below 3 here \u{1b}[31m\u{202e} ::error::x")
        .also(place(second, "🎉"), long)
        .help("keep one \u{9b}31m of them");
    warning.severity = Severity::Warning;
    let whole = Finding::error("wrong-type", place(first, &TEXT[TEXT.find("filters").unwrap()..]), "the list is wrong").field("filters");
    let nowhere = Finding::error("empty-file", Place { file: empty, span: Span::default() }, "the file is empty");
    (vec![warning, whole.clone(), whole, nowhere], sources)
}

fn document(format: fn(&Report<'_>) -> String) -> String {
    let (findings, sources) = findings();
    let repository = Repository { root: "/repo".to_owned(), project: String::new() };
    format(&Report { findings: &findings, sources: &sources, repository: &repository, environment: None })
}

#[test]
fn they_have_the_shape_of_each_format() {
    for (name, format) in
        [("json", json as fn(&Report<'_>) -> String), ("sarif", sarif), ("github", github), ("gitlab", gitlab), ("junit", junit)]
    {
        let text = document(format);
        shape::check(name, &text);
        assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{name}: {text:?}");
    }
}

#[test]
fn a_place_of_several_lines_is_told_as_each_format_can() {
    let annotation = document(github);
    let whole = annotation.lines().find(|line| line.contains("the list is wrong")).unwrap();
    assert!(whole.contains("line=2,endLine=4,title="), "columns of several lines are refused: {whole}");
    let log: serde_json::Value = serde_json::from_str(&document(sarif)).unwrap();
    let region = &log["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(*region, serde_json::json!({ "startLine": 2, "startColumn": 1, "endLine": 4, "endColumn": 17 }));
    let related = &log["runs"][0]["results"][0]["relatedLocations"][2]["physicalLocation"]["region"];
    assert_eq!((&related["startColumn"], &related["endColumn"]), (&13.into(), &15.into()), "UTF-16 code units");
    let document: serde_json::Value = serde_json::from_str(&document(json)).unwrap();
    assert_eq!(document["diagnostics"][1]["snippet"]["code"], "filters:\n  - { value: 5 }\n  - { value: 3 }");
    assert!(document["diagnostics"][3].get("snippet").is_none(), "there is no text to show");
}

#[test]
fn warnings_are_warnings_everywhere() {
    assert!(document(github).lines().last().unwrap().starts_with("::warning file=campaigns/first.yaml,line=3,"), "errors come first");
    let text = document(junit);
    assert!(text.contains("tests=\"4\" failures=\"2\""), "{text}");
    assert!(text.contains("<system-out>campaigns/first.yaml:3:14: warning[redundant-filter]"), "{text}");
    let entries: Vec<serde_json::Value> = serde_json::from_str(&document(gitlab)).unwrap();
    assert_eq!(entries[0]["severity"], "minor");
    let document: serde_json::Value = serde_json::from_str(&document(json)).unwrap();
    assert_eq!((&document["error_count"], &document["warning_count"]), (&3.into(), &1.into()));
}

#[test]
fn words_that_do_not_fit_beside_the_underline_stand_below() {
    let (findings, sources) = findings();
    let shown = |width| anstream::adapter::strip_str(&human(&findings, &sources, width)).to_string();
    let pipe = shown(None);
    assert!(pipe.contains("^ a session with `external.churn_probability: 4` would have to be above five and below three"), "{pipe}");
    assert!(pipe.contains("- below 3 here \\u{1b}[31m\\u{202e} ::error::x"), "{pipe}");
    for width in [40, 60, 80, 100] {
        let text = shown(Some(width));
        for line in text.lines().filter(|line| !line.contains("--> ") && !line.contains("::: ")) {
            assert!(line.width() <= width, "{width}: {line}\n{text}");
        }
        assert!(text.contains("= note: line 3: a session with"), "{text}");
        assert!(text.contains("= note: campaigns/second.yaml:1"), "{text}");
        assert!(text.contains("`filters[0]"), "{text}");
    }
}
