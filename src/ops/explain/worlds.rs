//! The campaigns of each world, and what is known of them beside their bodies: files, places, names of queues.

use std::collections::{BTreeMap, BTreeSet};

use super::Answer;
use crate::diagnostic::Part;
use crate::evaluate::{ExplainedCampaign, ExplainedQueue, FilterPlace};
use crate::load::{Loaded, LoadedCampaign};
use crate::model::{BothWorlds, CampaignKey, CampaignSpec, Contender, Filter, Live, QueueName, QueueNames, World};
use crate::reconcile::Plan;
use crate::replay::{Contest, Contested};

/// What is known beside the bodies.
pub(super) struct Known<'a> {
    loaded: &'a Loaded,
    by_key: BTreeMap<&'a CampaignKey, &'a LoadedCampaign>,
    /// Queues that the files name; offline a name stands in the place of its id.
    names: BTreeSet<&'a str>,
    /// What the queues are called, where the organization was asked.
    pub(super) queues: QueueNames,
}

/// The queue names of a campaign.
fn queue_names(campaign: &LoadedCampaign) -> impl Iterator<Item = &str> {
    let routing = campaign.document.actions.iter().filter_map(|action| action.routing_config.as_ref());
    routing.flat_map(|routing| [&routing.queue, &routing.overflow_queue]).flatten().map(String::as_str)
}

/// A campaign of one world.
pub(super) fn only_desired(who: Contender, spec: &CampaignSpec) -> Contested<'_> {
    Contested { who, spec: BothWorlds { live: None, desired: Some(spec) } }
}

/// The campaigns before and after a plan; without `both` only those before.
pub(super) fn of_plan<'a>(plan: &'a Plan, live: &'a Live, both: bool) -> Vec<Contested<'a>> {
    let worlds = plan.worlds(live).into_iter();
    let contested = worlds.map(|(who, spec)| Contested { who, spec: BothWorlds { desired: spec.desired.filter(|_| both), ..spec } });
    contested.filter(|campaign| both || campaign.spec.live.is_some()).collect()
}

/// The ids of the queues that actions lead to.
pub(super) fn queue_ids(contested: &[Contested<'_>]) -> BTreeSet<String> {
    let specs = contested.iter().flat_map(|campaign| [campaign.spec.live, campaign.spec.desired]).flatten();
    let routing = specs.flat_map(|spec| &spec.actions).filter_map(|action| action.routing_config.as_ref());
    routing.filter_map(|routing| routing.queue_id.clone()).collect()
}

impl<'a> Known<'a> {
    pub(super) fn of_files(loaded: &'a Loaded) -> Self {
        Self {
            loaded,
            by_key: loaded.campaigns.iter().map(|campaign| (&campaign.key, campaign)).collect(),
            names: loaded.campaigns.iter().flat_map(queue_names).collect(),
            queues: QueueNames::default(),
        }
    }

    /// An answer with all that is known of its campaign. Only the desired world stands in the files.
    pub(super) fn campaign(&self, answer: Answer, contest: &Contest<'_>, world: World) -> ExplainedCampaign {
        let Answer { campaign, answer } = answer;
        let who = contest.campaigns()[campaign].who.clone();
        let declared = who.key.as_ref().and_then(|key| self.by_key.get(key)).filter(|_| world == World::Desired);
        let filters = answer.iter().flat_map(|explanation| &explanation.filters);
        let places = filters.map(|explained| self.place(declared?, &explained.filter)).collect();
        let action = answer.as_ref().ok().and_then(|explanation| explanation.action.as_ref());
        let queue = action.and_then(|action| action.routing_config.as_ref()?.queue_id.as_deref()).map(|id| self.queue(id));
        ExplainedCampaign { origin: declared.map(|declared| declared.origin.clone()), who, places, answer, queue }
    }

    /// Where the filter stands in the file of its campaign.
    fn place(&self, declared: &LoadedCampaign, filter: &Filter) -> Option<FilterPlace> {
        let nth = declared.document.filters.iter().position(|known| known == filter)?;
        let sources = &self.loaded.sources;
        let place = sources.place(declared.source, &format!("/filters/{nth}"), Part::Value);
        let position = sources.position(place);
        Some(FilterPlace { file: sources.path(place.file).to_owned(), line: position.line, column: position.column })
    }

    fn queue(&self, id: &str) -> ExplainedQueue {
        let name = match self.queues.of(id) {
            Some(QueueName::Unique(name) | QueueName::Shared { name, .. }) => Some(name.clone()),
            Some(QueueName::Missing) | None => None,
        };
        if name.is_none() && self.names.contains(id) {
            return ExplainedQueue { id: None, name: Some(id.to_owned()) };
        }
        ExplainedQueue { id: Some(id.to_owned()), name }
    }
}
