//! One change of the comment, in as much detail as there is room for.

use std::fmt::Write;

use super::super::Report;
use super::super::goal::{Source, source};
use super::super::summary::{moved, plural};
use super::diff;
use super::head::what_happened;
use crate::model::Origin;
use crate::reconcile::{Action, Change, DangerKind};
use crate::render::markdown::{code, code_outside_tables, cut, fenced, prose, prose_on};
use crate::render::style::of_action;

/// Characters of one value, where everything is shown. More than anybody reads in a comment; the limit of one campaign
/// should not be the end of the others.
const WHOLE_VALUE: usize = 16_000;
/// Characters of one value, where long texts are cut.
const SHORT_VALUE: usize = 120;
/// Characters of a name.
pub(super) const NAME: usize = 200;
/// Fields that are named in one line.
const FIELDS: usize = 12;

/// How much is said of a change, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    /// Nothing, for want of room.
    LeftOut,
    /// It is one of a number.
    Counted,
    /// Its key stands in a list of all changes with this danger.
    Packed,
    /// One line: address, what is done, worst danger.
    Line,
    /// The line, with the names of its fields.
    Fields,
    /// A block, with long values cut.
    Short,
    /// A block with everything.
    Full,
}

/// Whether a change may never go without its name: it is dangerous, or loses fields that nobody can bring back.
pub(super) fn is_grave(change: &Change) -> bool {
    !change.dangers.is_empty() || !change.lost.is_empty()
}

/// The change in at most this detail; and the detail that was reached, because a block without long values is whole.
pub(super) fn text(change: &Change, report: &Report<'_>, detail: Detail) -> (String, Detail) {
    match detail {
        Detail::LeftOut | Detail::Counted | Detail::Packed => (String::new(), detail),
        Detail::Line => (format!("- {}\n", line(change)), detail),
        Detail::Fields => (format!("- {}{}\n", line(change), fields(change)), detail),
        Detail::Short => {
            let (text, was_cut) = block(change, report, SHORT_VALUE);
            (text, if was_cut { Detail::Short } else { Detail::Full })
        }
        Detail::Full => (block(change, report, WHOLE_VALUE).0, detail),
    }
}

/// A size that the block of the change cannot be below; cheap to tell.
pub(super) fn at_least(change: &Change, detail: Detail) -> usize {
    match detail {
        Detail::LeftOut | Detail::Counted | Detail::Packed | Detail::Line | Detail::Fields => 0,
        Detail::Short | Detail::Full => 150 + 20 * change.fields.len(),
    }
}

/// What is done, for a sentence that begins with the address.
fn kind(action: Action) -> &'static str {
    match action {
        Action::Create => "will be created",
        Action::Update => "will be updated in-place",
        Action::Delete => "will be destroyed",
        Action::Forget => "will no longer be managed by campaignctl, but will not be destroyed",
        Action::Record => "will be imported",
    }
}

/// `throttling removed (+2 more)`; nothing for a delete, whose line says so already.
fn worst(change: &Change) -> Option<String> {
    let worst = change.worst().filter(|worst| *worst != DangerKind::Delete)?;
    let more = match change.dangers.len() {
        0 | 1 => String::new(),
        several => format!(" (+{} more)", several - 1),
    };
    Some(format!("{}{more}", worst.title()))
}

fn line(change: &Change) -> String {
    let address = code(&change.key.address().to_string());
    let mut out = match (change.action, &change.moved_from) {
        (Action::Record, Some(old)) => format!("{} has moved to {address}", code(&old.address().to_string())),
        (Action::Delete, _) => format!("{address} will be **destroyed**"),
        (action, _) => format!("{address} {}", kind(action)),
    };
    if let Some(worst) = worst(change) {
        let _ = write!(out, ": **{worst}**");
    }
    if !change.lost.is_empty() {
        let _ = write!(out, ", **{} {} lost**", change.lost.len(), plural(change.lost.len(), "field"));
    }
    if moved(change).is_some() {
        out.push_str(", changed live by somebody else");
    }
    out
}

/// ` · fields …`, for an update; the others concern all of them.
fn fields(change: &Change) -> String {
    if change.action != Action::Update || change.fields.is_empty() {
        return String::new();
    }
    let mut names: Vec<String> = Vec::new();
    for field in change.fields.iter().take(FIELDS) {
        let mark = if field.cause.is_live() { format!(" ({})", field.cause.id()) } else { String::new() };
        names.push(format!("{}{mark}", code_outside_tables(&cut(&field.path.to_string(), NAME).0)));
    }
    if change.fields.len() > FIELDS {
        names.push(format!("{} more", change.fields.len() - FIELDS));
    }
    format!(" · {}", names.join(", "))
}

/// A block that opens and closes; dangerous ones are open. Blank lines part the tags from the Markdown between them, which
/// would be taken for HTML otherwise.
fn block(change: &Change, report: &Report<'_>, most: usize) -> (String, bool) {
    let Change {
        key,
        action,
        moved_from,
        imported,
        vanished,
        origin: _,
        live,
        desired,
        last_applied: _,
        fields: _,
        held: _,
        kept,
        lost,
        dangers,
        tier: _,
        body: _,
        remember: _,
    } = change;
    let mut was_cut = false;
    let mut name = |text: &str| {
        let (text, cut) = cut(text, most.max(NAME));
        was_cut |= cut;
        code_outside_tables(&text)
    };
    // Only addresses and words of ours: nothing here needs to be made harmless.
    let (symbol, _) = of_action(*action);
    let title = match (action, moved_from) {
        (Action::Record, Some(old)) => format!("{} has moved to {}", old.address(), key.address()),
        (action, _) => format!("{} {}", key.address(), kind(*action)),
    };
    let worst = worst(change).map(|worst| format!(": {worst}")).unwrap_or_default();
    let open = if is_grave(change) { " open" } else { "" };
    let mut out = format!("<details{open}>\n<summary>{}{worst}</summary>\n\n", format!("{symbol} {title}").trim_start());

    let called = live.as_ref().map(|live| &live.spec).or(desired.as_ref()).map(|spec| name(&spec.name));
    let id = live.as_ref().map(|live| format!("id {}", name(&live.id.0)));
    let source = source(change, &report.plan.goal);
    let place = match &source {
        Source::File(origin) => Some(place(origin, report, &mut name)),
        Source::Words(words) if *action != Action::Delete => Some(prose(words)),
        Source::Words(_) | Source::Nowhere => None,
    };
    let about: Vec<String> = called.into_iter().chain(id).chain(place).collect();
    let _ = writeln!(out, "{}\n", about.join(" · "));

    let mut points: Vec<String> = Vec::new();
    for danger in dangers {
        let (sentence, cut) = cut(&danger.sentence, most.max(NAME));
        was_cut |= cut;
        points.push(format!("**{}:** {}", danger.kind.title(), prose_on(&sentence)));
    }
    if !lost.is_empty() {
        let (pointers, cut) = cut(&lost.join(", "), most.max(NAME));
        was_cut |= cut;
        let count = lost.len();
        points.push(format!("**lost:** {count} {} not modelled: {}", plural(count, "field"), code_outside_tables(&pointers)));
    }
    match (action, &source) {
        (Action::Delete, Source::Words(words)) => points.push(prose(words)),
        (_, Source::File(_) | Source::Words(_)) => {}
        (Action::Delete, Source::Nowhere) => points.push("because no file declares it any more".to_owned()),
        (_, Source::Nowhere) => points.push("no file declares it any more, and its lifecycle says keep".to_owned()),
    }
    if let (Some(old), false) = (moved_from, *action == Action::Record) {
        points.push(format!("moved from {}", code(&old.address().to_string())));
    }
    if *imported {
        points.push("imported: this live campaign is the only one of its name".to_owned());
    }
    if let Some(id) = vanished {
        points.push(format!("the live campaign {} was deleted outside of campaignctl", code_outside_tables(&cut(&id.0, NAME).0)));
    }
    if *kept > 0 {
        points.push(format!("+{kept} {} not modelled, kept", plural(*kept, "field")));
    }
    for point in &points {
        let _ = writeln!(out, "- {point}");
    }
    if !points.is_empty() {
        out.push('\n');
    }

    let diff = diff::lines(change, report.plan, most);
    if !diff.lines.is_empty() {
        let _ = writeln!(out, "{}", fenced("diff", &diff.lines));
    }
    if let Some(moved) = moved(change) {
        let ways = report.ways_out(key);
        if ways.is_empty() {
            let _ = writeln!(out, "Live: {}\n", what_happened(&moved));
        } else {
            let _ = writeln!(out, "Live: {}; three ways out:\n", what_happened(&moved));
            let lines: Vec<String> = ways.into_iter().flat_map(|(what, command)| [format!("# {what}"), command]).collect();
            let _ = writeln!(out, "{}", fenced("sh", &lines));
        }
    }
    out.push_str("</details>\n\n");
    (out, was_cut || diff.cut)
}

/// Where it is declared, as a link where the file can be looked at.
fn place(origin: &Origin, report: &Report<'_>, name: &mut impl FnMut(&str) -> String) -> String {
    let Origin { file, line, overlay } = origin;
    let place = name(&format!("{file}:{line}"));
    let place = match report.links.map(|links| links.to(origin)).filter(|url| is_harmless(url)) {
        Some(url) => format!("[{place}]({url})"),
        None => place,
    };
    match overlay {
        Some(overlay) => format!("{place}, {}", name(overlay)),
        None => place,
    }
}

/// Whether an address can stand in a link as it is. The command line refuses others; this is for whoever changes that.
fn is_harmless(url: &str) -> bool {
    let acts = |c: char| matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\'' | '`' | '\\' | '|' | '*');
    (url.starts_with("https://") || url.starts_with("http://")) && url.chars().all(|c| c.is_ascii_graphic() && !acts(c))
}
