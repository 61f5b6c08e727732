//! Every rule that can be in a report is described there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use campaignctl::lint;
use campaignctl::render::findings::about;

fn files(folder: &Path, name_ends: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, name_ends, found);
        } else if path.to_string_lossy().ends_with(name_ends) {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The ids in `error[id]` and `warning[id]` of what the rule cases expect.
fn ids_of_cases() -> BTreeSet<String> {
    let mut texts = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/cases"), "findings.txt", &mut texts);
    let ids = texts.iter().flat_map(|text| text.split("error[").chain(text.split("warning[")).skip(1));
    ids.filter_map(|rest| rest.split_once("] ")).map(|(id, _)| id.to_owned()).filter(|id| is_id(id)).collect()
}

/// The ids in `Problem::new("id"`, `error("id"` and `rule: "id"` of the code that finds them.
fn ids_of_code() -> BTreeSet<String> {
    let mut texts = Vec::new();
    for room in ["load", "schema", "ops"] {
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), ".rs", &mut texts);
    }
    let mut ids = BTreeSet::new();
    for text in texts {
        for opening in ["Problem::new(", "error(", "rule:"] {
            let arguments = text.split(opening).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            ids.extend(arguments.filter_map(|rest| rest.split_once('"')).map(|(id, _)| id.to_owned()).filter(|id| is_id(id)));
        }
    }
    ids
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[test]
fn every_rule_of_a_finding_is_described() {
    let ids: BTreeSet<String> =
        ids_of_cases().into_iter().chain(ids_of_code()).chain(lint::rules().map(|rule| rule.id.to_owned())).collect();
    assert!(ids.len() > 35, "the search found the ids: {ids:?}");
    let missing: Vec<&String> = ids.iter().filter(|id| about(id).is_none()).collect();
    assert!(missing.is_empty(), "rules without a description in src/render/findings/about.rs: {missing:?}");
}
