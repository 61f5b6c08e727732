//! A plan as one self-contained page: opened from a disk, an artifact or a mail, it asks nobody for anything.
//!
//! `page.html` is the whole page and `change.html` one change of it; `page.css` and `page.js` are put into it. A policy in its
//! head lets exactly these two run, by their hashes, and forbids every request.

mod change;
mod field;
mod first_screen;
mod prose;

use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::change::{Columns, Shown, shown};
use self::field::{Cell, Kept, Mark, kept};
use self::first_screen::{Choices, FirstScreen, choices, first_screen};
use super::Report;
use super::summary::not_judged;
use crate::reconcile::{Cause, Plan, StateOnly, Unchanged, Unmanaged};
use crate::render::escape::inline;
use crate::render::replay::{Block, html_in_plan};

/// So many changes are unfolded from the start; on a longer page the rest waits for a click.
const UNFOLDED: usize = 25;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page may do: use its own style and script, known by their hashes, and nothing else at all.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let (style, script) = (digest(STYLE), digest(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
});

fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    policy: &'static str,
    style: &'static str,
    script: &'static str,
    top: FirstScreen,
    replay: Option<Block>,
    not_judged: Option<String>,
    choices: Vec<Choices>,
    changes: Vec<Shown<'a>>,
    unchanged: Vec<LeftAlone<'a>>,
    unmanaged: Vec<Stranger>,
    forgotten: Vec<Forgotten<'a>>,
}

/// A managed campaign that stays as it is.
struct LeftAlone<'a> {
    key: &'a str,
    held: Vec<Kept>,
}

/// A live campaign that nobody declared.
struct Stranger {
    id: String,
    name: Option<String>,
    unreadable: Option<String>,
}

/// A campaign that is neither declared nor live any more.
struct Forgotten<'a> {
    key: &'a str,
    id: String,
}

/// The whole page.
pub fn html(report: &Report<'_>) -> String {
    let Report { destination: _, plan, created: _, saved: _, links: _ } = report;
    let page = Page {
        policy: &POLICY,
        style: STYLE,
        script: SCRIPT,
        top: first_screen(report),
        replay: report.replay().map(|replay| html_in_plan(&replay)),
        not_judged: not_judged(plan),
        choices: choices(plan),
        changes: plan.by_danger().into_iter().enumerate().map(|(index, change)| shown(change, report, index < UNFOLDED)).collect(),
        unchanged: plan.unchanged.iter().map(|unchanged| left_alone(unchanged, plan)).collect(),
        unmanaged: plan.unmanaged.iter().map(stranger).collect(),
        forgotten: forgotten(plan),
    };
    page.render().expect("a String takes all that is written")
}

fn left_alone<'a>(unchanged: &'a Unchanged, plan: &Plan) -> LeftAlone<'a> {
    let Unchanged { key, origin: _, live: _, last_applied: _, held } = unchanged;
    LeftAlone { key: key.as_str(), held: held.iter().map(|held| kept(held, &plan.queues)).collect() }
}

fn stranger(unmanaged: &Unmanaged) -> Stranger {
    let Unmanaged { id, name, unreadable } = unmanaged;
    Stranger { id: inline(&id.0), name: name.as_deref().map(inline), unreadable: unreadable.as_deref().map(inline) }
}

fn forgotten(plan: &Plan) -> Vec<Forgotten<'_>> {
    let dropped = plan.state_only.iter().filter_map(|correction| match correction {
        StateOnly::Drop { key, id } => Some(Forgotten { key: key.as_str(), id: inline(&id.0) }),
        StateOnly::Refresh { .. } => None,
    });
    dropped.collect()
}
