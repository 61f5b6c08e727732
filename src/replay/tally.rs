//! One session after the other: what each world decides, what it remembers, and what is counted.

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
    /// How often the invites of one campaign suppressed each other one; a row only for those that did.
    suppressed: Vec<Vec<u64>>,
}

impl Default for Side {
    fn default() -> Self {
        Self { recall: Recall::new(), totals: Totals::default(), campaigns: Vec::new(), suppressed: Vec::new() }
    }
}

/// Decisions of one campaign in one world.
#[derive(Default)]
struct Counts {
    invited: u64,
    throttled: u64,
    queued: u64,
    minutes: Minutes,
}

impl<'c, 'a> Tally<'c, 'a> {
    pub(super) fn new(contest: &'c Contest<'a>, compared: bool) -> Self {
        let campaigns = contest.campaigns.len();
        let side = || Side {
            campaigns: (0..campaigns).map(|_| Counts::default()).collect(),
            suppressed: vec![Vec::new(); campaigns],
            ..Side::default()
        };
        Self {
            contest,
            compared,
            worlds: BothWorlds { live: side(), desired: side() },
            flips: Flips::default(),
            gained: vec![0; campaigns],
            lost: vec![0; campaigns],
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
        let Self { contest, worlds, queues, .. } = self;
        let entries = contest.entries.of(world);
        let side = worlds.of_mut(world);
        let mut said = Said::default();
        let mut suppression = side.suppression(record, 0, &mut said);
        let mut is_matched = false;
        for turn in bits(&record.matched, contest.first_bit(world), entries.len()) {
            let entry = &entries[turn];
            is_matched = true;
            // Most decisions of many campaigns are this one.
            if let (Some(by), true) = (suppression, entry.heeds_suppression) {
                side.suppress(by, entry.campaign);
                continue;
            }
            if side.ask(entry, record, &mut said) {
                queues[entry.queue].of_mut(world).invite(record.at);
                suppression = side.suppression(record, small(turn + 1), &mut said);
            }
        }
        side.totals.matched += u64::from(is_matched);
        side.totals.invited_sessions += u64::from(!said.invited.is_empty());
        side.totals.several_invites += u64::from(said.invited.len() > 1);
        side.totals.most_invites = side.totals.most_invites.max(said.invited.len() as u64);
        said
    }

    /// What the sessions came to. `offered`: how many sessions each campaign was offered, repeated ones included.
    pub(super) fn finish(self, counts: LineCounts, offered: &[u64]) -> Replayed {
        let Self { contest, compared, worlds, flips, gained, lost, queues, requests: _, repeated, repeated_for, late } = self;
        let to_all = repeated - repeated_for.iter().sum::<u64>();
        let BothWorlds { live, desired } = worlds;
        let suppressed = BothWorlds { live: column_sums(&live.suppressed), desired: column_sums(&desired.suppressed) };
        let starved = starved(&live.suppressed, &desired.suppressed);
        let total = |totals: Totals, suppressed: &[u64]| Totals { suppressed: suppressed.iter().sum(), ..totals };
        let totals = BothWorlds { live: total(live.totals, &suppressed.live), desired: total(desired.totals, &suppressed.desired) };
        let sides = live.campaigns.into_iter().zip(desired.campaigns);
        let campaigns = contest.campaigns.iter().enumerate().zip(sides).map(|((place, campaign), (live, desired))| {
            let asked = offered[place] - to_all - repeated_for[place];
            let decided =
                |spec: Option<&CampaignSpec>, counts: Counts, suppressed: u64| spec.map(|spec| counts.finish(spec, asked, suppressed));
            let decided = BothWorlds {
                live: decided(campaign.spec.live, live, suppressed.live[place]),
                desired: decided(campaign.spec.desired, desired, suppressed.desired[place]),
            };
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

impl Side {
    /// By whose invite the contact is suppressed from this turn on.
    fn suppression(&self, record: &Record, from: u32, said: &mut Said) -> Option<u32> {
        let by = self.recall.suppression(record.contact, record.at)?.by;
        said.suppressed.push((from, by));
        Some(by)
    }

    fn suppress(&mut self, by: u32, campaign: usize) {
        let campaigns = self.campaigns.len();
        let row = &mut self.suppressed[by as usize];
        if row.is_empty() {
            row.resize(campaigns, 0);
        }
        row[campaign] += 1;
    }

    /// Asks one campaign whose contact is not suppressed, or who does not care; remembers an invite, and counts.
    fn ask(&mut self, entry: &Entry<'_>, record: &Record, said: &mut Said) -> bool {
        let Entry { campaign, terms, queue: _, heeds_suppression: _ } = entry;
        let (name, at) = (small(*campaign), record.at);
        let Self { recall, totals, campaigns, suppressed: _ } = self;
        let counts = &mut campaigns[*campaign];
        let answer = match verdict(terms, false, |minute| recall.invites_in(name, minute), at) {
            Verdict::Invited => {
                recall.record(name, terms.limit, record.contact, at);
                counts.invited += 1;
                totals.invites += 1;
                counts.minutes.invite(at);
                said.invited.push(name);
                return true;
            }
            Verdict::Throttled => {
                counts.throttled += 1;
                totals.throttled += 1;
                counts.minutes.throttle(at);
                Answer::Throttled
            }
            Verdict::Queued => {
                counts.queued += 1;
                totals.queued += 1;
                Answer::Queued
            }
            // Nobody is suppressed here.
            Verdict::NoAction | Verdict::Suppressed => Answer::NoAction,
        };
        said.others.push((name, answer));
        false
    }
}

/// How often each campaign was kept from inviting, by whom.
fn starved(live: &[Vec<u64>], desired: &[Vec<u64>]) -> Vec<Starved> {
    let mut starved = Vec::new();
    for by in 0..live.len() {
        for whom in 0..live.len() {
            let often = |rows: &[Vec<u64>]| rows[by].get(whom).copied().unwrap_or(0);
            let decisions = BothWorlds { live: often(live), desired: often(desired) };
            if decisions != BothWorlds::default() {
                starved.push(Starved { by, whom, decisions });
            }
        }
    }
    starved.sort_by_key(|starved| std::cmp::Reverse(starved.decisions.desired.max(starved.decisions.live)));
    starved.truncate(Starved::MOST);
    starved
}

/// How often each campaign was kept from inviting.
fn column_sums(rows: &[Vec<u64>]) -> Vec<u64> {
    let mut sums = vec![0; rows.len()];
    for row in rows {
        for (sum, count) in sums.iter_mut().zip(row) {
            *sum += count;
        }
    }
    sums
}

impl Counts {
    fn finish(self, spec: &CampaignSpec, offered: u64, suppressed: u64) -> CampaignDecisions {
        let Self { invited, throttled, queued, minutes } = self;
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
