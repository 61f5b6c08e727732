//! One change as the page shows it: its line when folded, and everything else when unfolded.

use super::super::Report;
use super::super::goal::{Source, source};
use super::super::summary::{MovedLive, What, moved};
use super::field::{Kept, Row, kept, rows};
use super::prose::{Moment, Span, count, sentence};
use crate::reconcile::{Action, Change, Effect, Goal};
use crate::render::escape::inline;

/// One change.
pub(super) struct Shown<'a> {
    /// Letters, digits, `_` and `-`: also stands in the id of its element.
    pub(super) key: &'a str,
    pub(super) symbol: &'static str,
    /// `will be created`
    pub(super) verb: String,
    pub(super) name: Option<String>,
    /// What it can be filtered by, separated by blanks; none of it comes from outside.
    pub(super) kinds: String,
    /// What visitors notice: `starts inviting`.
    pub(super) effect: &'static str,
    pub(super) noticed: bool,
    /// A few words for each kind of danger.
    pub(super) marks: Vec<&'static str>,
    /// A word on what somebody did live.
    pub(super) live_mark: Option<&'static str>,
    pub(super) dangers: Vec<Vec<Span>>,
    pub(super) live: Option<MovedHere>,
    pub(super) place: Option<Place>,
    pub(super) notes: Vec<String>,
    pub(super) columns: Columns,
    pub(super) rows: Vec<Row>,
    pub(super) held: Vec<Kept>,
    pub(super) kept: Option<String>,
    pub(super) lost: Option<String>,
    pub(super) id: Option<String>,
    /// Whether it is unfolded from the start.
    pub(super) open: bool,
}

/// Where a campaign is declared.
pub(super) struct Place {
    /// Where that can be looked at; the tool made it, so it is `http` or `https` and has no character that acts.
    pub(super) link: Option<String>,
    pub(super) file: String,
}

/// Which values a change has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    Both,
    OnlyLive,
    OnlyAfter,
}

/// What somebody did to the live campaign, and the ways out.
pub(super) struct MovedHere {
    pub(super) news: News,
    pub(super) ways_out: Vec<(&'static str, String)>,
}

/// What somebody did live.
pub(super) struct News {
    pub(super) key: String,
    pub(super) paths: Vec<String>,
    /// What was done, after the paths: `changed`, `paused`.
    pub(super) what: &'static str,
    pub(super) by: Option<String>,
    pub(super) at: Option<Moment>,
    /// What applying the plan does about it.
    pub(super) then: &'static str,
}

/// What somebody did, in words.
pub(super) fn news(moved: &MovedLive<'_>, goal: &Goal) -> News {
    let MovedLive { key, by, at, what } = moved;
    let (paths, what, then) = match what {
        What::Paused => (Vec::new(), "paused", "applying this plan switches it on again"),
        What::SwitchedOn => (Vec::new(), "switched on", "applying this plan switches it off again"),
        What::Fields(fields) => {
            let paths = fields.iter().map(|field| inline(&field.path.to_string())).collect();
            let then = match goal {
                Goal::Files => "applying this plan puts back what the files say",
                Goal::Rollback(_) => "applying this plan puts back what was there before the run",
                Goal::Revert(_) => "applying this plan puts back what was applied last",
            };
            (paths, "changed", then)
        }
    };
    News { key: key.as_str().to_owned(), paths, what, by: by.map(inline), at: at.map(Moment::from), then }
}

/// Everything the page says of a change.
pub(super) fn shown<'a>(change: &'a Change, report: &Report<'_>, open: bool) -> Shown<'a> {
    let Change {
        key,
        action,
        moved_from: _,
        imported: _,
        vanished: _,
        origin: _,
        live,
        desired: _,
        last_applied: _,
        fields,
        held,
        kept: unmodelled,
        lost,
        dangers,
        tier: _,
        body: _,
        remember: _,
    } = change;
    let moved = moved(change);
    let mut marks: Vec<&'static str> = dangers.iter().map(|danger| danger.kind.title()).collect();
    marks.dedup();
    let effect = change.effect();
    let source = source(change, &report.plan.goal);
    Shown {
        key: key.as_str(),
        symbol: symbol(*action),
        verb: verb(change),
        name: name(change),
        kinds: kinds(change, moved.is_some()),
        effect: effect.verb(true),
        noticed: effect != Effect::Nothing,
        marks,
        live_mark: moved.as_ref().map(|moved| match moved.what {
            What::Paused => "paused live",
            What::SwitchedOn => "switched on live",
            What::Fields(_) => "changed live",
        }),
        dangers: dangers.iter().map(|danger| sentence(&danger.sentence)).collect(),
        live: moved.map(|moved| MovedHere {
            news: news(&moved, &report.plan.goal),
            ways_out: report.ways_out(key).into_iter().map(|(what, command)| (what, inline(&command))).collect(),
        }),
        place: match &source {
            Source::File(origin) => Some(Place { link: report.links.map(|links| links.to(origin)), file: inline(&origin.place()) }),
            Source::Words(_) | Source::Nowhere => None,
        },
        notes: notes(change, &source),
        columns: match action {
            Action::Create => Columns::OnlyAfter,
            Action::Delete | Action::Forget => Columns::OnlyLive,
            Action::Update | Action::Record => Columns::Both,
        },
        rows: rows(fields, live.as_ref(), (*action == Action::Update).then_some(&report.plan.goal), &report.plan.queues),
        held: held.iter().map(|held| kept(held, &report.plan.queues)).collect(),
        kept: (*unmodelled > 0).then(|| count(*unmodelled, "live field")),
        lost: (!lost.is_empty()).then(|| lost.iter().map(|pointer| inline(pointer)).collect::<Vec<_>>().join(", ")),
        id: live.as_ref().map(|live| inline(&live.id.0)),
        open,
    }
}

/// What the campaign is called: as it will be, or as it is where it goes.
pub(super) fn name(change: &Change) -> Option<String> {
    change.desired.as_ref().or(change.live.as_ref().map(|live| &live.spec)).map(|spec| inline(&spec.name))
}

/// Symbol of an action, as Terraform's readers know it.
fn symbol(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Delete => "−",
        Action::Forget => "·",
        Action::Record => "=",
    }
}

fn verb(change: &Change) -> String {
    match change.action {
        Action::Create => "will be created".to_owned(),
        Action::Update => "will be updated in-place".to_owned(),
        Action::Delete => "will be destroyed".to_owned(),
        Action::Forget => "will no longer be managed by campaignctl, but will not be destroyed".to_owned(),
        Action::Record => match &change.moved_from {
            Some(old) => format!("has moved from {}", old.address()),
            None => "will be imported".to_owned(),
        },
    }
}

/// A stable name of an action, for the filter.
pub(super) fn action_id(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "destroy",
        Action::Forget => "forget",
        Action::Record => "record",
    }
}

fn kinds(change: &Change, moved_live: bool) -> String {
    let mut kinds = vec![format!("do-{}", action_id(change.action)), format!("effect-{}", change.effect().id())];
    if !change.dangers.is_empty() {
        kinds.push("danger".to_owned());
    }
    if moved_live {
        kinds.push("live".to_owned());
    }
    kinds.extend(change.dangers.iter().map(|danger| format!("danger-{}", danger.kind.id())));
    kinds.dedup();
    kinds.join(" ")
}

/// How it came to be this change, where that needs saying.
fn notes(change: &Change, source: &Source<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    match (change.action, source) {
        (_, Source::File(_)) => {}
        (_, Source::Words(words)) => {
            let mut words = inline(words);
            words.get_mut(..1).iter_mut().for_each(|first| first.make_ascii_uppercase());
            notes.push(format!("{words}."));
        }
        (Action::Forget, Source::Nowhere) => notes.push("No file declares it any more, and its lifecycle says keep.".to_owned()),
        (_, Source::Nowhere) => notes.push("No file declares it any more.".to_owned()),
    }
    if let Some(old) = &change.moved_from {
        notes.push(format!("Moved from {}.", old.address()));
    }
    if change.imported {
        notes.push("Imported: this live campaign is the only one of this name.".to_owned());
    }
    if let Some(id) = &change.vanished {
        notes.push(format!("The live campaign {} was deleted outside of campaignctl.", inline(&id.0)));
    }
    notes
}
