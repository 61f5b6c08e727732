//! Drift for people at a terminal.

use std::fmt::Write;

use super::super::escape::{inline, quoted};
use super::super::plan::{header, held, live_twice, said};
use super::super::style::{CHANGE, DANGER, FAINT, STRONG};
use super::{Report, WayOut, by_gravity, headline, last_changed, not_applied, switched, ways_out, who_and_when};
use crate::reconcile::{DriftClass, Drifted, HeldLive, Moved, NotApplied, Unmanaged, Unreadable};

/// One line: whether and how much drifted.
pub fn summary_line(report: &Report<'_>) -> String {
    headline(report)
}

/// Everything, as text with colours, ending in a newline.
pub fn human(report: &Report<'_>) -> String {
    let Report { destination, drift, has_state, until: _, show_unmanaged } = report;
    let mut out = header(destination);
    let _ = writeln!(out, "\n{STRONG}{}{STRONG:#}", headline(report));
    for drifted in by_gravity(drift) {
        out.push('\n');
        out.push_str(&block(drifted, report));
    }
    if !drift.twice.is_empty() {
        let _ = writeln!(out, "\n{DANGER}Live twice:{DANGER:#}");
        for twice in &drift.twice {
            let (message, hint) = live_twice(twice, &destination.environment);
            let _ = writeln!(out, "  {}\n  {}", message.replace('\n', "\n  "), hint.replace('\n', "\n  "));
        }
    }
    if !drift.held.is_empty() {
        let _ = writeln!(out, "\nHeld, and no drift:");
        for HeldLive { key, origin: _, live, held: fields } in &drift.held {
            let _ = writeln!(out, "  {}, changed live{}", key.address(), who_and_when(Some(live), quoted));
            for field in fields {
                let _ = writeln!(out, "    {FAINT}# {}{FAINT:#}", held(field, &drift.queues));
            }
        }
    }
    if !drift.not_applied.is_empty() {
        let _ = writeln!(out, "\nNot applied by this tool yet ({}); compared with the files, and no drift:", drift.not_applied.len());
        for campaign in &drift.not_applied {
            let NotApplied { key, origin, live: _, differs: _ } = campaign;
            let _ = writeln!(out, "  {} ({}): {}", key.address(), inline(&origin.place()), not_applied(campaign));
        }
        if !has_state {
            let _ = writeln!(
                out,
                "\n`campaignctl apply -e {}` writes the state; from then on drift is known.",
                inline(&destination.environment)
            );
        }
    }
    if !drift.unreadable.is_empty() {
        let _ = writeln!(out, "\n{DANGER}Cannot be compared:{DANGER:#}");
        for Unreadable { key, id, reason, hold: _ } in &drift.unreadable {
            let _ = writeln!(out, "  {} ({}): {}", key.address(), inline(&id.0), inline(reason));
        }
    }
    out.push_str(&unmanaged(&drift.unmanaged, *show_unmanaged));
    out
}

fn block(drifted: &Drifted, report: &Report<'_>) -> String {
    let Drifted { key, class, origin, id, live, fields, held: left_to_live } = drifted;
    let queues = &report.drift.queues;
    let (address, who) = (key.address(), who_and_when(live.as_ref(), quoted));
    let what = match (class, switched(drifted)) {
        (DriftClass::Missing, _) => format!("deleted in Genesys Cloud (was {})", quoted(&id.0)),
        (_, Some(switched)) => format!("{switched}{who}"),
        _ => format!("changed live{who}"),
    };
    let style = if *class == DriftClass::Missing { DANGER } else { CHANGE };
    let mut out = String::new();
    let _ = writeln!(out, "  {style}~{style:#} {STRONG}{address}{STRONG:#} {what}");
    match origin {
        Some(origin) => drop(writeln!(out, "    {FAINT}({}){FAINT:#}", inline(&origin.place()))),
        None => out.push_str("    (no file declares it any more)\n"),
    }
    if let (DriftClass::Missing, Some(other)) = (class, live) {
        let _ =
            writeln!(out, "    another campaign of this name is live: {}{}; apply takes it over", quoted(&other.id.0), last_changed(&who));
    }
    for Moved { path, last_applied, live, file } in fields {
        let path = inline(&path.to_string());
        let _ = write!(out, "      {path}: {} -> {}", said(last_applied.as_ref(), queues), said(live.as_ref(), queues));
        if origin.is_some() && file != last_applied {
            let _ = write!(out, "  {FAINT}# the file says {}{FAINT:#}", said(file.as_ref(), queues));
        }
        out.push('\n');
    }
    for field in left_to_live {
        let _ = writeln!(out, "      {FAINT}# {}{FAINT:#}", held(field, queues));
    }
    let ways = ways_out(&report.destination.environment, drifted, report.until);
    let width = ways.iter().map(|way| way.what.len()).max().unwrap_or_default();
    for WayOut { what, command, first } in ways {
        let first = first.map(|first| format!("{}, then ", inline(&first))).unwrap_or_default();
        let _ = writeln!(out, "    {what:width$}  {first}{}", inline(&command));
    }
    out
}

fn unmanaged(unmanaged: &[Unmanaged], show: bool) -> String {
    let mut out = String::new();
    let count = unmanaged.len();
    if count > 0 && show {
        let _ = writeln!(out, "\nNot managed here ({count}):");
        for Unmanaged { id, name, unreadable } in unmanaged {
            let name = name.as_ref().map_or("(no name)".to_owned(), |name| quoted(name));
            let unreadable = unreadable.as_ref().map(|reason| format!("  cannot be read: {}", inline(reason))).unwrap_or_default();
            let _ = writeln!(out, "  {}  {name}{unreadable}", inline(&id.0));
        }
    } else if count > 0 {
        let verb = if count == 1 { "campaign is" } else { "campaigns are" };
        let _ = writeln!(out, "\n{count} live {verb} not managed here; --show-unmanaged lists them.");
    }
    out
}
