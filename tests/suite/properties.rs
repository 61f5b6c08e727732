//! Any campaigns, any session: what they decide is what a case expects, and what is suggested is right.

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::model::{Attributes, CampaignKey, CampaignSpec, Outcome, Session};
use campaignctl::suite::{
    Boundary, Case, Contestant, Decided, Earlier, Event, Expected, Nearby, World, boundaries, judge, mutants_of, suggest, uncovered,
};
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

fn filter() -> impl Strategy<Value = Value> {
    let attribute = prop_oneof![Just("session.a"), Just("session.b")];
    let of_integers = (prop_oneof![Just("greater_than"), Just("less_than_or_equal"), Just("equals"), Just("not_equals")], -2..4_i64)
        .prop_map(|(operator, value)| json!({ "operator": operator, "value": value, "dataType": "integer" }));
    let of_floats = (prop_oneof![Just("greater_than_or_equal"), Just("less_than")], -4..8_i32)
        .prop_map(|(operator, value)| json!({ "operator": operator, "value": f64::from(value) / 4.0, "dataType": "float" }));
    let of_texts = (prop_oneof![Just("starts_with"), Just("contains"), Just("not_contains"), Just("equals")], "[ab]{1,2}")
        .prop_map(|(operator, value)| json!({ "operator": operator, "value": value, "dataType": "string" }));
    let of_lists = (prop_oneof![Just("in"), Just("not_in")], proptest::collection::vec(0..3_i64, 1..3))
        .prop_map(|(operator, value)| json!({ "operator": operator, "value": value, "dataType": "integer" }));
    (attribute, prop_oneof![3 => of_integers, 2 => of_floats, 1 => of_texts, 1 => of_lists]).prop_map(|(attribute, mut filter)| {
        filter["attributeName"] = json!(attribute);
        filter
    })
}

fn campaign() -> impl Strategy<Value = CampaignSpec> {
    let throttling = proptest::option::of((0..3_u64, 0..4_u64, proptest::option::of(1..3_u64)));
    (proptest::collection::vec(filter(), 1..4), 1..4_u64, throttling, proptest::bool::weighted(0.9), proptest::bool::weighted(0.1))
        .prop_map(|(filters, priority, throttling, enabled, batch)| {
            let throttling = throttling.map(|(max, cooldown, cap)| {
                let mut throttling = json!({ "maxInvitesPerContact": max, "cooldownSeconds": cooldown });
                if let Some(cap) = cap {
                    throttling["maxInvitesPerMinute"] = json!(cap);
                }
                throttling
            });
            let mut spec = json!({
                "name": "x", "enabled": enabled, "campaignType": "proactive", "evaluationMode": if batch { "batch" } else { "realtime" },
                "filters": filters, "actions": [{ "type": "webchat_invite", "priority": priority }],
            });
            if let Some(throttling) = throttling {
                spec["throttling"] = throttling;
            }
            serde_json::from_value(spec).unwrap()
        })
}

fn session() -> impl Strategy<Value = Session> {
    let value = prop_oneof![
        (-3..5_i64).prop_map(|value| json!(value)),
        (-8..12_i32).prop_map(|value| json!(f64::from(value) / 4.0)),
        "[ab]{0,3}".prop_map(|value| json!(value)),
    ];
    proptest::collection::btree_map(prop_oneof![Just("session.a".to_owned()), Just("session.b".to_owned())], value, 0..3).prop_map(
        |attributes| serde_json::from_value(json!({ "contactId": "ext:1", "channelId": "x", "sessionData": attributes })).unwrap(),
    )
}

fn case(session: Session, history: Vec<Earlier>) -> Case {
    Case {
        group: "a".to_owned(),
        name: "b".to_owned(),
        file: "a.test.yaml".to_owned(),
        line: 1,
        session,
        at: Case::NOON,
        asked: None,
        history,
        expected: BTreeMap::new(),
        only: None,
    }
}

/// A case with a little history, of sessions and of invites.
fn any_case(campaigns: usize) -> impl Strategy<Value = Case> {
    let event = prop_oneof![
        session().prop_map(Event::Session),
        (0..campaigns, prop_oneof![Just("ext:1"), Just("ext:2")])
            .prop_map(|(campaign, contact)| Event::Invited { campaign: key(campaign), contact: contact.to_owned() }),
    ];
    let earlier = (event, 0..5_i64, 1..4_u64).prop_map(|(event, seconds, times)| Earlier {
        at: Case::NOON - SignedDuration::from_secs(seconds),
        times,
        event,
    });
    (session(), proptest::collection::vec(earlier, 0..4)).prop_map(|(session, mut history)| {
        history.sort_by_key(|earlier| earlier.at);
        case(session, history)
    })
}

fn key(place: usize) -> CampaignKey {
    CampaignKey::new(format!("c{place}")).unwrap()
}

fn keyed(specs: Vec<CampaignSpec>) -> Vec<(CampaignKey, CampaignSpec)> {
    specs.into_iter().enumerate().map(|(place, spec)| (key(place), spec)).collect()
}

fn world(campaigns: &[(CampaignKey, CampaignSpec)]) -> World<'_> {
    World::new(campaigns.iter().map(|(key, spec)| Contestant { key, spec }))
}

/// Expects exactly what was decided.
fn expecting(mut case: Case, decided: &[Decided<'_>]) -> Case {
    for Decided { campaign, answer } in decided {
        let answer = answer.as_ref().unwrap();
        let (priority, until) = match answer.outcome {
            Outcome::Invited { action } => (Some(action.priority), None),
            Outcome::Suppressed { expires_at: end } | Outcome::Throttled { until: end } => (None, Some(end)),
            Outcome::NotMatched | Outcome::Queued | Outcome::Disabled => (None, None),
        };
        case.expected.insert(campaign.key.clone(), Expected { status: answer.status(), priority, queue: None, until });
    }
    case
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_decided_is_what_passes(specs in proptest::collection::vec(campaign(), 3), case in any_case(3)) {
        let campaigns = keyed(specs);
        let world = world(&campaigns);
        let decided = world.run(&case);
        let case = expecting(case.clone(), &decided);
        prop_assert_eq!(judge(&case, &world.run(&case)), vec![]);
        let invited = decided.iter().filter(|decided| matches!(decided.answer.as_ref().unwrap().outcome, Outcome::Invited { .. }));
        let only: BTreeSet<CampaignKey> = invited.map(|decided| decided.campaign.key.clone()).collect();
        let mut other = case.clone();
        other.expected.clear();
        other.only = Some(only.clone());
        prop_assert_eq!(judge(&other, &world.run(&other)), vec![]);
        // One campaign more or less is noticed.
        for key in campaigns.iter().map(|(key, _)| key) {
            let mut wrong = only.clone();
            if !wrong.remove(key) {
                wrong.insert(key.clone());
            }
            other.only = Some(wrong);
            prop_assert_eq!(judge(&other, &world.run(&other)).len(), 1);
        }
    }

    #[test]
    fn what_is_suggested_looks_at_its_limit_and_passes(specs in proptest::collection::vec(campaign(), 2)) {
        let campaigns = keyed(specs);
        let world = world(&campaigns);
        let all: Vec<Boundary<'_>> = boundaries(&world);
        for boundary in &all {
            let Some(suggested) = suggest(&world, boundary) else { continue };
            let attributes: Attributes = suggested.session.clone();
            let history = suggested.history.iter().map(|earlier| Earlier {
                at: Case::NOON - SignedDuration::from_secs(i64::try_from(earlier.seconds).unwrap()),
                times: earlier.times,
                event: Event::Invited {
                    campaign: suggested.campaign.clone(),
                    contact: earlier.contact.unwrap_or(Case::VISITOR).to_owned(),
                },
            });
            let mut pasted = case(
                Session {
                    contact_id: Case::VISITOR.to_owned(), channel_id: "x".to_owned(), attributes,
                    timestamp: None, request_id: None, correlation_id: None,
                },
                history.collect(),
            );
            pasted.asked = suggested.alone.then(|| suggested.campaign.clone());
            let expected = Expected { status: suggested.status, priority: None, queue: None, until: None };
            pasted.expected.insert(suggested.campaign.clone(), expected);
            let decided = world.run(&pasted);
            prop_assert_eq!(judge(&pasted, &decided), vec![]);
            let left = uncovered(&all, &[(&pasted, &decided)]);
            prop_assert!(!left.contains(&boundary), "{:?}", boundary);
        }
    }

    /// Only what a change can reach is decided again, and that finds the same as deciding everything again.
    #[test]
    fn a_change_is_noticed_by_the_case_that_notices_it(
        specs in proptest::collection::vec(campaign(), 3),
        cases in proptest::collection::vec(any_case(3), 1..6),
    ) {
        let campaigns = keyed(specs);
        let world = world(&campaigns);
        let cases: Vec<Case> = cases.into_iter().map(|case| expecting(case.clone(), &world.run(&case))).collect();
        let matching: Vec<BTreeSet<&CampaignKey>> = cases.iter().map(|case| Nearby::matching(&world, case)).collect();
        for (key, spec) in &campaigns {
            let contestant = Contestant { key, spec };
            let nearby = Nearby::new(contestant, &cases, &matching);
            for mutant in mutants_of(&world, contestant).0 {
                let everybody: BTreeSet<&CampaignKey> = campaigns.iter().map(|(key, _)| key).collect();
                let changed = world.with(&everybody, key, &mutant.spec);
                let first = cases.iter().find(|case| !judge(case, &changed.run(case)).is_empty());
                prop_assert_eq!(nearby.killer(&world, &mutant), first, "{}: {}", mutant.pointer, mutant.change);
            }
        }
    }
}
