//! Drift as an issue or comment: summary first, then a section a campaign, as much as one comment can hold.

use std::fmt::Write;

use super::super::markdown::{code, text};
use super::super::plan::{held, said};
use super::{Report, WayOut, by_gravity, campaigns, headline, last_changed, not_applied, switched, ways_out, who_and_when};
use crate::reconcile::{DriftClass, Drifted, FieldValue, HeldLive, LiveTwice, Moved, NotApplied, Unmanaged, Unreadable};

/// The longest document, in bytes: what one comment or issue of GitHub holds.
pub const MARKDOWN_LIMIT: usize = 65_536;

/// Room for the lines that say what was left out.
const RESERVE: usize = 1_000;
/// The most that one campaign may take in full.
const LONGEST_SECTION: usize = 12_000;

/// The whole document, ending in a newline; never longer than [`MARKDOWN_LIMIT`] bytes.
pub fn markdown(report: &Report<'_>) -> String {
    let Report { destination, drift, has_state: _, until: _, show_unmanaged } = report;
    let environment = &destination.environment;
    let mut page = Page::default();
    // Sticky: whoever posts this finds the earlier one by it.
    page.always(&format!("<!-- campaignctl:drift environment={} -->\n", marker(environment)));
    page.always(&format!("## Drift in {}\n\n", code(environment)));
    page.always(&format!(
        "{}, organization {} ({})\n\n",
        text(&destination.server),
        code(&destination.organization.name),
        code(&destination.organization.id)
    ));
    page.always(&format!("**{}**\n", headline(report)));
    if !drift.unreadable.is_empty() {
        let lines = drift.unreadable.iter().map(|Unreadable { key, id, reason, hold: _ }| {
            format!("- {} ({}): {}\n", code(&key.address().to_string()), code(&id.0), code(reason))
        });
        page.list("\n### Cannot be compared\n\n", lines, "that cannot be compared");
    }
    let lines = drift.twice.iter().map(|twice| {
        let LiveTwice { key, name, id, others: _, unreadable: _, is_declared: _ } = twice;
        let others: Vec<String> = twice.other_ids().map(|other| code(&other.0)).collect();
        format!("- {}, {}: {} and {}\n", code(&key.address().to_string()), code(name), code(&id.0), others.join(", "))
    });
    page.list("\n### Live twice\n\n", lines, "that are live twice");
    drifted(report, &mut page);
    let lines = drift.held.iter().map(|HeldLive { key, origin: _, live, held: fields }| {
        let fields: Vec<String> = fields.iter().map(|field| code(&held(field, &drift.queues))).collect();
        format!("- {}, changed live{}: {}\n", code(&key.address().to_string()), who_and_when(Some(live), code), fields.join(", "))
    });
    page.list("\n### Held, and no drift\n\n", lines, "that are held");
    let lines = drift.not_applied.iter().map(|campaign| {
        let NotApplied { key, origin, live: _, differs: _ } = campaign;
        format!("- {} ({}): {}\n", code(&key.address().to_string()), code(&origin.file), not_applied(campaign))
    });
    page.list("\n### Not applied by this tool yet\n\n", lines, "that were not applied yet");
    if *show_unmanaged {
        let lines = drift.unmanaged.iter().map(|Unmanaged { id, name, unreadable }| {
            let name = name.as_ref().map_or("(no name)".to_owned(), |name| code(name));
            let unreadable = unreadable.as_ref().map(|reason| format!(", cannot be read: {}", code(reason))).unwrap_or_default();
            format!("- {}: {name}{unreadable}\n", code(&id.0))
        });
        page.list("\n### Not managed here\n\n", lines, "that are not managed");
    } else if !drift.unmanaged.is_empty() {
        page.always(&format!("\n{} live, not managed here.\n", campaigns(drift.unmanaged.len())));
    }
    page.text
}

/// The drifted campaigns: all names first where they do not all fit in full, so that none is missing without a word.
fn drifted(report: &Report<'_>, page: &mut Page) {
    let drifted = by_gravity(report.drift);
    let sections: Vec<String> = drifted.iter().map(|drifted| section(drifted, report)).collect();
    let room = MARKDOWN_LIMIT.saturating_sub(page.text.len() + 4 * RESERVE);
    if sections.iter().map(String::len).sum::<usize>() <= room && sections.iter().all(|section| section.len() <= LONGEST_SECTION) {
        sections.iter().for_each(|section| page.always(section));
        return;
    }
    let lines = drifted.iter().map(|drifted| format!("- {} {}\n", code(&drifted.key.address().to_string()), kind(drifted)));
    page.list("\n### All that drifted\n\n", lines, "that drifted");
    let mut left_out = 0;
    for section in &sections {
        if section.len() > LONGEST_SECTION || page.text.len() + section.len() > MARKDOWN_LIMIT - 4 * RESERVE {
            left_out += 1;
        } else {
            page.always(section);
        }
    }
    if left_out > 0 {
        page.always(&format!(
            "\nThe fields of {} are left out here; {} shows them.\n",
            campaigns(left_out),
            code(&format!("campaignctl drift -e {}", report.destination.environment))
        ));
    }
}

fn kind(drifted: &Drifted) -> &'static str {
    match (drifted.class, switched(drifted)) {
        (DriftClass::Missing, _) => "deleted in Genesys Cloud",
        (_, Some(switched)) => switched,
        _ => "changed live",
    }
}

fn section(drifted: &Drifted, report: &Report<'_>) -> String {
    let Drifted { key, class, origin, id, live, fields, held: left_to_live } = drifted;
    let queues = &report.drift.queues;
    let value = |side: &Option<FieldValue>| said(side.as_ref(), queues);
    let mut out = format!("\n### {}\n\n", code(&key.address().to_string()));
    let who = who_and_when(live.as_ref(), code);
    match (class, live) {
        (DriftClass::Missing, other) => {
            let _ = writeln!(out, "deleted in Genesys Cloud (was {})", code(&id.0));
            if let Some(other) = other {
                let changed = last_changed(&who);
                let _ = writeln!(out, "\nanother campaign of this name is live: {}{changed}; apply takes it over", code(&other.id.0));
            }
        }
        _ => drop(writeln!(out, "{}{who}", kind(drifted))),
    }
    match origin {
        Some(origin) => drop(writeln!(out, "\ndeclared in {}", code(&origin.place()))),
        None => out.push_str("\nno file declares it any more\n"),
    }
    if !fields.is_empty() {
        out.push_str("\n| field | last applied | live | file |\n|---|---|---|---|\n");
    }
    for Moved { path, last_applied, live, file } in fields {
        let cells = [path.to_string(), value(last_applied), value(live), value(file)];
        let _ = writeln!(out, "| {} |", cells.map(|cell| code(&cell)).join(" | "));
    }
    if !left_to_live.is_empty() {
        out.push('\n');
    }
    for field in left_to_live {
        let _ = writeln!(out, "- {}", code(&held(field, queues)));
    }
    out.push('\n');
    for WayOut { what, command, first } in ways_out(&report.destination.environment, drifted, report.until) {
        let first = first.map(|first| format!("{}, then ", text(&first))).unwrap_or_default();
        let _ = writeln!(out, "- {what}: {first}{}", code(&command));
    }
    out
}

/// The document so far.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn always(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A list under its heading, as far as there is room; how many are left out is said.
    fn list(&mut self, heading: &str, lines: impl Iterator<Item = String>, which: &str) {
        let mut left_out = 0;
        let mut is_begun = false;
        for line in lines {
            let heading = if is_begun { "" } else { heading };
            if left_out > 0 || self.text.len() + heading.len() + line.len() > MARKDOWN_LIMIT - 3 * RESERVE {
                left_out += 1;
                continue;
            }
            self.text.push_str(heading);
            self.text.push_str(&line);
            is_begun = true;
        }
        if left_out > 0 {
            self.text.push_str(&format!("\n{} {which} are left out here, for lack of room.\n", campaigns(left_out)));
        }
    }
}

/// The name as it stands in a comment of HTML, which `--` and `>` would end.
fn marker(environment: &str) -> String {
    environment.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}
