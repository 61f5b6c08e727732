//! Promises of the plan, over generated campaigns: quiet, complete, careful, and in the right order.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;
#[path = "reconcile/creates.rs"]
mod creates;
#[path = "reconcile/limits.rs"]
mod limits;
#[path = "reconcile/pairing.rs"]
mod pairing;

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Created, Desired, DesiredCampaign, Guards, Hold, Intent, LastApplied, Lifecycle, Live,
    LiveCampaign, Origin, Remembered, UnmodelledField, UnreadableCampaign, World,
};
use campaignctl::reconcile::{
    Action, Cause, DangerKind, LiveTwice, Plan, Policy, Refusal, StateOnly, Tier, fingerprint, plan, resume, rolled_back, same,
};
use campaigns::{campaign, spec};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

fn key(text: &str) -> CampaignKey {
    CampaignKey::new(text).unwrap()
}

fn declared(spec: CampaignSpec) -> DesiredCampaign {
    DesiredCampaign {
        spec,
        lifecycle: Lifecycle::default(),
        held: Vec::new(),
        previously: None,
        origin: Origin { file: "campaigns/x.yaml".to_owned(), line: 1, overlay: None },
    }
}

fn desired(campaigns: impl IntoIterator<Item = (&'static str, DesiredCampaign)>) -> Desired {
    Desired { campaigns: campaigns.into_iter().map(|(name, campaign)| (key(name), campaign)).collect() }
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

fn live(campaigns: impl IntoIterator<Item = LiveCampaign>) -> Live {
    Live { campaigns: campaigns.into_iter().collect(), unreadable: Vec::new() }
}

fn remembered(id: &str, body: CampaignSpec) -> Remembered {
    Remembered::new(CampaignId(id.to_owned()), body)
}

fn last(campaigns: impl IntoIterator<Item = (&'static str, Remembered)>) -> LastApplied {
    LastApplied { campaigns: campaigns.into_iter().map(|(name, campaign)| (key(name), campaign)).collect() }
}

fn no_limits() -> Policy {
    Policy {
        guards: Guards { max_deletes: Some(u64::MAX), max_changed_percent: None, max_added_invites_percent: None },
        allow_destroy: BTreeSet::new(),
    }
}

/// What the API and the state would hold after `plan` was applied.
fn applied(plan: &Plan, live: &Live, last: &LastApplied) -> (Live, LastApplied) {
    let mut campaigns: BTreeMap<CampaignId, LiveCampaign> =
        live.campaigns.iter().map(|campaign| (campaign.id.clone(), campaign.clone())).collect();
    let mut last = last.clone();
    for correction in &plan.state_only {
        match correction {
            StateOnly::Refresh { key, id, body, remember } => {
                let (prevent_destroy, keep) = (remember.prevent_destroy, remember.keep);
                let entry = Remembered { prevent_destroy, keep, ..Remembered::new(id.clone(), body.clone()) };
                last.campaigns.insert(key.clone(), entry);
            }
            StateOnly::Drop { key, .. } => {
                last.campaigns.remove(key);
            }
        }
    }
    for change in &plan.changes {
        if let Some(old) = &change.moved_from {
            last.campaigns.remove(old);
        }
        let id = change.live.as_ref().map_or_else(|| CampaignId(format!("new-{}", change.key)), |live| live.id.clone());
        match change.action {
            Action::Create | Action::Update => {
                let body: CampaignSpec = serde_json::from_value(change.body.clone().unwrap()).unwrap();
                let before = campaigns.get(&id);
                let mut after = live_one(&id.0, body);
                after.version = before.map_or(1, |before| before.version + 1);
                campaigns.insert(id.clone(), after);
            }
            Action::Delete => {
                campaigns.remove(&id);
            }
            Action::Record | Action::Forget => {}
        }
        match (&change.desired, change.remember) {
            (Some(body), Some(remember)) => {
                let (prevent_destroy, keep) = (remember.prevent_destroy, remember.keep);
                let entry = Remembered { prevent_destroy, keep, ..Remembered::new(id, body.clone()) };
                last.campaigns.insert(change.key.clone(), entry);
            }
            _ => {
                last.campaigns.remove(&change.key);
            }
        }
    }
    (Live { campaigns: campaigns.into_values().collect(), unreadable: Vec::new() }, last)
}

/// Three snapshots that overlap in every way: keys and ids from a small pool, names that collide or not.
fn snapshots() -> impl Strategy<Value = (Desired, Live, LastApplied)> {
    const KEYS: [&str; 4] = ["a", "b", "c", "d"];
    let pool = prop::collection::vec(campaign(), 4);
    let some = || prop::collection::vec((0..4usize, 0..4usize), 0..4);
    (pool, some(), prop::collection::vec(0..4usize, 0..5), some()).prop_map(|(pool, files, alive, state)| {
        let files = files.into_iter().map(|(name, body)| (key(KEYS[name]), declared(pool[body].clone()))).collect();
        let alive = alive.into_iter().enumerate().map(|(id, body)| live_one(&format!("id-{id}"), pool[body].clone()));
        let mut ids = BTreeSet::new();
        let state = state
            .into_iter()
            .enumerate()
            .filter(|(index, _)| ids.insert(*index))
            .map(|(index, (name, body))| (key(KEYS[name]), remembered(&format!("id-{index}"), pool[body].clone())))
            .collect();
        (Desired { campaigns: files }, live(alive), LastApplied { campaigns: state })
    })
}

/// What a run that makes this plan remembers.
fn touched(plan: &Plan) -> BTreeMap<CampaignKey, Option<CampaignSpec>> {
    let writes = plan.changes.iter().filter(|change| change.action.writes());
    writes.map(|change| (change.key.clone(), change.live.as_ref().map(|live| live.spec.clone()))).collect()
}

fn bodies(live: &Live) -> Vec<String> {
    let mut bodies: Vec<String> = live.campaigns.iter().map(|campaign| fingerprint(&campaign.spec)).collect();
    bodies.sort();
    bodies
}

#[test]
fn what_a_run_did_not_touch_stays_live_and_in_the_state() {
    let with_name = |name: &str, enabled: bool| CampaignSpec { enabled, ..spec(name) };
    let protected = Lifecycle { prevent_destroy: true, ..Lifecycle::default() };
    // Edited live since, and declared in another way: `drifted`; the run touched `one`.
    let files = desired([
        ("one", declared(with_name("One", true))),
        ("drifted", DesiredCampaign { lifecycle: protected, ..declared(with_name("Other", true)) }),
        ("new", declared(with_name("New", true))),
    ]);
    let live = live([live_one("id-1", with_name("One", true)), live_one("id-2", with_name("Drifted", false))]);
    let last = last([("one", remembered("id-1", with_name("One", true))), ("drifted", remembered("id-2", with_name("Drifted", true)))]);
    let before = BTreeMap::from([(key("one"), Some(with_name("One", false)))]);
    let back = plan(&rolled_back(&before, &files, &live, &last), &live, &last, &no_limits());
    assert!(back.refusals.is_empty() && back.state_only.is_empty(), "{back:#?}");
    let changes: Vec<(&str, Action)> = back.changes.iter().map(|change| (change.key.as_str(), change.action)).collect();
    assert_eq!(changes, [("one", Action::Update)]);
    assert!(!back.changes[0].desired.as_ref().unwrap().enabled);
}

#[test]
fn a_field_that_is_held_is_found_in_the_earlier_body() {
    let of_campaign = || spec("One");
    let mut turned = of_campaign();
    turned.filters.reverse();
    // The file holds its last filter; the earlier body, and live, have it at the first place.
    let last_filter = of_campaign().filters.len() - 1;
    let hold = Hold { pointer: format!("/filters/{last_filter}/value"), until: None };
    let files = desired([("one", DesiredCampaign { held: vec![hold], ..declared(of_campaign()) })]);
    let live = live([live_one("id-1", of_campaign())]);
    let last = last([("one", remembered("id-1", of_campaign()))]);
    let back = rolled_back(&BTreeMap::from([(key("one"), Some(turned))]), &files, &live, &last);
    assert_eq!(back.campaigns[&key("one")].held[0].pointer, "/filters/0/value");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn rolling_back_right_after_an_apply_leads_to_the_earlier_bodies((desired, live, last) in snapshots()) {
        let first = plan(&desired, &live, &last, &no_limits());
        prop_assume!(first.refusals.is_empty());
        let before = touched(&first);
        let (after, remembered) = applied(&first, &live, &last);
        let back = plan(&rolled_back(&before, &desired, &after, &remembered), &after, &remembered, &no_limits());
        // A campaign of a deleted one's name that nobody manages is taken over, as by any plan.
        prop_assume!(back.refusals.is_empty() && back.changes.iter().all(|change| !change.imported));
        let (again, _) = applied(&back, &after, &remembered);
        prop_assert_eq!(bodies(&again), bodies(&live), "{:#?}", back);
        for change in back.changes.iter().filter(|change| change.action.writes()) {
            prop_assert!(before.contains_key(&change.key), "{:#?}", change);
        }
    }

    #[test]
    fn the_plan_after_an_apply_is_empty((desired, live, last) in snapshots()) {
        let first = plan(&desired, &live, &last, &no_limits());
        prop_assume!(first.refusals.is_empty());
        let (live, last) = applied(&first, &live, &last);
        let second = plan(&desired, &live, &last, &no_limits());
        prop_assert!(second.is_empty(), "{second:#?}");
        prop_assert!(second.refusals.is_empty(), "{second:#?}");
        prop_assert!(second.state_only.is_empty(), "{second:#?}");
    }

    /// A replay compares what is live with what an apply leaves, whatever happens in between.
    #[test]
    fn the_desired_world_is_what_is_live_after_an_apply((desired, live, last) in snapshots()) {
        let plan = plan(&desired, &live, &last, &no_limits());
        prop_assume!(plan.refusals.is_empty());
        let worlds = plan.worlds(&live);
        let of = |world: World| {
            let specs = worlds.iter().filter_map(|(who, spec)| Some((who.id.clone(), (*spec.of(world))?.clone())));
            let mut specs: Vec<_> = specs.map(|(id, spec)| (id.map_or_else(|| "new".to_owned(), |id| id.0), spec)).collect();
            specs.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
            specs
        };
        let listed = |live: &Live| {
            let id = |id: &CampaignId| if id.0.starts_with("new-") { "new".to_owned() } else { id.0.clone() };
            let mut specs: Vec<_> = live.campaigns.iter().map(|campaign| (id(&campaign.id), campaign.spec.clone())).collect();
            specs.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
            specs
        };
        prop_assert_eq!(of(World::Live), listed(&live));
        let (after, _) = applied(&plan, &live, &last);
        let (desired, after) = (of(World::Desired), listed(&after));
        prop_assert_eq!(desired.len(), after.len());
        for ((id, desired), (listed_id, after)) in desired.iter().zip(&after) {
            prop_assert_eq!(id, listed_id);
            prop_assert!(same(desired, after), "{desired:#?} {after:#?}");
        }
    }

    #[test]
    fn the_same_snapshots_make_the_same_plan((desired, live, last) in snapshots()) {
        prop_assert_eq!(plan(&desired, &live, &last, &no_limits()), plan(&desired, &live, &last, &no_limits()));
    }

    #[test]
    fn a_live_campaign_is_touched_at_most_once_and_never_without_a_reason((desired, live, last) in snapshots()) {
        let plan = plan(&desired, &live, &last, &no_limits());
        let mut touched: Vec<_> = plan.changes.iter().filter_map(|change| change.live.as_ref()).map(|live| &live.id).collect();
        touched.extend(plan.unmanaged.iter().map(|campaign| &campaign.id));
        let count = touched.len();
        touched.sort();
        touched.dedup();
        prop_assert_eq!(touched.len(), count);
        for change in plan.changes.iter().filter(|change| change.action == Action::Delete) {
            let known = last.campaigns.get(&change.key);
            prop_assert_eq!(known.map(|known| &known.id), change.live.as_ref().map(|live| &live.id), "only what the state knows is deleted");
            prop_assert!(!desired.campaigns.contains_key(&change.key));
        }
    }

    #[test]
    fn without_a_state_nothing_is_deleted((desired, live, _) in snapshots()) {
        let plan = plan(&desired, &live, &LastApplied::default(), &no_limits());
        prop_assert!(plan.changes.iter().all(|change| !matches!(change.action, Action::Delete | Action::Forget)));
    }

    #[test]
    fn tightening_goes_before_loosening((desired, live, last) in snapshots()) {
        let plan = plan(&desired, &live, &last, &no_limits());
        prop_assert!(plan.changes.is_sorted_by_key(|change| change.tier));
        for change in &plan.changes {
            match change.action {
                Action::Create => prop_assert_eq!(change.tier, Tier::Loosen),
                Action::Delete => prop_assert_eq!(change.tier, Tier::Tighten),
                _ => {}
            }
        }
    }

    #[test]
    fn order_and_spelling_are_no_change((body, shuffled) in campaign().prop_flat_map(|body| (Just(body.clone()), campaigns::respelled(body)))) {
        prop_assert!(same(&body, &shuffled));
        let plan = plan(
            &desired([("a", declared(shuffled))]),
            &live([live_one("1", body.clone())]),
            &last([("a", remembered("1", body))]),
            &no_limits(),
        );
        prop_assert!(plan.is_empty(), "{plan:#?}");
    }

    #[test]
    fn every_difference_is_shown((before, after) in (campaign(), campaign())) {
        let plan = plan(&desired([("a", declared(after.clone()))]), &live([live_one("1", before.clone())]), &last([("a", remembered("1", before.clone()))]), &no_limits());
        if same(&before, &after) {
            prop_assert!(plan.is_empty());
        } else {
            prop_assert!(!plan.changes[0].fields.is_empty());
            prop_assert!(plan.changes[0].fields.iter().all(|field| field.cause == Cause::Code && field.before != field.after));
        }
    }
}

#[test]
fn a_field_says_who_moved_it() {
    let base = spec("x");
    let with = |cooldown: u64| {
        let mut spec = base.clone();
        spec.throttling.as_mut().unwrap().cooldown_seconds = Some(cooldown);
        spec
    };
    // (files, live, last applied) -> cause of the one changed field.
    let table = [
        ((60, 45, Some(45)), Some(Cause::Code)),
        ((45, 60, Some(45)), Some(Cause::Drift)),
        ((60, 50, Some(45)), Some(Cause::Both)),
        ((60, 45, None), Some(Cause::Unknown)),
        ((60, 60, Some(45)), None),
    ];
    for ((files, alive, applied), expected) in table {
        let state = applied.map(|applied| ("a", remembered("1", with(applied))));
        let plan = plan(&desired([("a", declared(with(files)))]), &live([live_one("1", with(alive))]), &last(state), &no_limits());
        let cause = plan.changes.first().map(|change| change.fields[0].cause);
        assert_eq!(cause, expected, "files {files}, live {alive}, applied {applied:?}");
    }
}

#[test]
fn when_code_and_live_agree_the_state_learns_it() {
    let mut new = spec("x");
    new.enabled = !new.enabled;
    let plan = plan(
        &desired([("a", declared(new.clone()))]),
        &live([live_one("1", new)]),
        &last([("a", remembered("1", spec("x")))]),
        &no_limits(),
    );
    assert!(plan.is_empty());
    assert!(matches!(plan.state_only[..], [StateOnly::Refresh { .. }]));
}

#[test]
fn two_live_campaigns_of_one_name_are_refused_and_listed() {
    let plan =
        plan(&desired([("a", declared(spec("x")))]), &live([live_one("1", spec("x")), live_one("2", spec("x"))]), &last([]), &no_limits());
    let [Refusal::AmbiguousName { candidates, .. }] = &plan.refusals[..] else { panic!("{plan:#?}") };
    assert_eq!(candidates.iter().map(|candidate| candidate.id.0.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert!(plan.changes.is_empty());
}

/// A campaign that a create of ours made at this time.
fn made(id: &str, body: CampaignSpec, at: Timestamp) -> Remembered {
    let created = Created { at, name: body.name.clone(), fingerprint: fingerprint(&body) };
    Remembered { created: Some(created), ..remembered(id, body) }
}

#[test]
fn a_campaign_that_is_live_twice_is_refused_and_both_are_named() {
    let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let (now, before) = (spec("x"), CampaignSpec { description: "as created".to_owned(), ..spec("x") });
    let renamed = CampaignSpec { name: "as created".to_owned(), ..spec("x") };
    let foreign = CampaignSpec { description: "somebody's".to_owned(), ..spec("x") };
    let ours = |created: &CampaignSpec| Remembered { body: now.clone(), ..made("1", created.clone(), at) };
    let dated = |id: &str, body: &CampaignSpec, created: Option<&str>| LiveCampaign {
        date_created: created.map(|created| created.parse().unwrap()),
        ..live_one(id, body.clone())
    };
    //  what the state remembers, another live campaign, whether that can be a second one
    let table = [
        (ours(&now), dated("2", &now, Some("2026-11-20T12:00:03Z")), true),
        (ours(&now), dated("2", &now, None), true),
        // The server's clock may be behind.
        (ours(&now), dated("2", &now, Some("2026-11-20T11:55:00Z")), true),
        (ours(&now), dated("2", &now, Some("2026-11-20T11:54:59Z")), false),
        // It was updated, or renamed, since it was created.
        (ours(&before), dated("2", &before, None), true),
        (ours(&before), dated("2", &now, None), true),
        (ours(&renamed), dated("2", &renamed, None), true),
        (ours(&before), dated("2", &foreign, None), false),
        // Nothing of ours created it.
        (remembered("1", now.clone()), dated("2", &now, None), false),
        // The same one, however its id is spelled.
        (Remembered { id: CampaignId("A".to_owned()), ..ours(&now) }, dated("a", &now, None), false),
    ];
    for (remembered, other, expected) in table {
        let own = live_one(&remembered.id.0, now.clone());
        let alive = if own.id == other.id { live([other.clone()]) } else { live([own, other.clone()]) };
        let plan = plan(&desired([("a", declared(now.clone()))]), &alive, &last([("a", remembered)]), &no_limits());
        let twice: Vec<&LiveTwice> =
            plan.refusals.iter().filter_map(|refusal| if let Refusal::LiveTwice(twice) = refusal { Some(twice) } else { None }).collect();
        assert_eq!(!twice.is_empty(), expected, "{other:?}");
        assert_eq!(twice.len(), plan.refusals.len());
        if let [twice] = twice.as_slice() {
            let others: Vec<&str> = twice.other_ids().map(|id| id.0.as_str()).collect();
            assert_eq!((twice.key.as_str(), twice.id.0.as_str(), others, twice.is_declared), ("a", "1", vec!["2"], true));
        }
    }
}

#[test]
fn a_second_campaign_counts_unread_without_a_file_and_only_beside_the_first() {
    let at = Timestamp::UNIX_EPOCH;
    let unread = |name: &str| UnreadableCampaign { id: CampaignId("2".to_owned()), name: Some(name.to_owned()), reason: "r".to_owned() };
    let state = last([("a", made("1", spec("x"), at))]);
    let declared_one = desired([("a", declared(spec("x")))]);
    for (name, expected) in [("x", 1), ("y", 0)] {
        let alive = Live { unreadable: vec![unread(name)], ..live([live_one("1", spec("x"))]) };
        let plan = plan(&declared_one, &alive, &state, &no_limits());
        assert_eq!(plan.refusals.len(), expected, "{name}: {:?}", plan.refusals);
    }
    let both = live([live_one("1", spec("x")), live_one("2", spec("x"))]);
    let undeclared = plan(&desired([]), &both, &state, &no_limits());
    assert!(matches!(&undeclared.refusals[..], [Refusal::LiveTwice(twice)] if !twice.is_declared), "{:?}", undeclared.refusals);
    // Ours is gone: there is one of the name, and it is taken over.
    let gone = plan(&declared_one, &live([live_one("2", spec("x"))]), &state, &no_limits());
    assert!(gone.refusals.is_empty() && gone.changes[0].imported, "{gone:#?}");
}

#[test]
fn two_creates_never_find_the_same_campaign() {
    let intent = |run: &str| Intent {
        name: "x".to_owned(),
        fingerprint: fingerprint(&spec("x")),
        run: run.to_owned(),
        at: Timestamp::UNIX_EPOCH,
        sent: Timestamp::UNIX_EPOCH,
        prevent_destroy: false,
        keep: false,
    };
    let alive = live([live_one("1", spec("x"))]);
    let both = BTreeMap::from([(key("a"), intent("r")), (key("b"), intent("r"))]);
    assert_eq!(resume(&both, &alive, &last([])), []);
    let one = BTreeMap::from([(key("a"), intent("r"))]);
    assert_eq!(resume(&one, &alive, &last([])).len(), 1);
}

#[test]
fn a_lost_state_adopts_everything_and_deletes_nothing() {
    let mut changed = spec("y");
    changed.description = "changed live".to_owned();
    let alive = live([live_one("1", spec("x")), live_one("2", changed), live_one("3", spec("nobody's"))]);
    let plan = plan(&desired([("a", declared(spec("x"))), ("b", declared(spec("y")))]), &alive, &last([]), &no_limits());
    let actions: Vec<_> = plan.changes.iter().map(|change| (change.key.as_str(), change.action, change.imported)).collect();
    assert_eq!(actions, [("b", Action::Update, true), ("a", Action::Record, true)]);
    assert_eq!(plan.unmanaged.len(), 1);
}

#[test]
fn a_rename_moves_the_state_and_leaves_live_alone() {
    let said = {
        let mut campaign = declared(spec("another name"));
        campaign.previously = Some(key("old"));
        campaign
    };
    let alive = live([live_one("1", spec("x"))]);
    let state = last([("old", remembered("1", spec("x")))]);
    let by_word = plan(&desired([("new", said)]), &alive, &state, &no_limits());
    assert_eq!(by_word.changes[0].moved_from, Some(key("old")));
    assert_eq!(by_word.changes[0].action, Action::Update);
    let seen = plan(&desired([("new", declared(spec("x")))]), &alive, &state, &no_limits());
    assert_eq!((seen.changes.len(), seen.changes[0].action, &seen.changes[0].moved_from), (1, Action::Record, &Some(key("old"))));
}

#[test]
fn protection_outlives_the_file() {
    let mut protected = remembered("1", spec("x"));
    protected.prevent_destroy = true;
    let state = last([("a", protected)]);
    let others = desired([("b", declared(spec("y")))]);
    let alive = live([live_one("1", spec("x"))]);
    let refused = plan(&others, &alive, &state, &no_limits());
    assert_eq!(refused.refusals, [Refusal::PreventDestroy { key: key("a") }]);
    let lifted = Policy { allow_destroy: BTreeSet::from([key("a")]), ..no_limits() };
    assert!(plan(&others, &alive, &state, &lifted).refusals.is_empty());
}

#[test]
fn keep_forgets_instead_of_deleting() {
    let mut kept = remembered("1", spec("x"));
    kept.keep = true;
    let plan = plan(
        &desired([("b", declared(spec("y")))]),
        &live([live_one("1", spec("x")), live_one("2", spec("y"))]),
        &last([("a", kept)]),
        &no_limits(),
    );
    let forgotten: Vec<_> =
        plan.changes.iter().filter(|change| change.action == Action::Forget).map(|change| change.key.as_str()).collect();
    assert_eq!(forgotten, ["a"]);
}

#[test]
fn limits_refuse_and_name_the_campaigns() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let alive = live(names.iter().map(|name| live_one(name, spec(name))));
    let state = last(names.map(|name| (name, remembered(name, spec(name)))));
    let keep_one = desired([("a", declared(spec("a")))]);
    let default = plan(&keep_one, &alive, &state, &Policy::default());
    assert!(default.refusals.is_empty(), "five deletes are within the default");
    let strict = Policy {
        guards: Guards { max_deletes: Some(4), max_changed_percent: Some(50), max_added_invites_percent: None },
        allow_destroy: BTreeSet::new(),
    };
    let refusals = plan(&keep_one, &alive, &state, &strict).refusals;
    assert!(
        matches!(&refusals[..], [Refusal::TooManyDeletes { keys, limit: 4 }, Refusal::TooMuchChanged { managed: 6, limit: 50, .. }] if keys.len() == 5),
        "{refusals:#?}"
    );
}

#[test]
fn what_the_model_does_not_know_is_sent_back_where_it_was() {
    let mut alive = live_one("1", spec("x"));
    alive.unmodelled = vec![
        UnmodelledField { pointer: "/schedule".to_owned(), value: json!({ "from": 9 }) },
        UnmodelledField { pointer: "/filters/1/weight".to_owned(), value: json!(2) },
        UnmodelledField { pointer: "/throttling/burst".to_owned(), value: json!(7) },
    ];
    let mut wanted = spec("x");
    wanted.description = "new".to_owned();
    wanted.filters.reverse();
    let plan = plan(&desired([("a", declared(wanted.clone()))]), &live([alive.clone()]), &last([]), &no_limits());
    let change = &plan.changes[0];
    let body = change.body.as_ref().unwrap();
    assert_eq!((change.kept, change.lost.len()), (3, 0));
    assert_eq!(body["schedule"], json!({ "from": 9 }));
    assert_eq!(body["filters"][0]["weight"], json!(2), "it follows its filter to the new place");
    assert_eq!(body["filters"][0]["attributeName"], json!(alive.spec.filters[1].attribute_name));
    assert_eq!(body["throttling"]["burst"], json!(7));
    assert_eq!(body["version"], json!(3));

    wanted.filters.truncate(1);
    wanted.filters[0].attribute_name = "session.other".to_owned();
    let dropped = campaignctl::reconcile::plan(&desired([("a", declared(wanted))]), &live([alive]), &last([]), &no_limits());
    assert_eq!(dropped.changes[0].lost, ["/filters/1/weight"]);
}

#[test]
fn held_fields_keep_their_live_value() {
    let mut wanted = declared(spec("x"));
    wanted.spec.enabled = true;
    wanted.spec.description = "new".to_owned();
    wanted.held = ["/enabled", "/throttling/maxInvitesPerMinute"].map(|pointer| Hold { pointer: pointer.to_owned(), until: None }).to_vec();
    wanted.spec.throttling = None;
    let mut alive = spec("x");
    alive.enabled = false;
    let plan = plan(&desired([("a", wanted)]), &live([live_one("1", alive)]), &last([]), &no_limits());
    let change = &plan.changes[0];
    let body = change.body.as_ref().unwrap();
    assert_eq!(body["enabled"], json!(false));
    assert_eq!(body["throttling"], json!({ "maxInvitesPerMinute": 500 }));
    assert_eq!(
        change.held.iter().map(|held| held.field.path.to_string()).collect::<Vec<_>>(),
        ["enabled", "throttling.maxInvitesPerMinute"]
    );
}

/// A campaign whose first filter became another type in the file, with these fields of it left to live.
fn retyped(pointers: &[&str]) -> (Desired, Live, LastApplied) {
    let mut wanted = declared(spec("x"));
    wanted.spec.filters[0] = serde_json::from_value(json!({
        "attributeName": "session.dwell_time_seconds", "operator": "equals", "value": "long", "dataType": "string"
    }))
    .unwrap();
    wanted.held = pointers.iter().map(|pointer| Hold { pointer: (*pointer).to_owned(), until: None }).collect();
    let mut alive = spec("x");
    alive.filters[0].operator = campaignctl::model::Operator::Equals;
    let before = CampaignSpec { enabled: false, ..alive.clone() };
    (desired([("a", wanted), ("b", declared(spec("y")))]), live([live_one("1", alive)]), last([("a", remembered("1", before))]))
}

/// A hold that would make a campaign no API takes stops the plan. Were it dropped, the plan would change what its owner
/// believes to be safe.
#[test]
fn a_hold_that_leaves_half_a_filter_is_refused_by_its_pointer() {
    for (held, broken, left) in [
        (&["/enabled", "/filters/0/value"][..], "/filters/0/value", "45 as dataType string"),
        (&["/filters/0/dataType"], "/filters/0/dataType", "\"long\" as dataType integer"),
    ] {
        let (desired, live, last) = retyped(held);
        let made = plan(&desired, &live, &last, &no_limits());
        let reason = format!("the filter `session.dwell_time_seconds equals` would compare with {left}");
        let expected = Refusal::BrokenHold { key: key("a"), pointer: broken.to_owned(), reason: reason.clone() };
        assert_eq!(made.refusals, [expected]);
        assert!(made.refusals[0].leaves_out() && made.refusals[0].id() == "broken-hold");
        assert_eq!(made.changes.iter().map(|change| change.key.as_str()).collect::<Vec<_>>(), ["b"], "nothing is planned for it");
        assert!(made.unchanged.is_empty() && made.state_only.is_empty());
        // What live did since the last apply cannot be judged either, and that is no pass.
        let found = campaignctl::reconcile::drift(&desired, &live, &last);
        assert_eq!((found.compared, found.drifted.len(), found.held.len()), (0, 0, 0));
        assert_eq!(found.unreadable[0].hold.as_deref(), Some(broken));
        assert!(found.unreadable[0].reason.contains(&reason), "{}", found.unreadable[0].reason);
    }
}

#[test]
fn a_filter_that_is_held_as_a_whole_is_the_live_one() {
    for held in [&["/filters/0/value", "/filters/0/dataType"][..], &["/filters/0"], &["/filters"], &["/filters/0/value", "/filters"]] {
        let (desired, live, last) = retyped(held);
        let made = plan(&desired, &live, &last, &no_limits());
        assert_eq!(made.refusals, [], "{held:?}");
        assert_eq!(made.unchanged.iter().map(|unchanged| unchanged.key.as_str()).collect::<Vec<_>>(), ["a"], "{held:?}: {made:#?}");
    }
}

#[test]
fn a_field_inside_a_held_list_leaves_the_list_as_it_is_live() {
    let mut wanted = declared(spec("x"));
    wanted.spec.filters.reverse();
    wanted.held = ["/filters", "/filters/0"].map(|pointer| Hold { pointer: pointer.to_owned(), until: None }).to_vec();
    let mut alive = spec("x");
    alive.filters[0].value = serde_json::from_value(json!(60)).unwrap();
    let made = plan(&desired([("a", wanted)]), &live([live_one("1", alive.clone())]), &last([]), &no_limits());
    assert_eq!((made.refusals.len(), made.changes[0].desired.as_ref().unwrap()), (0, &alive));
}

#[test]
fn what_visitors_would_notice_is_marked() {
    type Edit = fn(&mut CampaignSpec);
    let table: [(&str, Edit, &[DangerKind], Tier); 11] = [
        ("throttling off", |spec| spec.throttling = None, &[DangerKind::ThrottlingRemoved, DangerKind::ThrottlingLoosened], Tier::Loosen),
        (
            "no limit per contact",
            |spec| spec.throttling.as_mut().unwrap().max_invites_per_contact = Some(0),
            &[DangerKind::ThrottlingRemoved],
            Tier::Loosen,
        ),
        (
            "higher cap",
            |spec| spec.throttling.as_mut().unwrap().max_invites_per_minute = Some(501),
            &[DangerKind::ThrottlingLoosened],
            Tier::Loosen,
        ),
        ("lower cap", |spec| spec.throttling.as_mut().unwrap().max_invites_per_minute = Some(1), &[], Tier::Tighten),
        ("longer cooldown", |spec| spec.throttling.as_mut().unwrap().cooldown_seconds = Some(999_999), &[], Tier::Tighten),
        ("filter dropped", |spec| drop(spec.filters.pop()), &[DangerKind::AudienceWidened], Tier::Loosen),
        ("threshold down", |spec| spec.filters[0].value = serde_json::from_str("1").unwrap(), &[DangerKind::AudienceWidened], Tier::Loosen),
        ("threshold up", |spec| spec.filters[0].value = serde_json::from_str("99").unwrap(), &[], Tier::Tighten),
        ("routing gone", |spec| spec.actions[0].routing_config = None, &[DangerKind::RoutingRemoved], Tier::Neutral),
        ("new text", |spec| spec.description.push('!'), &[], Tier::Neutral),
        ("switched off", |spec| spec.enabled = false, &[], Tier::Tighten),
    ];
    for (what, edit, kinds, tier) in table {
        let mut before = spec("x");
        before.enabled = true;
        let mut after = before.clone();
        edit(&mut after);
        let plan = plan(&desired([("a", declared(after))]), &live([live_one("1", before)]), &last([]), &no_limits());
        let change = &plan.changes[0];
        assert_eq!(change.dangers.iter().map(|danger| danger.kind).collect::<Vec<_>>(), kinds, "{what}");
        assert_eq!(change.tier, tier, "{what}");
    }
}
