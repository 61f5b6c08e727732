//! A replay as a comment on a pull request: what changes for visitors first, as much as one comment can hold.

use super::super::markdown::{code, text};
use super::super::page::{COMMENT_LIMIT, Page, marker};
use super::Report;
use super::campaign::{at_most, number, queue_name, queues, rows, starved, telling};
use super::contract::{Misfit, misfits, misfits_of_changed};
use super::flips::{Group, again, because, between, examples, explain, groups};
use super::words::{Bit, change, counted, extent, grouped, headline, label, label_at, oddities, place, several_invites};
use crate::model::{BothWorlds, Replayed};

/// So many ways to flip are told of each kind.
const MOST_FLIPS: usize = 20;
/// So many campaigns, queues, or lines of another kind are told.
const MOST: usize = 100;

/// The whole document, ending in a newline; never longer than 65,536 bytes.
pub fn markdown(report: &Report<'_>) -> String {
    let Report { environment, destination, replayed: _ } = report;
    let mut page = Page::new(COMMENT_LIMIT);
    // Sticky: whoever posts this finds the earlier one by it.
    page.always(&format!("<!-- campaignctl:replay environment={} -->\n", marker(environment)));
    page.always(&format!("## Replay in {}\n\n", short(environment)));
    match destination {
        Some(destination) => page.always(&format!(
            "{}, organization {} ({})\n\n",
            text(&destination.server),
            short(&destination.organization.name),
            short(&destination.organization.id)
        )),
        None => page.always("Offline: the files alone.\n\n"),
    }
    body(report, "###", &misfits(report.replayed), &mut page);
    page.finish()
}

/// Bytes of what a plan says of a replay.
const IN_PLAN: usize = 10_000;

/// What a plan says of it: everything that fits into its share, or where names of changes need the room, how much it is.
pub(in crate::render) fn in_plan(report: &Report<'_>, whole: bool) -> String {
    let mut page = Page::new(IN_PLAN);
    page.always("### Replay\n\n");
    if whole {
        body(report, "####", &misfits_of_changed(report.replayed), &mut page);
    } else {
        page.always(&format!("**{}**\n", headline(report.replayed)));
        page.always(&totals(report.replayed));
    }
    if let Some(command) = again(report).filter(|command| command.len() < 1_000 && report.replayed.lines.sessions > 0) {
        page.always(&format!("\nAll of it: {}\n", code(&command)));
    }
    page.finish() + "\n"
}

/// Everything below the heading.
fn body(report: &Report<'_>, level: &str, misfits: &[Misfit<'_>], page: &mut Page) {
    let replayed = report.replayed;
    let files: Vec<String> =
        replayed.files.iter().take(MOST_FILES).map(|file| short(if file == "-" { "standard input" } else { file })).collect();
    let more = replayed.files.len().saturating_sub(MOST_FILES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    page.always(&format!("**{}**\n\n{}{more}: {}\n", headline(replayed), files.join(", "), extent(replayed)));
    let most = if level == "###" { MOST } else { MOST_BAD_IN_PLAN };
    let bad = replayed.bad_lines.iter().take(most);
    let mut bad: Vec<String> = bad.map(|bad| format!("- {}: {}\n", code(&place(replayed, bad.at)), code(&bad.reason))).collect();
    if let more @ 1.. = replayed.lines.bad.saturating_sub(bad.len() as u64) {
        bad.push(format!("- … and {} more\n", grouped(more)));
    }
    page.lines("\n", &bad, MOST, left_out("lines that could not be read"));
    if replayed.lines.sessions > 0 {
        page.always(&totals(replayed));
        for group in groups(replayed, MOST_FLIPS) {
            flips(report, &group, level, page);
        }
    }
    let oddities: Vec<String> = oddities(replayed).iter().map(|oddity| format!("- {oddity}\n")).collect();
    page.lines(&format!("\n{level} The recording\n\n"), &oddities, MOST, left_out("lines"));
    let misfits: Vec<String> = misfits.iter().map(|misfit| format!("- {}\n", sentence(&misfit.words(replayed)))).collect();
    page.lines(
        &format!("\n{level} Attributes that filters need and sessions do not send that way\n\n"),
        &misfits,
        MOST,
        left_out("attributes"),
    );
    if replayed.lines.sessions > 0 {
        details(replayed, level, page);
    }
}

/// So many recordings are named.
const MOST_FILES: usize = 10;
/// So many lines that could not be read are shown in a plan.
const MOST_BAD_IN_PLAN: usize = 3;

/// A name in code, shortened.
fn short(name: &str) -> String {
    code(&super::super::markdown::cut(name, 200).0)
}

fn left_out(what: &'static str) -> impl Fn(usize) -> String {
    move |count| format!("\n… and {count} more {what}, in the JSON document.\n")
}

fn sentence(bits: &[Bit]) -> String {
    let write = |bit: &Bit| match bit {
        Bit::Words(words) => words.clone(),
        Bit::Name(name) => short(name),
    };
    bits.iter().map(write).collect()
}

/// Invites in both worlds, and what else differs.
fn totals(replayed: &Replayed) -> String {
    let BothWorlds { live, desired } = &replayed.totals;
    let both = |live, desired| BothWorlds { live, desired };
    let rows = [
        ("invites", both(live.invites, desired.invites)),
        ("suppressed", both(live.suppressed, desired.suppressed)),
        ("throttled", both(live.throttled, desired.throttled)),
        ("queued", both(live.queued, desired.queued)),
    ];
    let tells = |what: &str, both: &BothWorlds<u64>| {
        what == "invites" || if replayed.compared { both.live != both.desired } else { both.desired > 0 }
    };
    let mut out =
        if replayed.compared { "\n| | live | desired | |\n|---|--:|--:|---|\n" } else { "\n| | desired |\n|---|--:|\n" }.to_owned();
    for (what, both) in rows.iter().filter(|(what, both)| tells(what, both)) {
        let (live, desired) = (grouped(both.live), grouped(both.desired));
        if replayed.compared {
            let change = change(*both);
            let more = change.split_once(" (").map(|(_, more)| more.trim_end_matches(')')).unwrap_or_default().to_owned();
            out.push_str(&format!("| {what} | {live} | {desired} | {more} |\n"));
        } else {
            out.push_str(&format!("| {what} | {desired} |\n"));
        }
    }
    if let Some(several) = several_invites(replayed) {
        out.push_str(&format!("\n**{several}**\n"));
    }
    out
}

/// The ways in which sessions flipped, of one kind.
fn flips(report: &Report<'_>, group: &Group<'_>, level: &str, page: &mut Page) {
    let replayed = report.replayed;
    let Group { kind, sessions, flips, more } = group;
    let title = kind.title();
    let heading = format!(
        "\n{level} {}{}: {}\n\n| sessions | campaign | why | e.g. |\n|--:|---|---|---|\n",
        title[..1].to_uppercase(),
        &title[1..],
        counted(*sessions, "session")
    );
    let row = |flip: &&crate::model::Flip| {
        let (who, why) = (sentence(&between(replayed, flip)), sentence(&because(replayed, flip)));
        format!("| {} | {who} | {why} | {} |\n", grouped(flip.sessions), short(&examples(replayed, flip)))
    };
    let rows: Vec<String> = flips.iter().map(row).collect();
    page.lines(&heading, &rows, MOST, left_out("ways"));
    if more.0 > 0 {
        page.always(&format!(
            "\n… and {} in {} more, in the JSON document.\n",
            counted(more.1, "session"),
            if more.0 == 1 { "1 way".to_owned() } else { format!("{} ways", more.0) }
        ));
    }
    if let Some(command) = flips.iter().find_map(|flip| explain(report, flip)) {
        page.lines("", &[format!("\nWhy: {}\n", code(&command))], 1, |_| String::new());
    }
}

/// Campaigns, queues, and who keeps whom from inviting.
fn details(replayed: &Replayed, level: &str, page: &mut Page) {
    let compared = replayed.compared;
    let campaign = |campaign: &&crate::model::ReplayedCampaign| {
        let rows: Vec<String> = rows(campaign, compared).iter().map(|row| format!("{} {}", row.what, row.both())).collect();
        format!("| {} | {} |\n", short(&label(&campaign.who)), rows.join("; "))
    };
    let campaigns: Vec<String> = telling(replayed).iter().map(campaign).collect();
    let heading = if compared { "Campaigns that decide otherwise" } else { "Campaigns" };
    page.lines(
        &format!("\n{level} {heading}\n\n| campaign | {} |\n|---|---|\n", if compared { "live -> desired" } else { "desired" }),
        &campaigns,
        MOST,
        left_out("campaigns"),
    );
    let queue = |queue: &&crate::model::ReplayedQueue| {
        let name = queue_name(queue).map_or_else(|| "no queue: the channel's default".to_owned(), |name| short(&name));
        format!("| {name} | {} | {} |\n", number(queue.invites, compared), at_most(queue.peak, compared))
    };
    let queues: Vec<String> = queues(replayed).iter().map(queue).collect();
    page.lines(
        &format!("\n{level} Invites by queue\n\n| queue | invites | at most a minute |\n|---|---|---|\n"),
        &queues,
        MOST,
        left_out("queues"),
    );
    let starved: Vec<String> = starved(replayed)
        .iter()
        .map(|starved| {
            let (by, whom) = (short(&label_at(replayed, starved.by)), short(&label_at(replayed, starved.whom)));
            format!(
                "| {by} | {} | {} |\n",
                if starved.by == starved.whom { "itself".to_owned() } else { whom },
                number(starved.decisions, compared)
            )
        })
        .collect();
    page.lines(
        &format!("\n{level} Who keeps whom from inviting\n\n| campaign | suppressed | times |\n|---|---|---|\n"),
        &starved,
        MOST,
        left_out("pairs"),
    );
}
