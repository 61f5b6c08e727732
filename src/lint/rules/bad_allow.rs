//! `bad-allow`: a comment that is to allow something and cannot.

use crate::diagnostic::{Allow, Finding, Place, SourceMap};
use crate::lint::allows::{Fault, faults};
use crate::lint::{Gravity, Rule, Settings, Subject};
use crate::model::Level;

/// A comment that is to allow something and cannot.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "bad-allow",
    gravity: Gravity::Warning(Level::Deny),
    summary: "a `# campaignctl:` comment has no reason, names a rule that cannot be allowed, or cannot be read",
    what: "Looks at every comment that begins with `campaignctl:`. It must read `# campaignctl: allow(rule) reason`, or `allow(rule, rule) reason`, and name rules that exist and are not always errors.",
    why: "Such a comment allows nothing, although its author thinks so. The reason is asked for because the next reader has nothing else to tell an exception from a slip.",
    example: "# campaignctl: allow(no-cooldown)\nthrottling: { maxInvitesPerContact: 1, maxInvitesPerMinute: 500 }",
    fix: "# campaignctl: allow(no-cooldown) one day only, the night of the outage\nthrottling: { maxInvitesPerContact: 1, maxInvitesPerMinute: 500 }",
};

pub(in crate::lint) fn check(_: &[Subject<'_>], _: &SourceMap, settings: &Settings<'_>) -> Vec<Finding> {
    settings.allows.iter().flat_map(|allow| faults(allow).into_iter().map(|fault| finding(allow, &fault))).collect()
}

fn finding(allow: &Allow, fault: &Fault) -> Finding {
    let warning = |place: Place, message: String, help: String| Finding::warning(RULE.id, place, message).help(help);
    let named = |position: &usize| (&allow.rules[*position].id, allow.rules[*position].place);
    match fault {
        Fault::Unreadable => warning(
            allow.place,
            "this comment is no `allow` that can be read".to_owned(),
            "write `# campaignctl: allow(rule) reason`; other comments must not begin with `campaignctl:`".to_owned(),
        ),
        Fault::NoReason => {
            let ids: Vec<&str> = allow.rules.iter().map(|rule| rule.id.as_str()).collect();
            let help = format!("say why behind the bracket: `# campaignctl: allow({}) reason`", ids.join(", "));
            warning(allow.place, "the comment gives no reason, so it allows nothing".to_owned(), help)
        }
        Fault::Rule(position, _) if named(position).0.is_empty() => {
            warning(named(position).1, "no rule is named here".to_owned(), "name the rule that is allowed, or remove the comma".to_owned())
        }
        Fault::Rule(position, refused) => warning(named(position).1, format!("this cannot be allowed: {refused}"), refused.hint()),
        Fault::OfComments(position) => {
            let (id, place) = named(position);
            let help = format!("mend the other comment, or set `lint: {{ {id}: allow }}` in campaignctl.yaml");
            warning(place, format!("`{id}` speaks of these comments and cannot be allowed by one"), help)
        }
    }
}
