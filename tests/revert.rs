//! Undoing drift, over generated campaigns: only what moved live goes back, and nothing is left of it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;

use std::collections::BTreeSet;

use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Guards, Hold, LastApplied, Lifecycle, Live, LiveCampaign, Origin,
    Remembered, UnreadableCampaign,
};
use campaignctl::reconcile::{
    Action, ActionPart, Cause, FieldChange, FieldPath, FilterPart, Plan, Policy, Refusal, changed_paths, drift, plan, reverted, same,
};
use campaigns::{campaign, spec};
use proptest::prelude::*;

const KEYS: [&str; 3] = ["a", "b", "c"];

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
        date_modified: None,
        modified_by: Some("somebody".to_owned()),
        spec,
        unmodelled: Vec::new(),
    }
}

fn remembered(id: &str, body: CampaignSpec) -> Remembered {
    Remembered::new(CampaignId(id.to_owned()), body)
}

fn policy() -> Policy {
    Policy {
        guards: Guards { max_deletes: Some(0), max_changed_percent: None, max_added_invites_percent: None },
        allow_destroy: BTreeSet::new(),
    }
}

/// One campaign `a`: its file, what is live, what was applied.
struct One {
    desired: Desired,
    live: Live,
    last: LastApplied,
}

fn one(file: &CampaignSpec, live: &CampaignSpec, applied: &CampaignSpec) -> One {
    One {
        desired: Desired { campaigns: [(key("a"), declared(file.clone()))].into() },
        live: Live { campaigns: vec![live_one("1", live.clone())], unreadable: Vec::new() },
        last: LastApplied { campaigns: [(key("a"), remembered("1", applied.clone()))].into() },
    }
}

/// The plan that undoes all drift, or that of these.
fn back(desired: &Desired, live: &Live, last: &LastApplied, only: Option<&str>) -> Plan {
    let drift = drift(desired, live, last);
    let chosen: Vec<_> = drift.drifted.iter().filter(|drifted| only.is_none_or(|only| drifted.key.as_str() == only)).collect();
    let aim = reverted(&chosen, desired, live, last);
    plan(&aim.desired, live, &aim.last_applied, &policy())
}

/// What is live and remembered once the plan is applied.
fn applied(plan: &Plan, live: &Live, last: &LastApplied) -> (Live, LastApplied) {
    let (mut live, mut last) = (live.clone(), last.clone());
    for change in &plan.changes {
        let body: CampaignSpec = serde_json::from_value(change.body.clone().unwrap()).unwrap();
        let id = match (change.action, &change.live) {
            (Action::Create, None) => {
                let id = format!("new-{}", change.key);
                live.campaigns.push(live_one(&id, body));
                id
            }
            (Action::Update, Some(side)) => {
                live.campaigns.iter_mut().find(|campaign| campaign.id == side.id).unwrap().spec = body;
                side.id.0.clone()
            }
            other => panic!("a revert does nothing else: {other:?}"),
        };
        last.campaigns.insert(change.key.clone(), remembered(&id, change.desired.clone().unwrap()));
    }
    (live, last)
}

/// The second body in the parts that are marked, the first one in all others.
fn mixed(base: &CampaignSpec, other: &CampaignSpec, parts: [bool; 7]) -> CampaignSpec {
    let [name, description, enabled, mode, filters, actions, throttling] = parts;
    let pick = |marked: bool| if marked { other } else { base };
    CampaignSpec {
        name: pick(name).name.clone(),
        description: pick(description).description.clone(),
        enabled: pick(enabled).enabled,
        campaign_type: base.campaign_type,
        evaluation_mode: pick(mode).evaluation_mode,
        filters: pick(filters).filters.clone(),
        actions: pick(actions).actions.clone(),
        throttling: pick(throttling).throttling.clone(),
    }
}

/// What a plan changes, without who and when.
fn changes(plan: &Plan) -> Vec<String> {
    let fields = |change: &campaignctl::reconcile::Change| {
        change.fields.iter().map(|field| format!("{} {:?} {:?}", field.path, field.before, field.after)).collect::<Vec<_>>()
    };
    plan.changes.iter().map(|change| format!("{} {:?} {:?}", change.key, change.action, fields(change))).collect()
}

/// A path for comparing: a filter that comes, goes or changes in its parts is one thing since the last apply and another in
/// the plan; and which of several twins (filters of one attribute and operator, actions of one priority) is which depends on
/// all that they hold.
fn told(path: &str, twins: &BTreeSet<String>) -> String {
    let name = path.trim_end_matches(".value").trim_end_matches(".dataType");
    let group = name.split(" #").next().unwrap().split(']').next().unwrap();
    if twins.contains(group) { format!("{group}…") } else { name.to_owned() }
}

/// Filters and actions that are there more than once in one of these bodies.
fn twins(bodies: [&CampaignSpec; 3]) -> BTreeSet<String> {
    let nothing = CampaignSpec { filters: Vec::new(), actions: Vec::new(), ..spec("x") };
    let paths = bodies.into_iter().flat_map(|body| changed_paths(&nothing, body)).map(|path| path.to_string());
    paths.filter_map(|path| Some(path.split_once(" #")?.0.to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_drift_is_left_and_only_what_moved_is_touched(file in campaign(), live in campaign(), applied_last in campaign()) {
        let One { desired, live, last } = one(&file, &live, &applied_last);
        let back = back(&desired, &live, &last, None);
        prop_assert!(back.refusals.is_empty() && back.state_only.is_empty(), "{back:#?}");
        let moved = changed_paths(&applied_last, &live.campaigns[0].spec);
        let twins = twins([&file, &live.campaigns[0].spec, &applied_last]);
        let names: BTreeSet<String> = moved.iter().map(|path| told(&path.to_string(), &twins)).collect();
        for change in &back.changes {
            // A plan shows a filter or action that stays under another key as one change; drift goes by the keys.
            let (Some(before), Some(after)) = (&change.live, &change.desired) else { continue };
            let by_key = changed_paths(&before.spec, after);
            for path in &by_key {
                let name = told(&path.to_string(), &twins);
                prop_assert!(names.contains(&name), "{name} did not move: {names:?}");
            }
            let is_other_key = |field: &FieldChange| matches!(field.path, FieldPath::FilterOperator { .. } | FieldPath::ActionPriority { .. });
            if change.fields.iter().any(is_other_key) {
                continue;
            }
            // One that was applied under another key is the same to a plan, and other fields of it may be the file's.
            let was_applied = |field: &&FieldChange| match &field.path {
                FieldPath::Filter { part: FilterPart::Whole, .. } | FieldPath::Action { part: ActionPart::Whole, .. } => true,
                path => path.pointer(&applied_last).is_some(),
            };
            for field in change.fields.iter().filter(|field| by_key.contains(&field.path)).filter(was_applied) {
                let is_twin = told(&field.path.to_string(), &twins).ends_with('…');
                prop_assert!(is_twin || matches!(field.cause, Cause::Drift | Cause::Both), "{field:?}");
            }
        }
        let (live, last) = applied(&back, &live, &last);
        prop_assert!(!live.campaigns[0].spec.filters.is_empty() && !live.campaigns[0].spec.actions.is_empty());
        let left = drift(&desired, &live, &last);
        prop_assert!(left.is_empty(), "{left:#?}");
    }

    /// Live and files moved apart: once the drift is undone, the files' changes are pending as if nobody had touched live.
    #[test]
    fn the_next_plan_is_the_one_without_the_live_edit(base in campaign(), file in campaign(), live in campaign(), parts in any::<[(bool, bool); 7]>()) {
        let file = mixed(&base, &file, parts.map(|(by_file, one)| by_file && one));
        let edited = mixed(&base, &live, parts.map(|(by_file, one)| !by_file && one));
        let untouched = one(&file, &base, &base);
        let expected = plan(&untouched.desired, &untouched.live, &untouched.last, &policy());
        let One { desired, live, last } = one(&file, &edited, &base);
        let back = back(&desired, &live, &last, None);
        prop_assert_eq!(back.changes.is_empty(), same(&base, &edited));
        let (live, last) = applied(&back, &live, &last);
        prop_assert!(same(&live.campaigns[0].spec, &base), "{back:#?}");
        prop_assert_eq!(changes(&plan(&desired, &live, &last, &policy())), changes(&expected));
    }

    /// With a file as it was applied, everything goes back, whatever was done live.
    #[test]
    fn any_edit_of_an_applied_file_is_undone(base in campaign(), edited in campaign()) {
        let One { desired, live, last } = one(&base, &edited, &base);
        let back = back(&desired, &live, &last, None);
        let (live, last) = applied(&back, &live, &last);
        prop_assert!(same(&live.campaigns[0].spec, &base), "{back:#?}");
        prop_assert!(plan(&desired, &live, &last, &policy()).is_empty());
    }

    /// Several campaigns, some gone, some not selected: those that are not selected stay, live and in the state.
    #[test]
    fn what_is_not_selected_stays(
        pool in prop::collection::vec(campaign(), 3),
        edits in prop::collection::vec(prop::option::of(campaign()), 3),
        declares in any::<[bool; 3]>(),
    ) {
        // Names that differ, so that no campaign is taken for another.
        let named = |index: usize, spec: &CampaignSpec| CampaignSpec { name: format!("{index}"), ..spec.clone() };
        let each = || KEYS.iter().enumerate();
        let desired = Desired {
            campaigns: each().filter(|(at, _)| declares[*at]).map(|(at, name)| (key(name), declared(named(at, &pool[at])))).collect(),
        };
        let live = Live {
            campaigns: each()
                .filter_map(|(at, name)| Some(live_one(name, named(at, edits[at].as_ref()?))))
                .collect(),
            unreadable: Vec::new(),
        };
        let last = LastApplied { campaigns: each().map(|(at, name)| (key(name), remembered(name, named(at, &pool[at])))).collect() };
        let back = back(&desired, &live, &last, Some("a"));
        prop_assert!(back.refusals.is_empty() && back.state_only.is_empty(), "{back:#?}");
        prop_assert!(back.changes.iter().all(|change| change.key.as_str() == "a"), "{back:#?}");
        let (after, remembered) = applied(&back, &live, &last);
        let rest = |live: &Live| live.campaigns.iter().filter(|one| ["b", "c"].contains(&one.id.0.as_str())).cloned().collect::<Vec<_>>();
        prop_assert_eq!(rest(&after), rest(&live));
        for other in ["b", "c"] {
            prop_assert_eq!(&remembered.campaigns[&key(other)], &last.campaigns[&key(other)]);
        }
        let left = drift(&desired, &after, &remembered);
        prop_assert!(left.drifted.iter().all(|drifted| drifted.key.as_str() != "a"), "{left:#?}");
    }
}

fn with_cooldown(seconds: u64) -> CampaignSpec {
    let mut spec = spec("x");
    spec.throttling.as_mut().unwrap().cooldown_seconds = Some(seconds);
    spec
}

#[test]
fn a_field_that_the_file_moved_too_gets_what_the_file_says() {
    let One { desired, live, last } = one(&with_cooldown(60), &with_cooldown(50), &with_cooldown(45));
    let back = back(&desired, &live, &last, None);
    let [field] = back.changes[0].fields.as_slice() else { panic!("{back:#?}") };
    assert_eq!((field.path.to_string().as_str(), field.cause), ("throttling.cooldownSeconds", Cause::Both));
    assert_eq!(back.changes[0].desired, Some(with_cooldown(60)));
}

/// A campaign whose filters are those of this list: attribute and value.
fn with_filters(filters: &[(&str, i64)]) -> CampaignSpec {
    let mut body = serde_json::to_value(spec("x")).unwrap();
    body["filters"] = filters
        .iter()
        .map(
            |(name, value)| serde_json::json!({ "attributeName": name, "operator": "greater_than", "value": value, "dataType": "integer" }),
        )
        .collect();
    serde_json::from_value(body).unwrap()
}

#[test]
fn filters_go_back_and_never_become_fewer_than_anybody_meant() {
    // What the file says, what is live, what was applied -> what goes live.
    type Filters = &'static [(&'static str, i64)];
    let table: [(Filters, Filters, Filters, Filters); 7] = [
        (&[("a", 1)], &[("a", 2)], &[("a", 1)], &[("a", 1)]),
        (&[("a", 1), ("b", 1)], &[("a", 1), ("c", 1)], &[("a", 1)], &[("a", 1)]),
        (&[("a", 1)], &[("b", 1)], &[("a", 1)], &[("a", 1)]),
        // The file exchanges a filter, and live exchanged it for another one: the applied one comes back until the file is applied.
        (&[("c", 1), ("x", 1)], &[("b", 1), ("x", 1)], &[("a", 1), ("x", 1)], &[("x", 1), ("a", 1)]),
        (&[("c", 1)], &[("b", 1)], &[("a", 1)], &[("a", 1)]),
        // The file drops a filter whose value was edited live: the value goes back, and dropping it waits for a plan of the files.
        (&[("x", 1)], &[("a", 2), ("x", 1)], &[("a", 1), ("x", 1)], &[("a", 1), ("x", 1)]),
        // Both gave it another value: the file's.
        (&[("a", 3)], &[("a", 2)], &[("a", 1)], &[("a", 3)]),
    ];
    for (file, alive, applied_last, expected) in table {
        let One { desired, live, last } = one(&with_filters(file), &with_filters(alive), &with_filters(applied_last));
        let back = back(&desired, &live, &last, None);
        assert_eq!(back.changes[0].desired, Some(with_filters(expected)), "file {file:?}, live {alive:?}, applied {applied_last:?}");
    }
}

#[test]
fn what_is_held_stays_and_lifecycles_of_the_files_wait() {
    let applied_last = with_cooldown(45);
    let mut edited = with_cooldown(50);
    edited.enabled = false;
    let One { mut desired, live, last } = one(&applied_last, &edited, &applied_last);
    let file = desired.campaigns.get_mut(&key("a")).unwrap();
    file.held = vec![Hold { pointer: "/throttling/cooldownSeconds".to_owned(), until: None }];
    file.lifecycle = Lifecycle { prevent_destroy: true, ..Lifecycle::default() };
    let back = back(&desired, &live, &last, None);
    let paths: Vec<String> = back.changes[0].fields.iter().map(|field| field.path.to_string()).collect();
    assert_eq!(paths, ["enabled"]);
    assert_eq!(back.changes[0].desired.as_ref().map(|spec| (spec.enabled, spec.throttling.clone())), Some((true, edited.throttling)));
    assert!(!back.changes[0].remember.unwrap().prevent_destroy, "nobody applied that yet");
}

#[test]
fn a_campaign_that_is_gone_comes_back_as_it_was_applied() {
    let One { desired, live: _, last } = one(&with_cooldown(60), &with_cooldown(45), &with_cooldown(45));
    let live = Live::default();
    let back = back(&desired, &live, &last, None);
    let [change] = back.changes.as_slice() else { panic!("{back:#?}") };
    assert_eq!((change.action, &change.desired), (Action::Create, &Some(with_cooldown(45))));
    assert_eq!(change.vanished, Some(CampaignId("1".to_owned())));
}

#[test]
fn a_key_that_the_files_changed_is_not_moved() {
    let One { mut desired, live, last } = one(&with_cooldown(45), &with_cooldown(50), &with_cooldown(45));
    let file = desired.campaigns.remove(&key("a")).unwrap();
    desired.campaigns.insert(key("new"), DesiredCampaign { previously: Some(key("a")), ..file });
    let back = back(&desired, &live, &last, None);
    let [change] = back.changes.as_slice() else { panic!("{back:#?}") };
    assert_eq!((change.key.as_str(), change.action, &change.moved_from), ("a", Action::Update, &None));
    assert_eq!(change.desired, Some(with_cooldown(45)));
}

#[test]
fn what_cannot_be_read_is_refused_and_not_taken_for_gone() {
    let One { desired, live: _, last } = one(&spec("x"), &spec("x"), &spec("x"));
    let unreadable = UnreadableCampaign { id: CampaignId("1".to_owned()), name: Some("x".to_owned()), reason: "new".to_owned() };
    let live = Live { campaigns: Vec::new(), unreadable: vec![unreadable] };
    let back = back(&desired, &live, &last, None);
    assert!(matches!(back.refusals.as_slice(), [Refusal::Unreadable { .. }]) && back.changes.is_empty(), "{back:#?}");
}
