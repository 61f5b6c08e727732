//! Drift written into files, without a server. Every folder under `tests/drift/cases` is a campaign file that was applied
//! (`before.yaml`), what somebody changed live (`live.json`, a merge patch of the body), the file that adopting it makes
//! (`after.yaml`) and what is said (`said.txt`); `hold.txt` names a last day where the change is held instead.
//!
//! `BLESS=1 cargo test --test drift` writes the results; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;
#[path = "drift/machine.rs"]
mod machine;

use std::fs;
use std::path::Path;

use campaignctl::load::{load_campaigns, open_project};
use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Destination, LastApplied, Lifecycle, Live, LiveCampaign, Organization,
    Origin, QueueIds, Remembered,
};
use campaignctl::ops::drift::{Drafted, Found, Selection, Snapshots, compare};
use campaignctl::ops::{Access, Scope};
use campaignctl::reconcile::{Drift, DriftClass, Drifted, LiveSide, Moved};
use campaignctl::remote::Settings;
use campaignctl::render::drift::{MARKDOWN_LIMIT, Report, human, json, markdown};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::Value;

const TODAY: Date = date(2026, 11, 20);

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn destination() -> Destination {
    Destination {
        environment: "local".to_owned(),
        organization: Organization { id: "an-id".to_owned(), name: "Acme".to_owned() },
        server: "a server".to_owned(),
    }
}

fn queues() -> QueueIds {
    QueueIds::new([
        ("Web Support".to_owned(), "a1b2c3d4-e5f6-7890-abcd-ef1234567890".to_owned()),
        ("General".to_owned(), "b1b2c3d4-e5f6-7890-abcd-ef1234567890".to_owned()),
        ("Twin".to_owned(), "c1b2c3d4-e5f6-7890-abcd-ef1234567890".to_owned()),
        ("Twin".to_owned(), "d1b2c3d4-e5f6-7890-abcd-ef1234567890".to_owned()),
    ])
}

/// What is found when the file was applied as it is, and live became something else since.
fn found(folder: &Path, text: &str, live: impl FnOnce(CampaignSpec) -> CampaignSpec) -> Found {
    fs::create_dir_all(folder.join("campaigns")).unwrap();
    let project = "lint: { all: allow }\nenvironments:\n  local: { emulator: .e, variables: { cap: 500, greeting: Hello } }\n";
    fs::write(folder.join("campaignctl.yaml"), project).unwrap();
    fs::write(folder.join("campaigns/one.yaml"), text).unwrap();
    let project = open_project(folder).unwrap();
    let environment = project.environment(None).unwrap();
    let loaded = load_campaigns(&project, &environment);
    assert_eq!(loaded.findings, []);
    let applied = loaded.campaigns[0].document.resolve(&queues()).unwrap();
    let id = CampaignId("an-id".to_owned());
    let live = LiveCampaign {
        id: id.clone(),
        version: 2,
        date_created: None,
        date_modified: Some("2026-11-19T10:00:00Z".parse().unwrap()),
        modified_by: Some("on-call".to_owned()),
        spec: live(applied.clone()),
        unmodelled: Vec::new(),
    };
    let remembered = Remembered::new(id, applied);
    let snapshots = Snapshots {
        scope: Scope { project, environment, access: Access::default(), settings: Settings::default() },
        queues: queues(),
        live: Live { campaigns: vec![live], unreadable: Vec::new() },
        last_applied: LastApplied { campaigns: [(loaded.campaigns[0].key.clone(), remembered)].into() },
        loaded,
        today: TODAY,
    };
    compare(destination(), snapshots).unwrap()
}

fn said(drafted: &Drafted) -> String {
    let Drafted { files, refused, settled, shared: _ } = drafted;
    assert_eq!(*settled, []);
    let made = files.iter().flat_map(|file| &file.made).map(|(line, what)| format!("{line}: {what}\n"));
    made.chain(refused.iter().map(|refused| format!("refused: {}: {}\n", refused.shown, refused.reason))).collect()
}

fn merge(target: &mut Value, patch: &Value) {
    let (Value::Object(fields), Value::Object(patch)) = (&mut *target, patch) else {
        *target = patch.clone();
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Object(serde_json::Map::new())), value);
        }
    }
}

#[test]
fn files_are_changed_in_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drift/cases");
    let mut cases: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 15);
    let mut wrong = Vec::new();
    for case in cases {
        let before = fs::read_to_string(case.join("before.yaml")).unwrap();
        let patch: Value = serde_json::from_str(&fs::read_to_string(case.join("live.json")).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let edit = |spec: CampaignSpec| {
            let mut body = serde_json::to_value(spec).unwrap();
            merge(&mut body, &patch);
            serde_json::from_value(body).unwrap()
        };
        let found = found(folder.path(), &before, edit);
        let drafted = match fs::read_to_string(case.join("hold.txt")) {
            Ok(day) => found.hold(&Selection::All, day.trim().parse().unwrap(), &[]).unwrap(),
            Err(_) => found.adopt(&Selection::All).unwrap(),
        };
        let after = drafted.files.first().map_or(before.clone(), |file| file.after.clone());
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        for (file, text) in [("after.yaml", after), ("said.txt", said(&drafted))] {
            if blessing() {
                fs::write(case.join(file), &text).unwrap();
            }
            let known = fs::read_to_string(case.join(file)).unwrap_or_default();
            if known != text {
                wrong.push(format!("== {name}/{file}\n{}", similar::TextDiff::from_lines(&known, &text).unified_diff()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The sample campaign in several layouts.
fn layouts() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut layouts: Vec<String> = ["commented", "flow", "windows"]
        .map(|name| fs::read_to_string(root.join("tests/drift/layouts").join(format!("{name}.yaml"))).unwrap())
        .to_vec();
    layouts[2] = layouts[2].replace("\r\n", "\n").replace('\n', "\r\n");
    layouts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever became of the live campaign: what is adopted is no drift any more, and what is not is said.
    #[test]
    fn what_is_adopted_is_no_drift_any_more(live in campaigns::campaign(), layout in 0..3usize, parts in any::<[bool; 8]>()) {
        let folder = tempfile::tempdir().unwrap();
        let text = layouts().swap_remove(layout);
        // Any part of the campaign may have become something else.
        let edit = |spec: CampaignSpec| CampaignSpec {
            name: if parts[0] { live.name.clone() } else { spec.name },
            description: if parts[1] { live.description.clone() } else { spec.description },
            enabled: if parts[2] { live.enabled } else { spec.enabled },
            campaign_type: spec.campaign_type,
            evaluation_mode: if parts[3] { live.evaluation_mode } else { spec.evaluation_mode },
            filters: if parts[4] { live.filters.clone() } else { spec.filters },
            actions: if parts[5] { live.actions.clone() } else { spec.actions },
            throttling: if parts[6] { live.throttling.clone() } else { spec.throttling },
        };
        let found = found(folder.path(), &text, edit);
        let drifted = found.drift.drifted.first().map_or(0, |drifted| drifted.fields.len());
        let drafted = found.adopt(&Selection::All).unwrap();
        if drafted.refused.is_empty() && drifted > 0 {
            let after = drafted.files[0].after.clone();
            let live = found.drift.drifted[0].live.clone().unwrap().spec;
            let again = tempfile::tempdir().unwrap();
            let settled = self::found(again.path(), &after, |_| live);
            prop_assert!(settled.drift.is_empty(), "{}\n{:?}", after, settled.drift.drifted);
            let comments = |text: &str| campaignctl::edit::comments(text).into_iter().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(comments(&text), comments(&after));
        }
        prop_assert!(drifted == 0 || !drafted.files.is_empty() || !drafted.refused.is_empty());
    }
}

#[test]
fn a_field_is_held_up_to_its_day_and_drift_from_the_next_one_on() {
    let text = layouts().swap_remove(0) + "lifecycle: { ignoreUntil: { /enabled: 2026-11-20 } }\n";
    for (last_day, expected) in [("2026-11-19", (0, 1)), ("2026-11-20", (1, 0)), ("2026-11-21", (1, 0))] {
        let folder = tempfile::tempdir().unwrap();
        let text = text.replace("2026-11-20", last_day);
        let found = found(folder.path(), &text, |spec| CampaignSpec { enabled: !spec.enabled, ..spec });
        assert_eq!((found.drift.held.len(), found.drift.drifted.len()), expected, "{last_day}");
    }
}

/// The snapshots of one campaign: what the file says (if there is one), what is live (with its id), what was applied under `a`.
fn of_one(file: Option<CampaignSpec>, live: Option<(&str, CampaignSpec)>, applied: Option<CampaignSpec>) -> Drift {
    let key = CampaignKey::new("a").unwrap();
    let declared = file.map(|spec| DesiredCampaign {
        spec,
        lifecycle: Lifecycle::default(),
        held: Vec::new(),
        previously: None,
        origin: Origin { file: "campaigns/a.yaml".to_owned(), line: 1, overlay: None },
    });
    let live = live.map(|(id, spec)| LiveCampaign {
        id: CampaignId(id.to_owned()),
        version: 2,
        date_created: None,
        date_modified: None,
        modified_by: None,
        spec,
        unmodelled: Vec::new(),
    });
    let applied = applied.map(|body| Remembered::new(CampaignId("1".to_owned()), body));
    campaignctl::reconcile::drift(
        &Desired { campaigns: declared.map(|declared| (key.clone(), declared)).into_iter().collect() },
        &Live { campaigns: live.into_iter().collect(), unreadable: Vec::new() },
        &LastApplied { campaigns: applied.map(|applied| (key, applied)).into_iter().collect() },
    )
}

#[test]
fn drift_is_what_live_moved_and_the_file_does_not_say() {
    let x = || campaigns::spec("x");
    let off = || CampaignSpec { enabled: false, ..x() };
    let renamed = || CampaignSpec { name: "y".to_owned(), ..x() };
    let both = || CampaignSpec { enabled: false, ..renamed() };
    let table = [
        ("nothing moved", of_one(Some(x()), Some(("1", x())), Some(x())), None),
        ("the file moved", of_one(Some(off()), Some(("1", x())), Some(x())), None),
        ("switched off", of_one(Some(x()), Some(("1", off())), Some(x())), Some((DriftClass::Operational, 1))),
        ("switched on", of_one(Some(off()), Some(("1", x())), Some(off())), Some((DriftClass::Operational, 1))),
        ("renamed live", of_one(Some(x()), Some(("1", renamed())), Some(x())), Some((DriftClass::Configuration, 1))),
        ("both moved apart", of_one(Some(off()), Some(("1", renamed())), Some(x())), Some((DriftClass::Configuration, 1))),
        ("the file says the same by now", of_one(Some(off()), Some(("1", off())), Some(x())), None),
        ("one of two is settled", of_one(Some(renamed()), Some(("1", both())), Some(x())), Some((DriftClass::Operational, 1))),
        ("its file is gone", of_one(None, Some(("1", off())), Some(x())), Some((DriftClass::Operational, 1))),
        ("gone everywhere", of_one(None, None, Some(x())), None),
    ];
    for (what, drift, expected) in table {
        assert_eq!(drift.drifted.first().map(|drifted| (drifted.class, drifted.fields.len())), expected, "{what}");
        assert!(drift.not_applied.is_empty() && drift.unmanaged.is_empty(), "{what}");
    }
}

#[test]
fn a_campaign_that_was_deleted_and_made_again_by_hand_is_missing() {
    let x = || campaigns::spec("x");
    let drift = of_one(Some(x()), Some(("2", x())), Some(x()));
    let [Drifted { class: DriftClass::Missing, live: Some(other), .. }] = drift.drifted.as_slice() else { panic!("{drift:?}") };
    assert_eq!(other.id.0, "2");
    let report =
        |drift| Report { destination: Box::leak(Box::new(destination())), drift, has_state: true, until: TODAY, show_unmanaged: false };
    let text = human(&report(&drift));
    assert!(text.contains("another campaign of this name is live: \"2\"; apply takes it over"), "{text}");

    let unknown = of_one(Some(x()), Some(("2", CampaignSpec { enabled: false, ..x() })), None);
    assert!(unknown.is_empty() && unknown.compared == 0);
    assert_eq!(unknown.not_applied.len(), 1);
    let stranger = of_one(None, Some(("2", x())), None);
    assert!(stranger.is_empty() && stranger.unmanaged.len() == 1);
}

/// So many campaigns with long and hostile texts.
fn many(count: usize, text: &str) -> Drift {
    let spec = campaigns::spec("x");
    let drifted = (0..count).map(|number| Drifted {
        key: CampaignKey::new(format!("campaign-{number:05}")).unwrap(),
        class: DriftClass::Configuration,
        origin: Some(Origin { file: format!("campaigns/campaign-{number:05}.yaml"), line: 1, overlay: None }),
        id: CampaignId("an-id".to_owned()),
        live: Some(LiveSide {
            id: CampaignId("an-id".to_owned()),
            version: 1,
            spec: spec.clone(),
            unmodelled: Vec::new(),
            modified_by: Some(text.to_owned()),
            date_modified: None,
        }),
        fields: vec![Moved {
            path: campaignctl::reconcile::FieldPath::Description,
            last_applied: None,
            live: Some(campaignctl::reconcile::FieldValue::Text(text.to_owned())),
            file: None,
        }],
        held: Vec::new(),
    });
    Drift { compared: count, drifted: drifted.collect(), ..Drift::default() }
}

#[test]
fn a_comment_holds_what_it_can_and_says_what_it_leaves_out() {
    let until = date(2026, 11, 27);
    for (count, text) in
        [(1, "x".repeat(200_000)), (3, "ä|`@team\n".repeat(2_000)), (400, "short".to_owned()), (5_000, "日本語".to_owned())]
    {
        let drift = many(count, &text);
        let destination = destination();
        let report = Report { destination: &destination, drift: &drift, has_state: true, until, show_unmanaged: true };
        let document = markdown(&report);
        assert!(document.len() <= MARKDOWN_LIMIT && MARKDOWN_LIMIT == 65_536, "{} bytes", document.len());
        assert!(document.contains(&format!("**{count} of {count} campaign")), "the total is said");
        let named = (0..count).filter(|number| document.contains(&format!("`campaign.campaign-{number:05}`"))).count();
        if named < count {
            assert!(document.contains(&format!("{} campaigns that drifted are left out here", count - named)), "{named} of {count}");
        }
        assert!(document.contains("left out here") || count == 3, "{count}");
        assert!(human(&report).contains(&format!("campaign.campaign-{:05}", count - 1)));
        assert_eq!(serde_json::from_str::<Value>(&json(&report)).unwrap()["campaigns"].as_array().unwrap().len(), count);
    }
}
