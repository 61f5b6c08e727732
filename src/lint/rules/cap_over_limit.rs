//! `cap-over-limit`: campaigns that together may send more than the organization can take.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::lint::{Gravity, Rule, Settings, Subject};
use crate::model::Level;

/// Campaigns that together may send more than the organization can take.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "cap-over-limit",
    gravity: Gravity::Warning(Level::Warn),
    summary: "the enabled campaigns may together send more invites a minute than the organization can take",
    what: "Adds up `throttling.maxInvitesPerMinute` of the enabled campaigns and compares the sum with `limits.maxInvitesPerMinute` of the environment or project. Silent where that is not set. A campaign without a cap adds nothing to the sum; the message counts them.",
    why: "Evaluation capacity belongs to the organization, by licence, and so do the agents: when a rush of visitors lets several campaigns reach their caps in one minute, the API answers 429, evaluation slows down, and invites of all campaigns are lost, also of those that keep to their cap.",
    example: "# campaignctl.yaml\nlimits: { maxInvitesPerMinute: 800 }\n# campaigns/pricing.yaml and campaigns/orders.yaml, each with\nthrottling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 500 }",
    fix: "# campaigns/pricing.yaml and campaigns/orders.yaml, each with\nthrottling: { maxInvitesPerContact: 1, cooldownSeconds: 86400, maxInvitesPerMinute: 400 }",
};

/// How many campaigns the finding shows.
const SHOWN: usize = 3;

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap, settings: &Settings<'_>) -> Vec<Finding> {
    let Some((limit, place)) = settings.max_invites_per_minute else { return Vec::new() };
    let enabled = subjects.iter().filter(|subject| subject.is_enabled());
    let cap = |subject: &Subject<'_>| subject.document.throttling.as_ref().and_then(|throttling| throttling.max_invites_per_minute);
    let (capped, uncapped): (Vec<_>, Vec<_>) = enabled.map(|subject| (cap(subject), subject)).partition(|(cap, _)| cap.is_some());
    let mut caps: Vec<(u64, &Subject<'_>)> = capped.into_iter().filter_map(|(cap, subject)| Some((cap?, subject))).collect();
    let sum = caps.iter().fold(0_u64, |sum, (cap, _)| sum.saturating_add(*cap));
    if sum <= limit {
        return Vec::new();
    }
    caps.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.key.cmp(second.key)));
    let without = match uncapped.len() {
        0 => String::new(),
        1 => ", and 1 more has no cap".to_owned(),
        count => format!(", and {count} more have no cap"),
    };
    let message = format!(
        "{} enabled campaign{} may send {sum} invites a minute together, {} more than the limit of {limit}{without}",
        caps.len(),
        if caps.len() == 1 { "" } else { "s" },
        sum - limit
    );
    let mut finding = Finding::warning(RULE.id, place, message)
        .field("limits.maxInvitesPerMinute")
        .help("lower `throttling.maxInvitesPerMinute` of some, the largest first, or raise the limit if the organization can take more");
    for (cap, subject) in caps.iter().take(SHOWN) {
        let at = sources.place(subject.source, "/throttling/maxInvitesPerMinute", Part::Value);
        finding = finding.also(at, format!("{cap} of `{}`", subject.key));
    }
    vec![finding]
}
