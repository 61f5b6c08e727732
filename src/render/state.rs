//! The state and its lock, for people and for scripts.

use std::fmt::Write as _;

use serde_json::json;

use super::escape::{inline, quoted};
use super::json_text::json_text;
use super::stored::stored_as;
use super::style::STRONG;
use crate::edit::whole;
use crate::model::{CampaignKey, Created, Remembered};
use crate::reconcile::stored_differently;
use crate::state::{DeclaredAs, Ended, Lease, Listed, NextPlan, Pushed, Released, Renamed, Shown};

/// Version of the documents that scripts read.
const VERSION: u64 = 1;

/// Who holds a lock, and for how long.
pub fn lock(at: &str, environment: &str, lease: &Lease) -> String {
    let Lease { id, holder, heartbeat, expires } = lease;
    format!(
        "State {} of environment {}\n  locked by       {}\n  last heartbeat  {heartbeat:.0}\n  expires         {expires:.0}\n  id              {}\n",
        inline(at),
        inline(environment),
        inline(&holder.to_string()),
        inline(id)
    )
}

/// What was done to a lock.
pub fn unlocked(ended: &Ended) -> String {
    format!("\nUnlocked: {}. It is on record.\n", inline(&ended.to_string()))
}

/// One address a line, as `terraform state list` prints them.
pub fn list(listed: &Listed) -> String {
    listed.campaigns.iter().map(|(key, _)| format!("{}\n", key.address())).collect()
}

/// The list for scripts: one versioned document.
pub fn list_json(listed: &Listed) -> String {
    let Listed { environment, lineage, serial, campaigns } = listed;
    let campaigns = campaigns.iter().map(|(key, remembered)| {
        let Remembered { id, body, sent: _, prevent_destroy, keep, created: _ } = remembered;
        json!({
            "address": key.address().to_string(),
            "key": key,
            "id": id,
            "name": body.name,
            "enabled": body.enabled,
            "preventDestroy": prevent_destroy,
            "keep": keep,
        })
    });
    let campaigns: Vec<_> = campaigns.collect();
    json_text(&json!({ "version": VERSION, "environment": environment, "lineage": lineage, "serial": serial, "campaigns": campaigns }))
}

/// What is remembered of one campaign: what the tool noted as comments, and the body as YAML.
pub fn show(shown: &Shown) -> String {
    let Shown { environment, lineage, serial, written, key, remembered, runs } = shown;
    let Remembered { id, body, sent, prevent_destroy, keep, created } = remembered;
    let mut out = format!("# {} in the state of environment {}\n", key.address(), inline(environment));
    let mut note = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# {name:<16}{}", inline(value));
    };
    note("id", &id.0);
    let when = written.map(|written| format!(", written {written:.0}")).unwrap_or_default();
    note("state", &format!("serial {serial}{when}, lineage {lineage}"));
    note("preventDestroy", if *prevent_destroy { "yes: it is not deleted when its file goes" } else { "no" });
    note("keep", if *keep { "yes: it stays live when its file goes" } else { "no" });
    if let Some(Created { at, name: _, fingerprint: _ }) = created {
        note("created", &format!("by campaignctl, at {at:.0} or later"));
    }
    for differs in sent.iter().flat_map(|sent| stored_differently(sent, body)) {
        note("stored", &stored_as(&differs));
    }
    for (run, at) in runs.iter().rev() {
        note("run", &format!("{run}, began {at:.0}"));
    }
    if runs.is_empty() {
        note("run", "none of the runs that are remembered wrote to it");
    }
    out.push_str("# The body as it was last applied:\n");
    let body = serde_json::to_value(body).map(|body| whole(&body)).unwrap_or_default();
    for line in body.lines() {
        let _ = writeln!(out, "{}", inline(line));
    }
    out
}

/// What is remembered of one campaign, for scripts.
pub fn show_json(shown: &Shown) -> String {
    let Shown { environment, lineage, serial, written, key, remembered, runs } = shown;
    let Remembered { id, body, sent, prevent_destroy, keep, created } = remembered;
    json_text(&json!({
        "version": VERSION,
        "environment": environment,
        "lineage": lineage,
        "serial": serial,
        "written": written,
        "address": key.address().to_string(),
        "key": key,
        "id": id,
        "preventDestroy": prevent_destroy,
        "keep": keep,
        "created": created.as_ref().map(|Created { at, name: _, fingerprint: _ }| at),
        "runs": runs.iter().map(|(run, at)| json!({ "id": run, "at": at })).collect::<Vec<_>>(),
        "body": body,
        "sent": sent,
    }))
}

/// What a `state mv` did, or would do.
pub fn renamed(old: &CampaignKey, new: &CampaignKey, renamed: &Renamed, environment: &str, dry_run: bool) -> String {
    let Renamed { id, name, files, forgotten, taken_over: _ } = renamed;
    let done = if dry_run { "Would move" } else { "Moved" };
    let mut out = format!("{STRONG}{done}{STRONG:#} {} to {}: {} ({}).\n", old.address(), new.address(), quoted(name), inline(&id.0));
    for run in forgotten {
        let forgets = if dry_run { "would be forgotten" } else { "is forgotten" };
        let _ = writeln!(out, "Run {} {forgets}: it wrote to another campaign under that key, so it cannot be rolled back.", inline(run));
    }
    let told = match files {
        DeclaredAs::New(file) => format!("{} declares {}: the next plan compares it with this live campaign.", inline(file), new.address()),
        DeclaredAs::Old(file) => format!(
            "No file declares {}, and {} still declares {}. Give that campaign the new key (its file's name, or `key: {new}`) \
             before the next apply: a plan that knows it by its name or body moves it back, and another one deletes it.",
            new.address(),
            inline(file),
            old.address()
        ),
        DeclaredAs::Nowhere { keep: false } => format!(
            "No file declares {}. Write its file before the next apply, or the next plan deletes the live campaign. To stop managing it: \
             campaignctl state rm {new} -e {}",
            new.address(),
            inline(environment)
        ),
        DeclaredAs::Nowhere { keep: true } => {
            format!("No file declares {}. The next apply lets it go and leaves it live, because of `lifecycle.keep`.", new.address())
        }
        DeclaredAs::Unknown => format!(
            "Some files cannot be read, and no other one declares {}. `campaignctl validate` says what is wrong with them.",
            new.address()
        ),
    };
    out + &told + "\n" + unwritten(dry_run)
}

/// What a `state rm` did, or would do, and what comes next.
pub fn released(released: &Released, environment: &str, dry_run: bool) -> String {
    let Released { campaigns, taken_over: _ } = released;
    let mut out = String::new();
    for (key, Remembered { id, body, sent: _, prevent_destroy, keep: _, created: _ }, next) in campaigns {
        let done = if dry_run { "Would remove" } else { "Removed" };
        let _ = writeln!(out, "{STRONG}{done}{STRONG:#} {} from the state: {} ({}).", key.address(), quoted(&body.name), inline(&id.0));
        let told = match next {
            NextPlan::Adopted { file } => format!(
                "{} still declares it: the next plan takes it over by its name. To stop managing it, delete the file.",
                inline(file)
            ),
            NextPlan::Created { file, name } => format!(
                "{} declares it as {}, a name that was not applied yet: the next plan finds no campaign of that name and creates a \
                 second one. To keep this one: campaignctl import -e {} {key} --id {}",
                inline(file),
                quoted(name),
                inline(environment),
                inline(&id.0)
            ),
            NextPlan::Left => "No file declares it: the next plan leaves it alone.".to_owned(),
            NextPlan::Unknown => {
                "Some files cannot be read, and no other one declares it: `campaignctl validate` says what is wrong.".to_owned()
            }
        };
        let _ = writeln!(out, "  {told}");
        if *prevent_destroy {
            out.push_str("  That it is protected is forgotten with it; a file that declares it says so again.\n");
        }
    }
    if !dry_run {
        out.push_str(if campaigns.len() == 1 { "It stays live as it is.\n" } else { "They stay live as they are.\n" });
    }
    out + unwritten(dry_run)
}

/// What a `state push` did.
pub fn pushed(pushed: &Pushed) -> String {
    let Pushed { at, campaigns, serial, written, replaced, unchecked_organization, taken_over: _ } = pushed;
    let campaigns = if *campaigns == 1 { "1 campaign".to_owned() } else { format!("{campaigns} campaigns") };
    let at = inline(at);
    let mut out = match (written, replaced) {
        (false, _) => format!("{STRONG}Nothing to push:{STRONG:#} {at} says the same already ({campaigns}, serial {serial}).\n"),
        (true, true) => {
            format!("{STRONG}Pushed{STRONG:#} {campaigns} to {at}, as serial {serial}. What was there is kept beside it.\n")
        }
        (true, false) => format!("{STRONG}Pushed{STRONG:#} {campaigns} to {at}, as serial {serial}. Nothing was there before.\n"),
    };
    if let Some(organization) = unchecked_organization {
        let _ = writeln!(out, "It belongs to organization {}; the next plan compares that with the credentials.", inline(organization));
    }
    out
}

fn unwritten(dry_run: bool) -> &'static str {
    if dry_run { "Nothing was written.\n" } else { "" }
}
