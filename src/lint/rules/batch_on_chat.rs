//! `batch-on-chat`: a web chat invite that is decided too late.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::{ActionType, EvaluationMode, Level};

/// A web chat invite that is decided too late.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "batch-on-chat",
    gravity: Gravity::Warning(Level::Warn),
    summary: "a campaign that invites to web chat is evaluated in batches",
    what: "Looks at `evaluationMode` of enabled campaigns with a `webchat_invite` action.",
    why: "In batch mode triggers wait in a queue, for 30 to 120 seconds depending on load. What made the visitor worth inviting lasts seconds: by then they have left the page, or done what the invite was to help with.",
    example: "evaluationMode: batch",
    fix: "evaluationMode: realtime",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let is_late = |subject: &&Subject<'_>| {
        let invites = subject.document.actions.iter().any(|action| action.action_type == ActionType::WebchatInvite);
        subject.is_enabled() && invites && subject.document.evaluation_mode == EvaluationMode::Batch
    };
    let message = "`batch` decides 30 to 120 seconds after the trigger; the visitor of a web page is gone by then";
    subjects
        .iter()
        .filter(is_late)
        .map(|subject| subject.warning(&RULE, sources, "/evaluationMode", message).help("write `evaluationMode: realtime`"))
        .collect()
}
