//! `shadowed-campaign`: whenever a campaign matches, another one that is asked first matches too.

use crate::diagnostic::{Finding, Part, SourceMap};
use crate::evaluate::analysis::Verdict;
use crate::lint::neighbours::Neighbours;
use crate::lint::witness::{Inviting, best_priority, differ, shown};
use crate::lint::{Gravity, Rule, Subject};
use crate::model::Level;

/// Whenever a campaign matches, another one that is asked first matches too.
pub(in crate::lint) const RULE: Rule = Rule {
    id: "shadowed-campaign",
    gravity: Gravity::Warning(Level::Warn),
    summary: "whenever a campaign matches, another one with a better priority matches too",
    what: "Compares the filters of enabled campaigns: does every session that satisfies this campaign satisfy another one whose best action has a lower priority number? Only what is certain is told, with one session that shows it. A campaign is compared with up to 200 others that it could meet.",
    why: "A session is offered to campaigns in order of priority, and an invite of the other one suppresses this one: its visitors see the other invite.",
    example: "# a.yaml, priority 1: referrer.page starts_with /pricing\n# b.yaml, priority 2: referrer.page equals /pricing/enterprise",
    fix: "# b.yaml: priority 1, and a.yaml: priority 2 — the narrower campaign is asked first",
};

pub(in crate::lint) fn check(subjects: &[Subject<'_>], sources: &SourceMap) -> Vec<Finding> {
    // Where all are asked equally early, nobody is shadowed: nothing has to be proved.
    if !differ(subjects.iter().filter_map(best_priority)) {
        return Vec::new();
    }
    let mut campaigns = Inviting::among(subjects);
    campaigns.sort_by_key(|campaign| campaign.priority);
    let neighbours = Neighbours::new(&campaigns);
    let mut findings = Vec::new();
    for campaign in &campaigns {
        let earlier = campaigns.partition_point(|other| other.priority < campaign.priority);
        let shadow = neighbours.below(earlier, campaign).into_iter().find_map(|at| {
            let other = &campaigns[at];
            match campaign.audience.is_within(&other.audience) {
                Verdict::Yes(session) => Some((other, session)),
                Verdict::No | Verdict::Unknown => None,
            }
        });
        if let Some((other, session)) = shadow {
            let place = |campaign: &Inviting<'_>| sources.place(campaign.subject.source, "/filters", Part::Key);
            let message = format!(
                "campaign `{}` matches whenever this one does, and is asked first (priority {} before {})",
                other.key(),
                other.priority,
                campaign.priority
            );
            findings.push(
                Finding::error(RULE.id, place(campaign), message)
                    .field("filters")
                    .label("all of these sessions go to the other campaign")
                    .also(place(other), format!("campaign `{}`", other.key()))
                    .help(format!("give the narrower campaign the lower priority number; the session {} matches both", shown(&session))),
            );
        }
    }
    findings
}
