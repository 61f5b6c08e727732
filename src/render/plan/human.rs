//! A plan for people, in the form Terraform's readers (and the tools that read them) know.

use std::fmt::Write;

use super::super::escape::{inline, quoted};
use super::super::style::{DANGER, FAINT, STRONG, of_action};
use super::field;
use crate::model::Destination;
use crate::reconcile::{Action, Change, Plan, StateOnly, Summary, Unmanaged};

/// What to show beside the changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// List live campaigns that nobody declared, instead of counting them.
    pub show_unmanaged: bool,
}

/// The whole plan as text with colours, ending in a newline.
pub fn human(destination: &Destination, plan: &Plan, options: Options) -> String {
    let mut out = header(destination);
    if plan.is_empty() {
        if plan.refusals.is_empty() {
            let _ = write!(out, "\n{STRONG}No changes.{STRONG:#} Your infrastructure matches the configuration.\n");
        }
    } else {
        out.push_str(&legend(plan));
        out.push_str("\ncampaignctl will perform the following actions:\n");
        let mut changes: Vec<&Change> = plan.changes.iter().collect();
        // The most dangerous first; `sort_by_key` keeps the order in which they are made for the rest.
        changes.sort_by_key(|change| change.dangers.iter().map(|danger| danger.kind).min().map_or((1, None), |kind| (0, Some(kind))));
        for change in changes {
            out.push('\n');
            out.push_str(&block(change));
        }
        let _ = write!(out, "\n{STRONG}Plan:{STRONG:#} {}\n", counts(plan.summary()));
    }
    out.push_str(&notes(plan, options));
    out
}

fn header(destination: &Destination) -> String {
    let Destination { environment, organization, server } = destination;
    format!(
        "Environment: {STRONG}{}{STRONG:#}, organization: {STRONG}{}{STRONG:#} ({}), {}\n",
        inline(environment),
        inline(&organization.name),
        inline(&organization.id),
        inline(server)
    )
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

/// `1 to add, 2 to change, 0 to destroy.`: a public interface, other tools parse it.
fn counts(summary: Summary) -> String {
    let Summary { import, add, change, destroy, forget, moved: _ } = summary;
    let mut out = String::new();
    if import > 0 {
        let _ = write!(out, "{import} to import, ");
    }
    let _ = write!(out, "{add} to add, {change} to change, {destroy} to destroy");
    if forget > 0 {
        let _ = write!(out, ", {forget} to forget");
    }
    out.push('.');
    out
}

/// `Plan: 1 to add, 2 to change, 0 to destroy.` without colours.
pub fn summary_line(summary: Summary) -> String {
    format!("Plan: {}", counts(summary))
}

/// One change: headline, marks, fields.
fn block(change: &Change) -> String {
    let Change {
        key,
        action,
        moved_from,
        imported,
        vanished,
        origin,
        live,
        desired,
        fields,
        held,
        kept,
        lost,
        dangers,
        tier: _,
        body: _,
        remember: _,
    } = change;
    let address = key.address();
    let mut out = String::new();
    let mut comment = |text: &str| {
        let _ = writeln!(out, "  # {text}");
    };
    let id = live.as_ref().map(|live| quoted(&live.id.0)).unwrap_or_default();
    match action {
        Action::Create => comment(&format!("{STRONG}{address}{STRONG:#} will be created")),
        Action::Update => comment(&format!("{STRONG}{address}{STRONG:#} will be updated in-place")),
        Action::Delete => comment(&format!("{STRONG}{address}{STRONG:#} will be destroyed")),
        Action::Forget => {
            comment(&format!("{STRONG}{address}{STRONG:#} will no longer be managed by campaignctl, but will not be destroyed"));
        }
        Action::Record => match moved_from {
            Some(old) => comment(&format!("{STRONG}{}{STRONG:#} has moved to {STRONG}{address}{STRONG:#}", old.address())),
            None => comment(&format!("{STRONG}{address}{STRONG:#} will be imported")),
        },
    }
    match (action, origin) {
        (_, Some(origin)) => comment(&format!("({}:{})", inline(&origin.file), origin.line)),
        (Action::Delete, None) => comment("(because no file declares it any more)"),
        (_, None) => comment("(no file declares it any more, and its lifecycle says keep)"),
    }
    if let (Some(old), false) = (moved_from, *action == Action::Record) {
        comment(&format!("(moved from {})", old.address()));
    }
    if *imported {
        comment(&format!("(imported: the live campaign {id} is the only one of this name)"));
    }
    if let Some(id) = vanished {
        comment(&format!("(the live campaign {} was deleted outside of campaignctl)", quoted(&id.0)));
    }
    for danger in dangers {
        comment(&format!("{DANGER}! {}{DANGER:#}", inline(&danger.sentence)));
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
    for line in field::lines(fields, live.as_ref(), *action == Action::Update) {
        let _ = writeln!(out, "      {line}");
    }
    for line in field::lines(held, None, false) {
        let _ = writeln!(out, "        {FAINT}# held by ignoreChanges:{FAINT:#} {line}");
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

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// What is said below the plan: requests, campaigns left alone, corrections of the state.
fn notes(plan: &Plan, options: Options) -> String {
    let mut out = String::new();
    if plan.requests() > 0 {
        let _ = writeln!(out, "\nApplying it takes {} API {}.", plan.requests(), plural(plan.requests(), "request"));
    }
    if plan.unchanged > 0 && !plan.is_empty() {
        let _ = writeln!(out, "\n{} {} unchanged.", plan.unchanged, if plan.unchanged == 1 { "campaign is" } else { "campaigns are" });
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
            let _ = writeln!(out, "  {}  {name}{unreadable}", inline(&id.0));
        }
    } else if unmanaged > 0 {
        let verb = if unmanaged == 1 { "campaign is" } else { "campaigns are" };
        let _ = writeln!(out, "\n{unmanaged} live {verb} not managed here and left alone; --show-unmanaged lists them.");
    }
    out
}
