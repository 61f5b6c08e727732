//! Danger marks, over generated changes: what the evaluator newly invites is marked, and what it proves to be no more is not.
//!
//! `PROPTEST_CASES=20000 cargo test --test danger` looks at twenty times as many changes.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::evaluate::analysis::{Audience, Verdict};
use campaignctl::evaluate::{Ledger, check, decide};
use campaignctl::model::{
    Action, AskedCampaign, AttributeValue, CampaignId, CampaignKey, CampaignSpec, DataType, DecisionStatus, Desired, DesiredCampaign,
    EvaluationMode, Filter, FilterValue, LastApplied, Lifecycle, Live, LiveCampaign, Operator, Origin, Remembered, RoutingConfig, Scalar,
    Session, Throttling,
};
use campaignctl::reconcile::{Change, DangerKind, Effect, Plan, Policy, Severity, Tier, plan};
use campaigns::spec;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Number, json};

/// The marks that say that more visitors can be invited, or the same ones more often.
const MORE: [DangerKind; 6] = [
    DangerKind::AudienceWidened,
    DangerKind::EverySession,
    DangerKind::DecidedAtOnce,
    DangerKind::SwitchedOn,
    DangerKind::ThrottlingRemoved,
    DangerKind::ThrottlingLoosened,
];

fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(1000), ..default }
}

fn key(text: &str) -> CampaignKey {
    CampaignKey::new(text).unwrap()
}

fn declared(spec: CampaignSpec) -> DesiredCampaign {
    let origin = Origin { file: "campaigns/x.yaml".to_owned(), line: 1, overlay: None };
    DesiredCampaign { spec, lifecycle: Lifecycle::default(), held: Vec::new(), previously: None, origin }
}

fn live_one(id: &str, spec: CampaignSpec) -> LiveCampaign {
    LiveCampaign {
        id: CampaignId(id.to_owned()),
        version: 3,
        date_created: None,
        date_modified: Some("2026-11-20T14:02:00Z".parse().unwrap()),
        modified_by: Some("oncall".to_owned()),
        spec,
        unmodelled: Vec::new(),
    }
}

/// The plan of campaigns that are live in one way, declared in another, and applied last in a third.
fn plan_of(campaigns: &[(&str, Option<CampaignSpec>, Option<CampaignSpec>, Option<CampaignSpec>)]) -> Plan {
    let (mut desired, mut live, mut last) = (Desired::default(), Live::default(), LastApplied::default());
    for (name, applied, before, after) in campaigns {
        desired.campaigns.extend(after.clone().map(|spec| (key(name), declared(spec))));
        live.campaigns.extend(before.clone().map(|spec| live_one(name, spec)));
        let remembered = |body| Remembered { id: CampaignId((*name).to_owned()), body, prevent_destroy: false, keep: false };
        last.campaigns.extend(applied.clone().map(|spec| (key(name), remembered(spec))));
    }
    plan(&desired, &live, &last, &Policy::default())
}

/// The one change from `before` to `after`; `None` where nothing differs.
fn change(before: &CampaignSpec, after: &CampaignSpec) -> Option<Change> {
    let plan = plan_of(&[("a", Some(before.clone()), Some(before.clone()), Some(after.clone()))]);
    plan.changes.into_iter().next()
}

fn kinds(change: &Change) -> Vec<DangerKind> {
    change.dangers.iter().map(|danger| danger.kind).collect()
}

fn sentences(change: &Change) -> Vec<&str> {
    change.dangers.iter().map(|danger| danger.sentence.as_str()).collect()
}

/// `path: before -> after`, as far as there are values.
fn fields(change: &Change) -> Vec<String> {
    let shown = |value: &Option<campaignctl::reconcile::FieldValue>| value.as_ref().map_or("-".to_owned(), |value| value.to_json().to_string());
    change.fields.iter().map(|field| format!("{}: {} -> {}", field.path, shown(&field.before), shown(&field.after))).collect()
}

fn filter(attribute: &str, operator: &str, value: serde_json::Value, data_type: &str) -> Filter {
    serde_json::from_value(json!({ "attributeName": attribute, "operator": operator, "value": value, "dataType": data_type })).unwrap()
}

// --- generated changes

const TEXTS: [&str; 9] = ["", "a", "b", "ab", "ba", "/p", "/p/q", "q", "ä"];
const NUMBERS: [&str; 13] =
    ["0", "1", "2", "3", "-1", "0.0", "0.5", "1.0", "2.5", "9007199254740993", "9007199254740992.0", "1e300", "18446744073709551615"];

fn number(text: &str) -> Number {
    serde_json::from_str(text).unwrap()
}

/// Which filters are made.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Domain {
    /// All that the contract takes, and some that it does not.
    All,
    /// Those that can be tried with every value there is: flags, small integers, and texts that are compared as a whole.
    Finite,
}

fn scalar(data_type: DataType, domain: Domain) -> BoxedStrategy<Scalar> {
    match (data_type, domain) {
        (DataType::Boolean, _) => any::<bool>().prop_map(Scalar::Boolean).boxed(),
        (DataType::String, _) => prop::sample::select(&TEXTS[..]).prop_map(|text| Scalar::Text(text.to_owned())).boxed(),
        (_, Domain::Finite) => (-2i64..4).prop_map(|small| Scalar::Number(small.into())).boxed(),
        (DataType::Float, Domain::All) => prop::sample::select(&NUMBERS[..]).prop_map(|text| Scalar::Number(number(text))).boxed(),
        (DataType::Integer, Domain::All) => prop::sample::select(&NUMBERS[..])
            .prop_map(|text| Scalar::Number(number(text)))
            .prop_filter("an integer", |scalar| DataType::Integer.admits(scalar))
            .boxed(),
    }
}

fn typed(domain: Domain) -> impl Strategy<Value = (Operator, DataType)> {
    (prop::sample::select(&Operator::ALL[..]), prop::sample::select(&DataType::ALL[..])).prop_filter("of the domain", move |(operator, data_type)| {
        let whole = matches!(operator, Operator::Equals | Operator::NotEquals | Operator::In | Operator::NotIn);
        let finite = *data_type != DataType::Float && (*data_type != DataType::String || whole);
        operator.applies_to(*data_type) && (domain == Domain::All || finite)
    })
}

fn any_filter(domain: Domain) -> impl Strategy<Value = Filter> {
    (typed(domain), prop::sample::select(&["s.a", "s.a", "s.b"][..])).prop_flat_map(move |((operator, data_type), name)| {
        let value = if operator.takes_list() {
            prop::collection::vec(scalar(data_type, domain), 1..4).prop_map(FilterValue::Many).boxed()
        } else {
            scalar(data_type, domain).prop_map(FilterValue::One).boxed()
        };
        value.prop_map(move |value| Filter { attribute_name: name.to_owned(), operator, value, data_type })
    })
}

/// What becomes of a filter: it stays, goes, or gets another operator and value; of the same type, mostly.
fn edited(before: Filter, domain: Domain) -> impl Strategy<Value = Option<Filter>> {
    let data_type = before.data_type;
    let stays = before.clone();
    let other_value = {
        let before = before.clone();
        scalar(data_type, domain).prop_map(move |scalar| match &before.value {
            FilterValue::One(_) => Some(Filter { value: FilterValue::One(scalar), ..before.clone() }),
            FilterValue::Many(many) => {
                let value = FilterValue::Many(many.iter().cloned().chain([scalar]).collect());
                Some(Filter { value, ..before.clone() })
            }
        })
    };
    let other = any_filter(domain).prop_map(move |other| Some(Filter { attribute_name: before.attribute_name.clone(), ..other }));
    prop_oneof![6 => Just(Some(stays)), 1 => Just(None), 2 => other_value, 3 => other]
}

fn edited_filters(domain: Domain) -> impl Strategy<Value = (Vec<Filter>, Vec<Filter>)> {
    prop::collection::vec(any_filter(domain), 1..4).prop_flat_map(move |before| {
        let edits: Vec<_> = before.iter().cloned().map(|filter| edited(filter, domain).boxed()).collect();
        (Just(before), edits, prop::collection::vec(any_filter(domain), 0..2)).prop_map(|(before, edits, added)| {
            let after = edits.into_iter().flatten().chain(added).collect();
            (before, after)
        })
    })
}

fn throttling() -> impl Strategy<Value = Option<Throttling>> {
    let some = (prop::option::of(0..3u64), prop::option::of(0..40u64), prop::option::of(1..4u64));
    prop::option::weighted(
        0.8,
        some.prop_map(|(max_invites_per_contact, cooldown_seconds, max_invites_per_minute)| Throttling {
            max_invites_per_contact,
            cooldown_seconds,
            max_invites_per_minute,
        }),
    )
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = (1..4u64, any::<bool>(), any::<bool>()).prop_map(|(priority, queue, skills)| {
        let mut action = spec("x").actions.remove(0);
        let routing = action.routing_config.take().unwrap();
        action.priority = priority;
        action.routing_config = Some(RoutingConfig {
            queue_id: routing.queue_id.filter(|_| queue),
            skill_groups: if skills { routing.skill_groups } else { Vec::new() },
            ..RoutingConfig::default()
        });
        action
    });
    prop::collection::vec(action, 1..4)
}

/// All that decides beside the filters.
#[derive(Debug, Clone)]
struct Terms {
    enabled: bool,
    mode: EvaluationMode,
    throttling: Option<Throttling>,
    actions: Vec<Action>,
}

fn terms() -> impl Strategy<Value = Terms> {
    let enabled = prop::bool::weighted(0.85);
    let mode = prop_oneof![5 => Just(EvaluationMode::Realtime), 1 => Just(EvaluationMode::Batch)];
    (enabled, mode, throttling(), actions())
        .prop_map(|(enabled, mode, throttling, actions)| Terms { enabled, mode, throttling, actions })
}

fn campaign(filters: Vec<Filter>, terms: Terms) -> CampaignSpec {
    let Terms { enabled, mode, throttling, actions } = terms;
    CampaignSpec { enabled, evaluation_mode: mode, filters, actions, throttling, ..spec("x") }
}

/// A campaign before and after: filters alone differ, or everything may.
fn changed(domain: Domain) -> impl Strategy<Value = (CampaignSpec, CampaignSpec)> {
    let other_terms = prop::option::weighted(0.5, terms());
    (edited_filters(domain), terms(), other_terms).prop_map(|((before, after), terms, other)| {
        (campaign(before, terms.clone()), campaign(after, other.unwrap_or(terms)))
    })
}

// --- sessions

/// Values at, beside and far from what the filters compare with.
fn values(filters: &[&Filter]) -> Vec<Option<Scalar>> {
    let mut values = vec![None, Some(Scalar::Boolean(true)), Some(Scalar::Boolean(false))];
    let mut texts: BTreeSet<String> = ["", "z", "zz"].map(str::to_owned).into();
    let mut numbers: Vec<Number> = (-4i64..7).map(Number::from).collect();
    for scalar in filters.iter().flat_map(|filter| filter.value.scalars()) {
        match scalar {
            Scalar::Boolean(_) => {}
            Scalar::Text(text) => texts.extend([text.clone(), format!("{text}z"), format!("z{text}"), format!("z{text}z")]),
            Scalar::Number(number) => {
                numbers.push(number.clone());
                let near = number.as_i64().map(|whole| [whole.saturating_sub(1), whole.saturating_add(1)]);
                numbers.extend(near.into_iter().flatten().map(Number::from));
                let large = number.as_u64().map(|whole| [whole.saturating_sub(1), whole.saturating_add(1)]);
                numbers.extend(large.into_iter().flatten().map(Number::from));
                let float = number.as_f64().unwrap();
                numbers.extend([float, float.next_up(), float.next_down(), float + 0.5].into_iter().filter_map(Number::from_f64));
            }
        }
    }
    let pairs: Vec<String> = texts.iter().flat_map(|a| texts.iter().map(move |b| format!("{a}{b}"))).collect();
    texts.extend(pairs.into_iter().take(120));
    values.extend(numbers.into_iter().map(|number| Some(Scalar::Number(number))));
    values.extend(texts.into_iter().map(|text| Some(Scalar::Text(text))));
    values
}

/// Sessions in which one attribute takes every value while the other has one that the filters take, or any.
fn sessions(before: &CampaignSpec, after: &CampaignSpec) -> Vec<Session> {
    let all: Vec<&Filter> = before.filters.iter().chain(&after.filters).collect();
    let of = |name: &str| values(&all.iter().copied().filter(|filter| filter.attribute_name == name).collect::<Vec<_>>());
    let passes = |filters: &[Filter], name: &str, value: &Option<Scalar>| {
        let value = value.clone().map(AttributeValue::Scalar);
        filters.iter().filter(|filter| filter.attribute_name == name).all(|filter| check(filter, value.as_ref()).passed())
    };
    // What passes afterwards is all that can newly match; of values that pass alike, one is enough.
    let mut kept: Vec<Vec<Option<Scalar>>> = Vec::new();
    for name in ["s.a", "s.b"] {
        let mut seen = BTreeMap::new();
        for value in of(name) {
            let passes = (passes(&before.filters, name, &value), passes(&after.filters, name, &value));
            seen.entry(passes).or_insert(value);
        }
        kept.push(seen.into_values().collect());
    }
    let session = |a: &Option<Scalar>, b: &Option<Scalar>| {
        let entries = [("s.a", a), ("s.b", b)];
        let attributes = entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), AttributeValue::Scalar(value.clone()?))));
        let mut session: Session = serde_json::from_value(json!({ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": {} })).unwrap();
        session.attributes = attributes.collect();
        session
    };
    kept[0].iter().flat_map(|a| kept[1].iter().map(move |b| (a, b))).map(|(a, b)| session(a, b)).collect()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn is_invited(spec: &CampaignSpec, session: &Session, ledger: &Ledger, now: Timestamp) -> bool {
    decide(AskedCampaign { id: "a", spec }, session, ledger, now).outcome.status() == DecisionStatus::Invited
}

/// How many invites one contact gets whose session is offered at these times.
fn invites(spec: &CampaignSpec, session: &Session, times: &[i64]) -> Vec<usize> {
    let mut ledger = Ledger::default();
    let mut count = 0;
    let offered = times.iter().map(|seconds| {
        let decision = decide(AskedCampaign { id: "a", spec }, session, &ledger, at(*seconds));
        count += usize::from(decision.outcome.status() == DecisionStatus::Invited);
        ledger.record(&decision);
        count
    });
    offered.collect()
}

proptest! {
    #![proptest_config(cases())]

    /// Whoever is invited afterwards and was not before is announced.
    #[test]
    fn what_is_newly_invited_is_marked((before, after) in changed(Domain::All)) {
        let change = change(&before, &after);
        let marks = change.as_ref().map(kinds).unwrap_or_default();
        let ledger = Ledger::default();
        for session in sessions(&before, &after) {
            let newly = is_invited(&after, &session, &ledger, at(0)) && !is_invited(&before, &session, &ledger, at(0));
            prop_assert!(!newly || marks.iter().any(|kind| MORE.contains(kind)), "{:#?}\n{:#?}", session.attributes, change);
        }
    }

    /// Where every value can be tried: the mark is there exactly where somebody matches who did not.
    #[test]
    fn the_audience_is_marked_exactly_where_it_is_widened((before, after) in edited_filters(Domain::Finite)) {
        let [before, after] = [before, after].map(|filters| CampaignSpec { filters, ..spec("x") });
        let newly = |session: &Session| {
            let matches = |spec: &CampaignSpec| is_invited(spec, session, &Ledger::default(), at(0));
            matches(&after) && !matches(&before)
        };
        let witness = sessions(&before, &after).into_iter().find(newly);
        let change = change(&before, &after);
        let marks = change.as_ref().map(kinds).unwrap_or_default();
        prop_assert_eq!(marks.contains(&DangerKind::AudienceWidened), witness.is_some(), "{:#?}\n{:#?}", witness, change);
        let told = change.as_ref().map(sentences).unwrap_or_default();
        prop_assert!(told.iter().all(|sentence| !sentence.contains("can match")), "{told:?}");
        let tier = change.as_ref().map(|change| change.tier);
        prop_assert_eq!(tier == Some(Tier::Loosen), witness.is_some(), "{:?}", tier);
    }

    /// Nothing is announced where the filters afterwards imply those before; and "match" without "can" is proven.
    #[test]
    fn no_more_visitors_are_announced_than_there_are((before, after) in edited_filters(Domain::All)) {
        let (was, will_be) = (Audience::of(&before), Audience::of(&after));
        let [before, after] = [before, after].map(|filters| CampaignSpec { filters, ..spec("x") });
        let change = change(&before, &after);
        let marks = change.as_ref().map(kinds).unwrap_or_default();
        let is_within = matches!(will_be.is_within(&was), Verdict::Yes(_)) || will_be.is_inhabited() == Verdict::No;
        prop_assert!(!is_within || !marks.iter().any(|kind| MORE.contains(kind)), "{change:#?}");
        let certain = change.iter().flat_map(|change| sentences(change)).any(|sentence| sentence.contains("more visitors match"));
        prop_assert!(!certain || will_be.exceeds(&was) == Some(true), "{change:#?}");
    }

    /// The limits, with filters that stay: more invites for anybody at any time are announced, and so is nothing else.
    #[test]
    fn looser_limits_are_marked(
        before in throttling(),
        after in throttling(),
        mut times in prop::collection::vec(0..150i64, 1..12),
    ) {
        times.sort_unstable();
        let [before, after] = [before, after].map(|throttling| CampaignSpec { throttling, ..spec("x") });
        let mut session: Session = serde_json::from_value(json!({ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": {
            "session.dwell_time_seconds": 46, "contact.is_authenticated": true } })).unwrap();
        session.contact_id = "ext:1".to_owned();
        let change = change(&before, &after);
        let marks = change.as_ref().map(kinds).unwrap_or_default();
        let (was, will_be) = (invites(&before, &session, &times), invites(&after, &session, &times));
        let more = was.last() < will_be.last();
        prop_assert!(!more || marks.iter().any(|kind| MORE.contains(kind)), "{was:?} {will_be:?} {change:#?}");
        let is_loose = |spec: &CampaignSpec| campaignctl::evaluate::Terms::of(spec).limit.is_none() && campaignctl::evaluate::Terms::of(spec).cap.is_none();
        prop_assert!(!is_loose(&before) || marks.is_empty(), "nothing is looser than no limit: {change:#?}");
    }

    /// A campaign that is created and invites somebody says that it starts.
    #[test]
    fn what_is_created_says_so(filters in prop::collection::vec(any_filter(Domain::All), 1..3), terms in terms()) {
        let after = campaign(filters, terms);
        let plan = plan_of(&[("a", None, None, Some(after.clone()))]);
        let nobody = CampaignSpec { enabled: false, ..after.clone() };
        let change = &plan.changes[0];
        if sessions(&nobody, &after).iter().any(|session| is_invited(&after, session, &Ledger::default(), at(0))) {
            prop_assert_eq!(change.effect(), Effect::StartsInviting);
            let terms = campaignctl::evaluate::Terms::of(&after);
            prop_assert_eq!(kinds(change).contains(&DangerKind::NoSuppression), terms.limit.is_none_or(|limit| limit.cooldown.is_zero()));
            prop_assert_eq!(kinds(change).contains(&DangerKind::NoCap), terms.cap.is_none());
        }
        if !after.enabled {
            prop_assert!(change.dangers.is_empty());
        }
    }

    /// Filters and actions of one body are told apart by name, whatever they are paired with.
    #[test]
    fn no_field_is_named_twice((before, after) in changed(Domain::All), applied in prop::option::of(changed(Domain::All))) {
        let applied = applied.map(|(applied, _)| applied);
        let plan = plan_of(&[("a", applied, Some(before), Some(after))]);
        for change in &plan.changes {
            let names: BTreeSet<String> = change.fields.iter().map(|field| field.path.to_string()).collect();
            prop_assert_eq!(names.len(), change.fields.len(), "{:#?}", fields(change));
        }
    }
}
