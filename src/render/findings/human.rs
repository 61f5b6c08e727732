//! Findings for people: the source line, the value underlined, why, and what to write instead.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Finding, Label, Place, Severity, SourceMap};

/// Columns a finding is wrapped to where the width is not known.
const DEFAULT_WIDTH: usize = 100;

/// All findings, each with a frame of its source, with colours, in the order given.
pub fn human(findings: &[Finding], sources: &SourceMap, width: Option<usize>) -> String {
    let renderer = Renderer::styled().term_width(width.unwrap_or(DEFAULT_WIDTH).max(40));
    let mut out = String::new();
    for finding in findings {
        out.push_str(&renderer.render(&report(finding, sources)));
        out.push_str("\n\n");
    }
    out
}

fn report<'a>(finding: &'a Finding, sources: &'a SourceMap) -> Vec<Group<'a>> {
    let Finding { rule, severity, message, place, field: _, label, also, help, fix } = finding;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = AnnotationKind::Primary.span(bytes(*place, sources));
    let primary = if label.is_empty() { primary } else { primary.label(label.as_str()) };
    let context = |second: &'a Label| AnnotationKind::Context.span(bytes(second.place, sources)).label(second.text.as_str());
    let (here, elsewhere): (Vec<&Label>, Vec<&Label>) = also.iter().partition(|second| second.place.file == place.file);
    let frame = snippet(*place, sources).annotation(primary).annotations(here.into_iter().map(context));
    let mut group = level.primary_title(message.as_str()).id(*rule).element(frame);
    for second in elsewhere {
        group = group.element(snippet(second.place, sources).annotation(context(second)));
    }
    if let Some(help) = help {
        let more = if fix.is_some() { " (fixable with --fix)" } else { "" };
        group = group.element(Level::HELP.message(format!("{help}{more}")));
    }
    vec![group]
}

fn snippet<'a, T: Clone>(place: Place, sources: &'a SourceMap) -> Snippet<'a, T> {
    let text = sources.file(place.file).map_or("", |file| file.text.as_str());
    Snippet::source(text).line_start(1).path(sources.path(place.file))
}

/// The bytes to underline: whole characters, inside the text, one line only.
fn bytes(place: Place, sources: &SourceMap) -> Range<usize> {
    let text = sources.file(place.file).map_or("", |file| file.text.as_str());
    let floor = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = floor(place.span.start as usize);
    let end = floor(place.span.end as usize).max(start);
    let line_end = text[start..end].find('\n').map_or(end, |newline| start + newline);
    start..line_end
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
