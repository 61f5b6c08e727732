//! One session after the other: what each world decides, what it remembers, and what is counted.

use std::collections::BTreeMap;

use super::batch::{Record, small};
use super::contest::{Contest, Entry};
use super::flip::{Answer, Differing, Flips, Said};
use super::order::IsLate;
use super::requests::Requests;
use super::timeline::Minutes;
use crate::evaluate::{Recall, Verdict, verdict};
use crate::model::{
    BothWorlds, CampaignDecisions, CampaignSpec, LineCounts, Replayed, ReplayedCampaign, ReplayedQueue, Starved, Totals, World,
};

/// What is remembered and counted of both worlds.
pub(super) struct Tally<'c, 'a> {
    contest: &'c Contest<'a>,
    compared: bool,
    worlds: BothWorlds<Side>,
    flips: Flips,
    /// By campaign.
    gained: Vec<u64>,
    lost: Vec<u64>,
    starved: BTreeMap<(u32, u32), BothWorlds<u64>>,
    /// By place of the queue in the contest.
    queues: Vec<BothWorlds<Minutes>>,
    requests: Requests,
    repeated: u64,
    /// Of the repeated sessions those that name a campaign, by campaign.
    repeated_for: Vec<u64>,
    late: u64,
}

/// One world.
struct Side {
    recall: Recall,
    totals: Totals,
    campaigns: Vec<Counts>,
}

impl Default for Side {
    fn default() -> Self {
        Self { recall: Recall::new(), totals: Totals::default(), campaigns: Vec::new() }
    }
}

/// Decisions of one campaign in one world.
#[derive(Default)]
struct Counts {
    invited: u64,
    suppressed: u64,
    throttled: u64,
    queued: u64,
    minutes: Minutes,
}

impl<'c, 'a> Tally<'c, 'a> {
    pub(super) fn new(contest: &'c Contest<'a>, compared: bool) -> Self {
        let campaigns = contest.campaigns.len();
        let side = || Side { campaigns: (0..campaigns).map(|_| Counts::default()).collect(), ..Side::default() };
        Self {
            contest,
            compared,
            worlds: BothWorlds { live: side(), desired: side() },
            flips: Flips::default(),
            gained: vec![0; campaigns],
            lost: vec![0; campaigns],
            starved: BTreeMap::new(),
            queues: contest.queues.iter().map(|_| BothWorlds::default()).collect(),
            requests: Requests::new(),
            repeated: 0,
            repeated_for: vec![0; campaigns],
            late: 0,
        }
    }

    /// Decides one session that some campaign matches, under both worlds.
    pub(super) fn session(&mut self, record: &Record, late: IsLate) {
        if self.requests.is_repeated(record) {
            self.repeated += 1;
            if let Some(campaign) = record.only {
                self.repeated_for[campaign as usize] += 1;
            }
            return;
        }
        self.late += u64::from(late);
        let desired = self.decide(record, World::Desired);
        if !self.compared {
            return;
        }
        let live = self.decide(record, World::Live);
        if live == desired {
            return;
        }
        let differing = Differing::between(&live, &desired);
        for campaign in &differing.gained {
            self.gained[*campaign as usize] += 1;
        }
        for campaign in &differing.lost {
            self.lost[*campaign as usize] += 1;
        }
        self.flips.count(record, &differing, &live, &desired, self.contest);
    }

    fn decide(&mut self, record: &Record, world: World) -> Said {
        let contest = self.contest;
        let entries = contest.entries.of(world);
        let first = contest.first_bit(world);
        let mut said = Said::new();
        let mut invites = 0;
        for place in bits(&record.matched, first, entries.len()) {
            let entry = &entries[place];
            let answer = self.ask(entry, record, world);
            invites += u64::from(answer == Answer::Invited);
            said.push((small(entry.campaign), answer));
        }
        let totals = &mut self.worlds.of_mut(world).totals;
        totals.matched += u64::from(!said.is_empty());
        totals.invited_sessions += u64::from(invites > 0);
        said
    }

    /// Asks one campaign, remembers an invite, and counts.
    fn ask(&mut self, entry: &Entry<'_>, record: &Record, world: World) -> Answer {
        let Entry { campaign, terms, queue } = entry;
        let (name, at) = (small(*campaign), record.at);
        let Side { recall, totals, campaigns } = self.worlds.of_mut(world);
        let counts = &mut campaigns[*campaign];
        let suppression = terms.limit.and_then(|_| recall.suppression(record.contact, at));
        match verdict(terms, suppression.is_some(), |minute| recall.invites_in(name, minute), at) {
            Verdict::NoAction => Answer::NoAction,
            Verdict::Queued => {
                counts.queued += 1;
                totals.queued += 1;
                Answer::Queued
            }
            Verdict::Suppressed => {
                let by = suppression.map_or(name, |suppression| suppression.by);
                counts.suppressed += 1;
                totals.suppressed += 1;
                *self.starved.entry((by, name)).or_default().of_mut(world) += 1;
                Answer::Suppressed { by }
            }
            Verdict::Throttled => {
                counts.throttled += 1;
                totals.throttled += 1;
                counts.minutes.throttle(at);
                Answer::Throttled
            }
            Verdict::Invited => {
                recall.record(name, terms.limit, record.contact, at);
                counts.invited += 1;
                totals.invites += 1;
                counts.minutes.invite(at);
                self.queues[*queue].of_mut(world).invite(at);
                Answer::Invited
            }
        }
    }

    /// What the sessions came to. `offered`: how many sessions each campaign was offered, repeated ones included.
    pub(super) fn finish(self, counts: LineCounts, offered: &[u64]) -> Replayed {
        let Self { contest, compared, worlds, flips, gained, lost, starved, queues, requests: _, repeated, repeated_for, late } = self;
        let to_all = repeated - repeated_for.iter().sum::<u64>();
        let BothWorlds { live, desired } = worlds;
        let totals = BothWorlds { live: live.totals, desired: desired.totals };
        let sides = live.campaigns.into_iter().zip(desired.campaigns);
        let campaigns = contest.campaigns.iter().enumerate().zip(sides).map(|((place, campaign), (live, desired))| {
            let decided = |spec: Option<&CampaignSpec>, counts: Counts| {
                spec.map(|spec| counts.finish(spec, offered[place] - to_all - repeated_for[place]))
            };
            let decided = BothWorlds { live: decided(campaign.spec.live, live), desired: decided(campaign.spec.desired, desired) };
            ReplayedCampaign { who: campaign.who.clone(), decided, gained: gained[place], lost: lost[place] }
        });
        let mut busy: Vec<ReplayedQueue> = contest
            .queues
            .iter()
            .zip(queues)
            .map(|(id, minutes)| {
                let sum = |minutes: Minutes| minutes.timeline().steps.iter().map(|step| step.invites).sum();
                let peak = BothWorlds { live: minutes.live.peak(), desired: minutes.desired.peak() };
                ReplayedQueue {
                    id: id.map(str::to_owned),
                    name: None,
                    invites: BothWorlds { live: sum(minutes.live), desired: sum(minutes.desired) },
                    peak,
                }
            })
            .collect();
        busy.sort_by_key(|queue| std::cmp::Reverse(queue.invites.desired.max(queue.invites.live)));
        let mut starved: Vec<Starved> =
            starved.into_iter().map(|((by, whom), decisions)| Starved { by: by as usize, whom: whom as usize, decisions }).collect();
        starved.sort_by_key(|starved| std::cmp::Reverse(starved.decisions.desired.max(starved.decisions.live)));
        Replayed {
            compared,
            lines: LineCounts { repeated, late, ..counts },
            totals,
            contenders: campaigns.collect(),
            flips: flips.into_flips(&contest.campaigns),
            queues: busy,
            starved,
            ..Replayed::default()
        }
    }
}

impl Counts {
    fn finish(self, spec: &CampaignSpec, offered: u64) -> CampaignDecisions {
        let Self { invited, suppressed, throttled, queued, minutes } = self;
        let asked = if spec.enabled { offered } else { 0 };
        CampaignDecisions {
            enabled: spec.enabled,
            invited,
            suppressed,
            throttled,
            queued,
            not_matched: asked.saturating_sub(invited + suppressed + throttled + queued),
            cap: spec.throttling.as_ref().and_then(|throttling| throttling.max_invites_per_minute),
            worst_minute: minutes.worst(),
            timeline: minutes.timeline(),
        }
    }
}

/// The bits that are set, from `first` on, counted from there.
pub(super) fn bits(words: &[u64], first: usize, count: usize) -> impl Iterator<Item = usize> {
    let end = first + count;
    let mut word = first / 64;
    let mut left = words.get(word).copied().unwrap_or(0) & (!0 << (first % 64));
    std::iter::from_fn(move || {
        while left == 0 {
            word += 1;
            if word * 64 >= end {
                return None;
            }
            left = words.get(word).copied().unwrap_or(0);
        }
        let bit = word * 64 + left.trailing_zeros() as usize;
        left &= left - 1;
        (bit < end).then(|| bit - first)
    })
}
