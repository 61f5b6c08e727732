//! A finding whose file has no number yet: files are read in parallel and numbered afterwards, in path order.

use crate::diagnostic::{Amendment, Change, DocumentId, Edit, FileId, Finding, Fix, Place, Span};

/// Something wrong in the file that is being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    rule: &'static str,
    /// The bytes it speaks of.
    pub(super) span: Span,
    message: String,
    field: String,
    also: Option<Box<(Span, &'static str)>>,
    help: Option<String>,
    remedy: Option<Box<Remedy>>,
}

/// How to mend a problem: one edit and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remedy {
    pub(super) description: String,
    /// The bytes to replace.
    pub(super) span: Span,
    pub(super) replacement: String,
    /// Which document of the file, from 0.
    pub(super) document: u32,
    pub(super) pointer: String,
    pub(super) to: Amendment,
}

impl Problem {
    pub(super) fn new(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { rule, span, message: message.into(), field: String::new(), also: None, help: None, remedy: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn field(mut self, field: String) -> Self {
        self.field = field;
        self
    }

    pub(super) fn remedy(mut self, remedy: Option<Remedy>) -> Self {
        self.remedy = remedy.map(Box::new);
        self
    }

    pub(super) fn also(mut self, span: Span, text: &'static str) -> Self {
        self.also = Some(Box::new((span, text)));
        self
    }

    /// The finding, once the file has its number. `text` is the text of that file.
    pub(super) fn into_finding(self, file: FileId, text: &str) -> Finding {
        let place = |span| Place { file, span: visible(span, text) };
        let mut finding = Finding::error(self.rule, place(self.span), self.message).field(self.field);
        if let Some((span, label)) = self.also.as_deref().copied() {
            finding = finding.also(place(span), label);
        }
        finding.help = self.help;
        finding.fix = self.remedy.map(|remedy| remedy.into_fix(file));
        finding
    }
}

impl Remedy {
    fn into_fix(self, file: FileId) -> Fix {
        let Self { description, span, replacement, document, pointer, to } = self;
        let edit = Edit { place: Place { file, span }, replacement };
        Fix::new(description).and(edit, Change { document: DocumentId { file, index: document }, pointer, to })
    }
}

/// The span as it can be underlined: at least one character where there is one, and not past the end of its first line.
fn visible(span: Span, text: &str) -> Span {
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let rest = &text[start..];
    let line = rest.find('\n').unwrap_or(rest.len());
    let mut end = (span.end as usize).clamp(start, start + line);
    while !text.is_char_boundary(end) {
        end += 1;
    }
    if end == start {
        match rest.chars().next() {
            Some(first) if first != '\n' && first != '\r' => end = start + first.len_utf8(),
            // Nothing follows on the line: the last character before it.
            _ => {
                let before = text[..start].trim_end();
                start = before.len() - before.chars().next_back().map_or(0, char::len_utf8);
                end = before.len();
            }
        }
    }
    Span { start: offset(start), end: offset(end) }
}

/// A byte offset as spans keep it. Files are far smaller than 4 GiB.
pub(super) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Span, visible};

    #[test]
    fn a_span_is_shown_on_one_line_and_never_empty() {
        let at = |start, end| {
            let span = visible(Span { start, end }, "ab:\nä\n");
            (span.start, span.end)
        };
        assert_eq!(at(0, 7), (0, 3));
        assert_eq!(at(3, 3), (2, 3));
        assert_eq!(at(4, 4), (4, 6));
        assert_eq!(at(5, 5), (4, 6));
        assert_eq!(at(99, 99), (4, 6));
    }
}
