//! `suppression-collision`: two campaigns that one session can match share the contact's suppression.

use std::collections::BTreeMap;

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::evaluate::analysis::Verdict;
use crate::lint::neighbours::Neighbours;
use crate::lint::witness::{Inviting, differ, shown};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::{AttributeValue, Level};

/// Two campaigns that one session can match share the contact's suppression.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "suppression-collision",
    gravity: Gravity::Warning(Level::Warn),
    summary: "an invite of another campaign silences this one for longer than its own cooldown",
    what: "Looks for two enabled campaigns with suppression and different cooldowns that one session can match. Each campaign with the shorter cooldown is told once, with the longest cooldown it meets and a session that matches both. A campaign is compared with up to 200 others that it could meet, the longest cooldowns first.",
    why: "Suppression is kept for the contact over all campaigns. Whoever was invited by the campaign with the longer cooldown is not invited by this one until that has passed, so the longer cooldown starves the shorter one.",
    example: "# a.yaml: referrer.page starts_with /pricing, cooldownSeconds: 604800\n# b.yaml: contact.is_authenticated equals true, cooldownSeconds: 3600",
    fix: "Let the filters exclude each other (another page, another segment), or give both the same cooldown.",
};

/// The cooldown of a campaign that records suppression. Seconds.
fn cooldown(campaign: &Inviting<'_>) -> Option<u64> {
    cooldown_of(campaign.subject)
}

fn cooldown_of(subject: &Subject<'_>) -> Option<u64> {
    let throttling = subject.document.throttling.as_ref().filter(|_| subject.document.enabled)?;
    throttling.max_invites_per_contact.filter(|contacts| *contacts > 0)?;
    throttling.cooldown_seconds.filter(|seconds| *seconds > 0)
}

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    if !differ(subjects.iter().filter_map(|subject| cooldown_of(subject))) {
        return Vec::new();
    }
    let mut campaigns: Vec<Inviting<'_>> = Inviting::among(subjects).into_iter().filter(|campaign| cooldown(campaign).is_some()).collect();
    campaigns.sort_by_key(|campaign| std::cmp::Reverse(cooldown(campaign)));
    let neighbours = Neighbours::new(&campaigns);
    let mut findings = Vec::new();
    for campaign in &campaigns {
        let longer = campaigns.partition_point(|other| cooldown(other) > cooldown(campaign));
        let met = neighbours.below(longer, campaign).into_iter().find_map(|at| {
            let other = &campaigns[at];
            match campaign.audience.intersect(&other.audience).is_inhabited() {
                Verdict::Yes(session) => Some((other, session)),
                Verdict::No | Verdict::Unknown => None,
            }
        });
        if let Some((other, session)) = met {
            findings.push(finding(campaign, other, &session, sources));
        }
    }
    findings
}

fn finding(campaign: &Inviting<'_>, other: &Inviting<'_>, session: &BTreeMap<String, AttributeValue>, sources: &SourceMap) -> Finding {
    let seconds = |campaign: &Inviting<'_>| cooldown(campaign).unwrap_or_default();
    let place = |campaign: &Inviting<'_>| sources.place(campaign.subject.source, "/throttling/cooldownSeconds", Part::Value);
    let message = format!(
        "`throttling.cooldownSeconds`: an invite of campaign `{}` silences this one for {} s, not {} s: one session can match both",
        other.key(),
        seconds(other),
        seconds(campaign)
    );
    Finding::error(RULE.id, place(campaign), message)
        .field("throttling.cooldownSeconds")
        .label("the shorter cooldown")
        .also(place(other), format!("campaign `{}`, the longer one", other.key()))
        .help(format!("let the filters exclude each other, or give both the same cooldown; the session {} matches both", shown(session)))
}
