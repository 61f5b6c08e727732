//! Which live campaign belongs to which declared one, and what is refused because it cannot be said.

use campaignctl::model::{CampaignId, CampaignSpec, DesiredCampaign, LastApplied, Live, UnreadableCampaign};
use campaignctl::reconcile::{Action, Plan, Refusal};

use crate::campaigns::spec;
use crate::{declared, desired, key, last, live, live_one, no_limits, remembered};

/// A declared campaign with `previously:`.
fn moved(from: &str, spec: CampaignSpec) -> DesiredCampaign {
    DesiredCampaign { previously: Some(key(from)), ..declared(spec) }
}

/// A body that is like no other.
fn cooling(name: &str, seconds: u64) -> CampaignSpec {
    let mut spec = spec(name);
    spec.throttling.as_mut().unwrap().cooldown_seconds = Some(seconds);
    spec
}

fn plan(files: &[(&'static str, DesiredCampaign)], live: &Live, last: &LastApplied) -> Plan {
    campaignctl::reconcile::plan(&desired(files.to_vec()), live, last, &no_limits())
}

/// Key, action, live id and earlier key of every change, by key.
fn changes(plan: &Plan) -> Vec<(&str, Action, &str, &str)> {
    let mut changes: Vec<_> = plan
        .changes
        .iter()
        .map(|change| {
            let id = change.live.as_ref().map_or("", |live| live.id.0.as_str());
            (change.key.as_str(), change.action, id, change.moved_from.as_ref().map_or("", |key| key.as_str()))
        })
        .collect();
    changes.sort_by_key(|(key, ..)| *key);
    changes
}

fn unreadable(id: &str, name: Option<&str>) -> UnreadableCampaign {
    UnreadableCampaign { id: CampaignId(id.to_owned()), name: name.map(str::to_owned), reason: "no filters".to_owned() }
}

#[test]
fn a_campaign_whose_file_got_another_name_is_moved_when_name_or_body_is_the_same() {
    let alive = live([live_one("1", cooling("x", 1)), live_one("2", cooling("y", 2))]);
    let state = last([("old", remembered("1", cooling("x", 1))), ("stays", remembered("2", cooling("y", 2)))]);
    let stays = ("stays", declared(cooling("y", 2)));
    let by_name = plan(&[("new", declared(cooling("x", 9))), stays.clone()], &alive, &state);
    assert_eq!(changes(&by_name), [("new", Action::Update, "1", "old")]);
    let by_body = plan(&[("new", declared(cooling("x", 1))), stays.clone()], &alive, &state);
    assert_eq!(changes(&by_body), [("new", Action::Record, "1", "old")]);
    let by_neither = plan(&[("new", declared(cooling("z", 9))), stays], &alive, &state);
    assert_eq!(changes(&by_neither), [("new", Action::Create, "", ""), ("old", Action::Delete, "1", "")]);
}

#[test]
fn nothing_is_moved_by_guessing() {
    // Two whose files are gone could be meant: neither is.
    let alive = live([live_one("1", cooling("x", 1)), live_one("2", cooling("x", 2))]);
    let state = last([("a", remembered("1", cooling("x", 1))), ("b", remembered("2", cooling("x", 2)))]);
    let two_old = plan(&[("new", declared(cooling("x", 9)))], &alive, &state);
    assert_eq!(changes(&two_old), [("a", Action::Delete, "1", ""), ("b", Action::Delete, "2", ""), ("new", Action::Create, "", "")]);

    // Two new files could be it: the first gets it, the other is new.
    let alive = live([live_one("1", cooling("x", 1))]);
    let state = last([("old", remembered("1", cooling("x", 1)))]);
    let two_new = plan(&[("a", declared(cooling("x", 1))), ("b", declared(cooling("x", 1)))], &alive, &state);
    assert_eq!(changes(&two_new), [("a", Action::Record, "1", "old"), ("b", Action::Create, "", "")]);

    // `previously:` has said who it is, so it is nobody else, however alike.
    let said = plan(&[("a", declared(cooling("x", 1))), ("b", moved("old", cooling("z", 9)))], &alive, &state);
    assert_eq!(changes(&said), [("a", Action::Create, "", ""), ("b", Action::Update, "1", "old")]);

    // `previously:` of something unknown: it is not looked for in what is alike either.
    let unknown = plan(&[("a", moved("never", cooling("x", 1)))], &alive, &state);
    assert_eq!(changes(&unknown), [("a", Action::Create, "", ""), ("old", Action::Delete, "1", "")]);

    // A campaign that has its own place in the state keeps it, whatever `previously:` says.
    let alive = live([live_one("1", cooling("x", 1)), live_one("2", cooling("y", 2))]);
    let state = last([("a", remembered("1", cooling("x", 1))), ("b", remembered("2", cooling("y", 2)))]);
    let known = plan(&[("a", moved("b", cooling("x", 1)))], &alive, &state);
    assert_eq!(changes(&known), [("b", Action::Delete, "2", "")]);
}

#[test]
fn what_previously_took_is_out_of_the_way_of_what_is_seen_alike() {
    let alive = live([live_one("1", cooling("x", 1)), live_one("2", cooling("x", 2))]);
    let state = last([("a", remembered("1", cooling("x", 1))), ("b", remembered("2", cooling("x", 2)))]);
    let both = plan(&[("c", moved("a", cooling("z", 3))), ("d", declared(cooling("x", 9)))], &alive, &state);
    assert_eq!(changes(&both), [("c", Action::Update, "1", "a"), ("d", Action::Update, "2", "b")]);
}

#[test]
fn previously_of_what_is_declared_or_was_taken_is_refused() {
    let alive = live([live_one("1", cooling("x", 1)), live_one("2", cooling("y", 2))]);
    let state = last([("a", remembered("1", cooling("x", 1))), ("b", remembered("2", cooling("y", 2)))]);
    let still_there =
        plan(&[("a", declared(cooling("x", 1))), ("c", moved("a", cooling("z", 3))), ("b", declared(cooling("y", 2)))], &alive, &state);
    assert_eq!(still_there.refusals, [Refusal::RenameOfDeclared { key: key("c"), previously: key("a") }]);
    assert_eq!(still_there.refusals[0].keys(), [&key("c"), &key("a")]);

    let twice =
        plan(&[("c", moved("a", cooling("z", 3))), ("d", moved("b", cooling("u", 4))), ("e", moved("a", cooling("v", 5)))], &alive, &state);
    assert_eq!(twice.refusals, [Refusal::RenamedTwice { previously: key("a"), keys: [key("c"), key("e")] }]);
    assert_eq!(twice.refusals[0].keys(), [&key("c"), &key("e")]);
}

#[test]
fn what_another_campaign_of_the_state_is_cannot_be_taken_over_by_its_name() {
    // `b` has the name of a live campaign that is `a`'s.
    let alive = live([live_one("1", cooling("x", 1))]);
    let state = last([("a", remembered("1", cooling("x", 1)))]);
    let plan = plan(&[("a", declared(cooling("x", 1))), ("b", declared(cooling("x", 2)))], &alive, &state);
    assert_eq!(changes(&plan), [("b", Action::Create, "", "")]);
    assert!(plan.unmanaged.is_empty());
}

#[test]
fn one_that_was_deleted_outside_is_the_other_live_campaign_of_its_name_where_there_is_one() {
    let state = last([("a", remembered("gone", cooling("x", 1)))]);
    let found = plan(&[("a", declared(cooling("x", 1)))], &live([live_one("2", cooling("x", 1)), live_one("3", cooling("y", 3))]), &state);
    assert_eq!(changes(&found), [("a", Action::Record, "2", "")]);
    assert!(found.changes[0].imported);
    assert_eq!(found.unmanaged.iter().map(|campaign| campaign.id.0.as_str()).collect::<Vec<_>>(), ["3"]);
}

#[test]
fn what_cannot_be_read_is_neither_changed_nor_deleted_nor_made_a_second_time() {
    let of_state = last([("a", remembered("1", cooling("x", 1))), ("b", remembered("2", cooling("y", 2)))]);
    let alive =
        Live { campaigns: vec![live_one("2", cooling("y", 2))], unreadable: vec![unreadable("1", None), unreadable("7", Some("z"))] };
    let b = ("b", declared(cooling("y", 2)));
    let refused = Refusal::Unreadable { key: key("a"), id: CampaignId("1".to_owned()), reason: "no filters".to_owned() };

    let declared_still = plan(&[("a", declared(cooling("x", 9))), b.clone()], &alive, &of_state);
    assert_eq!((changes(&declared_still), &declared_still.refusals[..]), (vec![], &[refused.clone()][..]));
    assert_eq!(declared_still.refusals[0].keys(), [&key("a")]);
    let file_gone = plan(std::slice::from_ref(&b), &alive, &of_state);
    assert_eq!((changes(&file_gone), &file_gone.refusals[..]), (vec![], &[refused][..]));

    // It has the name of a new campaign, and could be it.
    let named = plan(&[b.clone(), ("c", declared(cooling("z", 3)))], &alive, &last([("b", remembered("2", cooling("y", 2)))]));
    let id = CampaignId("7".to_owned());
    assert_eq!(named.refusals, [Refusal::Unreadable { key: key("c"), id, reason: "no filters".to_owned() }]);
    assert_eq!(changes(&named), []);
    // Of another name it is in nobody's way.
    let other = plan(&[b, ("c", declared(cooling("u", 3)))], &alive, &last([("b", remembered("2", cooling("y", 2)))]));
    assert_eq!((changes(&other), &other.refusals[..]), (vec![("c", Action::Create, "", "")], &[][..]));
}
