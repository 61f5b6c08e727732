//! `unused-allow`: a comment that allows what nothing finds.

use crate::diagnostic::{Allow, Finding};
use crate::lint::{Gravity, Rule};
use crate::model::Level;

/// A comment that allows what nothing finds.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "unused-allow",
    gravity: Gravity::Warning(Level::Warn),
    summary: "an `allow` comment names a rule that finds nothing there",
    what: "Looks at every rule of every good `# campaignctl: allow(…)` comment. Silent for rules that are not looked at in this environment, and while a file cannot be read.",
    why: "What the comment excused is gone, or the comment stands at the wrong line. Left there, it hides the next finding of that rule, which nobody has thought about.",
    example: "# campaignctl: allow(no-cooldown) one day only, the night of the outage\nthrottling: { maxInvitesPerContact: 1, cooldownSeconds: 86400 }",
    fix: "throttling: { maxInvitesPerContact: 1, cooldownSeconds: 86400 }",
};

pub(in crate::lint) fn check(allow: &Allow, position: usize) -> Finding {
    let rule = &allow.rules[position];
    let whole = if allow.rules.len() == 1 { "remove the comment" } else { "remove the rule from the comment" };
    let help = if allow.covers.is_some() {
        format!("{whole}, or move it to the line before the value it speaks of")
    } else {
        "nothing follows the comment: move it to the line before the value it speaks of".to_owned()
    };
    Finding::warning(RULE.id, rule.place, format!("nothing is found by `{}` here, so there is nothing to allow", rule.id)).help(help)
}
