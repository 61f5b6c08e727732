//! Files with a new text: what was done to them, or the difference.

use std::fmt::Write as _;

use similar::TextDiff;

use super::escape::inline;
use super::style::{ADD, FAINT, REMOVE, STRONG};
use crate::edit::{Refused, Rewritten};

/// A unified diff of every file; one without a text before is new.
pub fn diff(files: &[Rewritten]) -> String {
    let mut out = String::new();
    for Rewritten { path: _, shown, before, after, made: _ } in files {
        let shown = inline(shown);
        let old = if before.is_empty() { "/dev/null".to_owned() } else { format!("a/{shown}") };
        let text = TextDiff::from_lines(before, after).unified_diff().header(&old, &format!("b/{shown}")).to_string();
        for line in text.split_inclusive('\n') {
            let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
            let (body, end) = body.strip_suffix('\r').map_or((body, end), |body| (body, "\r\n"));
            let style = match body.as_bytes() {
                [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => STRONG,
                [b'+', ..] => ADD,
                [b'-', ..] => REMOVE,
                [b'@', b'@', ..] => FAINT,
                _ => anstyle::Style::new(),
            };
            // Tabs are harmless, and a patch needs them.
            let body: Vec<String> = body.split('\t').map(inline).collect();
            let _ = write!(out, "{style}{}{style:#}{end}", body.join("\t"));
        }
    }
    out
}

/// One line a fix: `campaigns/a.yaml:8: filters[1].value: "0.72" -> 0.72`.
pub fn fixes(files: &[Rewritten]) -> String {
    let mut out = String::new();
    for Rewritten { shown, made, .. } in files {
        for (line, description) in made {
            let _ = writeln!(out, "{}:{line}: {}", inline(shown), inline(description));
        }
    }
    out
}

/// One line a file.
pub fn names(files: &[Rewritten], what: &str) -> String {
    files.iter().map(|file| format!("{what} {}\n", inline(&file.shown))).collect()
}

/// One line a file that keeps its text: `campaigns/a.yaml: not fixed: …`.
pub fn refusals(refused: &[Refused], what: &str) -> String {
    refused.iter().map(|Refused { shown, reason }| format!("{}: {what}: {}\n", inline(shown), inline(reason))).collect()
}

/// `3 files`, `1 fix`.
pub fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
