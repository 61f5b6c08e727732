//! Findings for people: the source line, the value underlined, why, and what to write instead.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use unicode_width::UnicodeWidthStr;

use crate::diagnostic::{FileId, Finding, Label, Place, Severity, SourceMap};
use crate::render::WARNING;
use crate::render::escape::{inline, is_active, with_broken_commands};
use crate::render::style::STRONG;
use crate::render::wrap::wrap;

/// Columns that source lines are cut to where the width is not known.
const DEFAULT_WIDTH: usize = 100;
/// The narrowest width that is still served.
const NARROWEST: usize = 40;

/// All findings, each with a frame of its source, with colours, in the order given. With a width no line is longer, but for
/// a path that is; without one (a pipe) sentences stay on one line, for `grep`.
pub fn human(findings: &[Finding], sources: &SourceMap, width: Option<usize>) -> String {
    let width = width.map(|width| width.max(NARROWEST));
    findings.iter().map(|finding| Frame { finding, sources, width }.text() + "\n\n").collect()
}

/// One finding and how wide it may become.
struct Frame<'a> {
    finding: &'a Finding,
    sources: &'a SourceMap,
    width: Option<usize>,
}

/// Where the words about a place go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    /// Beside the underline.
    Inline,
    /// Below the frame: beside the underline they would be wider than the terminal.
    Below,
}

impl Frame<'_> {
    fn text(&self) -> String {
        let inline = self.render(Labels::Inline);
        let too_wide = |width: usize| inline.lines().any(|line| columns(line) > width && !is_path(line));
        let text = if self.width.is_some_and(too_wide) { self.render(Labels::Below) } else { inline };
        with_broken_commands(text)
    }

    fn render(&self, labels: Labels) -> String {
        let renderer = Renderer::styled().term_width(self.width.unwrap_or(DEFAULT_WIDTH));
        renderer.render(&[self.group(labels)])
    }

    fn group(&self, labels: Labels) -> Group<'_> {
        let Finding { rule, severity, message, place, field, label, also, help, fix } = self.finding;
        let (level, name) = match severity {
            Severity::Error => (Level::ERROR, "error"),
            Severity::Warning => (Level::WARNING, "warning"),
        };
        let here: Vec<&Label> = also.iter().filter(|second| second.place.file == place.file).collect();
        let title = self.wrapped(&inline(message), format!("{name}[{rule}]: ").len());
        let frame = self.snippet(place.file, Some((*place, label)), &here, labels);
        let mut group = level.primary_title(title).id(*rule).element(frame);
        for second in also.iter().filter(|second| second.place.file != place.file) {
            group = group.element(self.snippet(second.place.file, None, &[second], labels));
        }
        if labels == Labels::Below {
            for (place, text) in std::iter::once((*place, label)).chain(also.iter().map(|second| (second.place, &second.text))) {
                if !text.is_empty() {
                    group = group.element(Level::NOTE.message(self.note("note", &format!("{}: {text}", self.line(place)))));
                }
            }
        }
        if !field.is_empty() && !message.contains(field.as_str()) {
            group = group.element(Level::NOTE.message(self.note("note", &format!("the field is `{field}`"))));
        }
        if let Some(help) = help {
            let more = if fix.is_some() { " (fixable with --fix)" } else { "" };
            group = group.element(Level::HELP.message(self.note("help", &format!("{help}{more}"))));
        }
        group
    }

    /// `line 3`, or `campaigns/other.yaml:3`.
    fn line(&self, place: Place) -> String {
        let line = self.sources.position(place).line;
        if place.file == self.finding.place.file { format!("line {line}") } else { format!("{}:{line}", self.sources.path(place.file)) }
    }

    /// The lines of one file from the first place to the last, with the places underlined.
    fn snippet(
        &self,
        file: FileId,
        primary: Option<(Place, &String)>,
        others: &[&Label],
        labels: Labels,
    ) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let text = self.sources.file(file).map_or("", |file| file.text.as_str());
        let all = primary.iter().map(|(place, _)| *place).chain(others.iter().map(|label| label.place));
        let spans: Vec<Range<usize>> = all.map(|place| bytes(place, text)).collect();
        // Only the lines that are needed: the renderer walks through all it is given.
        let from = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let to = spans.iter().map(|span| span.end).max().unwrap_or(0);
        let from = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
        let to = text[to..].find('\n').map_or(text.len(), |newline| to + newline);
        let annotated = |kind: AnnotationKind, span: &Range<usize>, text: &str| {
            let annotation = kind.span(span.start - from..span.end - from);
            if text.is_empty() || labels == Labels::Below { annotation } else { annotation.label(inline(text)) }
        };
        let words = primary.iter().map(|(_, label)| (AnnotationKind::Primary, label.as_str()));
        let words = words.chain(others.iter().map(|label| (AnnotationKind::Context, label.text.as_str())));
        let annotations: Vec<_> = words.zip(&spans).map(|((kind, text), span)| annotated(kind, span, text)).collect();
        let first_line = text[..from].bytes().filter(|byte| *byte == b'\n').count() + 1;
        Snippet::source(harmless(&text[from..to])).line_start(first_line).path(inline(self.sources.path(file))).annotations(annotations)
    }

    /// A sentence after `indent` columns of something else.
    fn wrapped(&self, text: &str, indent: usize) -> String {
        self.width.map_or_else(|| text.to_owned(), |width| wrap(text, width.saturating_sub(indent)))
    }

    /// A sentence below the frame: ` = help: ` stands before it, indented by the widest line number.
    fn note(&self, name: &str, text: &str) -> String {
        let places = std::iter::once(self.finding.place).chain(self.finding.also.iter().map(|second| second.place));
        let line = places.map(|place| self.sources.position(place).line).max().unwrap_or(1);
        self.wrapped(&inline(text), line.to_string().len() + " = : ".len() + name.len())
    }
}

/// The bytes to underline: whole characters, inside the text, one line only.
fn bytes(place: Place, text: &str) -> Range<usize> {
    let floor = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(place.span.start as usize);
    let end = floor(place.span.end as usize).max(start);
    let line_end = text[start..end].find('\n').map_or(end, |newline| start + newline);
    start..line_end
}

/// Source text in which nothing acts on a terminal. What is replaced has as many bytes as before, so that places stay right.
fn harmless(text: &str) -> Cow<'_, str> {
    // The renderer itself shows tabs as blanks and other one-byte controls as pictures.
    let acts = |c: char| c.len_utf8() > 1 && is_active(c);
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let replaced = |c: char| match c.len_utf8() {
        _ if !acts(c) => c,
        2 => '\u{b7}',
        3 => '\u{fffd}',
        _ => '\u{1f6ab}',
    };
    Cow::Owned(text.chars().map(replaced).collect())
}

/// ` --> path:line:column`, which is not broken: it is clicked and copied.
fn is_path(line: &str) -> bool {
    line.contains("--> ") || line.contains("::: ")
}

/// Columns of a line, without its colours.
fn columns(line: &str) -> usize {
    anstream::adapter::strip_str(line).to_string().width()
}

/// What stands above the findings of one of several environments.
pub fn environment_line(environment: &str) -> String {
    format!("Environment: {STRONG}{}{STRONG:#}\n\n", inline(environment))
}

/// The one line that a command which is about something else says of warnings.
pub fn warnings_line(warnings: usize, environment: &str) -> String {
    let (count, them) = if warnings == 1 { ("1 warning".to_owned(), "it") } else { (format!("{warnings} warnings"), "them") };
    let environment = inline(environment);
    format!("{WARNING}Warning:{WARNING:#} {count} in the campaign files; `campaignctl validate -e {environment}` shows {them}\n")
}

/// `2 errors in 1 file`, or `5 campaigns in 5 files are valid.`
pub fn summary(findings: &[Finding], campaigns: usize, files: usize) -> String {
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let plural = |count: usize, noun: &str| if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut in_files: Vec<_> = findings.iter().map(|finding| finding.place.file).collect();
    in_files.sort_unstable();
    in_files.dedup();
    match (errors, warnings) {
        (0, 0) => {
            format!("{} in {} {} valid.", plural(campaigns, "campaign"), plural(files, "file"), if campaigns == 1 { "is" } else { "are" })
        }
        (errors, 0) => format!("{} in {}.", plural(errors, "error"), plural(in_files.len(), "file")),
        (0, warnings) => format!("{} in {}.", plural(warnings, "warning"), plural(in_files.len(), "file")),
        (errors, warnings) => {
            format!("{} and {} in {}.", plural(errors, "error"), plural(warnings, "warning"), plural(in_files.len(), "file"))
        }
    }
}
