//! What a plan aims at, where that is not what the files say: said first in every format.

use crate::model::Origin;
use crate::reconcile::{Change, Goal, Plan, Selection};

/// Campaigns that are named; of more, the number is said.
const MOST_NAMED: usize = 20;

/// A way back in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// `Rollback of run 20261120T101500Z-1a2b`; may hold text from outside.
    pub(super) title: String,
    /// What that means, as a sentence.
    pub(super) meaning: &'static str,
    /// What was asked for and is no part of it, as a sentence.
    pub(super) settled: Option<String>,
    /// What is said instead of the changes, when there is none.
    pub(super) nothing: &'static str,
}

/// What the plan leads back to; `None` for a plan of the files.
pub(super) fn way_back(plan: &Plan) -> Option<Way> {
    match &plan.goal {
        Goal::Files => None,
        Goal::Rollback(run) => Some(Way {
            title: format!("Rollback of run {run}"),
            meaning: "What that run changed goes back to how it was before, whatever the files say.",
            settled: None,
            nothing: "Live is as it was before that run.",
        }),
        Goal::Revert(selection) => Some(Way {
            title: match selection {
                Selection::All => "Revert of drift: all campaigns".to_owned(),
                Selection::Only(keys) => format!("Revert of drift: {}", named(keys.iter().map(|key| key.address().to_string()))),
            },
            meaning: "What moved live goes back to what was applied last; pending changes of the files are no part of it.",
            settled: settled(plan, selection),
            nothing: match selection {
                Selection::All => "Nothing drifted.",
                Selection::Only(_) => "There is nothing to put back.",
            },
        }),
    }
}

/// Where the body of a change comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// A file declares it.
    File(&'a Origin),
    /// It is in no file: `body from before run 20261120T101500Z-1a2b`; may hold text from outside.
    Words(String),
    /// No file declares it any more.
    Nowhere,
}

/// Where the body of a change comes from, or why it goes.
pub(super) fn source<'a>(change: &'a Change, goal: &Goal) -> Source<'a> {
    match (goal, &change.origin) {
        (Goal::Rollback(run), _) if change.desired.is_some() => Source::Words(format!("body from before run {run}")),
        (Goal::Rollback(run), _) => Source::Words(format!("because it did not exist before run {run}")),
        (_, Some(origin)) => Source::File(origin),
        (Goal::Revert(_), None) if change.desired.is_some() => Source::Words("body as applied last".to_owned()),
        (_, None) => Source::Nowhere,
    }
}

/// What moves a field that did not move live.
pub(super) fn mover(goal: &Goal) -> &'static str {
    match goal {
        Goal::Files => "code",
        Goal::Rollback(_) => "rollback",
        Goal::Revert(_) => "revert",
    }
}

/// Campaigns that were named and have not drifted.
fn settled(plan: &Plan, selection: &Selection) -> Option<String> {
    let Selection::Only(keys) = selection else { return None };
    let mut settled = keys.iter().filter(|key| !plan.changes.iter().any(|change| change.key == **key)).peekable();
    settled.peek()?;
    // One that cannot be paired is no part of the plan either, and its refusal says why.
    if !plan.refusals.is_empty() {
        return None;
    }
    let settled: Vec<String> = settled.map(|key| key.address().to_string()).collect();
    let verb = if settled.len() == 1 { "has" } else { "have" };
    Some(format!("{} {verb} not drifted.", named(settled.into_iter())))
}

fn named(addresses: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = addresses.collect();
    match all.len().saturating_sub(MOST_NAMED) {
        0 => all.join(", "),
        more => format!("{} and {more} more", all[..MOST_NAMED].join(", ")),
    }
}
