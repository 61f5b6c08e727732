//! Creates of a run that ended without learning what became of them.

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::model::{CampaignId, CampaignSpec, Intent, LiveCampaign};
use campaignctl::reconcile::{fingerprint, known_ids, made_by, resume};
use jiff::{SignedDuration, Timestamp};

use crate::campaigns::spec;
use crate::{key, last, live, live_one, remembered};

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_700_000_000 + seconds)
}

/// The create of this body was written down at second 0.
fn intent(body: &CampaignSpec) -> Intent {
    Intent {
        name: body.name.clone(),
        fingerprint: fingerprint(body),
        run: "r".to_owned(),
        at: at(0),
        sent: at(0),
        prevent_destroy: false,
        keep: false,
    }
}

fn created(id: &str, body: CampaignSpec, when: Option<i64>) -> LiveCampaign {
    LiveCampaign { date_created: when.map(at), ..live_one(id, body) }
}

#[test]
fn a_create_is_found_by_name_body_and_time() {
    let mut other = spec("x");
    other.description.push('!');
    let mut respelled = spec("x");
    respelled.filters.reverse();
    //  id, body, created -> whether it can be the one
    let table = [
        ("new", spec("x"), Some(1), true),
        ("no-time", spec("x"), None, true),
        ("same-meaning", respelled, Some(1), true),
        // The server's clock may be five minutes behind.
        ("behind", spec("x"), Some(-300), true),
        ("earlier", spec("x"), Some(-301), false),
        ("other-body", other, Some(1), false),
        ("other-name", spec("y"), Some(1), false),
        ("known", spec("x"), Some(1), false),
    ];
    let known = known_ids(&last([("k", remembered("known", spec("x")))]));
    assert_eq!(known, BTreeSet::from([CampaignId("known".to_owned())]));
    for (id, body, when, expected) in table {
        let alive = live([created(id, body, when)]);
        let found: Vec<&str> = made_by(&intent(&spec("x")), &alive, &known).iter().map(|campaign| campaign.id.0.as_str()).collect();
        assert_eq!(found, if expected { vec![id] } else { vec![] }, "{id}");
    }
}

#[test]
fn only_the_one_campaign_that_can_be_it_is_taken_for_it() {
    let intents = |names: &[&str]| names.iter().map(|name| (key(name), intent(&spec(name)))).collect::<BTreeMap<_, _>>();
    let alive = live([
        created("1", spec("one"), Some(1)),
        created("2", spec("two"), Some(1)),
        created("3", spec("two"), Some(1)),
        created("5", spec("done"), Some(1)),
    ]);
    let state = last([("done", remembered("other", spec("done")))]);
    let found = resume(&intents(&["done", "none", "one", "two"]), &alive, &state);
    let found: Vec<_> = found.iter().map(|found| (found.key.as_str(), found.id.0.as_str(), found.intended)).collect();
    assert_eq!(found, [("one", "1", at(0))]);
}
