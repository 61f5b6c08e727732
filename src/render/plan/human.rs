//! A plan for people, in the form Terraform's readers (and the tools that read them) know.

use std::fmt::Write;

use jiff::Timestamp;

use super::super::escape::{inline, quoted};
use super::super::replay::in_plan;
use super::super::style::{CHANGE, DANGER, FAINT, STRONG, of_action};
use super::goal::{Source, Way, source, way_back};
use super::summary::{
    MovedLive, What, counts, danger_line, dangerous, effects, kinds_of_danger, moved, moved_live, not_judged, plural, warnings,
};
use super::{Report, Saved, field};
use crate::model::{Destination, LintWarning};
use crate::reconcile::{Action, Cause, Change, Found, Plan, StateOnly, Unchanged, Unmanaged};

/// What to show beside the changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// List live campaigns that nobody declared, instead of counting them.
    pub show_unmanaged: bool,
    /// Say of each change what kind it is, which fields it touches and what is dangerous; leave out the values.
    pub concise: bool,
}

/// Lines of the first screen for one kind of news; what is beyond is counted, and stands below in full.
const MOST_ON_TOP: usize = 20;

/// The whole plan as text with colours, ending in a newline.
pub fn human(report: &Report<'_>, options: Options) -> String {
    let Report { destination, plan, created: _, saved, links: _ } = report;
    let mut out = header(destination);
    let back = way_back(plan);
    if let Some(back) = &back {
        out.push_str(&of_way_back(back));
    }
    if let Some(saved) = saved {
        out.push_str(&of_saved(report, saved));
    }
    if plan.is_empty() {
        if plan.refusals.is_empty() {
            let verdict = back.map_or("Your infrastructure matches the configuration.", |back| back.nothing);
            let _ = write!(out, "\n{STRONG}No changes.{STRONG:#} {verdict}\n");
        }
        out.push_str(&of_replay(report));
    } else {
        out.push_str(&first_screen(plan));
        out.push_str(&of_replay(report));
        if !options.concise {
            out.push_str(&legend(plan));
        }
        out.push_str("\ncampaignctl will perform the following actions:\n");
        if options.concise {
            out.push('\n');
        }
        for change in plan.by_danger() {
            if options.concise {
                out.push_str(&line_of(change));
            } else {
                out.push('\n');
                out.push_str(&block(change, report));
            }
        }
        let _ = write!(out, "\n{STRONG}Plan:{STRONG:#} {}\n{}", counts(plan.summary()), danger_below(plan));
    }
    out.push_str(&notes(plan, options));
    out
}

pub(in crate::render) fn header(destination: &Destination) -> String {
    let Destination { environment, organization, server } = destination;
    format!(
        "Environment: {STRONG}{}{STRONG:#}, organization: {STRONG}{}{STRONG:#} ({}), {}\n",
        inline(environment),
        inline(&organization.name),
        inline(&organization.id),
        inline(server)
    )
}

/// How much of it is dangerous, below the counts.
fn danger_below(plan: &Plan) -> String {
    let line = danger_line(plan).unwrap_or_default();
    line.strip_prefix("Danger:").map(|rest| format!("{DANGER}Danger:{DANGER:#}{rest}\n")).unwrap_or_default()
}

/// Who among recorded visitors is invited otherwise; or that nobody could judge it though there is a limit.
fn of_replay(report: &Report<'_>) -> String {
    match (&report.plan.replayed, not_judged(report.plan)) {
        (Some(_), _) => report.replay().map(|replay| in_plan(&replay)).unwrap_or_default(),
        (None, Some(sentence)) => format!("{CHANGE}Replay{CHANGE:#}    {sentence}\n"),
        (None, None) => String::new(),
    }
}

/// What a plan leads back to.
fn of_way_back(way: &Way) -> String {
    let Way { title, meaning, settled, nothing: _ } = way;
    let settled = settled.as_ref().map(|settled| format!("{settled}\n")).unwrap_or_default();
    format!("{STRONG}{}{STRONG:#}. {meaning}\n{settled}", inline(title))
}

/// What is said once a plan is saved, in Terraform's words.
pub fn saved(file: &str, expires: Timestamp, signed: bool, refused: bool) -> String {
    let file = inline(file);
    let signed = if signed { ", signed with CAMPAIGNCTL_PLAN_KEY" } else { "" };
    let until = if refused { "refused".to_owned() } else { format!("can be applied until {expires:.0}") };
    let next = if refused {
        format!("The plan is refused: `campaignctl show {file}` shows it, and nothing applies it.")
    } else {
        format!("To perform exactly these actions, run the following command to apply:\n    campaignctl apply \"{file}\"")
    };
    format!("\n{RULE}\n\nSaved the plan to: {file} ({until}{signed})\n\n{next}\n")
}

/// What is said before a saved plan is applied: where, how old it is, and how much it changes.
pub fn about_to_apply(report: &Report<'_>, file: &str) -> String {
    let Report { destination, plan, created, saved: _, links: _ } = report;
    let what = if plan.is_empty() { "No changes.".to_owned() } else { format!("Plan: {}", counts(plan.summary())) };
    let danger = danger_below(plan);
    let back = way_back(plan).map(|back| of_way_back(&back)).unwrap_or_default();
    format!(
        "{}{back}Applying the saved plan {}, made {created:.0}: nothing has moved since.\n\n{what}\n{danger}",
        header(destination),
        inline(file)
    )
}

/// The line that Terraform draws below a plan.
const RULE: &str = "─────────────────────────────────────────────────────────────────────────────";

/// How old a saved plan is, and until when it holds.
fn of_saved(report: &Report<'_>, saved: &Saved<'_>) -> String {
    let Saved { file, expires, expired } = saved;
    let mut out = format!("Saved plan: {}, made {:.0}, ", inline(file), report.created);
    if *expired {
        let _ = writeln!(out, "{DANGER}expired {expires:.0}: it can be read, and no longer applied{DANGER:#}");
    } else if report.plan.refusals.is_empty() {
        let _ = writeln!(out, "can be applied until {expires:.0}");
    } else {
        let _ = writeln!(out, "{DANGER}refused: it can be read, and not applied{DANGER:#}");
    }
    out
}

/// What changes for visitors, what is dangerous, who else touched it, what apply will cost.
fn first_screen(plan: &Plan) -> String {
    let mut out = String::new();
    let effects: Vec<String> = effects(plan).into_iter().map(|(_, words)| words).collect();
    let _ = writeln!(out, "\n{STRONG}Visitors{STRONG:#}  {}", effects.join(", "));
    out.push_str(&dangers_on_top(plan));
    out.push_str(&live_on_top(plan));
    let _ = write!(out, "{STRONG}Apply{STRONG:#}     {} API {}", plan.requests(), plural(plan.requests(), "request"));
    match plan.unchanged.len() {
        0 => out.push('\n'),
        1 => out.push_str(", 1 campaign is unchanged\n"),
        more => {
            let _ = writeln!(out, ", {more} campaigns are unchanged");
        }
    }
    out.push_str(&warnings_on_top(plan));
    if !plan.refusals.is_empty() {
        let reasons = plan.refusals.len();
        let _ = writeln!(out, "{DANGER}Refused{DANGER:#}   for {reasons} {}, told at the end", plural(reasons, "reason"));
    }
    out
}

fn dangers_on_top(plan: &Plan) -> String {
    let all = dangerous(plan);
    if all.is_empty() {
        return format!("{STRONG}Danger{STRONG:#}    none\n");
    }
    let total = plan.changes.len();
    let kinds = kinds_of_danger(&all);
    let mut out = format!("{DANGER}Danger{DANGER:#}    {} of {total} {} ({kinds})\n", all.len(), plural(total, "change"));
    for Change { key, dangers, .. } in all.iter().copied().take(MOST_ON_TOP) {
        let more = match dangers.len() {
            0 | 1 => String::new(),
            several => format!(" (+{} more)", several - 1),
        };
        let sentence = dangers.first().map(|danger| inline(&danger.sentence)).unwrap_or_default();
        let _ = writeln!(out, "  {DANGER}!{DANGER:#} {}: {sentence}{more}", key.address());
    }
    if let Some(more) = all.len().checked_sub(MOST_ON_TOP).filter(|more| *more > 0) {
        let _ = writeln!(out, "    … and {more} more, which come first below");
    }
    out
}

/// What the rules warn of in the files of changed campaigns.
fn warnings_on_top(plan: &Plan) -> String {
    let Some(counts) = warnings(plan) else { return String::new() };
    let mut out = format!("{CHANGE}Warnings{CHANGE:#}  {counts}\n");
    let changed = &plan.warnings.changed;
    for LintWarning { key, rule, message, place } in changed.iter().take(MOST_ON_TOP) {
        let _ = writeln!(out, "    {}: {} [{rule}] ({})", key.address(), inline(message), inline(place));
    }
    if let Some(more) = changed.len().checked_sub(MOST_ON_TOP).filter(|more| *more > 0) {
        let _ = writeln!(out, "    … and {more} more, which `campaignctl validate` shows");
    }
    out
}

fn live_on_top(plan: &Plan) -> String {
    let moved = moved_live(plan);
    let updates = || plan.changes.iter().filter(|change| change.action == Action::Update);
    let unknown = updates().filter(|change| change.fields.iter().any(|field| field.cause == Cause::Unknown)).count();
    let mut out = String::new();
    if !moved.is_empty() {
        let verb = if moved.len() == 1 { "campaign was" } else { "campaigns were" };
        let _ = writeln!(out, "{CHANGE}Live{CHANGE:#}      {} {verb} changed by somebody else", moved.len());
        for moved in moved.iter().take(MOST_ON_TOP) {
            let _ = writeln!(out, "    {}: {}", moved.key.address(), what_happened(moved));
        }
        if let Some(more) = moved.len().checked_sub(MOST_ON_TOP).filter(|more| *more > 0) {
            let _ = writeln!(out, "    … and {more} more, marked `drift` or `conflict` below");
        }
    } else if unknown > 0 {
        let verb = if unknown == 1 { "campaign was" } else { "campaigns were" };
        let _ =
            writeln!(out, "{STRONG}Live{STRONG:#}      {unknown} {verb} not applied by this tool before, so nobody can say who moved what");
    } else if updates().next().is_some() {
        let _ = writeln!(out, "{STRONG}Live{STRONG:#}      nobody else changed these campaigns since they were applied");
    }
    out
}

/// `paused by "web-admin" at 2026-11-20T14:02:00Z`
fn what_happened(moved: &MovedLive<'_>) -> String {
    let MovedLive { key: _, by, at, what } = moved;
    let mut out = match what {
        What::Paused => "paused".to_owned(),
        What::SwitchedOn => "switched on".to_owned(),
        What::Fields(fields) => {
            let paths: Vec<String> = fields.iter().map(|field| inline(&field.path.to_string())).collect();
            format!("{} changed", paths.join(", "))
        }
    };
    if let Some(by) = by {
        let _ = write!(out, " by {}", quoted(by));
    }
    if let Some(at) = at {
        let _ = write!(out, " at {at:.0}");
    }
    out
}

fn legend(plan: &Plan) -> String {
    let kinds = [(Action::Create, "create"), (Action::Update, "update in-place"), (Action::Delete, "destroy"), (Action::Forget, "forget")];
    let present = |action: Action| plan.changes.iter().any(|change| change.action == action);
    let mut out = String::new();
    for (action, word) in kinds.into_iter().filter(|(action, _)| present(*action)) {
        let (symbol, style) = of_action(action);
        let _ = writeln!(out, "  {style}{symbol}{style:#} {word}");
    }
    if out.is_empty() { out } else { format!("\nActions are indicated with the following symbols:\n{out}") }
}

/// `# campaign.x will be created` and its kin: other tools parse these lines.
fn headline(change: &Change) -> String {
    let address = change.key.address();
    match change.action {
        Action::Create => format!("{STRONG}{address}{STRONG:#} will be created"),
        Action::Update => format!("{STRONG}{address}{STRONG:#} will be updated in-place"),
        Action::Delete => format!("{STRONG}{address}{STRONG:#} will be destroyed"),
        Action::Forget => format!("{STRONG}{address}{STRONG:#} will no longer be managed by campaignctl, but will not be destroyed"),
        Action::Record => match &change.moved_from {
            Some(old) => format!("{STRONG}{}{STRONG:#} has moved to {STRONG}{address}{STRONG:#}", old.address()),
            None => format!("{STRONG}{address}{STRONG:#} will be imported"),
        },
    }
}

/// One change without its values.
fn line_of(change: &Change) -> String {
    let mut out = format!("  # {}\n", headline(change));
    if change.action == Action::Update {
        let paths: Vec<String> = change.fields.iter().map(|field| inline(&field.path.to_string())).collect();
        let _ = writeln!(out, "  #   {}", paths.join(", "));
    }
    for danger in &change.dangers {
        let _ = writeln!(out, "  #   {DANGER}! {}{DANGER:#}", inline(&danger.sentence));
    }
    if let Some(moved) = moved(change) {
        let _ = writeln!(out, "  #   live: {}", what_happened(&moved));
    }
    out
}

/// One change: headline, marks, fields.
fn block(change: &Change, report: &Report<'_>) -> String {
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
        fields,
        held,
        kept,
        lost,
        dangers,
        tier: _,
        body: _,
        remember: _,
    } = change;
    let mut out = String::new();
    let mut comment = |text: &str| {
        let _ = writeln!(out, "  # {text}");
    };
    let id = live.as_ref().map(|live| quoted(&live.id.0)).unwrap_or_default();
    comment(&headline(change));
    // Right below the headline, in Terraform's words: tools look for them there.
    if let (Some(old), false) = (moved_from, *action == Action::Record) {
        comment(&format!("(moved from {})", old.address()));
    }
    if *imported {
        comment(&format!("(imported from {id})"));
    }
    match (action, source(change, &report.plan.goal)) {
        (_, Source::File(origin)) => comment(&format!("({})", inline(&origin.place()))),
        (_, Source::Words(words)) => comment(&format!("({})", inline(&words))),
        (Action::Delete, Source::Nowhere) => comment("(because no file declares it any more)"),
        (_, Source::Nowhere) => comment("(no file declares it any more, and its lifecycle says keep)"),
    }
    if let Some(id) = vanished {
        comment(&format!("(the live campaign {} was deleted outside of campaignctl)", quoted(&id.0)));
    }
    for danger in dangers {
        comment(&format!("{DANGER}! {}{DANGER:#}", inline(&danger.sentence)));
    }
    if let Some(moved) = moved(change) {
        let ways = report.ways_out(key);
        let more = if ways.is_empty() { "" } else { "; three ways out:" };
        comment(&format!("{CHANGE}live: {}{CHANGE:#}{more}", what_happened(&moved)));
        let width = 28;
        for (what, command) in ways {
            comment(&format!("  {what:width$}{}", inline(&command)));
        }
    }
    let (symbol, style) = of_action(*action);
    let _ = writeln!(out, "  {style}{symbol}{style:#} campaign {} {{", quoted(key.as_str()));
    if let Some(live) = live {
        let _ = writeln!(out, "        id: {id}");
        let renamed = desired.as_ref().is_some_and(|desired| desired.name != live.spec.name);
        if *action != Action::Delete && !renamed {
            let _ = writeln!(out, "        name: {}", quoted(&live.spec.name));
        }
    }
    let cause = (*action == Action::Update).then_some(&report.plan.goal);
    for line in field::lines(fields, live.as_ref(), cause, &report.plan.queues) {
        let _ = writeln!(out, "      {line}");
    }
    for held in held {
        let _ = writeln!(out, "        {FAINT}# {}{FAINT:#}", field::held(held, &report.plan.queues));
    }
    if *kept > 0 {
        let _ = writeln!(out, "        {FAINT}# (+{kept} {} not modelled, kept){FAINT:#}", plural(*kept, "field"));
    }
    if !lost.is_empty() {
        let pointers = lost.iter().map(|pointer| inline(pointer)).collect::<Vec<_>>().join(", ");
        let _ =
            writeln!(out, "        {DANGER}# (-{} {} not modelled, lost: {pointers}){DANGER:#}", lost.len(), plural(lost.len(), "field"));
    }
    out.push_str("    }\n");
    out
}

/// What is said below the plan: campaigns left alone, corrections of the state.
fn notes(plan: &Plan, options: Options) -> String {
    let mut out = String::new();
    let holding: Vec<&Unchanged> = plan.unchanged.iter().filter(|unchanged| !unchanged.held.is_empty()).collect();
    if !holding.is_empty() {
        out.push_str("\nUnchanged, with fields that keep their live value:\n");
        for unchanged in holding {
            for held in &unchanged.held {
                let _ = writeln!(out, "  {}: {}", unchanged.key.address(), field::held(held, &plan.queues));
            }
        }
    }
    for Found { key, id, intended } in &plan.found {
        let (address, id) = (key.address(), quoted(&id.0));
        let _ = writeln!(
            out,
            "\nNote: {address} ({id}) was created by the run of {intended:.0}, which did not learn of it; it is managed from now on."
        );
    }
    for correction in &plan.state_only {
        if let StateOnly::Drop { key, id } = correction {
            let _ = writeln!(out, "\nNote: {} ({}) is neither declared nor live any more; apply forgets it.", key.address(), quoted(&id.0));
        }
    }
    let unmanaged = plan.unmanaged.len();
    if unmanaged > 0 && options.show_unmanaged {
        let _ = writeln!(out, "\nNot managed here, and left alone ({unmanaged}):");
        for Unmanaged { id, name, unreadable } in &plan.unmanaged {
            let name = name.as_ref().map_or("(no name)".to_owned(), |name| quoted(name));
            let unreadable = unreadable.as_ref().map(|reason| format!("  cannot be read: {}", inline(reason))).unwrap_or_default();
            // In quotes: a line never starts with text from outside.
            let _ = writeln!(out, "  {}  {name}{unreadable}", quoted(&id.0));
        }
    } else if unmanaged > 0 {
        let verb = if unmanaged == 1 { "campaign is" } else { "campaigns are" };
        let _ = writeln!(out, "\n{unmanaged} live {verb} not managed here and left alone; --show-unmanaged lists them.");
    }
    out
}
