//! From text to tree. Comments find their owner by where they stand: on a line behind something, above it, or, at the end of
//! a collection, by how far they are indented.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::Refusal;
use super::tree::{Comment, Content, Document, Entry, Flow, FlowContent, Item, Lines, Node};
use crate::edit::comment::options;

/// Reads all documents of a text that has Unix line endings.
pub(super) fn read(text: &str) -> Result<Vec<Document>, Refusal> {
    let mut steps = Vec::new();
    let mut comments = Vec::new();
    let mut parser = Parser::new_from_str_with_options(text, options());
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| Refusal::new(format!("it does not parse: {error}")))?;
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::Comment(..) => comments.push(range),
            event => steps.push(Step { event, range, tag: span.tag_span().and_then(|tag| tag.byte_range()) }),
        }
    }
    comments.sort_unstable_by_key(|range| range.start);
    Reader { text, steps, at: 0, comments, next: 0, last: 0, lines_end: 0 }.documents()
}

/// One event and its bytes.
struct Step<'a> {
    event: Event<'a>,
    range: Range<usize>,
    tag: Option<Range<usize>>,
}

struct Reader<'a> {
    text: &'a str,
    steps: Vec<Step<'a>>,
    at: usize,
    comments: Vec<Range<usize>>,
    /// The first comment that has no owner yet.
    next: usize,
    /// End of what was read last.
    last: usize,
    /// End of the last line that belongs to a block scalar.
    lines_end: usize,
}

impl<'a> Reader<'a> {
    fn documents(mut self) -> Result<Vec<Document>, Refusal> {
        let mut documents = Vec::new();
        while let Some(step) = self.steps.get(self.at) {
            let Event::DocumentStart(marked, _) = step.event else {
                self.at += 1;
                continue;
            };
            let range = step.range.clone();
            self.at += 1;
            let mut document = Document { marked, ..Document::default() };
            if marked {
                document.prologue = self.comments_before(range.start);
                document.marker = self.comment_on_line(range.end, usize::MAX);
                self.last = range.end;
            }
            let start = self.start_of(self.at);
            let head = self.comments_before(start);
            document.root = Some(self.node(head, None, false)?);
            document.tail = self.comments_before(self.limit());
            documents.push(document);
        }
        Ok(documents)
    }

    /// Reads one value. `pending` are the comment lines above it, `parent` is the column of the collection around it.
    fn node(&mut self, pending: Vec<Comment>, parent: Option<usize>, is_key: bool) -> Result<Node, Refusal> {
        let start = self.start_of(self.at);
        let properties = self.properties(self.at);
        let Some(step) = self.steps.get(self.at) else { return Err(Refusal::new("it breaks off")) };
        let range = step.range.clone();
        let event = step.event.clone();
        let before = self.last;
        self.at += 1;
        if matches!(self.steps.get(self.at), Some(Step { event: Event::Anchor(..), .. })) {
            self.at += 1;
        }
        self.last = self.last.max(properties.end);
        let broken = self.text.get(before..start).is_some_and(|between| between.contains('\n'));
        let mut node = match event {
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => {
                if !pending.is_empty() || is_key {
                    return Err(Refusal::new("a comment, or a `?`, stands before a block of lines (`|` or `>`)"));
                }
                let lines = self.lines(range, parent)?;
                Node::bare(Content::Lines(lines))
            }
            Event::Scalar(..) | Event::Alias(_) => {
                let written = self.text.get(range.clone()).unwrap_or_default();
                let content = if written.is_empty() { Content::Empty } else { Content::Scalar(written.to_owned()) };
                // Where nothing is written the parser may stand before or after the blanks that follow.
                if content != Content::Empty {
                    self.last = self.last.max(range.end);
                }
                Node { inner: pending, broken, ..Node::bare(content) }
            }
            Event::SequenceStart(StructureStyle::Block, ..) => self.items(pending, parent)?,
            Event::MappingStart(StructureStyle::Block, ..) => self.entries(pending)?,
            Event::SequenceStart(..) => Node { inner: pending, broken, ..self.flow(&range, false)? },
            Event::MappingStart(..) => Node { inner: pending, broken, ..self.flow(&range, true)? },
            _ => return Err(Refusal::new("it has something unknown in it")),
        };
        node.properties = properties.text;
        if !is_key && matches!(node.content, Content::Empty | Content::Scalar(_) | Content::Flow(_)) {
            node.eol = self.comment_behind(self.last);
        }
        Ok(node)
    }

    fn items(&mut self, mut pending: Vec<Comment>, parent: Option<usize>) -> Result<Node, Refusal> {
        let mut items: Vec<Item> = Vec::new();
        let mut column = 0;
        while !self.ends(&Event::SequenceEnd) {
            let dash = self.find(self.last..self.text.len(), |c| c == '-');
            let dash = dash.ok_or_else(|| Refusal::new("a `-` is not where it should be"))?;
            let mut before = std::mem::take(&mut pending);
            before.extend(self.comments_before(dash));
            let blank_before = self.follows_blank(dash);
            if items.is_empty() {
                column = self.column(dash);
            }
            self.last = dash + 1;
            let start = self.start_of(self.at);
            let (opening, inner) = self.comments_between(dash + 1, start);
            let mut value = self.node(inner, Some(column), false)?;
            value.opening = opening;
            self.close_empty(&mut value, column);
            items.push(Item { before, blank_before, value });
        }
        self.at += 1;
        // A list may stand as far left as its key: then only what looks like an item belongs to it.
        let flush = parent == Some(column);
        let mut in_item = false;
        let closing = self.comments_while(|comment| {
            in_item = looks_like_item(&comment.text) || (in_item && !comment.blank_before && comment.text.starts_with("#  "));
            comment.column > column || (comment.column == column && (!flush || in_item))
        });
        Ok(Node { closing, ..Node::bare(Content::Items(items)) })
    }

    fn entries(&mut self, mut pending: Vec<Comment>) -> Result<Node, Refusal> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut column = 0;
        while !self.ends(&Event::MappingEnd) {
            let start = self.start_of(self.at);
            let mut before = std::mem::take(&mut pending);
            before.extend(self.comments_before(start));
            let blank_before = self.follows_blank(start);
            if entries.is_empty() {
                column = self.column(start);
            }
            let (key, mut value) = self.pair(column)?;
            self.close_empty(&mut value, column);
            entries.push(Entry { before, blank_before, key, value });
        }
        self.at += 1;
        let closing = self.comments_while(|comment| comment.column >= column);
        Ok(Node { closing, ..Node::bare(Content::Entries(entries)) })
    }

    /// A key and its value.
    fn pair(&mut self, column: usize) -> Result<(Node, Node), Refusal> {
        let key = self.node(Vec::new(), Some(column), true)?;
        if matches!(&key.content, Content::Scalar(text) if text.contains('\n')) {
            return Err(Refusal::new("a key goes over several lines"));
        }
        let rest = &self.text[self.last..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest[blanks..].starts_with(':') {
            self.last += blanks + 1;
        }
        let (opening, inner) = self.comments_between(self.last, self.start_of(self.at));
        let mut value = self.node(inner, Some(column), false)?;
        value.opening = opening;
        Ok((key, value))
    }

    /// Comment lines below a `key:` without a value are what it once had.
    fn close_empty(&mut self, value: &mut Node, column: usize) {
        if value.content == Content::Empty {
            value.closing = self.comments_while(|comment| comment.column > column);
        }
    }

    fn flow(&mut self, open: &Range<usize>, mapping: bool) -> Result<Node, Refusal> {
        if mapping && !self.text[open.start..].starts_with('{') {
            let (key, value) = self.pair(0)?;
            self.at += 1;
            let pair = Entry { before: Vec::new(), blank_before: false, key, value };
            return Ok(flow_node(FlowContent::Pair(Box::new(pair)), Vec::new(), false));
        }
        self.last = open.end;
        let opened = self.comment_behind(self.last);
        let (mut items, mut entries, mut breaks) = (Vec::new(), Vec::new(), Vec::new());
        let mut end = open.end;
        let end_event = if mapping { Event::MappingEnd } else { Event::SequenceEnd };
        while !self.ends(&end_event) {
            let start = self.start_of(self.at);
            breaks.push(self.text.get(end..start).is_some_and(|between| between.contains('\n')));
            let before = self.comments_before(start);
            if mapping {
                let (key, value) = self.pair(0)?;
                entries.push(Entry { before, blank_before: false, key, value });
            } else {
                items.push(Item { before, blank_before: false, value: self.node(Vec::new(), None, false)? });
            }
            end = self.last;
        }
        let close = self.steps.get(self.at).map_or(end..end, |step| step.range.clone());
        self.at += 1;
        let closing = self.comments_before(close.start);
        let content = if mapping { FlowContent::Entries(entries) } else { FlowContent::Items(items) };
        let mut node = flow_node(content, closing, self.text.get(end..close.start).is_some_and(|rest| rest.contains('\n')));
        if let Content::Flow(flow) = &mut node.content {
            flow.closing_comma = self.find(end..close.start, |c| c == ',').is_some();
            flow.breaks = breaks;
            flow.opened = opened;
        }
        self.last = close.end;
        Ok(node)
    }

    /// A block scalar; `range` are its lines, as the parser sees them.
    fn lines(&mut self, range: Range<usize>, parent: Option<usize>) -> Result<Lines, Refusal> {
        let header = self
            .find(self.last..range.start.max(self.last), |c| matches!(c, '|' | '>'))
            .ok_or_else(|| Refusal::new("a `|` or `>` is not where it should be"))?;
        let rest = &self.text[header..];
        let word = rest.find(|c: char| c.is_whitespace()).map_or(rest, |end| &rest[..end]);
        let content = header + rest.find('\n').map_or(rest.len(), |end| end + 1);
        let comment = self.comment_on_line(header, content);
        // The indentation of the next line is no part of it.
        let mut end = range.end.max(content).min(self.text.len());
        if !self.text[..end].ends_with('\n') && end < self.text.len() {
            end = self.text[content..end].rfind('\n').map_or(content, |newline| content + newline + 1);
        }
        let lines: Vec<&str> = self.text[content..end].lines().collect();
        let explicit = word.chars().find_map(|c| c.to_digit(10)).map(|digit| digit as usize);
        let shortest =
            lines.iter().filter(|line| !line.trim_matches(' ').is_empty()).map(|line| line.len() - line.trim_start_matches(' ').len());
        let indent = match explicit {
            Some(more) => parent.unwrap_or(0) + more,
            // The first line with text in it decides.
            None => shortest.clone().next().or_else(|| lines.iter().map(|line| line.len()).max()).unwrap_or(0),
        };
        let mut lines: Vec<String> = lines.into_iter().map(|line| line.get(indent..).unwrap_or_default().to_owned()).collect();
        let keeps_end = word.contains('+');
        while !keeps_end && lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        self.last = end;
        self.lines_end = content + self.text[content..end].split_inclusive('\n').take(lines.len()).map(str::len).sum::<usize>();
        Ok(Lines { header: word.to_owned(), comment, lines, indent: explicit, keeps_end })
    }

    fn properties(&self, at: usize) -> Properties {
        let mut ranges: Vec<Range<usize>> = self.property_ranges(at);
        ranges.sort_unstable_by_key(|range| range.start);
        let words: Vec<&str> = ranges.iter().filter_map(|range| self.text.get(range.clone())).collect();
        Properties { text: words.join(" "), end: ranges.last().map_or(0, |range| range.end) }
    }

    fn property_ranges(&self, at: usize) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = self.steps.get(at).and_then(|step| step.tag.clone()).into_iter().collect();
        if let Some(Step { event: Event::Anchor(..), range, .. }) = self.steps.get(at + 1) {
            ranges.push(range.clone());
        }
        ranges
    }

    /// Where a value starts, its anchor and tag included. A block collection starts with the first thing in it.
    fn start_of(&self, at: usize) -> usize {
        let Some(step) = self.steps.get(at) else { return self.text.len() };
        let first_property = self.property_ranges(at).into_iter().map(|range| range.start).min();
        let is_list = matches!(step.event, Event::SequenceStart(StructureStyle::Block, ..));
        // The parser may say that a list starts behind its first dash, even behind a comment there.
        let dash = || self.find(self.last..self.text.len(), |c| c == '-').filter(|_| is_list);
        first_property.or_else(dash).unwrap_or(step.range.start).min(step.range.start)
    }

    fn ends(&self, with: &Event<'_>) -> bool {
        self.steps.get(self.at).is_none_or(|step| step.event == *with)
    }

    /// Start of what comes next, for comments at the end of something.
    fn limit(&self) -> usize {
        let mut steps = self.steps[self.at.min(self.steps.len())..].iter();
        let next = steps.find(|step| !matches!(step.event, Event::SequenceEnd | Event::MappingEnd | Event::DocumentEnd | Event::StreamEnd));
        next.map_or(self.text.len(), |step| step.range.start)
    }

    fn take(&mut self) -> Comment {
        let range = self.comments[self.next].clone();
        self.next += 1;
        self.comment(&range)
    }

    fn comment(&self, range: &Range<usize>) -> Comment {
        let text = self.text.get(range.clone()).unwrap_or_default().trim_end().to_owned();
        Comment { text, column: self.column(range.start), blank_before: self.follows_blank(range.start) }
    }

    fn comments_before(&mut self, limit: usize) -> Vec<Comment> {
        let mut found = Vec::new();
        while self.comments.get(self.next).is_some_and(|range| range.start < limit) {
            found.push(self.take());
        }
        found
    }

    /// Comment lines before whatever comes next, as long as they belong.
    fn comments_while(&mut self, mut belongs: impl FnMut(&Comment) -> bool) -> Vec<Comment> {
        let limit = self.limit();
        let mut found = Vec::new();
        while let Some(range) = self.comments.get(self.next).filter(|range| range.start < limit) {
            // What stands behind a dash or a key is theirs, however far to the right it is.
            let own_line = self.text[self.line_start(range.start)..range.start].trim().is_empty();
            let comment = self.comment(range);
            if !own_line || !belongs(&comment) {
                break;
            }
            self.next += 1;
            found.push(comment);
        }
        found
    }

    /// The comment on the line of a `key:` or `-`, and the comment lines after it.
    fn comments_between(&mut self, from: usize, to: usize) -> (Option<Comment>, Vec<Comment>) {
        (self.comment_on_line(from, to), self.comments_before(to))
    }

    fn comment_on_line(&mut self, from: usize, limit: usize) -> Option<Comment> {
        let range = self.comments.get(self.next).filter(|range| from <= range.start && range.start < limit)?;
        (!self.text.get(from..range.start)?.contains('\n')).then(|| self.take())
    }

    /// The comment behind a value, with nothing but a comma between.
    fn comment_behind(&mut self, end: usize) -> Option<Comment> {
        let range = self.comments.get(self.next).filter(|range| end <= range.start)?;
        self.text.get(end..range.start)?.chars().all(|c| matches!(c, ' ' | '\t' | ',')).then(|| self.take())
    }

    /// The first such character that stands in no comment.
    fn find(&self, range: Range<usize>, wanted: impl Fn(char) -> bool) -> Option<usize> {
        let inside = self.text.get(range.clone())?;
        inside.char_indices().map(|(at, c)| (range.start + at, c)).find_map(|(at, c)| {
            let before = self.comments.partition_point(|comment| comment.start <= at);
            let commented = before > 0 && self.comments[before - 1].contains(&at);
            (wanted(c) && !commented).then_some(at)
        })
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().filter(|c| *c != '\u{feff}').count()
    }

    fn follows_blank(&self, at: usize) -> bool {
        let above = &self.text[..self.line_start(at)];
        // A line of blanks may be text.
        above.len() > self.lines_end
            && above.strip_suffix('\n').is_some_and(|above| above.rsplit('\n').next().unwrap_or_default().trim().is_empty())
    }
}

/// An anchor and a tag.
struct Properties {
    text: String,
    end: usize,
}

fn flow_node(content: FlowContent, closing: Vec<Comment>, closing_break: bool) -> Node {
    let flow = Flow { content, opened: None, breaks: Vec::new(), closing_break, closing_comma: false };
    Node { closing, ..Node::bare(Content::Flow(flow)) }
}

/// `# - …`: an item that was commented out.
fn looks_like_item(comment: &str) -> bool {
    comment.trim_start_matches('#').trim_start().starts_with("- ")
}
