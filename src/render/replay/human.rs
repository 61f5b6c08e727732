//! A replay for people at a terminal: what changes for visitors first.

use std::fmt::Write;

use super::super::escape::inline;
use super::super::plan::header;
use super::super::style::{CHANGE, DANGER, FAINT, STRONG};
use super::Report;
use super::campaign::{Row, at_most, number, queue_name, queues, rows, starved, telling};
use super::chart::{Axis, MARKS, axis, line};
use super::contract::{Misfit, misfits, misfits_of_changed};
use super::flips::{again, because, between, examples, explain, groups};
use super::words::{change, counted, extent, grouped, headline, label, label_at, moved, oddities, place, several_invites, written};
use crate::model::{BothWorlds, Flip, FlipKind, Replayed, ReplayedCampaign};

/// So many ways to flip are told of each kind.
const MOST_FLIPS: usize = 5;
/// So many campaigns, queues, or lines of another kind are told.
const MOST: usize = 20;

/// One line: whether and how many sessions are invited otherwise.
pub fn summary_line(report: &Report<'_>) -> String {
    headline(report.replayed)
}

/// Everything, as text with colours, ending in a newline.
pub fn human(report: &Report<'_>) -> String {
    let Report { environment, destination, replayed } = report;
    let mut out = match destination {
        Some(destination) => header(destination),
        None => format!("Environment: {STRONG}{}{STRONG:#}, offline: the files alone\n", inline(environment)),
    };
    let files: Vec<String> = replayed.files.iter().map(|file| inline(if file == "-" { "standard input" } else { file })).collect();
    let _ = writeln!(out, "Recording: {}, {}", files.join(", "), extent(replayed));
    for oddity in oddities(replayed) {
        let _ = writeln!(out, "  {CHANGE}!{CHANGE:#} {oddity}");
    }
    let _ = writeln!(out, "\n{STRONG}{}{STRONG:#}", headline(replayed));
    out.push_str(&bad_lines(replayed, replayed.bad_lines.len()));
    if replayed.lines.sessions > 0 {
        out.push_str(&totals(replayed));
        out.push_str(&flips(report, MOST_FLIPS));
        out.push_str(&campaigns(replayed));
        out.push_str(&below(replayed));
    }
    out.push_str(&contract(replayed, &misfits(replayed)));
    out
}

/// The first lines that could not be read, at most so many.
fn bad_lines(replayed: &Replayed, most: usize) -> String {
    let mut out = String::new();
    for bad in replayed.bad_lines.iter().take(most) {
        let _ = writeln!(out, "  {CHANGE}!{CHANGE:#} {}: {}", inline(&place(replayed, bad.at)), inline(&bad.reason));
    }
    let more = replayed.lines.bad.saturating_sub(most.min(replayed.bad_lines.len()) as u64);
    if more > 0 {
        let _ = writeln!(out, "  {CHANGE}!{CHANGE:#} … and {} that could not be read", counted_more(more));
    }
    out
}

/// `1 more line`, `12 more lines`
fn counted_more(more: u64) -> String {
    format!("{} more {}", grouped(more), if more == 1 { "line" } else { "lines" })
}

/// Invites in both worlds, and what else differs.
fn totals(replayed: &Replayed) -> String {
    let BothWorlds { live, desired } = &replayed.totals;
    let both = |live, desired| BothWorlds { live, desired };
    let rows = [
        ("Invites", both(live.invites, desired.invites)),
        ("Suppressed", both(live.suppressed, desired.suppressed)),
        ("Throttled", both(live.throttled, desired.throttled)),
        ("Queued", both(live.queued, desired.queued)),
    ];
    let mut out = String::new();
    for (what, both) in rows {
        let tells = if replayed.compared { both.live != both.desired } else { both.desired > 0 };
        if tells || what == "Invites" {
            let text = if !replayed.compared { grouped(both.desired) } else { change(both) };
            let _ = writeln!(out, "  {what:10}  {text}");
        }
    }
    if let Some(several) = several_invites(replayed) {
        let _ = writeln!(out, "  {CHANGE}!{CHANGE:#} {several}");
    }
    out
}

/// So many ways to flip, or lines that could not be read, are told of each kind in a plan.
const MOST_FLIPS_IN_PLAN: usize = 3;

/// What a plan says of it, ending in a newline.
pub(in crate::render) fn in_plan(report: &Report<'_>) -> String {
    let replayed = report.replayed;
    let mut out = format!("{STRONG}Replay{STRONG:#}    {}\n", headline(replayed));
    out.push_str(&bad_lines(replayed, MOST_FLIPS_IN_PLAN));
    for oddity in oddities(replayed) {
        let _ = writeln!(out, "  {CHANGE}!{CHANGE:#} {oddity}");
    }
    if replayed.lines.sessions > 0 {
        out.push_str(&totals(replayed));
        out.push_str(&flips(report, MOST_FLIPS_IN_PLAN));
    }
    out.push_str(&contract(replayed, &misfits_of_changed(replayed)));
    if let Some(command) = again(report).filter(|_| replayed.lines.sessions > 0) {
        let _ = writeln!(out, "  {FAINT}more: {FAINT:#}{command}");
    }
    out
}

/// The ways in which sessions flipped, by kind, of each kind at most so many.
fn flips(report: &Report<'_>, most: usize) -> String {
    let replayed = report.replayed;
    let mut out = String::new();
    for group in groups(replayed, most) {
        let title = group.kind.title();
        let title = format!("{}{}", title[..1].to_uppercase(), &title[1..]);
        let style = if group.kind == FlipKind::NewlyInvited { DANGER } else { CHANGE };
        let _ = writeln!(out, "\n{style}{title}{style:#}: {}", counted(group.sessions, "session"));
        let width = group.flips.first().map_or(0, |flip| grouped(flip.sessions).len());
        for flip in &group.flips {
            out.push_str(&one(report, flip, width));
        }
        if let (1.., sessions) = group.more {
            let ways = if group.more.0 == 1 { "1 other way".to_owned() } else { format!("{} other ways", group.more.0) };
            let _ = writeln!(out, "  … and {} in {ways}", counted(sessions, "session"));
        }
        // One of them is enough: the others are explained alike.
        if let Some(command) = group.flips.iter().find_map(|flip| explain(report, flip)) {
            let _ = writeln!(out, "  {FAINT}why: {FAINT:#}{command}");
        }
    }
    out
}

fn one(report: &Report<'_>, flip: &Flip, width: usize) -> String {
    let replayed = report.replayed;
    let clean = |text: &str| inline(text);
    let code = |text: &str| format!("`{}`", inline(text));
    let why = because(replayed, flip)
        .iter()
        .map(|bit| written(std::slice::from_ref(bit), if is_filter(bit) { code } else { clean }))
        .collect::<String>();
    let (sessions, who) = (grouped(flip.sessions), written(&between(replayed, flip), clean));
    format!("  {sessions:>width$}  {who}; {why}\n  {:width$}  {FAINT}e.g. {}{FAINT:#}\n", "", inline(&examples(replayed, flip)))
}

fn is_filter(bit: &super::words::Bit) -> bool {
    matches!(bit, super::words::Bit::Name(text) if text.starts_with("filters["))
}

/// Campaigns that decide otherwise than before.
fn campaigns(replayed: &Replayed) -> String {
    let telling = telling(replayed);
    let axis = axis(replayed, MARKS);
    let mut out = String::new();
    for campaign in telling.iter().take(MOST) {
        let ReplayedCampaign { who, decided: _, gained, lost } = campaign;
        let moved = moved(*gained, *lost);
        let colon = if moved.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "\n{STRONG}{}{STRONG:#}{colon}{moved}", inline(&label(who)));
        for row in rows(campaign, replayed.compared) {
            let Row { what, .. } = &row;
            let _ = writeln!(out, "  {what:12}  {}", row.both());
        }
        if let Some(axis) = &axis {
            out.push_str(&over_time(campaign, axis, replayed.compared));
        }
    }
    let (left, rest) = (telling.len().saturating_sub(MOST), replayed.contenders.len() - telling.len());
    if left > 0 {
        let _ = writeln!(out, "\n… and {left} more campaigns; --format json has them all");
    }
    if rest > 0 && replayed.compared {
        let verb = if rest == 1 { "campaign decides" } else { "campaigns decide" };
        let _ = writeln!(out, "\n{rest} {verb} alike, live and desired.");
    }
    out
}

/// Invites over time as two lines of marks; nothing where there was nothing, or where it can be told in one mark.
fn over_time(campaign: &ReplayedCampaign, axis: &Axis, compared: bool) -> String {
    let BothWorlds { live, desired } = axis.both(campaign);
    let highest = live.invites.iter().chain(&desired.invites).max().copied().unwrap_or(0);
    if highest == 0 || axis.marks < 2 || (compared && live == desired) {
        return String::new();
    }
    let unit = if axis.minutes == 1 { "a mark is 1 minute".to_owned() } else { format!("a mark is {} minutes", axis.minutes) };
    let mut out = String::new();
    if compared {
        let _ = writeln!(out, "  live          {}", line(&live.invites, highest));
    }
    let _ = writeln!(
        out,
        "  desired       {}  {FAINT}from {}, {unit}, the highest {highest}{FAINT:#}",
        line(&desired.invites, highest),
        axis.start.strftime("%Y-%m-%dT%H:%MZ")
    );
    out
}

/// Queues, and who keeps whom from inviting.
fn below(replayed: &Replayed) -> String {
    let compared = replayed.compared;
    let mut out = String::new();
    let queues = queues(replayed);
    if !queues.is_empty() {
        let _ = writeln!(out, "\n{STRONG}Invites by queue{STRONG:#}");
    }
    for queue in queues.iter().take(MOST) {
        let name = queue_name(queue).map_or_else(|| "(no queue: the channel's default)".to_owned(), |name| inline(&name));
        let peak = at_most(queue.peak, compared);
        let _ = writeln!(out, "  {name}: {}, at most {peak} a minute", number(queue.invites, compared));
    }
    out.push_str(&and_more(queues.len()));
    let starved = starved(replayed);
    if !starved.is_empty() {
        let _ = writeln!(out, "\n{STRONG}Who keeps whom from inviting{STRONG:#}");
    }
    for starved in starved.iter().take(MOST) {
        let (by, whom) = (inline(&label_at(replayed, starved.by)), inline(&label_at(replayed, starved.whom)));
        let whom = if starved.by == starved.whom { "itself".to_owned() } else { whom };
        let _ = writeln!(out, "  {by} suppressed {whom}: {}", number(starved.decisions, compared));
    }
    out.push_str(&and_more(starved.len()));
    out
}

fn and_more(count: usize) -> String {
    count.checked_sub(MOST).filter(|more| *more > 0).map(|more| format!("  … and {more} more\n")).unwrap_or_default()
}

/// What sessions do not send, or send as something else.
fn contract(replayed: &Replayed, misfits: &[Misfit<'_>]) -> String {
    let mut out = String::new();
    if !misfits.is_empty() {
        let _ = writeln!(out, "\n{STRONG}Attributes that filters need and sessions do not send that way{STRONG:#}");
    }
    for misfit in misfits.iter().take(MOST) {
        let style = if misfit.never { DANGER } else { CHANGE };
        let _ = writeln!(out, "  {style}!{style:#} {}", written(&misfit.words(replayed), inline));
    }
    out.push_str(&and_more(misfits.len()));
    out
}
