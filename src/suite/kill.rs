//! Whether some case notices a changed campaign. Only what the change can reach is decided again.

use std::collections::BTreeSet;

use super::case::{Case, Event};
use super::coverage::is_near;
use super::judge::judge;
use super::mutant::Mutant;
use super::world::{Contestant, World};
use crate::evaluate::check;
use crate::model::{CampaignKey, FilterResult, Session};

/// The cases that a change of one campaign can reach, each with the campaigns that take part in it.
#[derive(Debug)]
pub struct Nearby<'c, 'w> {
    campaign: Contestant<'w>,
    cases: Vec<(&'c Case, BTreeSet<&'w CampaignKey>)>,
}

impl<'c, 'w> Nearby<'c, 'w> {
    /// The cases near a campaign. `matching`: the campaigns of which every filter holds for some session of the case, by
    /// case, as [`matching`](Self::matching) tells.
    pub fn new(campaign: Contestant<'w>, cases: &'c [Case], matching: &[BTreeSet<&'w CampaignKey>]) -> Self {
        let reaches = |case: &Case| {
            let near = |session: &Session| is_near(&results(campaign, session));
            case.sessions().any(near) || case.remembers_invite_of(campaign.key) || case.speaks_of_switch(campaign)
        };
        let cases = cases.iter().zip(matching).filter(|(case, _)| reaches(case)).map(|(case, keys)| (case, keys.clone())).collect();
        Self { campaign, cases }
    }

    /// The campaigns that take part in a case: those that some session matches, and those that have invited in its history.
    pub fn matching(world: &World<'w>, case: &Case) -> BTreeSet<&'w CampaignKey> {
        let is_invited = |key: &CampaignKey| {
            case.history.iter().any(|earlier| matches!(&earlier.event, Event::Invited { campaign, .. } if campaign == key))
        };
        let takes_part = |contestant: &&Contestant<'w>| {
            is_invited(contestant.key) || case.sessions().any(|session| results(**contestant, session).iter().all(|result| result.passed()))
        };
        world.contestants().iter().filter(takes_part).map(|contestant| contestant.key).collect()
    }

    /// The first case that fails with the changed campaign.
    pub fn killer(&self, world: &World<'_>, mutant: &Mutant) -> Option<&'c Case> {
        let changed = Contestant { key: self.campaign.key, spec: &mutant.spec };
        let is_switched = mutant.spec.enabled != self.campaign.spec.enabled;
        let holds = |session: &Session| results(changed, session).iter().all(|result| result.passed());
        // Where the campaign takes no part, neither as it was nor as it is now, nothing can differ.
        let reaches = |case: &Case, keys: &BTreeSet<&CampaignKey>| {
            keys.contains(self.campaign.key) || case.sessions().any(holds) || (is_switched && case.speaks_of_switch(self.campaign))
        };
        let fails = |(case, keys): &&(&'c Case, BTreeSet<&'w CampaignKey>)| {
            if !reaches(case, keys) {
                return false;
            }
            let world = world.with(keys, self.campaign.key, &mutant.spec);
            !judge(case, &world.run(case)).is_empty()
        };
        self.cases.iter().find(fails).map(|(case, _)| *case)
    }
}

impl Case {
    /// Whether switching the campaign on or off could be noticed although no session comes near it.
    fn speaks_of_switch(&self, campaign: Contestant<'_>) -> bool {
        self.expected.contains_key(campaign.key)
    }
}

fn results(campaign: Contestant<'_>, session: &Session) -> Vec<FilterResult> {
    campaign.spec.filters.iter().map(|filter| check(filter, session.attributes.get(&filter.attribute_name))).collect()
}
