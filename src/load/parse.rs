//! YAML text to documents: one pass over the parser's events builds the value and the map of places together.

use std::collections::BTreeSet;

use granit_parser::{Event, Options, Parser};
use serde_json::Value;

use super::allow::{self, AllowComment};
use super::interpolate::Variables;
use super::problem::Problem;
use super::syntax;
use super::tree::{Stop, TreeBuilder, bytes};
use crate::diagnostic::{SourceTree, Span};

/// What a text held.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Its documents, in order, the broken ones too.
    pub(super) documents: Vec<Document>,
    /// What is wrong outside of any document.
    pub(super) problems: Vec<Problem>,
}

/// One document.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Where its values stand; empty for a document that does not parse.
    pub(super) tree: SourceTree,
    /// Its value; `None` for one that does not parse or is empty. With problems in it, wrong parts hold a stand-in.
    pub(super) value: Option<Value>,
    /// First line of its content, from 1.
    pub(super) line: u32,
    /// Where it begins: its `---`, or its first byte.
    pub(super) start: u32,
    /// Names of the variables it uses.
    pub(super) used: BTreeSet<String>,
    /// Comments that allow findings in it.
    pub(super) allows: Vec<AllowComment>,
    /// What is wrong with it.
    pub(super) problems: Vec<Problem>,
    /// Values that hold a stand-in: nothing more can be said about them.
    pub(super) unknown: Vec<Span>,
}

/// Reads all documents of a text. `${name}` is filled in when there are `variables`.
pub(super) fn parse(text: &str, variables: Option<Variables<'_>>) -> Parsed {
    let mut parser = Parser::new_from_str_with_options(text, options(allow::may_be_in(text)));
    let mut parsed = Parsed::default();
    let mut builder: Option<TreeBuilder<'_>> = None;
    let mut comments: Vec<Span> = Vec::new();
    let mut start = 0;
    while let Some(next) = parser.next_event() {
        let stop = match next {
            Ok((Event::Comment(..), span)) => {
                comments.push(bytes(span));
                continue;
            }
            Ok((Event::DocumentStart(..), span)) => {
                builder = Some(TreeBuilder::new(text, variables, span.end.line()));
                start = bytes(span).start;
                continue;
            }
            Ok((Event::DocumentEnd, span)) => {
                let document = builder.take().map(|builder| builder.finish(span));
                parsed.documents.extend(document.map(|document| Document { start, ..document }));
                continue;
            }
            Ok((event, span)) => match builder.as_mut().map_or(Ok(()), |builder| builder.take(event, span)) {
                Ok(()) => continue,
                Err(Stop(problem)) => problem,
            },
            Err(error) => syntax::problem(&error, text),
        };
        // This document is lost; the parser finds the next one.
        let start = if builder.is_some() { start } else { stop.span.start };
        let problems = builder.take().map(TreeBuilder::abandon).unwrap_or_default().into_iter().chain([stop]).collect();
        parsed.documents.push(Document { problems, start, ..Document::default() });
        if !matches!(parser.proceed_next_document(), Ok(true)) {
            break;
        }
    }
    if parsed.documents.is_empty() {
        parsed.problems.push(nothing(text));
    }
    parsed.take_comments(text, &comments);
    parsed
}

impl Parsed {
    /// Gives every comment to the document it stands in; one before the first `---` belongs to what follows.
    fn take_comments(&mut self, text: &str, comments: &[Span]) {
        let mut end = u32::MAX;
        for (index, document) in self.documents.iter_mut().enumerate().rev() {
            let start = if index == 0 { 0 } else { document.start };
            let own = comments.iter().filter(|comment| (start..end).contains(&comment.start));
            if document.value.is_some() {
                document.allows = allow::read(text, own.copied(), &document.tree);
            }
            end = start;
        }
    }
}

/// A file without a document: empty, or nothing but comments.
fn nothing(text: &str) -> Problem {
    let help = "write its content, or delete the file";
    let Some(comment) = text.lines().map(str::trim).find(|line| !line.is_empty()) else {
        return Problem::new("empty-file", Span::default(), "the file is empty").help(help);
    };
    let start = text.find(comment).unwrap_or_default();
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span { start: offset(start), end: offset(start + comment.len()) };
    Problem::new("empty-file", span, "the file holds nothing but comments").help(help)
}

fn options(comments: bool) -> Options {
    let mut options = Options::default();
    options.set_emit_comments(comments);
    // The size of a file is the limit, not how many lines of comment stand one below the other.
    options.max_buffered_comment_events = usize::MAX;
    // One more than we allow: our own check speaks first and counts aliases too.
    options.flow_nesting_limit = super::tree::MAX_DEPTH + 1;
    options.block_nesting_limit = super::tree::MAX_DEPTH + 1;
    options
}
