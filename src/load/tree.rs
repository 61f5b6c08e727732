//! Builds the value of one document and the map of its places from parser events, within budgets.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};
use serde_json::{Map, Value};

use super::interpolate::{Filled, Gap, Variables, as_text, fill};
use super::parse::Document;
use super::problem::{Problem, offset};
use super::scalar::{self, Fault, ScalarTag};
use super::syntax;
use crate::diagnostic::{Node, NodeId, NodeKind, Span, nearest};
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
            let problem = Problem::new("empty-document", bytes(end), "the document is empty: it holds no campaign");
            self.document.problems.push(problem.help("write the campaign, or delete the `---` line"));
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
            return Err(Stop(Problem::new("too-many-problems", span, format!("more than {MAX_PROBLEMS} problems; the rest of the document was not read"))));
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
        let (value, height) = match self.anchors.get(&id) {
            None => {
                let problem = Problem::new("alias-loop", span, "the alias stands inside the value that it repeats");
                return Err(Stop(problem.help("write the value out")));
            }
            Some(anchored) => {
                let (cost, height) = (anchored.cost, anchored.height);
                if self.open.len() + height > MAX_DEPTH {
                    return Err(Stop(syntax::too_deep(span)));
                }
                self.expand(span, cost)?;
                self.cost += cost;
                (self.anchors.get(&id).map_or(Value::Null, |anchored| anchored.value.clone()), height)
            }
        };
        let node = self.document.tree.add(Node { span, kind: NodeKind::Scalar });
        self.put(Item { value, node, span, height });
        Ok(())
    }

    fn scalar(&mut self, text: Cow<'a, str>, style: ScalarStyle, anchor: usize, tag: Option<&Tag>, at: granit_parser::Span) -> Result<(), Stop> {
        let mut span = bytes(at);
        self.first_line(at);
        if style != ScalarStyle::Plain && span.start > span.end {
            span.end = span.start;
        }
        let cost = self.cost;
        self.count(span, text.len())?;
        let plain = style == ScalarStyle::Plain;
        let key = self.awaits_key();
        // The parser shows an empty scalar as `~`.
        let text = if plain && span.start == span.end { Cow::Borrowed("") } else { text };
        let value = match self.tag_of(tag, at) {
            Err(problem) => self.unknown(problem, span),
            Ok(tag) if key => self.resolved(&text, plain, tag, span),
            Ok(tag) => self.filled(&text, plain, tag, span)?,
        };
        self.remember(anchor, &value, 0, cost, span)?;
        if key {
            self.key(value, &text, plain && tag.is_none(), span);
        } else {
            let node = self.document.tree.add(Node { span, kind: NodeKind::Scalar });
            self.put(Item { value, node, span, height: 0 });
        }
        Ok(())
    }

    /// The value of a scalar with its variables filled in.
    fn filled(&mut self, text: &str, plain: bool, tag: Option<ScalarTag>, span: Span) -> Result<Value, Stop> {
        let filled = self.variables.and_then(|variables| fill(text, variables, MAX_EXPANSION));
        Ok(match (filled, tag) {
            (None, _) => self.resolved(text, plain, tag, span),
            (Some(Ok(Filled::Whole(value))), None) => {
                self.expand(span, value.as_str().map_or(0, str::len))?;
                value.clone()
            }
            (Some(Ok(Filled::Whole(value))), Some(_)) => self.resolved(&as_text(value), false, tag, span),
            (Some(Ok(Filled::Text(filled))), _) => {
                self.expand(span, filled.len())?;
                self.resolved(&filled, false, tag, span)
            }
            (Some(Err(gaps)), _) => self.gaps(&gaps, span)?,
        })
    }

    fn resolved(&mut self, text: &str, plain: bool, tag: Option<ScalarTag>, span: Span) -> Value {
        let value = match tag {
            Some(tag) => scalar::tagged(text, tag),
            None if plain => scalar::plain(text),
            None => return Value::from(text),
        };
        value.unwrap_or_else(|fault| {
            let shown = shorten(text);
            let problem = match fault {
                Fault::NotFinite => {
                    Problem::new("bad-number", span, format!("`{shown}` is no number that JSON can hold")).help("write a finite number, or put it in quotes if it is text")
                }
                Fault::OutOfRange => Problem::new("bad-number", span, format!("the number `{shown}` is out of range"))
                    .help("whole numbers reach from -9223372036854775808 to 18446744073709551615, others to 1.8e308; put it in quotes if it is text"),
                Fault::NotOfTag(tag) => Problem::new("bad-tag", span, format!("`{shown}` is no value for the tag `{tag}`")).help("leave the tag out"),
            };
            self.unknown(problem, span)
        })
    }

    /// Reports the `${…}` of a scalar that cannot be filled in, each at its place.
    fn gaps(&mut self, gaps: &[Gap], span: Span) -> Result<Value, Stop> {
        let Some(variables) = self.variables else { return Ok(Value::Null) };
        let (mut from, end) = (span.start as usize, span.end as usize);
        for gap in gaps {
            let written = match gap {
                Gap::Unknown(name) => format!("${{{name}}}"),
                Gap::Unterminated => "${".to_owned(),
                Gap::TooLong => {
                    self.expand(span, MAX_EXPANSION + 1)?;
                    continue;
                }
            };
            let place = self.text.get(from..end).and_then(|rest| rest.find(&written)).map_or(span, |at| {
                let start = from + at;
                from = start + written.len();
                Span { start: offset(start), end: offset(from) }
            });
            let problem = match gap {
                Gap::Unknown(name) => unknown_variable(name, variables, place),
                _ => Problem::new("unterminated-variable", place, "`${` without its `}`").help("close it with `}`, or write `$${` for a literal `${`"),
            };
            self.problem(problem);
        }
        self.document.unknown.push(span);
        Ok(Value::Null)
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Mapping { key: Key::Awaited, .. }, .. }))
    }

    /// Takes a scalar that is a key.
    fn key(&mut self, value: Value, text: &str, plain: bool, span: Span) {
        let named = match value {
            Value::String(name) if plain && name == "<<" => {
                let problem = Problem::new("merge-key", span, "`<<` (merge) is no part of YAML 1.2");
                self.problem(problem.help("write the fields out; a whole value can be repeated with an alias"));
                Key::Refused
            }
            Value::String(name) => Key::Named(name, span),
            _ => {
                let shown = if text.is_empty() { "an empty key".to_owned() } else { format!("the key `{}`", shorten(text)) };
                let problem = Problem::new("non-string-key", span, format!("{shown} is no text"));
                self.problem(problem.help(if text.is_empty() { "write a field name before the `:`".to_owned() } else { format!("put it in quotes: \"{}\"", shorten(text)) }));
                Key::Refused
            }
        };
        if let Some(Open { end, content: Content::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *end = span.end;
            *key = named;
        }
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
                    Some(Problem::new("non-string-key", span, "a key must be text, no list, mapping or alias").help("write the field's name"))
                }
                Key::Named(name, at) if values.contains_key(&name) => {
                    let first = entries.iter().find(|(known, ..)| **known == *name).map_or(at, |(_, first, _)| *first);
                    let problem = Problem::new("duplicate-field", at, format!("the field `{}` is there twice in one mapping", shorten(&name)));
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

    /// The tag of a scalar, if it may have it.
    fn tag_of(&self, tag: Option<&Tag>, at: granit_parser::Span) -> Result<Option<ScalarTag>, Problem> {
        let Some(tag) = tag else { return Ok(None) };
        if tag.original() == "!" {
            return Ok(Some(ScalarTag::Str));
        }
        tag.core_suffix().and_then(ScalarTag::of).map(Some).ok_or_else(|| unknown_tag(tag, at))
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

fn bytes(span: granit_parser::Span) -> Span {
    let range = span.byte_range().unwrap_or_default();
    Span { start: offset(range.start), end: offset(range.end.max(range.start)) }
}

fn unknown_tag(tag: &Tag, at: granit_parser::Span) -> Problem {
    let span = at.tag_span().map_or_else(|| bytes(at), bytes);
    Problem::new("unknown-tag", span, format!("the tag `{}` means nothing here", shorten(&tag.original()))).help("leave the tag out; put the value in quotes if it is text")
}

fn unknown_variable(name: &str, variables: Variables<'_>, place: Span) -> Problem {
    let environment = variables.environment;
    let problem = Problem::new("unknown-variable", place, format!("environment `{environment}` has no variable `{}`", shorten(name)));
    problem.help(match nearest(name, variables.values.keys().map(String::as_str)) {
        Some(meant) => format!("did you mean `${{{meant}}}`?"),
        None => format!("add it under `environments.{environment}.variables` in the project file, or write `$${{` for a literal `${{`"),
    })
}
