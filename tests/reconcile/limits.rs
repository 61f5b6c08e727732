//! The limits of a plan, at their edges, and what a refusal says to machines.

use std::collections::BTreeSet;

use campaignctl::model::{BothWorlds, CampaignDecisions, CampaignId, Contender, Guards, LineCounts, Replayed, ReplayedCampaign, Totals};
use campaignctl::reconcile::{LiveTwice, Plan, Policy, Refusal};

use crate::campaigns::spec;
use crate::{declared, desired, key, last, live, live_one, remembered};

fn policy(guards: Guards) -> Policy {
    Policy { guards, allow_destroy: BTreeSet::new() }
}

/// The plan that deletes `deleted` of ten campaigns and changes none of the others.
fn deleting(deleted: usize, guards: Guards) -> Plan {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let alive = live(names.iter().map(|name| live_one(name, spec(name))));
    let state = last(names.map(|name| (name, remembered(name, spec(name)))));
    let files = desired(names[deleted..].iter().map(|name| (*name, declared(spec(name)))));
    campaignctl::reconcile::plan(&files, &alive, &state, &policy(guards))
}

#[test]
fn a_limit_may_be_reached_and_not_exceeded() {
    let deletes = |deleted, most| {
        let guards = Guards { max_deletes: Some(most), max_changed_percent: None, max_added_invites_percent: None };
        deleting(deleted, guards).refusals.iter().map(Refusal::id).collect::<Vec<_>>()
    };
    assert_eq!(deletes(3, 3), [""; 0]);
    assert_eq!(deletes(3, 2), ["max-deletes"]);
    assert_eq!(deletes(1, 0), ["max-deletes"]);
    assert_eq!(deletes(0, 0), [""; 0]);

    let changed = |deleted, percent| {
        let guards = Guards { max_deletes: Some(10), max_changed_percent: Some(percent), max_added_invites_percent: None };
        deleting(deleted, guards).refusals.iter().map(Refusal::id).collect::<Vec<_>>()
    };
    assert_eq!(changed(3, 30), [""; 0]);
    assert_eq!(changed(3, 29), ["max-changed-percent"]);
    assert_eq!(changed(0, 0), [""; 0]);
    assert_eq!(changed(1, 0), ["max-changed-percent"]);
    assert_eq!(changed(9, 100), [""; 0]);
}

fn contender(name: &str) -> Contender {
    Contender { key: Some(key(name)), id: Some(CampaignId(name.to_owned())), name: name.to_owned() }
}

/// A campaign that invited and will invite so often.
fn inviting(name: &str, live: u64, desired: u64) -> ReplayedCampaign {
    let of = |invited| Some(CampaignDecisions { invited, ..CampaignDecisions::default() });
    ReplayedCampaign { who: contender(name), decided: BothWorlds { live: of(live), desired: of(desired) }, gained: 0, lost: 0 }
}

fn replayed(live: u64, desired: u64, contenders: Vec<ReplayedCampaign>) -> Replayed {
    let totals = |invites| Totals { invites, ..Totals::default() };
    let lines = LineCounts { sessions: 1_000, ..LineCounts::default() };
    Replayed {
        compared: true,
        lines,
        totals: BothWorlds { live: totals(live), desired: totals(desired) },
        contenders,
        ..Replayed::default()
    }
}

fn judged(replayed: Replayed, limit: Option<u64>) -> Vec<Refusal> {
    let guards = Guards { max_deletes: None, max_changed_percent: None, max_added_invites_percent: limit };
    Plan::default().judged_by(replayed, &policy(guards)).refusals
}

#[test]
fn invites_may_grow_to_the_limit_and_no_further() {
    //  invites live, desired, limit in percent -> the percentage of the refusal
    let table = [
        ((10, 15, 50), None),
        ((10, 16, 50), Some(60)),
        ((200, 203, 1), Some(2)),
        ((200, 202, 1), None),
        // Rounded up: what the message tells people to allow is then enough.
        ((3, 4, 10), Some(34)),
        ((3, 4, 33), Some(34)),
        ((3, 4, 34), None),
        ((10, 10, 0), None),
        ((10, 11, 0), Some(10)),
        ((10, 4, 0), None),
        // As though it had been one invite where there was none.
        ((0, 3, 200), Some(300)),
        ((0, 3, 300), None),
        ((0, 0, 0), None),
        ((1, u64::MAX, 5), Some(u64::MAX)),
        ((1, 2, u64::MAX), None),
    ];
    for ((live, desired, limit), expected) in table {
        let found = match &judged(replayed(live, desired, Vec::new()), Some(limit))[..] {
            [] => None,
            [Refusal::TooManyAddedInvites { percent, invites, limit: of, .. }] => {
                assert_eq!((invites.live, invites.desired, *of), (live, desired, limit));
                Some(*percent)
            }
            refusals => panic!("{refusals:#?}"),
        };
        assert_eq!(found, expected, "{live} -> {desired}, limit {limit} %");
    }
    assert_eq!(judged(replayed(1, 100, Vec::new()), None), []);
    let alone = Replayed { compared: false, ..replayed(1, 100, Vec::new()) };
    assert_eq!(judged(alone, Some(1)), [], "without a live world nothing has grown");
}

#[test]
fn the_campaigns_that_add_most_are_named() {
    let contenders = vec![
        inviting("a", 0, 3),
        inviting("same", 4, 4),
        inviting("b", 1, 9),
        inviting("less", 9, 1),
        inviting("c", 0, 3),
        inviting("d", 0, 5),
        ReplayedCampaign { decided: BothWorlds { live: None, ..inviting("new", 0, 4).decided }, ..inviting("new", 0, 4) },
        inviting("last", 0, 1),
    ];
    let named = |contenders| match &judged(replayed(10, 100, contenders), Some(1))[..] {
        [refusal @ Refusal::TooManyAddedInvites { adding, .. }] => {
            let keys: Vec<String> = refusal.keys().iter().map(ToString::to_string).collect();
            assert_eq!(keys, adding.iter().map(|(who, _)| who.name.clone()).collect::<Vec<_>>());
            adding.iter().map(|(who, added)| format!("{} {added}", who.name)).collect::<Vec<_>>()
        }
        refusals => panic!("{refusals:#?}"),
    };
    assert_eq!(named(contenders.clone()), ["b 8", "d 5", "new 4", "a 3", "c 3"]);
    assert_eq!(named(contenders[..4].to_vec()), ["b 8", "a 3"]);
}

#[test]
fn a_refusal_says_what_it_is_of_whom_and_whether_the_plan_is_whole() {
    let id = || CampaignId("1".to_owned());
    let table = [
        (Refusal::AmbiguousName { key: key("a"), name: "A".to_owned(), candidates: Vec::new() }, "ambiguous-name", "a", true),
        (Refusal::Unreadable { key: key("a"), id: id(), reason: String::new() }, "unreadable", "a", true),
        (
            Refusal::LiveTwice(LiveTwice {
                key: key("a"),
                name: "A".to_owned(),
                id: id(),
                others: Vec::new(),
                unreadable: Vec::new(),
                is_declared: true,
            }),
            "live-twice",
            "a",
            false,
        ),
        (Refusal::RenameOfDeclared { key: key("b"), previously: key("a") }, "rename-of-declared", "b a", true),
        (Refusal::RenamedTwice { previously: key("a"), keys: [key("b"), key("c")] }, "renamed-twice", "b c", true),
        (Refusal::BrokenHold { key: key("a"), pointer: "/name".to_owned(), reason: String::new() }, "broken-hold", "a", true),
        (Refusal::PreventDestroy { key: key("a") }, "prevent-destroy", "a", false),
        (Refusal::TooManyDeletes { keys: vec![key("a"), key("b")], limit: 1 }, "max-deletes", "a b", false),
        (Refusal::TooMuchChanged { keys: vec![key("a")], managed: 1, limit: 1 }, "max-changed-percent", "a", false),
        (
            Refusal::TooManyAddedInvites {
                invites: BothWorlds { live: 1, desired: 9 },
                percent: 800,
                adding: vec![(contender("a"), 8), (Contender { key: None, ..contender("nobody") }, 1)],
                limit: 1,
            },
            "max-added-invites-percent",
            "a",
            false,
        ),
    ];
    for (refusal, name, keys, leaves_out) in &table {
        assert_eq!(refusal.id(), *name);
        assert_eq!(refusal.keys().iter().map(|key| key.as_str()).collect::<Vec<_>>().join(" "), *keys, "{name}");
        assert_eq!(refusal.leaves_out(), *leaves_out, "{name}");
    }
    assert_eq!(table.map(|(_, name, ..)| name), Refusal::IDS);
}
