//! Sessions that the two worlds treat differently: in which way, and why.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::batch::{Record, is_set, small};
use super::contest::{Contest, Contested};
use crate::model::{CampaignSpec, Flip, FlipCause, FlipKind, SessionPlace, Share, World};

/// What the campaigns of one world said to a session that some of them match.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    /// The campaigns that invite, in the order in which they were asked.
    pub(super) invited: SmallVec<[u32; 2]>,
    /// What others said, but for `suppressed`.
    pub(super) others: SmallVec<[(u32, Answer); 2]>,
    /// From which turn on the contact is suppressed by whom.
    pub(super) suppressed: SmallVec<[(u32, u32); 2]>,
}

/// What a campaign said that matches, but for inviting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    NoAction,
    Queued,
    Throttled,
}

/// Sessions that flipped, by how and why.
#[derive(Debug, Default)]
pub(super) struct Flips {
    groups: BTreeMap<(FlipKind, Option<u32>, Option<u32>, Why), Group>,
}

#[derive(Debug, Default)]
struct Group {
    sessions: u64,
    examples: Vec<SessionPlace>,
    /// Campaigns beside the first that gain or lose sessions of the group, and how many.
    also_gained: BTreeMap<u32, u64>,
    also_lost: BTreeMap<u32, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Absent,
    Disabled,
    Filter { world: World, campaign: u32, filter: u32 },
    Suppressed { by: u32 },
    Throttled,
    Queued,
    NoAction,
}

/// Campaigns that invite a session in one world and not in the other.
pub(super) struct Differing {
    pub(super) gained: SmallVec<[u32; 2]>,
    pub(super) lost: SmallVec<[u32; 2]>,
}

impl Differing {
    pub(super) fn between(live: &Said, desired: &Said) -> Self {
        let only = |said: &Said, other: &Said| said.invited.iter().filter(|campaign| !other.invited.contains(campaign)).copied().collect();
        Self { gained: only(desired, live), lost: only(live, desired) }
    }
}

impl Flips {
    /// Counts a session of which campaigns differ.
    pub(super) fn count(&mut self, record: &Record, differing: &Differing, live: &Said, desired: &Said, contest: &Contest<'_>) {
        let (from, to) = (differing.lost.first().copied(), differing.gained.first().copied());
        let (kind, why) = match (from, to) {
            (None, Some(to)) => (FlipKind::NewlyInvited, why(to, World::Live, live, record, contest)),
            (Some(from), Some(_)) => (FlipKind::Moved, why(from, World::Desired, desired, record, contest)),
            (Some(from), None) => {
                let why = why(from, World::Desired, desired, record, contest);
                let kind = match why {
                    Why::Suppressed { .. } => FlipKind::NowSuppressed,
                    Why::Throttled => FlipKind::NowThrottled,
                    Why::Absent | Why::Disabled | Why::Filter { .. } | Why::Queued | Why::NoAction => FlipKind::Lost,
                };
                (kind, why)
            }
            (None, None) => return,
        };
        let Group { sessions, examples, also_gained, also_lost } = self.groups.entry((kind, from, to, why)).or_default();
        *sessions += 1;
        for (campaigns, also) in [(&differing.gained, also_gained), (&differing.lost, also_lost)] {
            for campaign in campaigns.iter().skip(1) {
                *also.entry(*campaign).or_default() += 1;
            }
        }
        if examples.len() < Flip::EXAMPLES {
            examples.push(SessionPlace { file: record.file as usize, line: record.line });
        }
    }

    /// All groups, those of the most sessions first.
    pub(super) fn into_flips(self, campaigns: &[Contested<'_>]) -> Vec<Flip> {
        let place = |campaign: u32| campaign as usize;
        let shares = |also: BTreeMap<u32, u64>| {
            let mut shares: Vec<Share> =
                also.into_iter().map(|(campaign, sessions)| Share { campaign: place(campaign), sessions }).collect();
            shares.sort_by_key(|share| std::cmp::Reverse(share.sessions));
            shares
        };
        let flips = self.groups.into_iter().map(|((kind, from, to, why), group)| {
            let Group { sessions, examples, also_gained, also_lost } = group;
            Flip {
                kind,
                from: from.map(place),
                to: to.map(place),
                also_from: shares(also_lost),
                also_to: shares(also_gained),
                cause: cause(why, campaigns),
                sessions,
                examples,
            }
        });
        let mut flips: Vec<Flip> = flips.collect();
        flips.sort_by_key(|flip| std::cmp::Reverse(flip.sessions));
        flips
    }
}

/// Why the campaign does not invite in this world.
fn why(campaign: u32, world: World, said: &Said, record: &Record, contest: &Contest<'_>) -> Why {
    if let Some((_, answer)) = said.others.iter().find(|(other, _)| *other == campaign) {
        return match answer {
            Answer::Throttled => Why::Throttled,
            Answer::Queued => Why::Queued,
            Answer::NoAction => Why::NoAction,
        };
    }
    if let Some(turn) = contest.turn(world, campaign)
        && is_set(&record.matched, contest.first_bit(world) + turn as usize)
        && let Some((_, by)) = said.suppressed.iter().rfind(|(from, _)| *from <= turn)
    {
        return Why::Suppressed { by: *by };
    }
    let spec: Option<&CampaignSpec> = *contest.campaigns[campaign as usize].spec.of(world);
    match (spec, record.failing.iter().find(|(other, _)| *other == campaign)) {
        (None, _) => Why::Absent,
        (Some(spec), _) if !spec.enabled => Why::Disabled,
        (Some(_), Some((_, filter))) => Why::Filter { world, campaign, filter: *filter },
        (Some(_), None) => Why::Filter { world, campaign, filter: small(0) },
    }
}

fn cause(why: Why, campaigns: &[Contested<'_>]) -> FlipCause {
    match why {
        Why::Absent => FlipCause::Absent,
        Why::Disabled => FlipCause::Disabled,
        Why::Filter { world, campaign, filter } => {
            let spec = campaigns.get(campaign as usize).and_then(|campaign| *campaign.spec.of(world));
            let filter = spec.and_then(|spec| spec.filters.get(filter as usize)).cloned();
            filter.map_or(FlipCause::NoAction, |filter| FlipCause::Filter { filter })
        }
        Why::Suppressed { by } => FlipCause::Suppressed { by: by as usize },
        Why::Throttled => FlipCause::Throttled,
        Why::Queued => FlipCause::Queued,
        Why::NoAction => FlipCause::NoAction,
    }
}
