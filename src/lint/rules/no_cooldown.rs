//! `no-cooldown`: a limit on invites that is over at once.

use crate::diagnostic::{Finding, SourceMap};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::Level;

/// A limit on invites that is over at once.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "no-cooldown",
    gravity: Gravity::Warning(Level::Warn),
    summary: "invites per contact are limited, but cooldownSeconds is 0 or not set",
    what: "Looks at `throttling` of enabled campaigns whose `maxInvitesPerContact` is 1 or more; without that it is the business of `throttling-off`.",
    why: "`maxInvitesPerContact` counts the invites of the last `cooldownSeconds`, and the contact is left alone for as long. With no time to look back on nothing is counted: the next trigger invites again.",
    example: "throttling: { maxInvitesPerContact: 1, maxInvitesPerMinute: 500 }",
    fix: "throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    let finding = |subject: &Subject<'_>| {
        let throttling = subject.document.throttling.as_ref()?;
        let max = throttling.max_invites_per_contact.filter(|max| *max > 0)?;
        let effect = format!("so the limit of {max} per contact never holds: the next trigger invites again");
        let found = match throttling.cooldown_seconds {
            None => {
                let message = format!("`cooldownSeconds` is not set, {effect}");
                subject.warning_at_lack(&RULE, sources, ("/throttling", "cooldownSeconds"), &message)
            }
            Some(0) => subject.warning(&RULE, sources, "/throttling/cooldownSeconds", &format!("there is no cooldown, {effect}")),
            Some(_) => return None,
        };
        let help = "write how long a contact is to be left alone, e.g. `cooldownSeconds: 86400` for one day";
        Some(found.help(help))
    };
    subjects.iter().filter(|subject| subject.is_enabled()).filter_map(finding).collect()
}
