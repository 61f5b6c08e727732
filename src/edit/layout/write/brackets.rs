//! `{ a: b }` and `[a, b]`: on one line as long as they were, else with the line breaks they had.

use super::{Page, STEP};
use crate::edit::layout::Refusal;
use crate::edit::layout::tree::{Comment, Content, Entry, Flow, FlowContent, Item, Node};

impl Page {
    /// A collection in brackets, in a line whose own text starts at `indent`.
    pub(super) fn flow(&mut self, flow: &Flow, closing: &[Comment], indent: usize) -> Result<(), Refusal> {
        let Flow { content, opened, breaks, closing_break, closing_comma } = flow;
        let (brackets, padded, count) = match content {
            FlowContent::Items(items) => (["[", "]"], false, items.len()),
            FlowContent::Entries(entries) => (["{", "}"], true, entries.len()),
            FlowContent::Pair(pair) => return self.flow_entry(pair, indent),
        };
        let is_broken = *closing_break || breaks.contains(&true) || opened.is_some() || !closing.is_empty() || has_comments(content);
        let inside = if is_broken { indent + STEP } else { indent };
        self.put(brackets[0]);
        self.remark(opened.as_ref())?;
        for index in 0..count {
            let (before, eol) = match content {
                FlowContent::Items(items) => around(&items[index].before, &items[index].value),
                FlowContent::Entries(entries) => around(&entries[index].before, &entries[index].value),
                FlowContent::Pair(_) => (&[][..], None),
            };
            self.comments(before, inside, true);
            if self.commented() || !before.is_empty() || breaks.get(index) == Some(&true) {
                self.line(inside, "");
            } else if index > 0 || padded {
                self.put(" ");
            }
            match content {
                FlowContent::Items(items) => self.flow_value(&items[index].value, inside)?,
                FlowContent::Entries(entries) => self.flow_entry(&entries[index], inside)?,
                FlowContent::Pair(_) => {}
            }
            if index + 1 < count || (*closing_comma && *closing_break && count > 0) {
                self.put(",");
            }
            self.remark(eol)?;
        }
        self.comments(closing, inside, true);
        if self.commented() || !closing.is_empty() || *closing_break {
            self.line(indent, "");
        } else if padded && count > 0 {
            self.put(" ");
        }
        self.put(brackets[1]);
        Ok(())
    }

    fn flow_entry(&mut self, entry: &Entry, indent: usize) -> Result<(), Refusal> {
        self.key(&entry.key, indent)?;
        if entry.value.content != Content::Empty || !entry.value.properties.is_empty() {
            self.put(" ");
        }
        self.flow_value(&entry.value, indent)
    }

    /// A value in brackets; the comment behind it comes after the comma.
    fn flow_value(&mut self, node: &Node, indent: usize) -> Result<(), Refusal> {
        if node.opening.is_some() || !node.inner.is_empty() {
            return Err(Refusal::new("a comment stands between a key and its value, inside `{ }`"));
        }
        if !node.properties.is_empty() {
            self.put(&node.properties);
            self.put(" ");
        }
        match &node.content {
            Content::Empty => Ok(()),
            Content::Scalar(text) => {
                self.scalar(text, indent + STEP);
                Ok(())
            }
            Content::Flow(flow) => self.flow(flow, &node.closing, indent),
            _ => Err(Refusal::new("a block stands inside brackets")),
        }
    }

    /// Whether a comment ends the last line, so that nothing can follow it there.
    fn commented(&self) -> bool {
        self.lines.last().is_some_and(|line| line.comment.is_some() || line.text.trim_start().starts_with('#'))
    }
}

fn around<'a>(before: &'a [Comment], value: &'a Node) -> (&'a [Comment], Option<&'a Comment>) {
    let behind = match &value.content {
        // The comment behind `a: b` in a list is that of its value.
        Content::Flow(Flow { content: FlowContent::Pair(pair), .. }) => value.eol.as_ref().or(pair.value.eol.as_ref()),
        _ => value.eol.as_ref(),
    };
    (before, behind)
}

fn has_comments(content: &FlowContent) -> bool {
    let commented = |before: &[Comment], value: &Node| !before.is_empty() || around(before, value).1.is_some();
    match content {
        FlowContent::Items(items) => items.iter().any(|Item { before, value, .. }| commented(before, value)),
        FlowContent::Entries(entries) => entries.iter().any(|Entry { before, value, .. }| commented(before, value)),
        FlowContent::Pair(_) => false,
    }
}
