//! The seal of a saved plan: whatever is done to the file, it is refused or means what it meant.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;

use std::collections::{BTreeMap, BTreeSet};

use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Destination, Guards, LastApplied, Lifecycle, LintWarning,
    LintWarnings, Live, LiveCampaign, Organization, Origin, QueueName, QueueNames, Remembered, Secret, UnmodelledField,
};
use campaignctl::reconcile::{Goal, Policy, Selection};
use campaignctl::saved::{AppliedAt, DeclaredAt, SavedPlan, SealError, SignatureError, digest, open, seal};
use campaigns::campaign;
use hmac::{KeyInit as _, Mac as _};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use sha2::Digest as _;

const KEY: &str = "the key of the pipeline";

fn key(number: usize) -> CampaignKey {
    CampaignKey::new(format!("campaign-{number}")).unwrap()
}

fn live_one(number: usize, spec: CampaignSpec) -> LiveCampaign {
    LiveCampaign {
        id: CampaignId(format!("id-{number}")),
        version: 3,
        date_created: Some(Timestamp::UNIX_EPOCH),
        date_modified: Some(Timestamp::UNIX_EPOCH),
        modified_by: Some("some\"body\u{1b}[31m".to_owned()),
        spec,
        unmodelled: vec![UnmodelledField { pointer: "/schedule".to_owned(), value: json!({ "from": "09:00" }) }],
    }
}

/// A plan of these: declared and live in turn, so that there are creates, updates and deletes.
fn saved(specs: Vec<CampaignSpec>) -> SavedPlan {
    let mut saved = SavedPlan {
        tool: "0.1.0".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        expires: Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24),
        destination: Destination {
            environment: "staging".to_owned(),
            organization: Organization { id: "o".to_owned(), name: "Acme".to_owned() },
            server: "https://api.mypurecloud.ie".to_owned(),
        },
        state: Some(AppliedAt { lineage: "a-lineage".to_owned(), serial: 7 }),
        policy: Policy {
            guards: Guards { max_deletes: Some(99), max_changed_percent: None, max_added_invites_percent: None },
            allow_destroy: BTreeSet::new(),
        },
        guards: Guards::default(),
        files: BTreeMap::new(),
        objects: BTreeMap::new(),
        desired: Desired::default(),
        live: Live::default(),
        last_applied: LastApplied::default(),
        goal: Goal::Files,
        queues: QueueNames::default(),
        replayed: None,
        warnings: LintWarnings {
            total: 2,
            changed: vec![LintWarning {
                key: key(0),
                rule: "no-overflow".to_owned(),
                message: "no \"overflow\"\u{1b}".to_owned(),
                place: "a.yaml:3".to_owned(),
            }],
        },
        undone_by_files: BTreeSet::from([key(1)]),
    };
    for (number, spec) in specs.into_iter().enumerate() {
        let mut was = spec.clone();
        was.enabled = !was.enabled;
        if number % 4 != 0 {
            saved.live.campaigns.push(live_one(number, was.clone()));
            let body = if number % 3 == 0 { spec.clone() } else { was };
            let remembered = Remembered::new(CampaignId(format!("id-{number}")), body);
            saved.last_applied.campaigns.insert(key(number), remembered);
        }
        if number % 4 != 3 {
            let file = format!("campaigns/campaign-{number}.yaml");
            saved.files.insert(key(number), DeclaredAt { file: file.clone(), overlay: None, sha256: digest(&spec) });
            let origin = Origin { file, line: 1, overlay: None };
            saved
                .desired
                .campaigns
                .insert(key(number), DesiredCampaign { spec, lifecycle: Lifecycle::default(), held: Vec::new(), previously: None, origin });
        }
    }
    saved.objects = SavedPlan::objects_of(&saved.plan());
    saved
}

fn sample() -> SavedPlan {
    let spec: CampaignSpec = serde_json::from_value(json!({
        "name": "Pricing \u{202e}page", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "session.a", "operator": "greater_than", "value": 0.72, "dataType": "float" }],
        "actions": [{ "type": "webchat_invite", "priority": 1, "config": { "inviteMessage": "Grüße ✓" } }],
    }))
    .unwrap();
    saved((0..4).map(|number| CampaignSpec { name: format!("{} {number}", spec.name), ..spec.clone() }).collect())
}

/// What a reader of the file would do with it: nothing, or exactly this plan.
fn applies(bytes: &[u8]) -> Option<SavedPlan> {
    let opened = open(bytes).ok()?;
    opened.verify(Some(&Secret::new(KEY))).ok()?;
    Some(opened.saved)
}

#[test]
fn every_change_of_a_single_byte_is_refused_or_harmless() {
    let original = sample();
    let text = seal(&original, Some(&Secret::new(KEY))).unwrap().into_bytes();
    assert_eq!(applies(&text).as_ref(), Some(&original));
    let mut harmless = 0;
    for at in 0..text.len() {
        // Every bit, and the bytes that mean something in JSON.
        let flips = (0..8).map(|bit| text[at] ^ (1 << bit));
        for byte in flips.chain(*b" \"\\},0") {
            if byte == text[at] {
                continue;
            }
            let mut changed = text.clone();
            changed[at] = byte;
            match applies(&changed) {
                None => {}
                Some(plan) if plan == original => harmless += 1,
                Some(_) => panic!("byte {at}: {:?} for {:?} makes another plan", byte as char, text[at] as char),
            }
        }
    }
    // White space outside of what is sealed: the line end for a blank, and the like.
    assert!(harmless < 10, "{harmless} changes were taken");
    for at in 0..text.len() {
        assert_eq!(applies(&text[..at]).filter(|plan| *plan != original), None, "cut at byte {at}");
        let without: Vec<u8> = text[..at].iter().chain(&text[at + 1..]).copied().collect();
        assert_eq!(applies(&without).filter(|plan| *plan != original), None, "without byte {at}");
    }
}

#[test]
fn a_signature_cannot_be_taken_off_or_moved() {
    let text = seal(&sample(), Some(&Secret::new(KEY))).unwrap();
    let (start, rest) = text.split_once(",\"hmacSha256\":\"").unwrap();
    let (signature, rest) = rest.split_once('"').unwrap();
    let unsigned = open(format!("{start}{rest}").as_bytes()).unwrap();
    assert_eq!(unsigned.verify(Some(&Secret::new(KEY))), Err(SignatureError::Missing));
    assert_eq!(open(text.as_bytes()).unwrap().verify(None), Err(SignatureError::NoKey));
    for other in ["", "00", &signature.to_uppercase(), &"0".repeat(64), &signature[..62], "ü"] {
        let moved = text.replace(signature, other);
        assert_eq!(open(moved.as_bytes()).unwrap().verify(Some(&Secret::new(KEY))), Err(SignatureError::Wrong), "{other}");
    }
    let mut later = sample();
    later.expires += jiff::SignedDuration::from_hours(1);
    let sealed = seal(&later, Some(&Secret::new("another key"))).unwrap();
    let (_, rest) = sealed.split_once(",\"hmacSha256\":\"").unwrap();
    let moved = sealed.replace(rest.split_once('"').unwrap().0, signature);
    assert_eq!(open(moved.as_bytes()).unwrap().verify(Some(&Secret::new(KEY))), Err(SignatureError::Wrong));
}

#[test]
fn only_a_plan_of_a_later_format_is_called_one() {
    let opened = |text: &str| match open(text.as_bytes()) {
        Err(SealError::Newer(version)) => format!("format {version}"),
        Err(SealError::NotAPlan(_)) => "no plan".to_owned(),
        other => panic!("{other:?}"),
    };
    //  a later format may have fields that this version does not know
    assert_eq!(opened(r#"{ "format": "campaignctl-saved-plan", "version": 5, "more": 1 }"#), "format 5");
    assert_eq!(opened(r#"{ "format": "campaignctl-saved-plan", "version": 4, "more": 1 }"#), "no plan");
    assert_eq!(opened(r#"{ "format": "campaignctl-saved-plan", "version": 3, "more": 1 }"#), "no plan");
    assert_eq!(opened(r#"{ "format": "campaignctl-saved-plan", "version": 2, "more": 1 }"#), "no plan");
    assert_eq!(opened(r#"{ "format": "another", "version": 5, "more": 1 }"#), "no plan");
    assert_eq!(opened(r#"{ "format": "another", "version": 3 }"#), "no plan");
}

#[test]
fn a_plan_that_this_version_would_make_otherwise_is_refused() {
    let mut saved = sample();
    saved.objects.remove(&key(1));
    assert_eq!(open(seal(&saved, None).unwrap().as_bytes()), Err(SealError::OtherPlan("0.1.0".to_owned())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_what_was_written_and_makes_the_same_plan(specs in prop::collection::vec(campaign(), 1..12)) {
        let mut specs = specs;
        for (number, spec) in specs.iter_mut().enumerate() {
            spec.name.push_str(&number.to_string());
        }
        let saved = saved(specs);
        let text = seal(&saved, None).unwrap();
        let opened = open(text.as_bytes()).unwrap();
        prop_assert_eq!(opened.saved.plan(), saved.plan());
        prop_assert_eq!(&opened.saved, &saved);
        prop_assert_eq!(seal(&opened.saved, None).unwrap(), text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open(&bytes).is_err());
    }
}

/// A file as an earlier version of the format has it, from one of this version.
fn in_format_1(saved: &SavedPlan, key: Option<&[u8]>) -> String {
    let mut content = serde_json::to_value(saved).unwrap();
    for field in ["goal", "queues"] {
        content.as_object_mut().unwrap().remove(field).unwrap();
    }
    let content = content.to_string();
    let sealed = format!("campaignctl-saved-plan 1 {content}");
    let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sha256 = hexadecimal(&sha2::Sha256::digest(&sealed));
    let signature = key.map(|key| {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
        mac.update(sealed.as_bytes());
        format!("\"hmacSha256\":\"{}\",", hexadecimal(&mac.finalize().into_bytes()))
    });
    let signature = signature.unwrap_or_default();
    format!("{{\"format\":\"campaignctl-saved-plan\",\"version\":1,\"sha256\":\"{sha256}\",{signature}\"content\":{content}}}\n")
}

#[test]
fn a_file_of_the_earlier_format_is_read_as_the_plan_of_the_files_that_it_is() {
    let original = sample();
    let opened = open(in_format_1(&original, Some(KEY.as_bytes())).as_bytes()).unwrap();
    assert_eq!(opened.saved, original);
    assert_eq!(opened.verify(Some(&Secret::new(KEY))), Ok(()));
    assert_eq!(opened.verify(Some(&Secret::new("another"))), Err(SignatureError::Wrong));
    // What is sealed as one format is not taken for the other.
    let renumbered = in_format_1(&original, None).replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(open(renumbered.as_bytes()), Err(SealError::Damaged));
    let nothing = in_format_1(&original, None).replacen("\"version\":1", "\"version\":0", 1);
    assert!(matches!(open(nothing.as_bytes()), Err(SealError::NotAPlan(_))));
}

#[test]
fn what_it_aims_at_and_the_names_of_queues_are_sealed_with_it() {
    let only = BTreeSet::from([CampaignKey::new("campaign-1").unwrap()]);
    let name = QueueName::Unique("Web \"Support\"\u{1b}".to_owned());
    let saved = SavedPlan {
        goal: Goal::Revert(Selection::Only(only)),
        queues: QueueNames::new([("a1b2".to_owned(), name), ("c3d4".to_owned(), QueueName::Missing)]),
        ..sample()
    };
    let text = seal(&saved, None).unwrap();
    let opened = open(text.as_bytes()).unwrap();
    assert_eq!(opened.saved, saved);
    let plan = opened.saved.plan();
    assert_eq!((plan.warnings, plan.undone_by_files), (saved.warnings, saved.undone_by_files));
    assert_eq!((plan.goal, plan.queues), (saved.goal, saved.queues));
    for (from, to) in [("Support", "Suppost"), ("campaign-1\"]", "campaign-2\"]"), ("\"missing\"", "\"unknown\"")] {
        assert!(text.contains(from), "{text}");
        assert_eq!(open(text.replacen(from, to, 1).as_bytes()), Err(SealError::Damaged), "{from}");
    }
}

/// A plan of this format as it was written once. Its digests are in files that wait for an approval: neither the file nor what
/// the digests are made of may change without a new format.
#[test]
fn a_plan_that_was_written_is_opened_and_its_digests_are_those_of_today() {
    let text = include_str!("saved_plan/format-3.plan");
    let opened = open(text.as_bytes()).unwrap();
    assert_eq!(opened.verify(Some(&Secret::new(KEY))), Ok(()));
    // What that format did not hold yet.
    let before = SavedPlan { warnings: LintWarnings::default(), undone_by_files: BTreeSet::default(), ..sample() };
    assert_eq!(opened.saved, before);
    let file = &sample().files[&key(1)];
    assert_eq!(file.sha256, "9f38740dd173edaba4d02d582f53060446536922a531a9b9cb8fa56e7bfb0986");
    let object = &sample().objects[&key(1)];
    assert_eq!(object.sha256, "65b9a7af6609703689ab790f8c115c24fa4c5f3e21c1c087c0d8dc29fb4c2922");
}
