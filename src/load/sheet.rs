//! One document as it was written, and what is wrong with it in the words of the schema.

use super::mend::remedy;
use super::problem::Problem;
use crate::diagnostic::{Part, SourceTree, Span};
use crate::schema::{self, Violation, shorten};

/// A document of a file that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet<'a> {
    pub(super) tree: &'a SourceTree,
    /// Values that hold a stand-in: nothing more is said about them.
    pub(super) unknown: &'a [Span],
    /// The text of the file.
    pub(super) text: &'a str,
    /// Which document of it, from 0.
    pub(super) document: u32,
}

impl Sheet<'_> {
    /// The violations with their bytes; nothing is said about values that are stand-ins.
    pub(super) fn violations(self, violations: Vec<Violation>) -> Vec<Problem> {
        violations
            .into_iter()
            .filter_map(|violation| {
                let pointer = violation.pointer.clone();
                self.violation(violation, &pointer)
            })
            .collect()
    }

    /// A violation with its bytes; `written` is the pointer under which the value stands in this document.
    pub(super) fn violation(self, violation: Violation, written: &str) -> Option<Problem> {
        let Violation { pointer, part, rule, message, help, meant } = violation;
        let span = self.tree.span(written, part);
        if self.unknown.contains(&span) {
            return None;
        }
        let remedy = meant.and_then(|meant| remedy(meant, written, span, self.text, self.document));
        let problem = Problem::new(rule, span, message).field(schema::field_path(&pointer)).remedy(remedy);
        Some(match help {
            Some(help) => problem.help(help),
            None => problem,
        })
    }

    /// Whether the value at a pointer is, or holds, a stand-in.
    pub(super) fn holds_stand_in(self, pointer: &str) -> bool {
        let span = self.tree.span(pointer, Part::Value);
        self.unknown.iter().any(|stand_in| span.holds(*stand_in))
    }
}

/// Decodes a document that is `good`. The schema and the types come from one source, so that this fails is a defect of
/// ours; it is still a finding and no panic.
pub(super) fn decoded<T>(good: bool, decode: impl FnOnce() -> serde_json::Result<T>, span: Span, problems: &mut Vec<Problem>) -> Option<T> {
    if !good {
        return None;
    }
    match decode() {
        Ok(decoded) => Some(decoded),
        Err(error) => {
            problems.push(
                Problem::new("bad-value", span, format!("this cannot be read: {}", shorten(&error.to_string())))
                    .help("check the values against the schema"),
            );
            None
        }
    }
}
