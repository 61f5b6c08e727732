//! What the YAML parser's errors mean, and what to do about them.

use granit_parser::{ErrorKind, ScanError};

use super::problem::{Problem, offset};
use super::tree::MAX_DEPTH;
use crate::diagnostic::Span;

/// The finding for a syntax error.
pub(super) fn problem(error: &ScanError, text: &str) -> Problem {
    let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if is_tab(error.kind()) {
        at += text.get(at..).and_then(|rest| rest.find('\t')).unwrap_or(0);
        return tab(at);
    }
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(point(at));
    }
    let problem = Problem::new("yaml-syntax", point(at), format!("this is no YAML: {}", message(error.kind())));
    // Up to and with the character that is wrong, which may be the `{` itself.
    let line = text.get(..=at).or_else(|| text.get(..at)).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    match help(error.kind()) {
        // Inside `{ }` and `[ ]` the brace of an unquoted `${name}` opens a mapping.
        _ if is_flow(error.kind()) && line.contains("${") => problem.help("inside `{ }` and `[ ]`, put `${name}` in quotes: \"${name}\""),
        Some(help) => problem.help(help),
        None => problem.help("check the brackets, quotes and indentation here and in the line before"),
    }
}

/// The finding for a tab used as indentation.
pub(super) fn tab(at: usize) -> Problem {
    Problem::new("tab-indentation", Span { start: offset(at), end: offset(at + 1) }, "a tab is used as indentation")
        .help("indent with spaces: YAML allows no tabs there")
}

/// The finding for a value nested deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(span: Span) -> Problem {
    Problem::new("too-deep", span, format!("values are nested more than {MAX_DEPTH} deep"))
        .help("a campaign needs 6 levels: close the brackets or mend the indentation")
}

fn point(at: usize) -> Span {
    Span { start: offset(at), end: offset(at) }
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    )
}

fn is_flow(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofFlowSequence
    )
}

fn message(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::UnclosedQuotedScalar => "the quote that starts here is never closed".to_owned(),
        ErrorKind::UnclosedFlowCollection { open } => format!("the `{open}` that stands here is never closed"),
        ErrorKind::MappingValueNotAllowed => "a `:` cannot stand here".to_owned(),
        ErrorKind::InvalidQuotedScalarIndent => {
            "the quote before is not closed, or its text goes on in a line that is not indented".to_owned()
        }
        ErrorKind::UnknownAnchor => "the alias names no anchor that stands before it".to_owned(),
        ErrorKind::UnexpectedCharacter { character } => format!("the character {character:?} cannot stand here"),
        ErrorKind::UnknownQuotedScalarEscape => "unknown escape after `\\`".to_owned(),
        ErrorKind::ExpectedBlockMappingKey => "expected a `name: value` line at this indentation".to_owned(),
        ErrorKind::SimpleKeyExpected => "expected a `:` after the name".to_owned(),
        other => {
            let text = other.to_string();
            text.rsplit_once(", ").filter(|(start, _)| start.starts_with("while ")).map_or_else(|| text.clone(), |(_, end)| end.to_owned())
        }
    }
}

fn help(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::MappingValueNotAllowed => {
            "put the text in quotes if it holds `: `; otherwise mend the indentation of this line or the one before"
        }
        ErrorKind::UnexpectedCharacter { character: '@' | '`' | '%' } => "put the text in quotes",
        ErrorKind::UnknownAnchor => {
            "put the text in quotes if it is no alias; otherwise define the anchor (`&name`) earlier in the document"
        }
        ErrorKind::UnknownQuotedScalarEscape => "write `\\\\` for a backslash, or use single quotes",
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::SimpleKeyExpected | ErrorKind::InvalidIndentation => {
            "check the indentation and the `:` of this line and the one before"
        }
        _ => return None,
    })
}
