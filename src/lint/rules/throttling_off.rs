//! `throttling-off`: a campaign that invites the same visitor again and again.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::Level;

/// A campaign that invites the same visitor again and again.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "throttling-off",
    gravity: Gravity::Warning(Level::Warn),
    summary: "a campaign has no throttling, or maxInvitesPerContact is 0 or not set",
    what: "Looks at `throttling` of enabled campaigns.",
    why: "Then nothing is remembered of an invite, and every trigger is decided as if it were the first: one visit brings several invites. Visitors take it for pushy advertising and opt out, and the chat embed runs into its rate limits. To switch suppression off does not reach more people, it reaches the same ones more often.",
    example: "throttling: { maxInvitesPerContact: 0, maxInvitesPerMinute: 500 }",
    fix: "throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let help = "write `throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }`, with your numbers";
    let effect = "every trigger invites the same contact again";
    let finding = |subject: &Subject<'_>| {
        let found = match subject.document.throttling.as_ref().map(|throttling| throttling.max_invites_per_contact) {
            // Nothing stands there that could be shown: the campaign's name does.
            None => {
                let is_removed = sources.written(subject.source, "/throttling").document != subject.source;
                let place = if is_removed { "/throttling" } else { "/name" };
                let place = sources.place(subject.source, place, Part::Value);
                Finding::warning(RULE.id, place, format!("the campaign has no `throttling`: {effect}")).field("throttling")
            }
            Some(None) => {
                let lack = ("/throttling", "maxInvitesPerContact");
                subject.warning_at_lack(&RULE, sources, lack, &format!("`maxInvitesPerContact` is not set: {effect}"))
            }
            Some(Some(0)) => {
                let message = format!("0 switches suppression off: {effect}");
                subject.warning(&RULE, sources, "/throttling/maxInvitesPerContact", &message)
            }
            Some(Some(_)) => return None,
        };
        Some(found.help(help))
    };
    subjects.iter().filter(|subject| subject.is_enabled()).filter_map(finding).collect()
}
