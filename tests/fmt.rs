//! Every folder under `tests/fmt/cases` is a campaign file before and after `fmt`. And whatever a file looks like: formatted once
//! is formatted, and no value and no comment is lost.
//!
//! `BLESS=1 cargo test --test fmt` writes what came out; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use campaignctl::edit::{self, Order, comments};
use campaignctl::load::{read_documents, texts_at};
use campaignctl::ops::fmt::format;
use campaignctl::{ops, schema};
use proptest::prelude::*;
use serde_json::Value;

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Formats a file on the disk, twice; the text it then has.
fn formatted(before: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    fs::write(&path, before).unwrap();
    let once = format(texts_at(std::slice::from_ref(&path)));
    assert_eq!((&once.refused, &once.findings), (&Vec::new(), &Vec::new()), "{}", String::from_utf8_lossy(before));
    assert_eq!(ops::write(&once.files), []);
    let text = fs::read(&path).unwrap();
    let twice = format(texts_at(&[path]));
    assert_eq!(twice.files, [], "{}", String::from_utf8_lossy(before));
    text
}

#[test]
fn every_case_is_formatted_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fmt/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let found = formatted(&fs::read(case.join("before.yaml")).unwrap());
        if blessing() {
            fs::write(case.join("after.yaml"), &found).unwrap();
        }
        if fs::read(case.join("after.yaml")).unwrap_or_default() != found {
            wrong.push(format!("--- {}\n{}", case.display(), String::from_utf8_lossy(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_field_of_the_schema_has_its_place() {
    let root = schema::campaign();
    let resolve = |schema: &'static Value| match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(&reference[1..]).unwrap(),
        None => schema,
    };
    let mut known = 0;
    for (pointer, fields) in edit::field_orders() {
        let mut schema = root;
        for step in pointer.split('/').skip(1) {
            schema = resolve(if step == "*" { &schema["items"] } else { &schema["properties"][step] });
        }
        let mut ordered: Vec<&str> = fields.to_vec();
        ordered.sort_unstable();
        let declared: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(ordered, declared, "{pointer}");
        known += 1;
    }
    let mappings = 1 + root["$defs"].as_object().unwrap().values().filter(|schema| schema.get("properties").is_some()).count();
    assert_eq!(known, mappings, "a mapping of the schema has no order");
}

#[test]
fn the_samples_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let formatted = format(texts_at(&[root.join("campaigns"), root.join("campaignctl.yaml")]));
    assert!(formatted.files.is_empty() && formatted.refused.is_empty() && formatted.unchanged >= 6, "{formatted:?}");
}

fn command(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_campaignctl")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

#[test]
fn the_command_checks_shows_and_writes() {
    let folder = tempfile::tempdir().unwrap();
    let campaigns = folder.path().join("campaigns");
    fs::create_dir(&campaigns).unwrap();
    fs::write(folder.path().join("campaignctl.yaml"), "environments:\n  local: {emulator: x}\ncampaigns: campaigns\n").unwrap();
    fs::write(campaigns.join("bad.yaml"), "a: [\n").unwrap();
    fs::write(campaigns.join("good.yaml"), "name: a\nenabled: true\n").unwrap();
    fs::write(campaigns.join("untidy.yaml"), "enabled:  true\nname: a\n").unwrap();
    let out = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();

    let check = command(folder.path(), &["fmt", "--check"]);
    assert_eq!(out(&check), "not formatted: campaignctl.yaml\nnot formatted: campaigns/untidy.yaml\n2 files to format, 1 unchanged.\n");
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8(check.stderr).unwrap().contains("campaigns/bad.yaml:1:4"));
    let diff = command(folder.path(), &["fmt", "--diff", "campaigns/untidy.yaml"]);
    let expected = "--- a/campaigns/untidy.yaml\n+++ b/campaigns/untidy.yaml\n@@ -1,2 +1,2 @@\n-enabled:  true\n name: a\n+enabled: true\n";
    assert_eq!((out(&diff).as_str(), diff.status.code()), (expected, Some(0)));
    assert_eq!(command(folder.path(), &["fmt", "--check", "--diff", "campaigns/untidy.yaml"]).status.code(), Some(1));
    assert_eq!(fs::read_to_string(campaigns.join("untidy.yaml")).unwrap(), "enabled:  true\nname: a\n");

    let write = command(folder.path(), &["fmt"]);
    assert_eq!(out(&write), "formatted campaignctl.yaml\nformatted campaigns/untidy.yaml\n2 files formatted, 1 unchanged.\n");
    assert_eq!(write.status.code(), Some(1), "a file does not parse");
    assert_eq!(fs::read_to_string(campaigns.join("untidy.yaml")).unwrap(), "name: a\nenabled: true\n");
    assert_eq!(fs::read_to_string(campaigns.join("bad.yaml")).unwrap(), "a: [\n");
    let project = fs::read_to_string(folder.path().join("campaignctl.yaml")).unwrap();
    assert_eq!(project, "environments:\n  local: { emulator: x }\ncampaigns: campaigns\n", "the order of the project file is the author's");
    assert_eq!(command(folder.path(), &["fmt", "--check", "campaigns/good.yaml", "campaigns/untidy.yaml"]).status.code(), Some(0));
}

#[test]
fn what_has_no_canonical_layout_is_left_as_it_is() {
    for (text, reason) in [
        ("%YAML 1.2\n---\nname: a\n", "directive"),
        ("name: a\rkey: b\n", "carriage returns"),
        ("name: # c\n  |\n  x\n", "block of lines"),
        ("{ name: # c\n a }\n", "between a key and its value"),
        ("? |\n  a\n: b\n", "block of lines"),
        ("text\n", "one text"),
    ] {
        let refusal = edit::format(text, Order::Campaign).unwrap_err().to_string();
        assert!(refusal.contains(reason), "{text:?}: {refusal}");
    }
}

/// The style in which a document is written; each choice is taken from the seed in turn.
struct Scribe {
    choices: Vec<u8>,
    at: usize,
    comments: usize,
}

impl Scribe {
    fn choose(&mut self, of: u8) -> u8 {
        self.at += 1;
        self.choices[self.at % self.choices.len()].wrapping_add((self.at / self.choices.len()) as u8) % of
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        let tail = ["", " - x: y", "  - { a", ": 'ä\""][self.choose(4) as usize];
        format!("# c{}{tail}", self.comments)
    }

    fn eol(&mut self) -> String {
        match self.choose(4) {
            0 => format!("{}{}", [" ", "   ", "\t "][self.choose(3) as usize], self.comment()),
            1 => "  ".to_owned(),
            _ => String::new(),
        }
    }

    /// Comment lines and blank lines between two entries.
    fn between(&mut self, out: &mut String, indent: usize) {
        for _ in 0..self.choose(3).saturating_sub(1) {
            let deeper = [0, 0, 2, 4][self.choose(4) as usize];
            let comment = self.comment();
            match self.choose(3) {
                0 => out.push_str("\n\n"),
                1 => out.push_str(" \n"),
                _ => {}
            }
            out.push_str(&format!("{:1$}{comment}\n", "", indent + deeper));
        }
        if self.choose(5) == 0 {
            out.push('\n');
        }
    }

    fn scalar(&mut self, value: &Value) -> String {
        match value {
            Value::String(text) if self.choose(2) == 0 && !text.contains(['\n', '\t']) && !text.is_empty() => {
                format!("'{}'", text.replace('\'', "''"))
            }
            Value::String(text) => serde_json::to_string(text).unwrap(),
            other => other.to_string(),
        }
    }

    fn flow(&mut self, value: &Value) -> String {
        let space = ["", " ", "   "][self.choose(3) as usize];
        let gap = |scribe: &mut Self| match scribe.choose(8) {
            0 => "\n          ".to_owned(),
            1 => format!(" {}\n           ", scribe.comment()),
            _ => space.to_owned(),
        };
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| format!("{}{}{space}", gap(self), self.flow(item))).collect();
                format!("[{}{}]", items.join(","), gap(self))
            }
            Value::Object(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, field)| format!("{}{}: {space}{}", gap(self), self.scalar(&Value::from(name.as_str())), self.flow(field)))
                    .collect();
                let comma = if !fields.is_empty() && self.choose(3) == 0 { "," } else { "" };
                format!("{{{}{comma}{}}}", fields.join(","), gap(self))
            }
            scalar => self.scalar(scalar),
        }
    }

    /// What follows a `key:` or `-` at `indent`.
    fn value(&mut self, out: &mut String, value: &Value, indent: usize, in_list: bool) {
        match value {
            Value::String(text)
                if text.ends_with('\n') && !text.starts_with([' ', '\n']) && !text.contains('\t') && self.choose(2) == 0 =>
            {
                let keep = text.ends_with("\n\n");
                out.push_str(&format!(" |{}{}\n", if keep { "+" } else { "" }, self.eol()));
                let inside = indent + 1 + self.choose(3) as usize;
                for line in text[..text.len() - 1].split('\n') {
                    out.push_str(&if line.is_empty() { "\n".to_owned() } else { format!("{:inside$}{line}\n", "") });
                }
            }
            Value::Array(items) if !items.is_empty() && self.choose(3) > 0 => {
                let inside = if in_list { indent + 2 } else { indent + 2 * self.choose(2) as usize };
                self.block(out, value, inside);
            }
            Value::Object(fields) if !fields.is_empty() && self.choose(3) > 0 => {
                let inside = indent + 1 + self.choose(3) as usize;
                self.block(out, value, inside);
            }
            other => {
                let eol = self.eol();
                let written = self.flow(other);
                out.push_str(&format!(" {written}{eol}\n"));
            }
        }
    }

    fn block(&mut self, out: &mut String, value: &Value, indent: usize) {
        let eol = self.eol();
        out.push_str(&format!("{eol}\n"));
        self.lines(out, value, indent);
    }

    fn lines(&mut self, out: &mut String, value: &Value, indent: usize) {
        match value {
            Value::Array(items) => {
                for item in items {
                    self.between(out, indent);
                    out.push_str(&format!("{:indent$}-", ""));
                    match item {
                        Value::Object(fields) if !fields.is_empty() && self.choose(2) == 0 => {
                            // The first entry goes on behind the dash.
                            let mut inner = String::new();
                            self.lines(&mut inner, item, indent + 2);
                            if inner.starts_with(&format!("{:1$}", "", indent + 2))
                                && !inner.trim_start().starts_with('#')
                                && inner.as_bytes()[indent + 2] != b' '
                            {
                                out.push_str(&inner[indent + 1..]);
                            } else {
                                out.push_str(&format!("\n{inner}"));
                            }
                        }
                        item => self.value(out, item, indent, true),
                    }
                }
            }
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                let rotate = self.choose(7) as usize % fields.len().max(1);
                fields.rotate_left(rotate);
                for (name, field) in fields {
                    self.between(out, indent);
                    let key = if name.bytes().all(|byte| byte.is_ascii_alphabetic())
                        && !name.is_empty()
                        && !["y", "n", "true", "null"].contains(&name.as_str())
                    {
                        name.clone()
                    } else {
                        serde_json::to_string(name).unwrap()
                    };
                    out.push_str(&format!("{:indent$}{key}:", ""));
                    self.value(out, field, indent, false);
                }
            }
            _ => {}
        }
        self.between(out, indent);
    }
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-zA-Z0-9 _.:#,'\"ä-]{0,10}", "[a-z #:]{1,8}\n([a-z -]{0,6}\n){0,3}", Just("true".to_owned())];
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-9e9..9e9f64).prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    let field = prop_oneof![
        prop::sample::select(vec![
            "name",
            "key",
            "filters",
            "actions",
            "value",
            "operator",
            "type",
            "config",
            "routingConfig",
            "priority",
            "throttling"
        ])
        .prop_map(str::to_owned),
        "[a-z]{1,3}",
        "[a-z:# ]{0,4}"
    ];
    let inner = leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((field.clone(), inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    let top = prop::sample::select(vec!["name", "key", "filters", "actions", "throttling", "enabled", "zebra", "lifecycle"]);
    prop::collection::vec((top, inner), 1..6)
        .prop_map(|fields| Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

fn sorted(text: &str) -> Vec<&str> {
    let mut comments = comments(text);
    comments.sort_unstable();
    comments
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(800) })]

    /// Any value, in any style, with comments anywhere.
    #[test]
    fn formatting_keeps_values_and_comments_and_is_done_at_once(value in values(), choices in prop::collection::vec(any::<u8>(), 3..60), crlf in any::<bool>()) {
        let mut scribe = Scribe { choices, at: 0, comments: 0 };
        let mut text = String::new();
        scribe.lines(&mut text, &value, 0);
        if crlf { text = text.replace('\n', "\r\n"); }
        // A comment that is indented into a block of lines is text: what counts is what the text says.
        let before = read_documents(&text);
        prop_assume!(before.1 == 0);
        let once = match edit::format(&text, Order::Campaign) {
            Ok(once) => once,
            // Comments in the middle of `{ }` are the only thing that may be refused.
            Err(refusal) => { prop_assert!(refusal.to_string().contains("comment"), "{refusal}\n{text}"); return Ok(()); }
        };
        prop_assert_eq!(read_documents(&once), before, "{}\n-->\n{}", text, once);
        prop_assert_eq!(sorted(&text), sorted(&once), "{}\n-->\n{}", text, once);
        let twice = edit::format(&once, Order::Campaign);
        prop_assert_eq!(twice.as_deref(), Ok(once.as_str()), "{}", text);
        prop_assert!(!once.replace("\r\n", "\n").contains("\n\n\n") || once.contains('|') , "{}", once);
    }

    #[test]
    fn arbitrary_text_is_formatted_or_left(text in "([a-c]{0,2}[ \t\n]{0,3}(: |- |\\? |\\[|\\]|\\{|\\}|, |&a |\\*a|!!str |!x |'|\"|\\||>|#|<<|---\n|\\.\\.\\.\n|%|\\$\\{|\\\\|ä|0x|1e|\r\n)?){0,40}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, &text).unwrap();
        let done = format(texts_at(std::slice::from_ref(&path)));
        prop_assert_eq!(ops::write(&done.files), []);
        let after = fs::read_to_string(&path).unwrap();
        match done.files.first() {
            None => prop_assert_eq!(&after, &text),
            Some(_) => {
                prop_assert_eq!(read_documents(&after), read_documents(&text), "{:?}", text);
                prop_assert_eq!(sorted(&after), sorted(&text), "{:?}", text);
                let twice = format(texts_at(&[path]));
                prop_assert_eq!(twice.files.first().map(|file| &file.after), None, "{:?}\n{:?}", text, after);
            }
        }
    }
}
