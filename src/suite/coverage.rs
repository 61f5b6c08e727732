//! Which limits no case looks at.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::boundary::{Boundary, Edge};
use super::case::Case;
use super::world::{Answer, Decided};
use crate::evaluate::ContactLimit;
use crate::model::{CampaignKey, CampaignSpec, DecisionStatus, Filter, FilterResult, Session};

/// The boundaries that no case looks at, in their order. A case looks at a boundary when it says something of the campaign
/// and its session is there.
///
/// `ran`: every case with what was decided in it.
pub fn uncovered<'b, 'a>(boundaries: &'b [Boundary<'a>], ran: &[(&Case, &[Decided<'a>])]) -> Vec<&'b Boundary<'a>> {
    let mut by_campaign: BTreeMap<&CampaignKey, Vec<(usize, &Boundary<'_>)>> = BTreeMap::new();
    for (place, boundary) in boundaries.iter().enumerate() {
        by_campaign.entry(boundary.campaign.key).or_default().push((place, boundary));
    }
    let mut is_covered = vec![false; boundaries.len()];
    for (case, decided) in ran {
        for Decided { campaign, answer } in decided.iter().filter(|decided| case.speaks_of(decided.campaign.key)) {
            let Some(answer) = answer else { continue };
            for (place, boundary) in by_campaign.get(campaign.key).into_iter().flatten() {
                is_covered[*place] |= looks_at(&boundary.edge, campaign.spec, &case.session, answer, case.at);
            }
        }
    }
    boundaries.iter().zip(is_covered).filter(|(_, covered)| !covered).map(|(boundary, _)| boundary).collect()
}

fn looks_at(edge: &Edge, spec: &CampaignSpec, session: &Session, answer: &Answer<'_>, at: Timestamp) -> bool {
    let second = SignedDuration::from_secs(1);
    let since_token = || answer.own_token.map(|end| at.duration_since(end));
    let limit = || ContactLimit::of(spec).map_or(0, |limit| limit.max_invites);
    let cap = spec.throttling.as_ref().and_then(|throttling| throttling.max_invites_per_minute).unwrap_or(0);
    let is = |status: DecisionStatus| answer.status() == status;
    match edge {
        Edge::Filter { index, side } => {
            let Filter { attribute_name, .. } = &spec.filters[*index];
            let Some(result) = answer.filters.get(*index) else { return false };
            let others_hold = answer.filters.iter().enumerate().all(|(other, result)| other == *index || result.passed());
            others_hold && side.holds(session.attributes.get(attribute_name), *result)
        }
        Edge::CooldownRuns => is(DecisionStatus::Suppressed) && since_token().is_some_and(|since| since.is_negative() && since >= -second),
        Edge::CooldownEnds => is(DecisionStatus::Invited) && since_token().is_some_and(|since| !since.is_negative() && since <= second),
        Edge::LastAllowed => is(DecisionStatus::Invited) && answer.recent + 1 == limit(),
        Edge::LastOfMinute => is(DecisionStatus::Invited) && answer.in_minute + 1 == cap,
        Edge::MinuteFull => is(DecisionStatus::Throttled) && answer.in_minute == cap,
    }
}

/// Whether at most one filter fails, so that a change of one of them could let the session in.
pub(super) fn is_near(results: &[FilterResult]) -> bool {
    results.iter().filter(|result| !result.passed()).count() <= 1
}
