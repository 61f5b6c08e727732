//! The first screen of a plan: what changes for visitors, what is dangerous, who else touched it, what apply costs.
//!
//! Values here, not text: each format writes them in its own way, and all of them say the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use crate::model::{CampaignKey, LintWarnings};
use crate::reconcile::{Cause, Change, DangerKind, Effect, FieldChange, FieldPath, FieldValue, Plan, Summary};

/// `1 to add, 2 to change, 0 to destroy.`: a public interface, other tools parse it.
pub(super) fn counts(summary: Summary) -> String {
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

/// What visitors notice: `2 campaigns start inviting, 1 campaign stops inviting`; most noticeable first. Empty for an empty
/// plan.
pub(super) fn effects(plan: &Plan) -> Vec<(Effect, String)> {
    let words = |(effect, count): (Effect, usize)| {
        let noun = if count == 1 { "campaign" } else { "campaigns" };
        (effect, format!("{count} {noun} {}", effect.verb(count == 1)))
    };
    plan.effects().into_iter().map(words).collect()
}

/// That a limit was not judged because there is no recording, where that is so. One that says too little is a refusal.
pub(super) fn not_judged(plan: &Plan) -> Option<String> {
    let limit = plan.not_judged.filter(|_| plan.replayed.is_none())?;
    Some(format!("not judged: at most {limit} % more invites are allowed, and no recording says how many it is; `plan --replay FILE` does"))
}

/// The changes that a reviewer must see first, most severe first.
pub(super) fn dangerous(plan: &Plan) -> Vec<&Change> {
    plan.by_danger().into_iter().filter(|change| !change.dangers.is_empty()).collect()
}

/// `1 destroyed, 103 throttling removed`: how many changes have each worst danger.
pub(super) fn kinds_of_danger(changes: &[&Change]) -> String {
    let mut kinds: BTreeMap<DangerKind, usize> = BTreeMap::new();
    for worst in changes.iter().filter_map(|change| change.worst()) {
        *kinds.entry(worst).or_default() += 1;
    }
    kinds.iter().map(|(kind, count)| format!("{count} {}", kind.title())).collect::<Vec<_>>().join(", ")
}

/// `Danger: 558 of 1500 changes; 1 changed live by somebody else`: what stands below the counts of a plan. `None` where there
/// is neither.
pub fn danger_line(plan: &Plan) -> Option<String> {
    let (dangerous, live, total) = (dangerous(plan).len(), plan.moved_live().len(), plan.changes.len());
    let dangers = match dangerous {
        0 => "none".to_owned(),
        some => format!("{some} of {total} {}", plural(total, "change")),
    };
    match (dangerous, live) {
        (0, 0) => None,
        (_, 0) => Some(format!("Danger: {dangers}")),
        (_, live) => Some(format!("Danger: {dangers}; {live} changed live by somebody else")),
    }
}

/// `3 in the campaign files, 2 about campaigns of this plan`; `None` where there are none.
pub(super) fn warnings(plan: &Plan) -> Option<String> {
    let LintWarnings { total, changed } = &plan.warnings;
    let about = match changed.len() {
        0 => "none".to_owned(),
        all if all == *total => "all".to_owned(),
        some => some.to_string(),
    };
    (*total > 0).then(|| format!("{total} in the campaign files, {about} about campaigns of this plan"))
}

/// What somebody did to a live campaign since it was applied, and this plan would undo or overwrite.
pub(super) struct MovedLive<'a> {
    pub(super) key: &'a CampaignKey,
    pub(super) by: Option<&'a str>,
    pub(super) at: Option<Timestamp>,
    pub(super) what: What<'a>,
}

/// What was done.
pub(super) enum What<'a> {
    /// Switched off, and nothing else: an on-call pause.
    Paused,
    /// Switched on, and nothing else.
    SwitchedOn,
    /// These fields were changed; those that the files moved too are conflicts.
    Fields(Vec<&'a FieldChange>),
}

/// The campaigns that somebody else changed, in plan order.
pub(super) fn moved_live(plan: &Plan) -> Vec<MovedLive<'_>> {
    plan.moved_live().into_iter().filter_map(moved).collect()
}

/// What was done live to the campaign of this change; `None` when nothing was.
pub(super) fn moved(change: &Change) -> Option<MovedLive<'_>> {
    let fields: Vec<&FieldChange> = change.fields.iter().filter(|field| field.cause.is_live()).collect();
    let what = match fields.as_slice() {
        [] => return None,
        [FieldChange { path: FieldPath::Enabled, before: Some(FieldValue::Flag(on)), cause: Cause::Drift, .. }] => {
            if *on {
                What::SwitchedOn
            } else {
                What::Paused
            }
        }
        _ => What::Fields(fields),
    };
    let live = change.live.as_ref();
    Some(MovedLive {
        key: &change.key,
        by: live.and_then(|live| live.modified_by.as_deref()),
        at: live.and_then(|live| live.date_modified),
        what,
    })
}

/// `field` or `fields`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}
