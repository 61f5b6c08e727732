//! A replay as one self-contained page: what changes for visitors, and a drawing of the invites of each campaign.
//!
//! `replay.html` is the page, `replay_block.html` all of it that a plan shows too. The page has no script at all.

use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::super::escape::inline;
use super::Report;
use super::campaign::{at_most, number, queue_name, queues, rows, starved, telling};
use super::chart::axis;
use super::contract::{self, misfits, misfits_of_changed};
use super::drawing::{Drawing, drawing};
use super::flips::{because, between, examples, explain, groups};
use super::words::{Bit, change, counted, extent, grouped, headline, label, label_at, moved, oddities, place, several_invites};
use crate::model::{BothWorlds, FlipKind, Replayed, ReplayedCampaign};

/// So many ways to flip, campaigns, queues or other lines are told.
const MOST: usize = 200;
/// Marks of a drawing.
const MARKS: usize = 120;

const STYLE: &str = include_str!("../plan/html/page.css");

/// What the page may do: use its own style, known by its hash, and nothing else at all.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'")
});

#[derive(Template)]
#[template(path = "replay.html")]
struct Page {
    policy: &'static str,
    style: &'static str,
    environment: String,
    /// Organization, its id, and the server; `None` offline.
    place: Option<(String, String, String)>,
    replay: Block,
}

/// All that is said of a replay.
pub(in crate::render) struct Block {
    pub(in crate::render) headline: String,
    /// Whether somebody is invited otherwise.
    pub(in crate::render) flips: bool,
    pub(in crate::render) compared: bool,
    pub(in crate::render) files: String,
    pub(in crate::render) extent: String,
    pub(in crate::render) oddities: Vec<String>,
    pub(in crate::render) bad_lines: Vec<(String, String)>,
    /// How many lines could not be read beside those in `bad_lines`; empty where it is none.
    pub(in crate::render) more_bad_lines: String,
    pub(in crate::render) totals: Vec<Total>,
    /// That sessions get several invites at once.
    pub(in crate::render) several_invites: Option<String>,
    pub(in crate::render) groups: Vec<Group>,
    pub(in crate::render) campaigns: Vec<Campaign>,
    pub(in crate::render) more_campaigns: usize,
    /// How many campaigns decide alike.
    pub(in crate::render) alike: usize,
    pub(in crate::render) queues: Vec<[String; 3]>,
    pub(in crate::render) starved: Vec<[String; 3]>,
    pub(in crate::render) misfits: Vec<Misfit>,
}

/// A number in both worlds.
pub(in crate::render) struct Total {
    pub(in crate::render) what: &'static str,
    pub(in crate::render) live: String,
    pub(in crate::render) desired: String,
    /// `+2,200, +183.3 %`; empty where both are the same.
    pub(in crate::render) change: String,
}

/// Sessions that flipped in one way.
pub(in crate::render) struct Group {
    pub(in crate::render) id: &'static str,
    pub(in crate::render) title: String,
    pub(in crate::render) grave: bool,
    pub(in crate::render) flips: Vec<Flipped>,
    pub(in crate::render) more: String,
    pub(in crate::render) explain: Option<String>,
}

pub(in crate::render) struct Flipped {
    pub(in crate::render) sessions: String,
    pub(in crate::render) who: Vec<Piece>,
    pub(in crate::render) why: Vec<Piece>,
    pub(in crate::render) examples: String,
}

/// A stretch of a sentence.
pub(in crate::render) struct Piece {
    pub(in crate::render) code: bool,
    pub(in crate::render) text: String,
}

/// One campaign that decides otherwise than before.
pub(in crate::render) struct Campaign {
    pub(in crate::render) label: String,
    pub(in crate::render) moved: String,
    pub(in crate::render) rows: Vec<[String; 3]>,
    pub(in crate::render) drawing: Option<Drawing>,
}

pub(in crate::render) struct Misfit {
    pub(in crate::render) never: bool,
    pub(in crate::render) words: Vec<Piece>,
}

/// The whole page.
pub fn html(report: &Report<'_>) -> String {
    let Report { environment, destination, replayed: _ } = report;
    let page = Page {
        policy: &POLICY,
        style: STYLE,
        environment: inline(environment),
        place: destination.map(|destination| {
            let organization = &destination.organization;
            (inline(&organization.name), inline(&organization.id), inline(&destination.server))
        }),
        replay: block(report, &misfits(report.replayed)),
    };
    page.render().expect("a String takes all that is written")
}

/// What a plan says of a replay.
pub(in crate::render) fn in_plan(report: &Report<'_>) -> Block {
    block(report, &misfits_of_changed(report.replayed))
}

/// All that is said of a replay, without where.
fn block(report: &Report<'_>, misfits: &[contract::Misfit<'_>]) -> Block {
    let replayed = report.replayed;
    let compared = replayed.compared;
    let telling = telling(replayed);
    let queue = |queue: &&crate::model::ReplayedQueue| {
        let name = queue_name(queue).map_or_else(|| "no queue: the channel's default".to_owned(), |name| inline(&name));
        [name, number(queue.invites, compared), at_most(queue.peak, compared)]
    };
    let starving = |starved: &&crate::model::Starved| {
        let whom = if starved.by == starved.whom { "itself".to_owned() } else { inline(&label_at(replayed, starved.whom)) };
        [inline(&label_at(replayed, starved.by)), whom, number(starved.decisions, compared)]
    };
    Block {
        headline: headline(replayed),
        flips: !replayed.flips.is_empty(),
        compared,
        files: replayed.files.iter().map(|file| inline(if file == "-" { "standard input" } else { file })).collect::<Vec<_>>().join(", "),
        extent: extent(replayed),
        oddities: oddities(replayed),
        bad_lines: replayed.bad_lines.iter().map(|bad| (inline(&place(replayed, bad.at)), inline(&bad.reason))).collect(),
        more_bad_lines: match replayed.lines.bad.saturating_sub(replayed.bad_lines.len() as u64) {
            0 => String::new(),
            more => format!("… and {} more", grouped(more)),
        },
        several_invites: several_invites(replayed),
        totals: if replayed.lines.sessions > 0 { totals(replayed) } else { Vec::new() },
        groups: flip_groups(report),
        campaigns: if replayed.lines.sessions > 0 {
            telling.iter().take(MOST).map(|one| campaign(one, replayed)).collect()
        } else {
            Vec::new()
        },
        more_campaigns: telling.len().saturating_sub(MOST),
        alike: if compared { replayed.contenders.len() - telling.len() } else { 0 },
        queues: queues(replayed).iter().take(MOST).map(queue).collect(),
        starved: starved(replayed).iter().take(MOST).map(starving).collect(),
        misfits: misfits.iter().take(MOST).map(|misfit| Misfit { never: misfit.never, words: pieces(&misfit.words(replayed)) }).collect(),
    }
}

fn pieces(bits: &[Bit]) -> Vec<Piece> {
    let piece = |bit: &Bit| match bit {
        Bit::Words(text) => Piece { code: false, text: inline(text) },
        Bit::Name(text) => Piece { code: true, text: inline(text) },
    };
    bits.iter().map(piece).collect()
}

fn totals(replayed: &Replayed) -> Vec<Total> {
    let BothWorlds { live, desired } = &replayed.totals;
    let all = [
        ("Invites", live.invites, desired.invites),
        ("Suppressed", live.suppressed, desired.suppressed),
        ("Throttled", live.throttled, desired.throttled),
        ("Queued", live.queued, desired.queued),
    ];
    let tells = |what: &str, live: u64, desired: u64| what == "Invites" || if replayed.compared { live != desired } else { desired > 0 };
    let told = all.into_iter().filter(|(what, live, desired)| tells(what, *live, *desired));
    told.map(|(what, live, desired)| {
        let change = change(BothWorlds { live, desired });
        let change = change.split_once(" (").map(|(_, change)| change.trim_end_matches(')').to_owned()).unwrap_or_default();
        Total { what, live: grouped(live), desired: grouped(desired), change }
    })
    .collect()
}

fn flip_groups(report: &Report<'_>) -> Vec<Group> {
    let replayed = report.replayed;
    let group = |group: super::flips::Group<'_>| {
        let super::flips::Group { kind, sessions, flips, more } = group;
        let title = kind.title();
        Group {
            id: kind.id(),
            title: format!("{}{}: {}", title[..1].to_uppercase(), &title[1..], counted(sessions, "session")),
            grave: kind == FlipKind::NewlyInvited,
            more: if more.0 > 0 { format!("… and {} in {} more ways.", counted(more.1, "session"), more.0) } else { String::new() },
            explain: flips.iter().find_map(|flip| explain(report, flip)).map(|command| inline(&command)),
            flips: flips
                .iter()
                .map(|flip| Flipped {
                    sessions: grouped(flip.sessions),
                    who: pieces(&between(replayed, flip)),
                    why: pieces(&because(replayed, flip)),
                    examples: inline(&examples(replayed, flip)),
                })
                .collect(),
        }
    };
    groups(replayed, MOST).into_iter().map(group).collect()
}

fn campaign(campaign: &ReplayedCampaign, replayed: &Replayed) -> Campaign {
    let ReplayedCampaign { who, decided: _, gained, lost } = campaign;
    let rows = rows(campaign, replayed.compared).into_iter().map(|row| [row.what.to_owned(), row.live, row.desired]);
    let label = inline(&label(who));
    let drawing = axis(replayed, MARKS).and_then(|axis| drawing(&label, campaign, &axis, replayed.compared));
    Campaign { label, moved: moved(*gained, *lost), rows: rows.collect(), drawing }
}
