//! From tree to text: two blanks a level, lists below their key, one blank after a colon, at most one blank line in a row.

mod brackets;

use super::Refusal;
use super::align::{Line, join};
use super::tree::{Comment, Content, Document, Entry, Item, Lines, Node};

/// Columns of one level.
const STEP: usize = 2;
/// A scalar that stands below its key stays there if it would reach past this column beside it.
const WIDTH: usize = 100;

/// Writes documents.
pub(super) fn write(documents: &[Document]) -> Result<String, Refusal> {
    let mut page = Page::default();
    for (index, document) in documents.iter().enumerate() {
        page.document(document, index)?;
    }
    Ok(join(&page.lines))
}

/// What is written so far.
#[derive(Default)]
struct Page {
    lines: Vec<Line>,
    /// Whether the last line belongs to a text that keeps the line breaks at its end.
    keeps_end: bool,
}

impl Page {
    fn document(&mut self, document: &Document, index: usize) -> Result<(), Refusal> {
        let Document { prologue, marked, marker, head, head_gap, root, tail } = document;
        self.comments(prologue, 0, true);
        if *marked || index > 0 {
            self.line(0, "---");
            self.remark(marker.as_ref())?;
        }
        self.comments(head, 0, true);
        if *head_gap {
            self.blank();
        }
        if let Some(root) = root {
            self.root(root)?;
        }
        self.comments(tail, 0, false);
        Ok(())
    }

    fn root(&mut self, root: &Node) -> Result<(), Refusal> {
        if !root.properties.is_empty() {
            self.line(0, &root.properties);
        }
        match &root.content {
            Content::Entries(_) | Content::Items(_) => self.block(root, 0, false)?,
            Content::Flow(flow) => {
                self.comments(&root.inner, 0, true);
                self.line(0, "");
                self.flow(flow, &root.closing, 0)?;
                self.remark(root.eol.as_ref())?;
            }
            _ => return Err(Refusal::new("a document is one text, and no mapping")),
        }
        Ok(())
    }

    /// A block collection; `joined`: its first line goes on behind a `- `.
    fn block(&mut self, node: &Node, indent: usize, joined: bool) -> Result<(), Refusal> {
        match &node.content {
            Content::Entries(entries) => {
                for (index, Entry { before, blank_before, key, value }) in entries.iter().enumerate() {
                    self.open_line(before, *blank_before, indent, joined, index);
                    self.key(key, indent)?;
                    self.value(value, indent)?;
                }
            }
            Content::Items(items) => {
                for (index, Item { before, blank_before, value }) in items.iter().enumerate() {
                    let raised = raised(value);
                    let above: Vec<&Comment> = before.iter().chain(raised).collect();
                    self.open_line(&above, *blank_before, indent, joined, index);
                    self.put("-");
                    if value.joins_dash() {
                        self.put(" ");
                        self.block(value, indent + STEP, true)?;
                    } else {
                        self.value(value, indent)?;
                    }
                }
            }
            _ => {}
        }
        self.comments(&node.closing, indent, false);
        Ok(())
    }

    /// Starts the line of an entry or item, below its comments. Of one that goes on behind a `- ` they stand above that.
    fn open_line<C: std::borrow::Borrow<Comment>>(&mut self, before: &[C], blank_before: bool, indent: usize, joined: bool, index: usize) {
        if joined && index == 0 {
            return;
        }
        self.comments(before, indent, index == 0);
        if blank_before && (index > 0 || !before.is_empty()) {
            self.blank();
        }
        self.line(indent, "");
    }

    fn key(&mut self, key: &Node, indent: usize) -> Result<(), Refusal> {
        if !key.properties.is_empty() {
            self.put(&key.properties);
            self.put(" ");
        }
        match &key.content {
            Content::Scalar(text) => self.put(text),
            Content::Flow(flow) => self.flow(flow, &key.closing, indent)?,
            Content::Empty => {}
            _ => return Err(Refusal::new("a key is a list, a mapping or a block of lines")),
        }
        // `*x:` would be an alias with a colon in its name.
        self.put(if matches!(&key.content, Content::Scalar(text) if text.starts_with('*')) { " :" } else { ":" });
        Ok(())
    }

    /// What follows a `key:` or a `-` that stands at `indent`.
    fn value(&mut self, node: &Node, indent: usize) -> Result<(), Refusal> {
        if !node.properties.is_empty() {
            self.put(" ");
            self.put(&node.properties);
        }
        self.remark(node.opening.as_ref())?;
        let inside = indent + STEP;
        match &node.content {
            Content::Empty => {
                self.remark(node.eol.as_ref())?;
                self.comments(&node.closing, inside, false);
            }
            Content::Entries(_) | Content::Items(_) => self.block(node, inside, false)?,
            Content::Lines(lines) => {
                if node.opening.is_some() {
                    return Err(Refusal::new("a comment stands before a block of lines (`|` or `>`)"));
                }
                self.put(" ");
                self.block_scalar(lines, indent)?;
            }
            Content::Scalar(text) => {
                self.lead_in(node, inside, self.is_too_wide(text));
                self.scalar(text, inside);
                self.remark(node.eol.as_ref())?;
            }
            Content::Flow(flow) => {
                self.lead_in(node, inside, false);
                self.flow(flow, &node.closing, indent)?;
                self.remark(node.eol.as_ref())?;
            }
        }
        Ok(())
    }

    /// Goes on behind the `key:` or `-`, or on a new line where comments or the length of a text call for it.
    fn lead_in(&mut self, node: &Node, inside: usize, wide: bool) {
        if node.opening.is_none() && node.inner.is_empty() && !(node.broken && wide) {
            return self.put(" ");
        }
        self.comments(&node.inner, inside, true);
        self.line(inside, "");
    }

    fn is_too_wide(&self, text: &str) -> bool {
        let here = self.lines.last().map_or(0, |line| line.text.chars().count());
        text.contains('\n') || here + 1 + text.chars().count() > WIDTH
    }

    /// A plain or quoted scalar; of one over several lines only the indentation changes, which YAML does not count.
    fn scalar(&mut self, text: &str, indent: usize) {
        let mut lines = text.split('\n');
        self.put(lines.next().unwrap_or_default());
        for line in lines {
            // A blank after a backslash at the end of a line is text.
            if let Some(last) = self.lines.last_mut()
                && !last.text.trim_end().ends_with('\\')
            {
                last.text.truncate(last.text.trim_end_matches([' ', '\t']).len());
            }
            let line = line.trim_start_matches([' ', '\t']);
            self.line(if line.is_empty() { 0 } else { indent }, line);
        }
    }

    fn block_scalar(&mut self, block: &Lines, indent: usize) -> Result<(), Refusal> {
        let Lines { header, comment, lines, indent: more, keeps_end } = block;
        self.put(header);
        self.remark(comment.as_ref())?;
        let indent = indent + more.unwrap_or(STEP);
        for line in lines {
            self.line(if line.is_empty() { 0 } else { indent }, line);
            if let Some(last) = self.lines.last_mut() {
                last.verbatim = true;
            }
        }
        self.keeps_end = *keeps_end;
        Ok(())
    }

    fn comments<C: std::borrow::Borrow<Comment>>(&mut self, comments: &[C], indent: usize, first: bool) {
        for (index, comment) in comments.iter().map(std::borrow::Borrow::borrow).enumerate() {
            if comment.blank_before && !(first && index == 0) {
                self.blank();
            }
            self.line(indent, &comment.text);
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.keeps_end = false;
        self.lines.push(Line { text: format!("{:indent$}{text}", ""), ..Line::default() });
    }

    /// A blank line, where there is none yet and it is part of no text.
    fn blank(&mut self) {
        let wanted = self
            .lines
            .last()
            .is_some_and(|last| (!last.text.trim().is_empty() || last.comment.is_some() || last.verbatim) && last.text != "---");
        if wanted && !self.keeps_end {
            self.lines.push(Line::default());
        }
    }

    fn put(&mut self, text: &str) {
        match self.lines.last_mut() {
            Some(line) => line.text.push_str(text),
            None => self.line(0, text),
        }
    }

    /// Puts a comment behind the last line.
    fn remark(&mut self, comment: Option<&Comment>) -> Result<(), Refusal> {
        let Some(comment) = comment else { return Ok(()) };
        match self.lines.last_mut() {
            Some(Line { comment: free @ None, .. }) => {
                *free = Some(comment.clone());
                Ok(())
            }
            _ => Err(Refusal::new("two comments would come to stand on one line")),
        }
    }
}

/// The comments of what stands first behind a `- `: there is no line for them but above it.
fn raised(value: &Node) -> Vec<&Comment> {
    if !value.joins_dash() {
        return Vec::new();
    }
    match &value.content {
        Content::Entries(entries) => entries.first().map(|entry| entry.before.iter().collect()).unwrap_or_default(),
        Content::Items(items) => items.first().map(|item| item.before.iter().chain(raised(&item.value)).collect()).unwrap_or_default(),
        _ => Vec::new(),
    }
}
