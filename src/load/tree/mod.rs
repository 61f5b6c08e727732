//! Builds the value of one document and the map of its places from parser events, within budgets.

mod scalars;

use std::collections::HashMap;

use granit_parser::{Event, StructureStyle, Tag};
use serde_json::{Map, Value};

use super::interpolate::Variables;
use super::parse::Document;
use super::problem::{Problem, offset};
use super::syntax;
use crate::diagnostic::{Node, NodeId, NodeKind, Span};
use crate::schema::shorten;

/// How deep values may be nested, aliases followed.
pub const MAX_DEPTH: usize = 64;
/// How many values one document may hold.
pub const MAX_NODES: usize = 50_000;
/// What anchors, aliases and variables may add to one document, in bytes: [`NODE_COST`] a value and the bytes of its text.
const MAX_EXPANSION: usize = 4 << 20;
/// What a value counts, apart from its text.
const NODE_COST: usize = 32;
/// After so many problems a document is given up.
const MAX_PROBLEMS: usize = 100;

/// Why a document was given up.
pub(super) struct Stop(pub(super) Problem);

/// A finished value on its way into its parent.
struct Item {
    value: Value,
    node: NodeId,
    span: Span,
    /// Levels of nesting inside.
    height: usize,
}

/// A collection that is not closed yet.
struct Open {
    start: u32,
    /// End of the last thing in it.
    end: u32,
    anchor: usize,
    height: usize,
    /// The builder's cost when it was opened.
    cost: usize,
    content: Content,
}

enum Content {
    Sequence { nodes: Vec<NodeId>, values: Vec<Value> },
    Mapping { entries: Vec<(Box<str>, Span, NodeId)>, values: Map<String, Value>, key: Key },
}

/// The key of the entry whose value comes next.
enum Key {
    Awaited,
    Named(String, Span),
    /// A key that was refused; its value is read and dropped.
    Refused,
}

/// What an alias stands for.
struct Anchored {
    value: Value,
    height: usize,
    cost: usize,
}

/// Takes the events of one document.
pub(super) struct TreeBuilder<'a> {
    text: &'a str,
    variables: Option<Variables<'a>>,
    document: Document,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    cost: usize,
    expansion: usize,
}

impl<'a> TreeBuilder<'a> {
    /// A builder for a document whose start marker stands on `line`.
    pub(super) fn new(text: &'a str, variables: Option<Variables<'a>>, line: usize) -> Self {
        let document = Document { line: offset(line), ..Document::default() };
        Self { text, variables, document, open: Vec::new(), anchors: HashMap::new(), nodes: 0, cost: 0, expansion: 0 }
    }

    /// The document at its end.
    pub(super) fn finish(mut self, end: granit_parser::Span) -> Document {
        if self.document.value.as_ref().is_none_or(Value::is_null) {
            self.document.value = None;
            let problem = Problem::new("empty-document", bytes(end), "the document is empty");
            self.document.problems.push(problem.help("write its content, or delete the `---` line"));
        }
        self.document
    }

    /// What was found in a document that is given up.
    pub(super) fn abandon(self) -> Vec<Problem> {
        self.document.problems
    }

    /// Takes one event.
    pub(super) fn take(&mut self, event: Event<'a>, at: granit_parser::Span) -> Result<(), Stop> {
        let span = bytes(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), at)?,
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "seq", at);
                self.open(span, anchor, at, Content::Sequence { nodes: Vec::new(), values: Vec::new() })?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.collection_tag(tag.as_deref(), "map", at);
                if style == StructureStyle::Block {
                    self.refuse_tab(span.start);
                }
                self.open(span, anchor, at, Content::Mapping { entries: Vec::new(), values: Map::new(), key: Key::Awaited })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(id) => self.alias(id, span)?,
            _ => {}
        }
        if self.document.problems.len() > MAX_PROBLEMS {
            let message = format!("more than {MAX_PROBLEMS} problems; the rest of the document was not read");
            return Err(Stop(Problem::new("too-many-problems", span, message).help("mend these first")));
        }
        Ok(())
    }

    fn problem(&mut self, problem: Problem) {
        self.document.problems.push(problem);
    }

    /// A problem with a value: the value becomes a stand-in that nothing more is said about.
    fn unknown(&mut self, problem: Problem, value: Span) -> Value {
        self.document.unknown.push(value);
        self.problem(problem);
        Value::Null
    }

    fn count(&mut self, span: Span, text: usize) -> Result<(), Stop> {
        self.nodes += 1;
        self.cost += NODE_COST + text;
        if self.nodes > MAX_NODES {
            let problem = Problem::new("too-many-values", span, format!("the document holds more than {MAX_NODES} values"));
            return Err(Stop(problem.help("split it into several files")));
        }
        Ok(())
    }

    fn expand(&mut self, span: Span, cost: usize) -> Result<(), Stop> {
        self.expansion += cost;
        if self.expansion > MAX_EXPANSION {
            let problem = Problem::new("alias-budget", span, "anchors, aliases and variables make the document larger than 4 MiB");
            return Err(Stop(problem.help("write the values out, or use fewer aliases")));
        }
        Ok(())
    }

    fn open(&mut self, span: Span, anchor: usize, at: granit_parser::Span, content: Content) -> Result<(), Stop> {
        self.first_line(at);
        if self.open.len() >= MAX_DEPTH {
            return Err(Stop(syntax::too_deep(span)));
        }
        self.count(span, 0)?;
        let cost = self.cost - NODE_COST;
        self.open.push(Open { start: span.start, end: span.end, anchor, height: 1, cost, content });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        // The end of a block collection is reported at the next token: what it holds ends it.
        let end = if end.end > end.start { end.end } else { open.end };
        let span = Span { start: open.start, end };
        let (value, kind) = match open.content {
            Content::Sequence { nodes, values } => (Value::Array(values), NodeKind::Sequence(nodes)),
            Content::Mapping { entries, values, .. } => (Value::Object(values), NodeKind::Mapping(entries)),
        };
        self.remember(open.anchor, &value, open.height, open.cost, span)?;
        let node = self.document.tree.add(Node { span, kind });
        self.put(Item { value, node, span, height: open.height });
        Ok(())
    }

    /// Keeps the value of an anchor for its aliases.
    fn remember(&mut self, anchor: usize, value: &Value, height: usize, cost: usize, span: Span) -> Result<(), Stop> {
        if anchor > 0 {
            let cost = self.cost - cost;
            self.expand(span, cost)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), height, cost });
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        self.count(span, 0)?;
        let Some((cost, height)) = self.anchors.get(&id).map(|anchored| (anchored.cost, anchored.height)) else {
            let problem = Problem::new("alias-loop", span, "the alias stands inside the value that it repeats");
            return Err(Stop(problem.help("write the value out")));
        };
        if self.open.len() + height > MAX_DEPTH {
            return Err(Stop(syntax::too_deep(span)));
        }
        self.expand(span, cost)?;
        self.cost += cost;
        // Copied only now that there is room for it.
        let value = self.anchors.get(&id).map_or(Value::Null, |anchored| anchored.value.clone());
        let node = self.document.tree.add(Node { span, kind: NodeKind::Scalar });
        self.put(Item { value, node, span, height });
        Ok(())
    }

    /// Puts a finished value into the collection around it.
    fn put(&mut self, item: Item) {
        let Item { value, node, span, height } = item;
        let Some(open) = self.open.last_mut() else {
            self.document.value = Some(value);
            return;
        };
        open.height = open.height.max(height + 1);
        open.end = open.end.max(span.end);
        let problem = match &mut open.content {
            Content::Sequence { nodes, values } => {
                nodes.push(node);
                values.push(value);
                None
            }
            Content::Mapping { entries, values, key } => match std::mem::replace(key, Key::Awaited) {
                Key::Refused => None,
                Key::Awaited => {
                    *key = Key::Refused;
                    Some(
                        Problem::new("non-string-key", span, "a key must be text, no list, mapping or alias")
                            .help("write the field's name"),
                    )
                }
                Key::Named(name, at) if values.contains_key(&name) => {
                    let first = entries.iter().find(|(known, ..)| **known == *name).map_or(at, |(_, first, _)| *first);
                    let problem =
                        Problem::new("duplicate-field", at, format!("the field `{}` is there twice in one mapping", shorten(&name)));
                    Some(problem.help("keep one of them").also(first, "the first one"))
                }
                Key::Named(name, at) => {
                    entries.push((name.as_str().into(), at, node));
                    values.insert(name, value);
                    None
                }
            },
        };
        self.document.problems.extend(problem);
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, expected: &str, at: granit_parser::Span) {
        let Some(tag) = tag else { return };
        if tag.original() != "!" && tag.core_suffix() != Some(expected) {
            self.problem(unknown_tag(tag, at));
        }
    }

    /// The parser lets a tab pass before the first key of a document.
    fn refuse_tab(&mut self, start: u32) {
        let before = self.text.get(..start as usize).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let indentation = &before[line..];
        if let Some(tab) = indentation.find('\t').filter(|_| indentation.trim().is_empty()) {
            self.problem(syntax::tab(line + tab));
        }
    }

    /// The document's line is that of its first content.
    fn first_line(&mut self, at: granit_parser::Span) {
        if self.nodes == 0 {
            self.document.line = offset(at.start.line());
        }
    }
}

pub(super) fn bytes(span: granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or_default();
    Span { start: offset(range.start), end: offset(range.end.max(range.start)) }
}

fn unknown_tag(tag: &Tag, at: granit_parser::Span) -> Problem {
    let span = at.tag_span().map_or_else(|| bytes(at), bytes);
    Problem::new("unknown-tag", span, format!("the tag `{}` means nothing here", shorten(&tag.original())))
        .help("leave the tag out; put the value in quotes if it is text")
}
