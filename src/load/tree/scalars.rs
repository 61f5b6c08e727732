//! The scalars of a document: keys, and values with their tags and variables.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Tag};
use serde_json::Value;

use super::{Content, Item, Key, MAX_EXPANSION, Open, Stop, TreeBuilder, bytes, unknown_tag};
use crate::diagnostic::{Node, NodeKind, Span, nearest};
use crate::load::interpolate::{Filled, Gap, Variables, as_text, fill};
use crate::load::problem::{Problem, offset};
use crate::load::scalar::{self, Fault, ScalarTag};
use crate::schema::{list, shorten};

impl<'a> TreeBuilder<'a> {
    /// Takes a scalar, key or value.
    pub(super) fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: granit_parser::Span,
    ) -> Result<(), Stop> {
        let span = bytes(at);
        self.first_line(at);
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
        let filled = self.variables.and_then(|variables| fill(text, variables, MAX_EXPANSION, &mut self.document.used));
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
                _ => Problem::new("unterminated-variable", place, "`${` without its `}`")
                    .help("close it with `}`, or write `$${` for a literal `${`"),
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
                self.problem(problem.help(if text.is_empty() {
                    "write a field name before the `:`".to_owned()
                } else {
                    format!("put it in quotes: \"{}\"", shorten(text))
                }));
                Key::Refused
            }
        };
        if let Some(Open { end, content: Content::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *end = span.end;
            *key = named;
        }
    }

    /// The tag of a scalar, if it may have it.
    fn tag_of(&self, tag: Option<&Tag>, at: granit_parser::Span) -> Result<Option<ScalarTag>, Problem> {
        let Some(tag) = tag else { return Ok(None) };
        if tag.original() == "!" {
            return Ok(Some(ScalarTag::Str));
        }
        tag.core_suffix().and_then(ScalarTag::of).map(Some).ok_or_else(|| unknown_tag(tag, at))
    }
}

fn unknown_variable(name: &str, variables: Variables<'_>, place: Span) -> Problem {
    let environment = variables.environment;
    let short = shorten(name);
    let message = |more: &str| format!("environment `{environment}` has no variable `{short}`{more}");
    let others = variables.environments_with(name);
    if !others.is_empty() {
        let has = if others.len() == 1 { "has" } else { "have" };
        let problem = Problem::new("unknown-variable", place, message(&format!("; {} {has} it", list(others, "and"))));
        return problem.help(format!(
            "add it under `environments.{environment}.variables` in the project file, or under `variables` for all environments"
        ));
    }
    Problem::new("unknown-variable", place, message("")).help(match nearest(name, variables.values.keys().map(String::as_str)) {
        Some(meant) => format!("did you mean `${{{meant}}}`?"),
        None => format!("add it under `environments.{environment}.variables` in the project file, or write `$${{` for a literal `${{`"),
    })
}
