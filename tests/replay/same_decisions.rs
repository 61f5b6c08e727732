//! A replay of many sessions, and each of them decided alone with a ledger, come to the same.

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::evaluate::{Ledger, decide};
use campaignctl::model::{AskedCampaign, CampaignSpec, DecisionStatus, Flip, FlipKind, Replayed, Session, Share, World};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use super::generated::{campaign, session};
use super::recordings::{Recording, contested};

pub type Specs = Vec<(String, Option<CampaignSpec>, Option<CampaignSpec>)>;

/// What one world decides of each session, in order of time: by line, and campaign.
pub fn alone(campaigns: &Specs, world: World, lines: &[Value]) -> BTreeMap<(usize, String), DecisionStatus> {
    let mut order: Vec<(&String, &CampaignSpec)> = campaigns
        .iter()
        .filter_map(|(key, live, desired)| Some((key, if world == World::Live { live.as_ref()? } else { desired.as_ref()? })))
        .collect();
    order.sort_by_key(|(key, spec)| (spec.actions.iter().map(|action| action.priority).min(), (*key).clone()));
    let mut turns: Vec<(Timestamp, usize, Session)> = Vec::new();
    for (nth, line) in lines.iter().enumerate() {
        let session: Session = serde_json::from_value(line.clone()).unwrap();
        turns.push((session.timestamp.unwrap(), nth, session));
    }
    turns.sort_by_key(|(at, nth, _)| (*at, *nth));
    let mut ledger = Ledger::default();
    let mut decided = BTreeMap::new();
    let mut requests: BTreeMap<(String, Option<&str>), Timestamp> = BTreeMap::new();
    for (now, nth, session) in &turns {
        let only = lines[*nth].get("campaign").and_then(Value::as_str);
        if only.is_some_and(|only| !campaigns.iter().any(|(key, ..)| key == only)) {
            continue;
        }
        // Only a session that something matches counts as a request that was made.
        let asked: Vec<_> = order.iter().filter(|(key, _)| only.is_none_or(|only| only == key.as_str())).collect();
        let matches_anything = campaigns.iter().filter(|(key, ..)| only.is_none_or(|only| only == key)).any(|(_, live, desired)| {
            [live, desired].into_iter().flatten().any(|spec| {
                let answer = decide(AskedCampaign { id: "x", spec }, session, &Ledger::default(), *now).outcome.status();
                !matches!(answer, DecisionStatus::NotMatched | DecisionStatus::Disabled)
            })
        });
        if let Some(request) = session.request_id.clone().filter(|_| matches_anything) {
            let key = (request, only);
            if requests.get(&key).is_some_and(|at| now.duration_since(*at) < SignedDuration::from_hours(24)) {
                continue;
            }
            requests.insert(key, *now);
        }
        for (key, spec) in asked {
            let decision = decide(AskedCampaign { id: key, spec }, session, &ledger, *now);
            ledger.record(&decision);
            decided.insert((*nth, (*key).clone()), decision.outcome.status());
        }
    }
    decided
}

fn counted(decided: &BTreeMap<(usize, String), DecisionStatus>, key: &str, status: DecisionStatus) -> u64 {
    decided.iter().filter(|((_, campaign), found)| campaign == key && **found == status).count() as u64
}

fn keys(replayed: &Replayed, place: Option<usize>) -> Option<&str> {
    place.map(|place| replayed.contenders[place].who.key.as_ref().unwrap().as_str())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn together_and_alone_come_to_the_same(
        specs in prop::collection::vec((prop::option::weighted(0.85, campaign()), prop::option::weighted(0.85, campaign()), any::<bool>()), 1..6),
        lines in prop::collection::vec(session(), 1..60),
    ) {
        // Some campaigns stay as they are.
        let specs: Specs = specs
            .into_iter()
            .enumerate()
            .map(|(nth, (live, desired, same))| (format!("c{nth}"), live.clone(), if same { live } else { desired }))
            .collect();
        let campaigns = specs.iter().map(|(key, live, desired)| contested(key, live.as_ref(), desired.as_ref())).collect();
        prop_assume!(specs.iter().any(|(_, live, _)| live.is_some()));
        let replayed = Recording::of_lines(&lines).replay(campaigns);
        let (live, desired) = (alone(&specs, World::Live, &lines), alone(&specs, World::Desired, &lines));
        for (world, decided) in [(World::Live, &live), (World::Desired, &desired)] {
            for campaign in &replayed.contenders {
                let key = campaign.who.key.as_ref().unwrap().as_str();
                let Some(found) = campaign.decided.of(world) else { continue };
                let counts = (found.invited, found.suppressed, found.throttled, found.queued);
                let expected = (
                    counted(decided, key, DecisionStatus::Invited),
                    counted(decided, key, DecisionStatus::Suppressed),
                    counted(decided, key, DecisionStatus::Throttled),
                    counted(decided, key, DecisionStatus::Queued),
                );
                prop_assert_eq!(counts, expected, "{} {:?}", key, world);
                if found.enabled {
                    let asked = decided.keys().filter(|(_, campaign)| campaign == key).count() as u64;
                    prop_assert_eq!(found.not_matched + found.invited + found.suppressed + found.throttled + found.queued, asked);
                }
                prop_assert_eq!(found.timeline.steps.iter().map(|step| step.invites).sum::<u64>(), found.invited);
            }
            let suppressed: u64 = replayed.starved.iter().map(|starved| *starved.decisions.of(world)).sum();
            prop_assert_eq!(suppressed, replayed.totals.of(world).suppressed);
            let by_queue: u64 = replayed.queues.iter().map(|queue| *queue.invites.of(world)).sum();
            prop_assert_eq!(by_queue, replayed.totals.of(world).invites);
        }
        // Every session of which the two sets of inviting campaigns differ is in exactly one group, and every example is of it.
        let inviting = |decided: &BTreeMap<(usize, String), DecisionStatus>, line: usize| -> BTreeSet<String> {
            decided.iter().filter(|((nth, _), status)| *nth == line && **status == DecisionStatus::Invited).map(|((_, key), _)| key.clone()).collect()
        };
        let differing = (0..lines.len()).filter(|line| inviting(&live, *line) != inviting(&desired, *line)).count();
        prop_assert_eq!(replayed.flips.iter().map(|flip| flip.sessions).sum::<u64>(), differing as u64);
        // One number for one thing: what a campaign gains and loses is what the flips say of it.
        for (place, campaign) in replayed.contenders.iter().enumerate() {
            let of = |first: fn(&Flip) -> Option<usize>, also: fn(&Flip) -> &[Share]| -> u64 {
                let first = replayed.flips.iter().filter(|flip| first(flip) == Some(place)).map(|flip| flip.sessions).sum::<u64>();
                let also = replayed.flips.iter().flat_map(also).filter(|share| share.campaign == place).map(|share| share.sessions).sum::<u64>();
                first + also
            };
            prop_assert_eq!(campaign.gained, of(|flip| flip.to, |flip| &flip.also_to));
            prop_assert_eq!(campaign.lost, of(|flip| flip.from, |flip| &flip.also_from));
        }
        for (world, decided) in [(World::Live, &live), (World::Desired, &desired)] {
            let invites: Vec<usize> = (0..lines.len()).map(|line| inviting(decided, line).len()).collect();
            let totals = replayed.totals.of(world);
            prop_assert_eq!(totals.several_invites, invites.iter().filter(|invites| **invites > 1).count() as u64);
            prop_assert_eq!(totals.most_invites, invites.iter().max().copied().unwrap_or(0) as u64);
        }
        for flip in &replayed.flips {
            let Flip { kind, from, to, also_from: _, also_to: _, cause: _, sessions, examples } = flip;
            prop_assert!(!examples.is_empty() && examples.len() as u64 <= *sessions);
            for example in examples {
                let line = usize::try_from(example.line).unwrap() - 1;
                let (before, after) = (inviting(&live, line), inviting(&desired, line));
                if let Some(from) = keys(&replayed, *from) {
                    prop_assert!(before.contains(from) && !after.contains(from));
                    let now = desired.get(&(line, from.to_owned()));
                    prop_assert_eq!(*kind == FlipKind::NowSuppressed, to.is_none() && now == Some(&DecisionStatus::Suppressed));
                    prop_assert_eq!(*kind == FlipKind::NowThrottled, to.is_none() && now == Some(&DecisionStatus::Throttled));
                }
                if let Some(to) = keys(&replayed, *to) {
                    prop_assert!(after.contains(to) && !before.contains(to));
                }
                prop_assert_eq!(*kind == FlipKind::Moved, from.is_some() && to.is_some());
                prop_assert_eq!(*kind == FlipKind::NewlyInvited, from.is_none());
            }
        }
    }
}
