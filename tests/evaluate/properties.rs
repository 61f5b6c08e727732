//! What holds for all campaigns, sessions and times.

use std::collections::BTreeMap;

use campaignctl::evaluate::{ContactLimit, Ledger, UtcMinute, check, compare_numbers, decide};
use campaignctl::model::{
    AskedCampaign, AttributeValue, CampaignSpec, DataType, Decision, Filter, FilterFailure, FilterResult, FilterValue, Operator, Outcome,
    Scalar, Session,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Number, Value, json};

fn number() -> impl Strategy<Value = Number> {
    let near = (-3i64..=3, prop::sample::select(vec![0i64, 45, 1 << 53, -(1 << 53), i64::MAX - 3, i64::MIN + 3]));
    prop_oneof![
        near.clone().prop_map(|(step, around)| Number::from(around + step)),
        near.prop_filter_map("finite", |(step, around)| Number::from_f64((around + step) as f64)),
        (0..4u64).prop_map(|below| Number::from(u64::MAX - below)),
        prop::sample::select(vec![0.5, -0.5, -0.0, 0.72, 1.5, 5e-324, 1e300, 18_446_744_073_709_551_616.0])
            .prop_filter_map("finite", Number::from_f64),
    ]
}

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![any::<bool>().prop_map(Scalar::Boolean), number().prop_map(Scalar::Number), "[abÄ\u{301}😀]{0,3}".prop_map(Scalar::Text),]
}

fn attribute() -> impl Strategy<Value = Option<AttributeValue>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(AttributeValue::Null)),
        8 => scalar().prop_map(|scalar| Some(AttributeValue::Scalar(scalar))),
    ]
}

/// Any filter, also those that the contract refuses.
fn filter() -> impl Strategy<Value = Filter> {
    let value = prop_oneof![scalar().prop_map(FilterValue::One), prop::collection::vec(scalar(), 0..4).prop_map(FilterValue::Many)];
    let word = (prop::sample::select(&Operator::ALL[..]), prop::sample::select(&DataType::ALL[..]));
    (word, value).prop_map(|((operator, data_type), value)| Filter { attribute_name: "a.b".to_owned(), operator, value, data_type })
}

fn negated(operator: Operator) -> Option<Operator> {
    Some(match operator {
        Operator::Equals => Operator::NotEquals,
        Operator::NotEquals => Operator::Equals,
        Operator::GreaterThan => Operator::LessThanOrEqual,
        Operator::GreaterThanOrEqual => Operator::LessThan,
        Operator::LessThan => Operator::GreaterThanOrEqual,
        Operator::LessThanOrEqual => Operator::GreaterThan,
        Operator::Contains => Operator::NotContains,
        Operator::NotContains => Operator::Contains,
        Operator::In => Operator::NotIn,
        Operator::NotIn => Operator::In,
        Operator::StartsWith | Operator::EndsWith => return None,
    })
}

fn is_sound(filter: &Filter) -> bool {
    filter.operator.applies_to(filter.data_type)
        && filter.operator.takes_list() == matches!(filter.value, FilterValue::Many(_))
        && filter.value.scalars().iter().all(|scalar| filter.data_type.admits(scalar))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_and_its_negation_never_both_pass(filter in filter(), attribute in attribute()) {
        let result = check(&filter, attribute.as_ref());
        let Some(operator) = negated(filter.operator) else { return Ok(()) };
        let opposite = check(&Filter { operator, ..filter.clone() }, attribute.as_ref());
        prop_assert!(!(result.passed() && opposite.passed()));
        let comparable = matches!(&attribute, Some(AttributeValue::Scalar(scalar)) if filter.data_type.admits(scalar));
        if is_sound(&filter) && comparable {
            prop_assert!(result.passed() || opposite.passed(), "an attribute of the type is on one side or the other");
        } else {
            prop_assert!(!result.passed() && !opposite.passed());
        }
    }

    #[test]
    fn why_a_filter_fails_follows_from_the_attribute_alone(filter in filter(), attribute in attribute()) {
        let result = check(&filter, attribute.as_ref());
        match attribute {
            None => prop_assert_eq!(result, FilterResult::Failed(FilterFailure::Missing)),
            Some(AttributeValue::Scalar(ref scalar)) if filter.data_type.admits(scalar) => {
                prop_assert!(matches!(result, FilterResult::Passed | FilterResult::Failed(FilterFailure::NotSatisfied)));
            }
            Some(value) => {
                let failure = FilterFailure::OtherType { expected: filter.data_type, got: value.json_type() };
                prop_assert_eq!(result, FilterResult::Failed(failure));
            }
        }
    }

    #[test]
    fn numbers_have_one_order(a in number(), b in number(), c in number()) {
        prop_assert_eq!(compare_numbers(&a, &b), compare_numbers(&b, &a).reverse());
        prop_assert!(compare_numbers(&a, &a).is_eq());
        if compare_numbers(&a, &b).is_le() && compare_numbers(&b, &c).is_le() {
            prop_assert!(compare_numbers(&a, &c).is_le());
        }
    }
}

/// One trigger of a history.
#[derive(Debug, Clone)]
struct Step {
    campaign: usize,
    contact: usize,
    matches: bool,
    /// Milliseconds since the step before.
    later: i64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let later = prop::sample::select(vec![0, 1, 999, 1000, 4999, 5000, 10_000, 20_000, 59_999, 60_000]);
    let step = (0..3usize, 0..2usize, prop::bool::weighted(0.9), later).prop_map(|(campaign, contact, matches, later)| Step {
        campaign,
        contact,
        matches,
        later,
    });
    prop::collection::vec(step, 1..60)
}

fn campaigns() -> impl Strategy<Value = Vec<CampaignSpec>> {
    let some = |numbers: Vec<u64>| prop::option::weighted(0.8, prop::sample::select(numbers));
    let throttling = (some(vec![0, 1, 2, 3]), some(vec![0, 5, 10, 60]), some(vec![1, 2, 3]));
    let campaign = (prop::option::weighted(0.9, throttling), prop::bool::weighted(0.95), prop::bool::weighted(0.1));
    let spec = campaign.prop_map(|(throttling, enabled, batch)| {
        let mut body = json!({
            "name": "x", "enabled": enabled, "campaignType": "proactive", "evaluationMode": if batch { "batch" } else { "realtime" },
            "filters": [{ "attributeName": "a.b", "operator": "equals", "value": true, "dataType": "boolean" }],
            "actions": [{ "type": "webchat_invite", "priority": 1 }],
        });
        if let Some((contact, cooldown, minute)) = throttling {
            let mut block = json!({});
            for (name, value) in [("maxInvitesPerContact", contact), ("cooldownSeconds", cooldown), ("maxInvitesPerMinute", minute)] {
                if let Some(value) = value {
                    block[name] = json!(value);
                }
            }
            body["throttling"] = block;
        }
        serde_json::from_value(body).unwrap()
    });
    prop::collection::vec(spec, 3)
}

/// Plays the history; `forget_before` lets the ledger forget before that step and every step from it on.
fn play(campaigns: &[CampaignSpec], steps: &[Step], forget_from: Option<usize>, mut look: impl FnMut(&Step, &Decision<'_>)) {
    let mut ledger = Ledger::default();
    let mut now: Timestamp = "2024-05-21T23:58:30Z".parse().unwrap();
    for (place, step) in steps.iter().enumerate() {
        now += SignedDuration::from_millis(step.later);
        if forget_from.is_some_and(|from| place >= from) {
            ledger.forget(now);
        }
        let session = json!({ "contactId": format!("c{}", step.contact), "channelId": "x", "sessionData": { "a.b": step.matches } });
        let session: Session = serde_json::from_value::<Session>(session).unwrap();
        let id = step.campaign.to_string();
        let asked = AskedCampaign { id: &id, spec: &campaigns[step.campaign] };
        let before = ledger.clone();
        let decision = decide(asked, &session, &ledger, now);
        assert_eq!(decide(asked, &session, &ledger, now), decision, "same inputs, same decision");
        assert_eq!(ledger, before, "deciding remembers nothing");
        a_told_moment_is_exact(&decision, &session, &ledger);
        ledger.record(&decision);
        if !matches!(decision.outcome, Outcome::Invited { .. }) {
            assert_eq!(ledger, before, "only an invite is remembered");
        }
        look(step, &decision);
    }
}

/// A moment before the told one the answer is still the same; at it, it no longer is.
fn a_told_moment_is_exact(decision: &Decision<'_>, session: &Session, ledger: &Ledger) {
    let (Outcome::Suppressed { expires_at: told } | Outcome::Throttled { until: told }) = decision.outcome else { return };
    assert!(told > decision.decided_at);
    let before = decide(decision.campaign, session, ledger, told - SignedDuration::from_nanos(1));
    assert_eq!(before.outcome, decision.outcome);
    let after = decide(decision.campaign, session, ledger, told);
    assert_ne!(after.outcome.status(), decision.outcome.status());
}

fn outcomes(campaigns: &[CampaignSpec], steps: &[Step], forget_from: Option<usize>) -> Vec<String> {
    let mut outcomes = Vec::new();
    play(campaigns, steps, forget_from, |_, decision| outcomes.push(format!("{:?} {:?}", decision.outcome, decision.filters)));
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_history_has_the_same_decisions_however_much_is_forgotten(
        campaigns in campaigns(), steps in steps(), from in 0..60usize,
    ) {
        let expected = outcomes(&campaigns, &steps, None);
        prop_assert_eq!(&outcomes(&campaigns, &steps, None), &expected);
        prop_assert_eq!(&outcomes(&campaigns, &steps, Some(from)), &expected);
        prop_assert_eq!(&outcomes(&campaigns, &steps, Some(0)), &expected);
    }

    #[test]
    fn no_limit_is_ever_exceeded(campaigns in campaigns(), steps in steps()) {
        let mut by_minute: BTreeMap<(usize, UtcMinute), u64> = BTreeMap::new();
        let mut by_contact: BTreeMap<(usize, usize), Vec<Timestamp>> = BTreeMap::new();
        play(&campaigns, &steps, None, |step, decision| {
            if matches!(decision.outcome, Outcome::Invited { .. }) {
                *by_minute.entry((step.campaign, UtcMinute::of(decision.decided_at))).or_default() += 1;
                by_contact.entry((step.campaign, step.contact)).or_default().push(decision.decided_at);
            }
        });
        for ((campaign, _), invites) in by_minute {
            let cap = campaigns[campaign].throttling.as_ref().and_then(|throttling| throttling.max_invites_per_minute);
            prop_assert!(cap.is_none_or(|cap| invites <= cap));
        }
        for ((campaign, _), times) in by_contact {
            let Some(limit) = ContactLimit::of(&campaigns[campaign]) else { continue };
            for last in &times {
                let within = times.iter().filter(|time| *time <= last && last.duration_since(**time) < limit.cooldown).count();
                prop_assert!(within as u64 <= limit.max_invites);
            }
        }
    }
}

#[test]
fn a_decision_is_the_same_bytes_on_the_wire() {
    let body: Value = json!({
        "name": "x", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "a.b", "operator": "in", "value": ["x", "y"], "dataType": "string" }],
        "actions": [{ "type": "webchat_invite", "priority": 1, "routingConfig": { "skillGroups": ["b", "a"] } }],
    });
    let spec: CampaignSpec = serde_json::from_value(body).unwrap();
    let session = json!({ "contactId": "c", "channelId": "x", "sessionData": { "a.b": "y", "a.a": 1 } });
    let session: Session = serde_json::from_value(session).unwrap();
    let now = "2024-05-21T10:00:00.25Z".parse().unwrap();
    let decision = decide(AskedCampaign { id: "k", spec: &spec }, &session, &Ledger::default(), now);
    let text = serde_json::to_string(&campaignctl::model::TriggerDecision::new(&decision, &session)).unwrap();
    let expected = "{\"campaignId\":\"k\",\"contactId\":\"c\",\"status\":\"invited\",\"action\":{\"type\":\"webchat_invite\",\"priority\":1,\
                    \"routingConfig\":{\"skillGroups\":[\"b\",\"a\"]}},\"evaluatedAt\":\"2024-05-21T10:00:00.25Z\"}";
    assert_eq!(text, expected);
}
