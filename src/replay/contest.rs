//! The campaigns that sessions are offered to, in both worlds.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::batch::small;
use crate::evaluate::{Matcher, Terms, Verdict, verdict};
use crate::model::{BothWorlds, CampaignSpec, Contender, Filter, World};

/// A campaign and what it is in each world.
#[derive(Debug, Clone)]
pub struct Contested<'a> {
    /// Which one.
    pub who: Contender,
    /// Its body in each world; `None` where the world does not have it.
    pub spec: BothWorlds<Option<&'a CampaignSpec>>,
}

/// All campaigns of both worlds, ready to be asked about a session.
#[derive(Debug)]
pub struct Contest<'a> {
    /// In the order in which they are offered a session: best priority of their actions, then key.
    pub(super) campaigns: Vec<Contested<'a>>,
    /// Of each world the campaigns that are switched on, in order of their bits.
    pub(super) entries: BothWorlds<Vec<Entry<'a>>>,
    /// By campaign: its place in `entries`.
    turns: BothWorlds<Vec<Option<u32>>>,
    pub(super) matcher: Matcher,
    /// Ids of the queues that invites lead to; `None` is the channel's default routing.
    pub(super) queues: Vec<Option<&'a str>>,
    /// The campaigns that a session may name: by key and by id.
    names: BTreeMap<String, usize>,
    ids: BTreeMap<String, usize>,
    /// Campaigns that are switched on in both worlds and ask other filters in each.
    pub(super) changed: Vec<Changed<'a>>,
}

/// A session names a campaign that nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stranger;

/// One campaign of one world.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Its place in `campaigns`.
    pub(super) campaign: usize,
    pub(super) terms: Terms<'a>,
    /// The queue that its invites lead to, as its place in `queues`.
    pub(super) queue: usize,
    /// Whether it leaves a suppressed contact alone.
    pub(super) heeds_suppression: bool,
}

/// A campaign whose filters differ between the worlds.
#[derive(Debug)]
pub(super) struct Changed<'a> {
    pub(super) campaign: usize,
    pub(super) bits: BothWorlds<usize>,
    pub(super) filters: BothWorlds<&'a [Filter]>,
}

impl<'a> Contest<'a> {
    /// Puts the campaigns in order and compiles their filters.
    pub fn new(mut campaigns: Vec<Contested<'a>>) -> Self {
        campaigns.sort_by_cached_key(|campaign| {
            let Contested { who, spec } = campaign;
            (spec.desired.or(spec.live).map_or(u64::MAX, best_priority), turn(who))
        });
        let mut queues = Vec::new();
        let mut entries = |world: World| entries(&campaigns, world, &mut queues);
        let entries = BothWorlds { live: entries(World::Live), desired: entries(World::Desired) };
        let asked =
            entries.live.iter().map(|entry| (entry, World::Live)).chain(entries.desired.iter().map(|entry| (entry, World::Desired)));
        let matcher = Matcher::new(asked.map(|(entry, world)| campaigns[entry.campaign].spec.of(world).map(|spec| &spec.filters[..])));
        let turns = |entries: &[Entry<'_>]| {
            let mut turns = vec![None; campaigns.len()];
            for (place, entry) in entries.iter().enumerate() {
                turns[entry.campaign] = Some(small(place));
            }
            turns
        };
        let turns = BothWorlds { live: turns(&entries.live), desired: turns(&entries.desired) };
        let bit = |world: World, campaign: usize| {
            let turn = turns.of(world)[campaign]? as usize;
            Some(if world == World::Live { turn } else { entries.live.len() + turn })
        };
        let mut changed = Vec::new();
        for (campaign, Contested { who: _, spec }) in campaigns.iter().enumerate() {
            let (Some(live), Some(desired)) = (spec.live, spec.desired) else { continue };
            let (Some(live_bit), Some(desired_bit)) = (bit(World::Live, campaign), bit(World::Desired, campaign)) else { continue };
            if live.filters != desired.filters {
                let bits = BothWorlds { live: live_bit, desired: desired_bit };
                changed.push(Changed { campaign, bits, filters: BothWorlds { live: &live.filters, desired: &desired.filters } });
            }
        }
        let named = |name: fn(&Contender) -> Option<&str>| {
            campaigns.iter().enumerate().filter_map(|(place, campaign)| Some((name(&campaign.who)?.to_owned(), place))).collect()
        };
        Self {
            names: named(|who| who.key.as_ref().map(|key| key.as_str())),
            ids: named(|who| who.id.as_ref().map(|id| id.0.as_str())),
            campaigns,
            entries,
            turns,
            matcher,
            queues,
            changed,
        }
    }

    /// All campaigns, whichever worlds have them.
    pub fn campaigns(&self) -> &[Contested<'a>] {
        &self.campaigns
    }

    /// The campaigns of a world that are switched on, in the order in which they are asked, as places in
    /// [`Contest::campaigns`].
    pub fn asked(&self, world: World) -> impl Iterator<Item = usize> {
        self.entries.of(world).iter().map(|entry| entry.campaign)
    }

    /// The campaign that a session names, by its key or live id, if it names one.
    ///
    /// # Errors
    /// There is none of that name, or key and id are those of two campaigns.
    pub fn named(&self, key: Option<&str>, id: Option<&str>) -> Result<Option<usize>, Stranger> {
        let by_key = key.map(|key| self.names.get(key).copied().ok_or(Stranger)).transpose()?;
        let by_id = id.map(|id| self.ids.get(id).copied().ok_or(Stranger)).transpose()?;
        match (by_key, by_id) {
            (Some(key), Some(id)) if key != id => Err(Stranger),
            _ => Ok(by_key.or(by_id)),
        }
    }

    /// The turn of a campaign in a world that has it switched on.
    pub(super) fn turn(&self, world: World, campaign: u32) -> Option<u32> {
        self.turns.of(world).get(campaign as usize).copied().flatten()
    }

    /// The first bit of a world.
    pub(super) fn first_bit(&self, world: World) -> usize {
        match world {
            World::Live => 0,
            World::Desired => self.entries.live.len(),
        }
    }
}

/// The campaigns of a world that are switched on, in the order in which they are asked.
fn entries<'a>(campaigns: &[Contested<'a>], world: World, queues: &mut Vec<Option<&'a str>>) -> Vec<Entry<'a>> {
    let specs = campaigns.iter().enumerate().filter_map(|(place, campaign)| Some((place, (*campaign.spec.of(world))?)));
    let mut asked: Vec<(usize, &'a CampaignSpec)> = specs.filter(|(_, spec)| spec.enabled).collect();
    asked.sort_by_cached_key(|(place, spec)| (best_priority(spec), turn(&campaigns[*place].who)));
    let entry = |(campaign, spec): (usize, &'a CampaignSpec)| {
        let terms = Terms::of(spec);
        let routing = terms.action.and_then(|action| action.routing_config.as_ref());
        let id = routing.and_then(|routing| routing.queue_id.as_deref());
        let queue = queues.iter().position(|known| *known == id).unwrap_or_else(|| {
            queues.push(id);
            queues.len() - 1
        });
        let heeds_suppression = verdict(&terms, true, |_| 0, Timestamp::UNIX_EPOCH) == Verdict::Suppressed;
        Entry { campaign, terms, queue, heeds_suppression }
    };
    asked.into_iter().map(entry).collect()
}

fn best_priority(spec: &CampaignSpec) -> u64 {
    spec.actions.iter().map(|action| action.priority).min().unwrap_or(u64::MAX)
}

/// Campaigns of one priority go by key; those that nobody declared come after them, by id.
fn turn(who: &Contender) -> (bool, String) {
    match (&who.key, &who.id) {
        (Some(key), _) => (false, key.as_str().to_owned()),
        (None, Some(id)) => (true, id.0.clone()),
        (None, None) => (true, String::new()),
    }
}
