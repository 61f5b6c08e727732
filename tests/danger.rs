//! Danger marks, over generated changes: what the evaluator newly invites is marked, and what it proves to be no more is not.
//!
//! `PROPTEST_CASES=20000 cargo test --test danger` looks at forty times as many changes.

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
    ProptestConfig { cases: default.cases.max(500), max_local_rejects: u32::MAX, ..default }
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

/// A campaign by its key: as applied last, as it is live, as its file says.
type Sides<'a> = (&'a str, Option<CampaignSpec>, Option<CampaignSpec>, Option<CampaignSpec>);

/// The plan of these campaigns.
fn plan_of(campaigns: &[Sides<'_>]) -> Plan {
    let (mut desired, mut live, mut last) = (Desired::default(), Live::default(), LastApplied::default());
    for (name, applied, before, after) in campaigns {
        desired.campaigns.extend(after.clone().map(|spec| (key(name), declared(spec))));
        live.campaigns.extend(before.clone().map(|spec| live_one(name, spec)));
        let remembered = |body| Remembered::new(CampaignId((*name).to_owned()), body);
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
    let shown =
        |value: &Option<campaignctl::reconcile::FieldValue>| value.as_ref().map_or("-".to_owned(), |value| value.to_json().to_string());
    change.fields.iter().map(|field| format!("{}: {} -> {}", field.path, shown(&field.before), shown(&field.after))).collect()
}

fn filter(attribute: &str, operator: &str, value: serde_json::Value, data_type: &str) -> Filter {
    serde_json::from_value(json!({ "attributeName": attribute, "operator": operator, "value": value, "dataType": data_type })).unwrap()
}

// --- one change at a time

/// `spec("x")` with another filter in the place of its first.
fn with_first(attribute: &str, operator: &str, value: serde_json::Value, data_type: &str) -> CampaignSpec {
    let mut campaign = spec("x");
    campaign.filters[0] = filter(attribute, operator, value, data_type);
    campaign
}

#[test]
fn a_filter_that_changes_says_so_in_its_own_words() {
    let dwell = |operator, value| with_first("session.dwell_time_seconds", operator, value, "integer");
    let page = |operator, value| with_first("session.page", operator, value, "string");
    let score = |operator, value| with_first("external.score", operator, value, "float");
    let none: &[&str] = &[];
    // before, after, the changed fields, the marks
    let table: Vec<(CampaignSpec, CampaignSpec, &[&str], &[&str])> = vec![
        (
            dwell("greater_than", json!(31)),
            dwell("greater_than_or_equal", json!(31)),
            &[
                r#"filters[session.dwell_time_seconds].operator: {"dataType":"integer","operator":"greater_than","value":31} -> {"dataType":"integer","operator":"greater_than_or_equal","value":31}"#,
            ],
            &["`session.dwell_time_seconds` greater_than 31 -> greater_than_or_equal 31: more visitors match"],
        ),
        (
            dwell("greater_than_or_equal", json!(31)),
            dwell("greater_than", json!(31)),
            &[
                r#"filters[session.dwell_time_seconds].operator: {"dataType":"integer","operator":"greater_than_or_equal","value":31} -> {"dataType":"integer","operator":"greater_than","value":31}"#,
            ],
            none,
        ),
        // Of whole numbers these are the same.
        (
            dwell("greater_than", json!(31)),
            dwell("greater_than_or_equal", json!(32)),
            &[
                r#"filters[session.dwell_time_seconds].operator: {"dataType":"integer","operator":"greater_than","value":31} -> {"dataType":"integer","operator":"greater_than_or_equal","value":32}"#,
            ],
            none,
        ),
        // Between two whole numbers there are floats.
        (
            score("greater_than_or_equal", json!(32)),
            score("greater_than", json!(31)),
            &[
                r#"filters[external.score].operator: {"dataType":"float","operator":"greater_than_or_equal","value":32} -> {"dataType":"float","operator":"greater_than","value":31}"#,
            ],
            &["`external.score` greater_than_or_equal 32 -> greater_than 31: more visitors match"],
        ),
        (
            dwell("greater_than", json!(45)),
            dwell("greater_than", json!(30)),
            &["filters[session.dwell_time_seconds greater_than].value: 45 -> 30"],
            &["`session.dwell_time_seconds` greater_than 45 -> greater_than 30: more visitors match"],
        ),
        (
            page("equals", json!("/a")),
            page("in", json!(["/a", "/b"])),
            &[
                r#"filters[session.page].operator: {"dataType":"string","operator":"equals","value":"/a"} -> {"dataType":"string","operator":"in","value":["/a","/b"]}"#,
            ],
            &[r#"`session.page` equals "/a" -> in ["/a","/b"]: more visitors match"#],
        ),
        (
            page("starts_with", json!("/a")),
            page("contains", json!("/a")),
            &[
                r#"filters[session.page].operator: {"dataType":"string","operator":"starts_with","value":"/a"} -> {"dataType":"string","operator":"contains","value":"/a"}"#,
            ],
            &[r#"`session.page` starts_with "/a" -> contains "/a": more visitors match"#],
        ),
        (
            page("equals", json!("/a")),
            page("equals", json!("/b")),
            &[r#"filters[session.page equals].value: "/a" -> "/b""#],
            &[r#"`session.page` equals "/a" -> equals "/b": more visitors match, others no longer do"#],
        ),
        (
            dwell("greater_than", json!(45)),
            with_first("session.dwell_time_seconds", "greater_than", json!(45), "float"),
            &[
                "filters[session.dwell_time_seconds greater_than].value: 45 -> 45",
                r#"filters[session.dwell_time_seconds greater_than].dataType: "integer" -> "float""#,
            ],
            &["`session.dwell_time_seconds` greater_than 45 (integer) -> greater_than 45 (float): more visitors match"],
        ),
    ];
    for (before, after, changed, marks) in table {
        let change = change(&before, &after).unwrap();
        assert_eq!(fields(&change), changed);
        assert_eq!(sentences(&change), marks, "{changed:?}");
    }
}

/// The evaluator compares whole numbers exactly, so a plan does too.
#[test]
fn whole_numbers_that_no_float_can_tell_apart_differ() {
    let score = |value: serde_json::Value| with_first("external.score", "equals", value, "float");
    let changed = change(&score(json!(9_007_199_254_740_993_u64)), &score(json!(9_007_199_254_740_992.0)));
    assert_eq!(changed.map(|change| kinds(&change)), Some(vec![DangerKind::AudienceWidened]));
    assert!(change(&score(json!(9_007_199_254_740_992_u64)), &score(json!(9_007_199_254_740_992.0))).is_none());
}

#[test]
fn several_filters_of_one_attribute_are_judged_together() {
    let with = |filters: Vec<Filter>| CampaignSpec { filters, ..spec("x") };
    let dwell = |operator, value| filter("s.a", operator, json!(value), "integer");
    // Dropped, and implied by the one that stays.
    let redundant =
        change(&with(vec![dwell("greater_than", 60), dwell("greater_than", 30)]), &with(vec![dwell("greater_than", 60)])).unwrap();
    assert_eq!((redundant.dangers.len(), redundant.tier), (0, Tier::Neutral));
    // One bound tightens, the other goes.
    let before = with(vec![dwell("greater_than", 10), dwell("less_than", 100)]);
    let opened = change(&before, &with(vec![dwell("greater_than", 20)])).unwrap();
    assert_eq!(sentences(&opened), ["`s.a` less_than 100 is dropped: more visitors match, others no longer do"]);
    // A range of which both ends change is two changes, each at its end.
    let moved = change(&before, &with(vec![dwell("greater_than_or_equal", 10), dwell("less_than_or_equal", 99)])).unwrap();
    let paths: Vec<String> = moved.fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(paths, ["filters[s.a].operator", "filters[s.a #2].operator"]);
    assert_eq!(sentences(&moved), ["`s.a` greater_than 10 -> greater_than_or_equal 10: more visitors match"]);
    // Of three values that are not wanted, the first goes.
    let not = |value: &str| filter("s.a", "not_equals", json!(value), "string");
    let fewer = change(&with(vec![not("a"), not("b"), not("c")]), &with(vec![not("b"), not("c")])).unwrap();
    assert_eq!(fields(&fewer), [r#"filters[s.a not_equals #3]: "a" -> -"#]);
    // Nobody matched before, nobody does now.
    let never = with(vec![dwell("greater_than", 5), dwell("less_than", 3)]);
    let neither = change(&never, &with(vec![dwell("greater_than", 5), dwell("less_than", 4)])).unwrap();
    assert_eq!((neither.dangers.len(), neither.tier), (0, Tier::Neutral));
    // What the analysis cannot decide is said with care.
    let texts =
        |parts: &[(&str, &str)]| with(parts.iter().map(|(operator, text)| filter("s.a", operator, json!(text), "string")).collect());
    let between = ["xy", "x ", "x-", "xx", "xq", "x7", "x\u{b7}", "xz"].map(|text| ("not_contains", text));
    let hard: Vec<(&str, &str)> = [("starts_with", "x"), ("ends_with", "y")].into_iter().chain(between).collect();
    let unclear = change(&texts(&[("contains", "k")]), &texts(&hard)).unwrap();
    assert_eq!(sentences(&unclear), ["`s.a` contains \"k\" -> starts_with \"x\": more visitors can match"]);
}

#[test]
fn an_action_of_another_priority_is_the_same_action() {
    let with = |priorities: &[u64]| {
        let mut campaign = spec("x");
        let action = campaign.actions.remove(0);
        let message = |nth: usize| Some(format!("Message {nth}"));
        campaign.actions = priorities
            .iter()
            .enumerate()
            .map(|(nth, priority)| {
                let mut action = Action { priority: *priority, ..action.clone() };
                action.config.as_mut().unwrap().invite_message = message(nth);
                action
            })
            .collect();
        campaign
    };
    let moved = change(&with(&[2]), &with(&[3])).unwrap();
    assert_eq!(fields(&moved), ["actions[webchat_invite].priority: 2 -> 3"]);
    assert_eq!((moved.dangers.len(), moved.tier, moved.effect()), (0, Tier::Neutral, Effect::OtherInvite));
    // The one of the same priority comes first; the other one is told apart by what it says.
    let one_stays = change(&with(&[1, 2]), &with(&[1, 5])).unwrap();
    assert_eq!(fields(&one_stays), ["actions[webchat_invite].priority: 2 -> 5"]);
    let both = change(&with(&[1, 2]), &with(&[7, 8])).unwrap();
    assert_eq!(fields(&both), ["actions[webchat_invite].priority: 1 -> 7", "actions[webchat_invite #2].priority: 2 -> 8"]);
    let mut reworded = with(&[3]);
    reworded.actions[0].config.as_mut().unwrap().invite_message = Some("Hi".to_owned());
    assert_eq!(
        fields(&change(&with(&[2]), &reworded).unwrap()),
        ["actions[webchat_invite].priority: 2 -> 3", r#"actions[webchat_invite 3].config.inviteMessage: "Message 0" -> "Hi""#]
    );
}

/// The priority of an action, and whether it names a queue and skill groups.
type Route = (u64, bool, bool);
type Marks = Vec<(DangerKind, String)>;

#[test]
fn routing_is_removed_where_no_action_keeps_it() {
    let with = |routes: &[Route]| {
        let mut campaign = spec("x");
        let action = campaign.actions.remove(0);
        campaign.actions = routes
            .iter()
            .map(|(priority, queue, skills)| {
                let routing = action.routing_config.clone().unwrap();
                let skill_groups = if *skills { routing.skill_groups } else { Vec::new() };
                let routing_config =
                    Some(RoutingConfig { queue_id: routing.queue_id.filter(|_| *queue), skill_groups, ..RoutingConfig::default() });
                Action { priority: *priority, routing_config, ..action.clone() }
            })
            .collect();
        campaign
    };
    let fall_back = "accepted invites fall back to the channel's default";
    let table: Vec<(&[Route], &[Route], Marks)> = vec![
        (&[(2, true, true)], &[(3, true, true)], vec![]),
        (&[(1, true, true)], &[(1, true, true), (2, false, false)], vec![]),
        (&[(1, true, true), (2, true, true)], &[(1, true, true)], vec![]),
        (&[(1, true, true)], &[(1, false, false)], vec![(DangerKind::RoutingRemoved, format!("no action names a queue or skill groups any more: {fall_back} routing"))]),
        (&[(1, true, true)], &[(1, false, true)], vec![(DangerKind::RoutingRemoved, format!("no action names a queue any more: {fall_back} queue"))]),
        (&[(1, true, true)], &[(4, true, false)], vec![(DangerKind::RoutingRemoved, "no action names skill groups any more: conversations are offered to agents of any skill".to_owned())]),
        // Another action invites now.
        (&[(1, true, true), (2, false, false)], &[(3, true, true), (2, false, false)], vec![(DangerKind::NoRouting, "the action that invites (priority 2) names no queue and no skill groups: accepted invites go to the channel's default routing".to_owned())]),
    ];
    for (before, after, marks) in table {
        let change = change(&with(before), &with(after)).unwrap();
        let told: Vec<(DangerKind, String)> = change.dangers.iter().map(|danger| (danger.kind, danger.sentence.clone())).collect();
        assert_eq!(told, marks, "{before:?} {after:?}");
    }
}

#[test]
fn limits_count_where_they_have_an_effect() {
    let with = |throttling: serde_json::Value| CampaignSpec { throttling: serde_json::from_value(throttling).unwrap(), ..spec("x") };
    let limits = |contact: u64, cooldown: u64, minute: u64| json!({ "maxInvitesPerContact": contact, "cooldownSeconds": cooldown, "maxInvitesPerMinute": minute });
    let removed = |sentence: &'static str| vec![(DangerKind::ThrottlingRemoved, sentence)];
    let loosened = |sentence: &'static str| vec![(DangerKind::ThrottlingLoosened, sentence)];
    let table = vec![
        (
            limits(1, 60, 9),
            json!({ "maxInvitesPerMinute": 9 }),
            removed("no suppression is left: any visitor can be invited again and again"),
        ),
        (limits(1, 60, 9), limits(0, 60, 9), removed("no suppression is left: any visitor can be invited again and again")),
        (limits(1, 60, 9), limits(1, 0, 9), removed("no cooldown is left: the next trigger can invite the same contact again")),
        // Without suppression a cooldown says nothing, and without a cooldown neither does a number.
        (limits(0, 60, 9), limits(0, 10, 9), vec![]),
        (limits(0, 60, 9), json!({ "maxInvitesPerMinute": 9 }), vec![]),
        (limits(1, 0, 9), limits(2, 0, 9), vec![]),
        (limits(1, 60, 9), limits(2, 60, 9), loosened("one contact can be invited more often within the cooldown")),
        (limits(1, 60, 9), limits(1, 59, 9), loosened("a contact can be invited again sooner")),
        (limits(1, 60, 9), limits(1, 60, 10), loosened("more visitors can be invited in one minute")),
        (
            limits(1, 60, 9),
            json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 60 }),
            loosened("no `maxInvitesPerMinute` is left: any number of visitors can be invited in one minute"),
        ),
        (limits(2, 60, 9), limits(1, 61, 8), vec![]),
    ];
    for (before, after, marks) in table {
        let change = change(&with(before.clone()), &with(after.clone())).unwrap();
        let told: Vec<(DangerKind, &str)> = change.dangers.iter().map(|danger| (danger.kind, danger.sentence.as_str())).collect();
        assert_eq!(told, marks, "{before} {after}");
    }
}

#[test]
fn a_campaign_that_starts_without_limits_is_dangerous() {
    let bare = CampaignSpec {
        filters: vec![
            filter("session.pages", "greater_than_or_equal", json!(0), "integer"),
            filter("contact.known", "in", json!([true, false]), "boolean"),
        ],
        throttling: None,
        actions: vec![Action { routing_config: None, ..spec("x").actions.remove(0) }],
        ..spec("x")
    };
    let created = plan_of(&[("a", None, None, Some(bare.clone()))]);
    let without = [
        "it starts inviting without suppression: any visitor can be invited again and again",
        "no filter keeps visitors out: every session that has `contact.known` and `session.pages` of 0 or more matches",
        "it starts inviting without `maxInvitesPerMinute`: any number of visitors can be invited in one minute",
        "it starts inviting without routing: accepted invites go to the channel's default routing",
    ];
    assert_eq!(sentences(&created.changes[0]), without);
    let off = CampaignSpec { enabled: false, ..bare.clone() };
    let switched_on = change(&off, &bare).unwrap();
    let mut all = without.to_vec();
    all.insert(3, "the campaign starts inviting visitors");
    assert_eq!(sentences(&switched_on), all);
    for quiet in [off.clone(), spec("x")] {
        let plan = plan_of(&[("a", None, None, Some(quiet))]);
        assert_eq!(sentences(&plan.changes[0]), [""; 0]);
    }
    let reworded = CampaignSpec { description: "new".to_owned(), ..off.clone() };
    assert!(
        change(&off, &CampaignSpec { throttling: spec("x").throttling, filters: spec("x").filters, ..reworded })
            .unwrap()
            .dangers
            .is_empty()
    );
    let batch = CampaignSpec { evaluation_mode: EvaluationMode::Batch, ..spec("x") };
    assert_eq!(kinds(&change(&batch, &spec("x")).unwrap()), [DangerKind::DecidedAtOnce]);
    assert!(change(&spec("x"), &batch).unwrap().dangers.is_empty());
}

#[test]
fn dangers_are_ranked_by_what_visitors_notice() {
    let named = |name: &str, enabled: bool| CampaignSpec { enabled, ..spec(name) };
    let unlimited = CampaignSpec { throttling: None, ..spec("c") };
    let plan = plan_of(&[
        ("a-off", Some(named("a", false)), Some(named("a", false)), None),
        ("b-on", Some(spec("b")), Some(spec("b")), None),
        ("c-unlimited", Some(spec("c")), Some(spec("c")), Some(unlimited)),
        ("d-paused", Some(spec("d")), Some(named("d", false)), Some(spec("d"))),
        ("e-started", Some(named("e", false)), Some(named("e", false)), Some(spec("e"))),
        ("f-harmless", Some(spec("f")), Some(spec("f")), Some(CampaignSpec { description: "new".to_owned(), ..spec("f") })),
    ]);
    let order: Vec<(&str, Option<&str>)> = plan
        .by_danger()
        .into_iter()
        .map(|change| (change.key.as_str(), change.dangers.first().map(|danger| danger.sentence.as_str())))
        .collect();
    assert_eq!(
        order,
        [
            ("d-paused", Some("it was paused live by oncall at 2026-11-20T14:02:00Z: applying switches it on again")),
            ("b-on", Some("its invites stop; it can be created again by a rollback, under a new id")),
            ("c-unlimited", Some("no suppression is left: any visitor can be invited again and again")),
            ("e-started", Some("the campaign starts inviting visitors")),
            ("a-off", Some("it is disabled and invites nobody; it can be created again by a rollback, under a new id")),
            ("f-harmless", None),
        ]
    );
    assert_eq!(plan.by_danger()[0].dangers[0].severity, Severity::High);
}

/// Who moved an operator or a priority is told as for any field.
#[test]
fn a_changed_key_says_who_moved_it() {
    use campaignctl::reconcile::Cause;
    let dwell = |operator: &str| with_first("s.a", operator, json!(31), "integer");
    let cause = |applied: CampaignSpec, live: CampaignSpec, file: CampaignSpec| {
        let plan = plan_of(&[("a", Some(applied), Some(live), Some(file))]);
        let [field] = &plan.changes[0].fields[..] else { panic!("{plan:#?}") };
        (field.path.to_string(), field.cause)
    };
    let [old, new, other] = ["greater_than", "greater_than_or_equal", "equals"];
    let path = || "filters[s.a].operator".to_owned();
    assert_eq!(cause(dwell(old), dwell(old), dwell(new)), (path(), Cause::Code));
    assert_eq!(cause(dwell(new), dwell(old), dwell(new)), (path(), Cause::Drift));
    assert_eq!(cause(dwell(other), dwell(old), dwell(new)), (path(), Cause::Both));
    let priority = |priority: u64| {
        let mut campaign = spec("x");
        campaign.actions[0].priority = priority;
        campaign
    };
    assert_eq!(cause(priority(1), priority(2), priority(1)), ("actions[webchat_invite].priority".to_owned(), Cause::Drift));
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
    (prop::sample::select(&Operator::ALL[..]), prop::sample::select(&DataType::ALL[..])).prop_filter(
        "of the domain",
        move |(operator, data_type)| {
            let whole = matches!(operator, Operator::Equals | Operator::NotEquals | Operator::In | Operator::NotIn);
            let finite = *data_type != DataType::Float && (*data_type != DataType::String || whole);
            operator.applies_to(*data_type) && (domain == Domain::All || finite)
        },
    )
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

/// Limits before and after: one of them differs, or all may.
fn changed_throttling() -> impl Strategy<Value = (Option<Throttling>, Option<Throttling>)> {
    (throttling(), throttling(), 0..6u8).prop_map(|(before, other, which)| {
        let after = match (&before, &other) {
            (Some(before), Some(other)) => {
                let mut after = before.clone();
                match which {
                    0 => after.max_invites_per_contact = other.max_invites_per_contact,
                    1 | 2 => after.cooldown_seconds = other.cooldown_seconds,
                    3 => after.max_invites_per_minute = other.max_invites_per_minute,
                    _ => after = other.clone(),
                }
                Some(after)
            }
            _ => other,
        };
        (before, after)
    })
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
    (enabled, mode, throttling(), actions()).prop_map(|(enabled, mode, throttling, actions)| Terms { enabled, mode, throttling, actions })
}

fn campaign(filters: Vec<Filter>, terms: Terms) -> CampaignSpec {
    let Terms { enabled, mode, throttling, actions } = terms;
    CampaignSpec { enabled, evaluation_mode: mode, filters, actions, throttling, ..spec("x") }
}

/// A campaign before and after: filters alone differ, or everything may.
fn changed(domain: Domain) -> impl Strategy<Value = (CampaignSpec, CampaignSpec)> {
    let other_terms = prop::option::weighted(0.5, terms());
    (edited_filters(domain), terms(), other_terms)
        .prop_map(|((before, after), terms, other)| (campaign(before, terms.clone()), campaign(after, other.unwrap_or(terms))))
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
        let mut session: Session =
            serde_json::from_value(json!({ "contactId": "ext:1", "channelId": "webchat:x", "sessionData": {} })).unwrap();
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
        (before, after) in changed_throttling(),
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
