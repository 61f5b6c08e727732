//! A state with a flipped bit, or a part of one: it is refused, or says what it said. Never quietly something else.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

use std::collections::BTreeSet;
use std::fs;

use campaignctl::model::StateLocation;
use campaignctl::state::{Backup, Holder, StateAccess, StateDocument, StateError, StateStore, Unreadable};
use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Files of both formats with the same content: protected and kept campaigns, creates whose end is not known, runs, and text
/// of many scripts. States like these are out there, so neither file may change.
const FORMAT_1: &str = include_str!("state/golden/format-1.json");
const FORMAT_2: &str = include_str!("state/golden/format-2.json");

fn parse(bytes: &[u8]) -> Result<StateDocument, Unreadable> {
    StateDocument::parse(bytes)
}

fn good() -> StateDocument {
    parse(FORMAT_2.as_bytes()).unwrap()
}

#[test]
fn states_of_every_format_that_was_ever_written_are_read() {
    let document = good();
    assert_eq!(parse(FORMAT_1.as_bytes()).unwrap(), document);
    assert_eq!((document.serial, document.fence, document.runs.len(), document.intents.len()), (41, 7, 2, 1));
    let protected = |flag: fn(&campaignctl::model::Remembered) -> bool| -> Vec<&str> {
        document.campaigns.campaigns.iter().filter(|(_, remembered)| flag(remembered)).map(|(key, _)| key.as_str()).collect()
    };
    assert_eq!(protected(|remembered| remembered.prevent_destroy), ["discounts", "prices"]);
    assert_eq!(protected(|remembered| remembered.keep), ["baskets", "discounts"]);
}

#[tokio::test]
async fn what_is_written_is_of_the_current_format_and_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let store = StateStore::open(&StateLocation::File(path.clone()), &StateAccess::default(), "production").unwrap();
    fs::write(&path, FORMAT_1).unwrap();
    let mut lock = store.lock(&Holder::default()).await.unwrap();
    let mut document = lock.read().await.unwrap().unwrap();
    lock.write(&mut document).await.unwrap();
    assert_eq!(store.read().await.unwrap().as_ref(), Some(&document));
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"version\":2,\"checksum\":\""));
    assert_eq!(fs::read_to_string(folder.path().join("state.json.backup")).unwrap(), FORMAT_1, "the backup is what was there");
    assert_eq!(document, StateDocument { serial: 42, written: document.written, write: document.write.clone(), ..good() });
}

#[test]
fn white_space_alone_damages_nothing() {
    let indented = FORMAT_2.replace("{\"", "{\n  \"").replace("\":{", "\" : {").replace("},\"", "},\r\n\t\"");
    assert_ne!(indented, FORMAT_2);
    assert_eq!(parse(indented.as_bytes()).unwrap(), good());
    assert_eq!(parse(FORMAT_2.trim_end().as_bytes()).unwrap(), good());
    // In a text it is no white space between tokens.
    assert_eq!(parse(FORMAT_2.replace("Zur Post", "Zur  Post").as_bytes()), Err(Unreadable::Changed));
}

/// One way in which a file goes wrong.
fn damaged(good: &[u8], random: &mut TestRng) -> (Vec<u8>, String) {
    let mut bytes = good.to_vec();
    let at = random.random_range(0..good.len());
    let what = match random.random_range(0..10) {
        0 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        1 => {
            let end = (at + random.random_range(1..600)).min(bytes.len());
            bytes[at..end].fill(0);
            format!("zeros from {at} to {end}")
        }
        2 => {
            let end = (at + random.random_range(1..600)).min(bytes.len());
            bytes.drain(at..end);
            format!("without {at} to {end}")
        }
        _ => {
            let bit = random.random_range(0..8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at}")
        }
    };
    (bytes, what)
}

#[test]
fn two_thousand_damages_are_refused_or_without_effect() {
    let document = good();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut taken = BTreeSet::new();
    for _ in 0..2_000 {
        let (bytes, what) = damaged(FORMAT_2.as_bytes(), &mut random);
        if let Ok(read) = parse(&bytes) {
            assert_eq!(read, document, "{what}");
            taken.insert(what);
        }
    }
    // All that means nothing is the line end.
    assert!(taken.len() <= 1, "{taken:?}");
}

#[test]
fn every_bit_of_the_head_counts() {
    let document = good();
    for at in 0..160 {
        for bit in 0..8 {
            let mut bytes = FORMAT_2.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let outcome = parse(&bytes);
            assert!(outcome.as_ref().is_err() || outcome.as_ref() == Ok(&document), "bit {bit} of byte {at}");
            // What only looks like a newer format does not send anybody for another version.
            assert!(!matches!(outcome, Err(Unreadable::Newer(_))), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_protection_is_not_lifted_by_one_bit() {
    for (from, to) in [
        ("\"preventDestroy\":true", "\"preventDestroy\":false"),
        ("\"preventDestroy\":true", "\"preventDestrox\":true"),
        ("\"keep\":true", "\"keeq\":true"),
        ("\"campaigns\":{\"baskets\"", "\"campaigns\":{\"baskett\""),
        ("\"serial\":41", "\"serial\":40"),
        ("\"fence\":7", "\"fence\":3"),
        // What a body does not know is left out, and the default stands in its place.
        ("\"throttling\":", "\"throttlinf\":"),
        ("\"description\":", "\"descriptioo\":"),
        ("0.72", "0.73"),
    ] {
        let changed = FORMAT_2.replacen(from, to, 1);
        assert_ne!(changed, FORMAT_2, "{from}");
        assert_eq!(parse(changed.as_bytes()), Err(Unreadable::Changed), "{to}");
    }
    let both = FORMAT_2.replacen("\"keep\":true", "\"keep\":false,\"keep\":true", 1);
    assert_eq!(parse(both.as_bytes()), Err(Unreadable::Changed));
}

#[test]
fn the_check_cannot_be_switched_off_by_damage() {
    let renumbered = FORMAT_2.replacen("\"version\":2", "\"version\":1", 1);
    assert!(matches!(parse(renumbered.as_bytes()), Err(Unreadable::Damaged(reason)) if reason.contains("number of its format")));
    // With a protection lifted too.
    let lifted = renumbered.replacen("\"preventDestroy\":true", "\"preventDestroy\":false", 1);
    assert!(matches!(parse(lifted.as_bytes()), Err(Unreadable::Damaged(_))));
    let unnamed = FORMAT_2.replacen("\"checksum\"", "\"checksun\"", 1);
    assert!(matches!(parse(unnamed.as_bytes()), Err(Unreadable::Damaged(_))));
    // Without the checksum nothing vouches for the rest, also where somebody meant it.
    let start = FORMAT_2.find("\"checksum\"").unwrap();
    let removed = format!("{}{}", &FORMAT_2[..start], &FORMAT_2[start + "\"checksum\":\"\",".len() + 64..]);
    assert_eq!(parse(removed.as_bytes()), Err(Unreadable::Unsealed(Box::new(good()))));
    assert_eq!(parse(FORMAT_1.replacen("\"version\":1", "\"version\":3", 1).as_bytes()), Err(Unreadable::Newer(3)));
}

#[tokio::test]
async fn of_a_damaged_state_the_error_tells_what_the_backup_is_good_for() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("state.json"), folder.path().join("state.json.backup"));
    let store = StateStore::open(&StateLocation::File(path.clone()), &StateAccess::default(), "production").unwrap();
    fs::write(&path, FORMAT_2.replacen("0.72", "0.73", 1)).unwrap();
    let found = |error: &StateError| match error {
        StateError::Corrupt { backup, .. } => *backup,
        other => panic!("{other}"),
    };
    let error = store.read().await.unwrap_err();
    assert_eq!(found(&error), Backup::Missing);
    assert!(error.hint().starts_with("there is no backup `"), "{}", error.hint());
    fs::write(&backup, FORMAT_2.replacen("preventDestroy", "preventDestrox", 1)).unwrap();
    let error = store.read().await.unwrap_err();
    assert_eq!(found(&error), Backup::Unusable);
    assert!(error.hint().contains("is damaged too"), "{}", error.hint());
    fs::write(&backup, FORMAT_2).unwrap();
    let lock = store.lock(&Holder::default()).await.unwrap();
    for error in [store.read().await.unwrap_err(), lock.read().await.unwrap_err()] {
        assert_eq!(found(&error), Backup::Whole { serial: 41, written: good().written });
        assert!(error.hint().contains("(serial 41, written 2026-11-20T14:02:07Z)"), "{}", error.hint());
    }
}
