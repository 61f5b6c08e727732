//! One value of a document changed where it stands: everything around it stays byte for byte.
//!
//! What is written here is a proposal. The caller reads the new text and compares its values and comments with what was
//! intended before anything is kept.

use std::ops::Range;

use serde_json::{Map, Value};

use super::spell::{Around, block, fits_on_line, flow, key_text, scalar};
use super::{Splice, field_orders, splice};
use crate::diagnostic::{Node, NodeKind, SourceTree, Span};

/// A change of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Revision {
    /// The value at this JSON pointer becomes another one. Fields on the way that are missing are added.
    Set {
        /// JSON pointer to the value.
        pointer: String,
        /// What it becomes.
        value: Value,
    },
    /// The field or item at this JSON pointer goes.
    Remove {
        /// JSON pointer to the field or item.
        pointer: String,
    },
    /// An item comes at the end of the list at this JSON pointer.
    Append {
        /// JSON pointer to the list.
        list: String,
        /// The item.
        value: Value,
    },
}

/// A text with a revision made.
#[derive(Debug, Clone, PartialEq)]
pub struct Revised {
    /// The whole new text.
    pub text: String,
    /// First byte that changed.
    pub at: usize,
}

/// What a document's value comes to with a revision made; `None` when the revision speaks of something that is not there.
pub fn revised(value: &Value, revision: &Revision) -> Option<Value> {
    let mut value = value.clone();
    match revision {
        Revision::Set { pointer, value: new } => {
            let (depth, missing) = split(&value, pointer)?;
            let place = value.pointer_mut(depth)?;
            match missing.split_first() {
                None => *place = new.clone(),
                Some((first, rest)) => {
                    place.as_object_mut()?.insert(first.clone(), nested(rest, new));
                }
            }
        }
        Revision::Remove { pointer } => {
            let (parent, last) = pointer.rsplit_once('/')?;
            match value.pointer_mut(parent)? {
                Value::Object(fields) => drop(fields.remove(&unescaped(last))?),
                Value::Array(items) => {
                    let index = last.parse().ok().filter(|index| *index < items.len())?;
                    items.remove(index);
                }
                _ => return None,
            }
        }
        Revision::Append { list, value: new } => value.pointer_mut(list)?.as_array_mut()?.push(new.clone()),
    }
    Some(value)
}

/// The part of a pointer that leads somewhere, and the names of the fields that are missing behind it.
fn split<'a>(value: &Value, pointer: &'a str) -> Option<(&'a str, Vec<String>)> {
    let mut there = pointer;
    let mut missing = Vec::new();
    while value.pointer(there).is_none() {
        let (parent, last) = there.rsplit_once('/')?;
        missing.insert(0, unescaped(last));
        there = parent;
    }
    Some((there, missing))
}

fn nested(path: &[String], value: &Value) -> Value {
    path.iter().rev().fold(value.clone(), |inner, name| Value::Object(Map::from_iter([(name.clone(), inner)])))
}

fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Makes a revision in the text of a file; `tree` and `value` are those of the document it concerns.
///
/// # Errors
/// Why it cannot be made in place.
pub fn revise(text: &str, tree: &SourceTree, value: &Value, revision: &Revision) -> Result<Revised, String> {
    let page = Page { text, tree };
    let (range, replacement) = match revision {
        Revision::Set { pointer, value: new } => {
            let (there, missing) = split(value, pointer).ok_or("the place is not there")?;
            let node = tree.find(there).ok_or("the place is not there")?;
            match missing.split_first() {
                None => page.replaced(node, there, new)?,
                Some((first, rest)) => page.inserted(node, there, first, &nested(rest, new))?,
            }
        }
        Revision::Remove { pointer } => {
            let (parent, last) = pointer.rsplit_once('/').ok_or("the whole document cannot go")?;
            page.removed(tree.find(parent).ok_or("the place is not there")?, &unescaped(last))?
        }
        Revision::Append { list, value: new } => page.appended(tree.find(list).ok_or("the list is not there")?, list, new)?,
    };
    let at = range.start;
    let replacement = if text.contains("\r\n") { replacement.replace("\r\n", "\n").replace('\n', "\r\n") } else { replacement };
    let text = splice(text, &[Splice { range, replacement: &replacement }]).ok_or("the place is no whole text")?;
    Ok(Revised { text, at })
}

type Edit = Result<(Range<usize>, String), String>;

struct Page<'a> {
    text: &'a str,
    tree: &'a SourceTree,
}

impl Page<'_> {
    fn written(&self, span: Span) -> &str {
        self.text.get(range(span)).unwrap_or_default()
    }

    fn is_flow(&self, node: &Node) -> bool {
        self.written(node.span).starts_with(['{', '['])
    }

    /// The bytes of every entry or item of a collection, without commas and dashes.
    fn parts(&self, node: &Node) -> Vec<Range<usize>> {
        let of = |id: u32| self.tree.node(id).map_or_else(Span::default, |node| node.span);
        match &node.kind {
            NodeKind::Scalar => Vec::new(),
            NodeKind::Sequence(items) => items.iter().map(|item| self.trimmed(of(*item))).collect(),
            NodeKind::Mapping(entries) => entries
                .iter()
                .map(|(_, key, value)| {
                    let value = self.trimmed(of(*value));
                    key.start as usize..value.end.max(key.end as usize)
                })
                .collect(),
        }
    }

    /// The bytes without the line breaks and blanks at their end.
    fn trimmed(&self, span: Span) -> Range<usize> {
        let start = span.start as usize;
        start..start + self.written(span).trim_end().len()
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// The end of the line, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let end = self.text.get(at..).and_then(|after| after.find('\n')).map_or(self.text.len(), |newline| at + newline);
        if self.text.get(at..end).is_some_and(|rest| rest.ends_with('\r')) { end - 1 } else { end }
    }

    /// The end of the line with its line break.
    fn next_line(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|after| after.find('\n')).map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// The column of a key or dash, where nothing but blanks and dashes stands before it.
    fn column(&self, at: usize) -> Result<usize, String> {
        let before = self.text.get(self.line_start(at)..at).unwrap_or_default();
        if before.chars().all(|c| matches!(c, ' ' | '-')) {
            Ok(before.len())
        } else {
            Err("the lines there are laid out in a rare way".to_owned())
        }
    }

    fn replaced(&self, node: &Node, pointer: &str, new: &Value) -> Edit {
        let span = range(node.span);
        match &node.kind {
            NodeKind::Scalar => {
                if let Some(lines) = self.lines(node.span) {
                    return Ok(self.lines_replaced(node.span, lines, new, pointer));
                }
                let text = match new {
                    Value::Array(_) | Value::Object(_) => flow(new, pointer),
                    scalar_value => scalar(scalar_value, Around::Value { written: self.written(node.span) }),
                };
                Ok((span, text))
            }
            _ if self.is_flow(node) && !self.written(node.span).contains(['\n', '#']) => Ok((span, flow(new, pointer))),
            _ => Err("it is written over several lines".to_owned()),
        }
    }

    /// The header of a block of lines (`|-`), and the comment behind it; `None` for any other scalar.
    fn lines(&self, span: Span) -> Option<(Range<usize>, Range<usize>)> {
        let first = self.line_start(span.start as usize);
        let above = self.text.get(..first)?.trim_end().len();
        if !self.text.get(first..span.start as usize)?.trim_matches(' ').is_empty() || above == 0 {
            return None;
        }
        let start = self.line_start(above);
        let line = self.text.get(start..above)?;
        let bare = line.find(" #").map_or(line, |comment| &line[..comment]).trim_end();
        let header = bare.rfind([' ', '\t']).map_or(0, |blank| blank + 1);
        let is_header = bare[header..].starts_with(['|', '>']) && bare[header + 1..].chars().all(|c| matches!(c, '-' | '+' | '0'..='9'));
        is_header.then_some((start + header..start + bare.len(), start + bare.len()..above))
    }

    /// A block of lines with another text; the comment behind its header stays there.
    fn lines_replaced(
        &self,
        span: Span,
        (header, comment): (Range<usize>, Range<usize>),
        new: &Value,
        pointer: &str,
    ) -> (Range<usize>, String) {
        let indent = span.start as usize - self.line_start(span.start as usize);
        let text = match new {
            Value::Array(_) | Value::Object(_) => flow(new, pointer),
            scalar_value => scalar(scalar_value, Around::Block { indent }),
        };
        let comment = self.text.get(comment).unwrap_or_default();
        let text = match text.split_once('\n') {
            Some((first, rest)) => format!("{first}{comment}\n{rest}"),
            None => text + comment,
        };
        (header.start..self.trimmed(span).end, text)
    }

    /// Adds a field to a mapping: behind the one that comes before it in the order of fields, else at the end.
    fn inserted(&self, node: &Node, pointer: &str, name: &str, new: &Value) -> Edit {
        let NodeKind::Mapping(entries) = &node.kind else { return Err("there is no mapping to add it to".to_owned()) };
        let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let parts = self.parts(node);
        if self.is_flow(node) {
            let entry = format!("{}: {}", key_text(name), flow(new, &below));
            return Ok(match predecessor(entries, pointer, name).and_then(|index| parts.get(index)) {
                Some(before) => (before.end..before.end, format!(", {entry}")),
                None => (range(node.span), format!("{{ {entry} }}")),
            });
        }
        let (Some(first), Some(before)) = (parts.first(), predecessor(entries, pointer, name).and_then(|index| parts.get(index))) else {
            return Err("there is no field to put it behind".to_owned());
        };
        let indent = self.column(first.start)?;
        let lines = block_entry(name, new, &below, indent);
        self.below(before.end, indent, &lines)
    }

    /// Lines below the entry that ends here, and below the comments that are indented deeper than it.
    fn below(&self, end: usize, indent: usize, lines: &str) -> Edit {
        let mut at = self.line_end(end);
        loop {
            let next = self.next_line(at);
            let line = self.text.get(next..self.line_end(next)).unwrap_or_default();
            let bare = line.trim_start_matches(' ');
            if next <= at || !bare.starts_with('#') || line.len() - bare.len() <= indent {
                break;
            }
            at = self.line_end(next);
        }
        Ok((at..at, format!("\n{lines}")))
    }

    fn removed(&self, node: &Node, step: &str) -> Edit {
        let index = match &node.kind {
            NodeKind::Mapping(entries) => entries.iter().position(|(name, ..)| **name == *step),
            NodeKind::Sequence(_) => step.parse().ok(),
            NodeKind::Scalar => None,
        };
        let parts = self.parts(node);
        let (Some(index), Some(part)) = (index, index.and_then(|index| parts.get(index))) else { return Err("it is not there".to_owned()) };
        let (before, after) = (index.checked_sub(1).and_then(|before| parts.get(before)), parts.get(index + 1));
        if self.is_flow(node) {
            return Ok(match (before, after) {
                (Some(before), _) => (before.end..part.end, String::new()),
                (None, Some(after)) => (part.start..after.start, String::new()),
                (None, None) => (part.clone(), String::new()),
            });
        }
        if before.is_none() && after.is_none() {
            return Err("it is the only one there".to_owned());
        }
        let start = self.line_start(part.start);
        let lead = self.text.get(start..part.start).unwrap_or_default();
        let is_item = matches!(node.kind, NodeKind::Sequence(_));
        match (lead.trim_start_matches(' '), after) {
            ("", _) if !is_item => {}
            (dash, _) if is_item && dash.starts_with("- ") && dash[1..].trim_start_matches(' ').is_empty() => {}
            // The first field behind a dash: the next one takes its place.
            (_, Some(after)) if !is_item => return Ok((part.start..after.start, String::new())),
            _ => return Err("the lines there are laid out in a rare way".to_owned()),
        }
        Ok((start..self.next_line(part.end), String::new()))
    }

    fn appended(&self, node: &Node, pointer: &str, new: &Value) -> Edit {
        if !matches!(node.kind, NodeKind::Sequence(_)) {
            return Err("it is no list".to_owned());
        }
        let below = format!("{pointer}/*");
        let parts = self.parts(node);
        if self.is_flow(node) {
            return Ok(match parts.last() {
                Some(last) => (last.end..last.end, format!(", {}", flow(new, &below))),
                None => (range(node.span), format!("[{}]", flow(new, &below))),
            });
        }
        let Some((first, last)) = parts.first().zip(parts.last()) else { return Err("the list is empty".to_owned()) };
        let start = self.line_start(first.start);
        let lead = self.text.get(start..first.start).unwrap_or_default();
        let indent = lead.len() - lead.trim_start_matches(' ').len();
        if !lead.trim_start_matches(' ').starts_with("- ") {
            return Err("the lines there are laid out in a rare way".to_owned());
        }
        let item =
            if self.text.get(first.start..first.end).is_some_and(|first| first.starts_with('{')) || fits_on_line(new, &below, indent + 2) {
                flow(new, &below)
            } else {
                block(new, &below, indent + 2).trim_start().to_owned()
            };
        self.below(last.end, indent, &format!("{:indent$}- {item}", ""))
    }
}

/// `name: value` in a block mapping, indented, without a line break at its end.
fn block_entry(name: &str, new: &Value, pointer: &str, indent: usize) -> String {
    let key = key_text(name);
    match new {
        Value::Object(_) if !fits_on_line(new, pointer, indent + key.len() + 2) => {
            format!("{:indent$}{key}:\n{}", "", block(new, pointer, indent + 2))
        }
        Value::Object(_) | Value::Array(_) => format!("{:indent$}{key}: {}", "", flow(new, pointer)),
        scalar_value => format!("{:indent$}{key}: {}", "", scalar(scalar_value, Around::Block { indent: indent + 2 })),
    }
}

/// The entry that a new one of this name comes behind.
fn predecessor(entries: &[(Box<str>, Span, u32)], pointer: &str, name: &str) -> Option<usize> {
    let order = order_of(pointer);
    let rank = |name: &str| order.iter().position(|field| *field == name);
    let last = entries.len().checked_sub(1)?;
    let Some(own) = rank(name) else { return Some(last) };
    Some(entries.iter().rposition(|(other, ..)| rank(other).is_some_and(|other| other < own)).unwrap_or(last))
}

/// The order of fields in the mapping at a pointer.
pub(super) fn order_of(pointer: &str) -> &'static [&'static str] {
    let shape: String = pointer
        .split('/')
        .skip(1)
        .map(|step| if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) { "/*".to_owned() } else { format!("/{step}") })
        .collect();
    field_orders().find(|(pointer, _)| *pointer == shape).map_or(&[], |(_, fields)| fields)
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
