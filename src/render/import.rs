//! An import: what was written, what is managed already, what was not imported and why.

use std::fmt::Write as _;

use serde_json::json as object;

use super::escape::{inline, quoted};
use super::json_text::json_text;
use super::plan::header;
use super::rewrite::counted;
use super::style::{DANGER, STRONG};
use crate::adopt::{How, Imports, Managed, NewFile, NotImported};
use crate::model::{CampaignId, CampaignKey, Destination};

/// The version of the JSON document.
const VERSION: u64 = 1;

/// Name of a campaign and the id it was bound to.
pub fn bound(key: &CampaignKey, name: &str, id: &CampaignId) -> String {
    format!("{STRONG}Import successful!{STRONG:#} {} is the live campaign {} ({}).\n", key.address(), quoted(name), inline(&id.0))
}

/// As [`bound`], for scripts.
pub fn bound_json(destination: &Destination, key: &CampaignKey, name: &str, id: &CampaignId) -> String {
    let bound = object!({ "address": key.address().to_string(), "id": id.0, "name": name });
    let Destination { environment, organization, server } = destination;
    json_text(&object!({
        "version": VERSION,
        "environment": environment,
        "organization": { "id": organization.id, "name": organization.name },
        "server": server,
        "bound": bound,
    }))
}

/// Everything that was written, recorded or found to be managed.
pub fn details(imports: &Imports) -> String {
    let Imports { destination, files, managed, refused: _, notes: _ } = imports;
    let mut out = header(destination);
    out.push('\n');
    out.push_str(&notes(imports));
    for NewFile { key, id: _, name, path: _, shown, text: _, unmodelled } in files {
        let kept = match unmodelled {
            0 => String::new(),
            count => format!(" (+{} not modelled, kept live)", counted(*count, "field", "fields")),
        };
        let _ = writeln!(out, "{}: {} written to {}{kept}", key.address(), quoted(name), inline(shown));
    }
    for Managed { key, id, name, how } in managed {
        let name = name.as_deref().map_or_else(|| inline(&id.0), quoted);
        let _ = writeln!(out, "{}: {name} {}", key.address(), in_words(*how, key, id, &destination.environment));
    }
    if !files.is_empty() || !managed.is_empty() {
        out.push('\n');
    }
    out
}

/// What else there is to know.
pub fn notes(imports: &Imports) -> String {
    imports.notes.iter().map(|note| format!("Note: {}\n\n", inline(note))).collect()
}

fn in_words(how: How, key: &CampaignKey, id: &CampaignId, environment: &str) -> String {
    match how {
        How::Known => "is managed already".to_owned(),
        How::Recorded => "is declared already, as it is live; recorded".to_owned(),
        How::Differs => "is declared already, and differs: the next plan takes it over and shows what".to_owned(),
        How::Undeclared => format!(
            "is managed already, but its file is gone; `campaignctl import -e {} {} --id {}` writes it",
            inline(environment),
            key.address(),
            inline(&id.0)
        ),
    }
}

/// The campaigns that were not imported, each with its reason and what to do.
pub fn refusals(refused: &[NotImported]) -> String {
    let mut out = String::new();
    for NotImported { id, name, reason, hint } in refused {
        let name = name.as_deref().map_or_else(|| "a campaign".to_owned(), quoted);
        let _ = writeln!(out, "{DANGER}Not imported:{DANGER:#} {name} ({}): {}\n  {}", inline(&id.0), inline(reason), inline(hint));
    }
    out
}

/// How many campaigns became what, and the next step.
pub fn summary(imports: &Imports) -> String {
    let Imports { destination, files, managed: _, refused, notes: _ } = imports;
    let next = match (files.is_empty(), refused.is_empty()) {
        (true, true) => String::new(),
        (false, _) => format!(
            "Next: `campaignctl plan -e {}` shows that nothing would change; then commit the files.\n",
            inline(&destination.environment)
        ),
        (true, false) => "Next: resolve what is said above, and import again.\n".to_owned(),
    };
    let verdict =
        if refused.is_empty() { format!("{STRONG}Import complete!{STRONG:#}") } else { format!("{DANGER}Import incomplete.{DANGER:#}") };
    format!("{verdict} {}\n{next}", counts(imports))
}

/// What an import would write, in one line.
pub fn would_write(imports: &Imports) -> String {
    let Imports { destination, files, managed, refused, notes: _ } = imports;
    let environment = inline(&destination.environment);
    format!(
        "Environment {environment}: {} to import, {} already managed, {} refused. Nothing was written.\n",
        files.len(),
        managed.len(),
        refused.len()
    )
}

fn counts(imports: &Imports) -> String {
    let Imports { destination: _, files, managed, refused, notes: _ } = imports;
    format!("{} imported, {} already managed, {} refused.", files.len(), managed.len(), refused.len())
}

/// The whole outcome for scripts: one versioned document.
pub fn json(imports: &Imports) -> String {
    let Imports { destination: Destination { environment, organization, server }, files, managed, refused, notes } = imports;
    json_text(&object!({
        "version": VERSION,
        "environment": environment,
        "organization": { "id": organization.id, "name": organization.name },
        "server": server,
        "summary": { "imported": files.len(), "managed": managed.len(), "refused": refused.len() },
        "imported": files.iter().map(|NewFile { key, id, name, path: _, shown, text: _, unmodelled }| object!({
            "address": key.address().to_string(),
            "id": id.0,
            "name": name,
            "file": shown,
            "unmodelled": unmodelled,
        })).collect::<Vec<_>>(),
        "managed": managed.iter().map(|Managed { key, id, name, how }| object!({
            "address": key.address().to_string(),
            "id": id.0,
            "name": name,
            "how": how.id(),
        })).collect::<Vec<_>>(),
        "refused": refused.iter().map(|NotImported { id, name, reason, hint }| object!({
            "id": id.0,
            "name": name,
            "reason": reason,
            "hint": hint,
        })).collect::<Vec<_>>(),
        "notes": notes,
    }))
}
