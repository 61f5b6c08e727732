//! Plans for machines, over generated campaigns and hostile texts: the JSON keeps to its schema, counts what the plan counts,
//! plans what is desired, and text from outside stays text. And plans for people, read by the rules of the tools that parse
//! Terraform's output.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;
#[path = "formats/consumers.rs"]
mod consumers;
#[path = "formats/stream.rs"]
mod stream;

use std::collections::BTreeSet;

use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Destination, Guards, LastApplied, Lifecycle, Live, LiveCampaign,
    Organization, Origin, Remembered,
};
use campaignctl::reconcile::{Action, Plan, Policy, plan, same};
use campaignctl::render::plan::{Links, Report, gitlab, human, json, json_schema};
use campaigns::{campaign, spec};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

fn key(text: &str) -> CampaignKey {
    CampaignKey::new(text).unwrap()
}

fn declared(spec: CampaignSpec) -> DesiredCampaign {
    let origin = Origin { file: "campaigns/x.yaml".to_owned(), line: 1, overlay: None };
    DesiredCampaign { spec, lifecycle: Lifecycle::default(), previously: None, held: Vec::new(), origin }
}

fn live_one(id: &str, spec: CampaignSpec, modified_by: &str) -> LiveCampaign {
    LiveCampaign {
        id: CampaignId(id.to_owned()),
        version: 3,
        date_created: None,
        date_modified: None,
        modified_by: Some(modified_by.to_owned()),
        spec,
        unmodelled: Vec::new(),
    }
}

fn policy() -> Policy {
    Policy {
        guards: Guards { max_deletes: Some(1), max_changed_percent: None, max_added_invites_percent: None },
        allow_destroy: BTreeSet::new(),
    }
}

fn destination() -> Destination {
    Destination {
        environment: "staging".to_owned(),
        organization: Organization { id: "5a3b1c9e".to_owned(), name: "Acme".to_owned() },
        server: "https://api.mypurecloud.ie".to_owned(),
    }
}

fn report<'a>(destination: &'a Destination, plan: &'a Plan, links: Option<&'a Links>) -> Report<'a> {
    Report { destination, plan, created: Timestamp::UNIX_EPOCH, saved: None, links }
}

/// Three snapshots that overlap in every way.
fn snapshots() -> impl Strategy<Value = (Desired, Live, LastApplied)> {
    let pool = prop::collection::vec(campaign(), 4);
    let some = || prop::collection::vec((0..4usize, 0..4usize), 0..4);
    (pool, some(), prop::collection::vec(0..4usize, 0..5), some()).prop_map(|(pool, files, alive, state)| {
        let files = files.into_iter().map(|(name, body)| (key(KEYS[name]), declared(pool[body].clone()))).collect();
        let alive = alive.into_iter().enumerate().map(|(id, body)| live_one(&format!("id-{id}"), pool[body].clone(), "somebody"));
        let remembered =
            |id: usize, body: usize| Remembered { keep: body == 0, ..Remembered::new(CampaignId(format!("id-{id}")), pool[body].clone()) };
        let state = state.iter().enumerate().map(|(id, (name, body))| (key(KEYS[*name]), remembered(id, *body))).collect();
        (Desired { campaigns: files }, Live { campaigns: alive.collect(), unreadable: Vec::new() }, LastApplied { campaigns: state })
    })
}

fn parsed(plan: &Plan) -> Value {
    let destination = destination();
    let text = json(&report(&destination, plan, None));
    assert_eq!(text.lines().count(), 1, "one line, as Terraform prints it");
    serde_json::from_str(&text).unwrap()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_json_keeps_to_its_schema_and_says_what_the_plan_says((desired, live, last) in snapshots()) {
        static SCHEMA: std::sync::OnceLock<jsonschema::Validator> = std::sync::OnceLock::new();
        let validator = SCHEMA.get_or_init(|| jsonschema::draft202012::new(&json_schema()).unwrap());
        let plan = plan(&desired, &live, &last, &policy());
        let document = parsed(&plan);
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        prop_assert!(errors.is_empty(), "{errors:?}");

        let changes = array(&document["resource_changes"]);
        let count = |action: &str| changes.iter().filter(|change| change["change"]["actions"] == serde_json::json!([action])).count();
        let summary = plan.summary();
        prop_assert_eq!([count("create"), count("update"), count("delete"), count("forget")], [summary.add, summary.change, summary.destroy, summary.forget]);
        prop_assert_eq!(changes.iter().filter(|change| change["change"].get("importing").is_some()).count(), summary.import);
        prop_assert_eq!(changes.iter().filter(|change| change.get("previous_address").is_some()).count(), summary.moved);
        let recorded = plan.changes.iter().filter(|change| change.action == Action::Record).count();
        prop_assert_eq!(count("no-op"), plan.unchanged.len() + recorded);
        prop_assert!(changes.is_sorted_by_key(|change| change["address"].as_str().unwrap().to_owned()));
        for change in changes.iter().filter(|change| change["change"]["actions"][0] == "no-op") {
            prop_assert_eq!(&change["change"]["before"], &change["change"]["after"]);
        }

        let planned = array(&document["planned_values"]["root_module"]["resources"]);
        for resource in planned {
            let declared = &desired.campaigns[&key(resource["name"].as_str().unwrap())].spec;
            let will_be: CampaignSpec = serde_json::from_value(resource["values"].clone()).unwrap();
            prop_assert!(same(declared, &will_be), "{declared:?}\n{will_be:?}");
        }
        if document["complete"] == true {
            prop_assert_eq!(planned.len(), desired.campaigns.len());
        }
        prop_assert_eq!(document["errored"].as_bool(), Some(!plan.refusals.is_empty()));
        prop_assert_eq!(document["applyable"].as_bool(), Some(plan.refusals.is_empty() && !plan.is_empty()));
        let failed = array(&document["checks"]).iter().any(|check| check["status"] == "fail");
        prop_assert_eq!(failed, !plan.refusals.is_empty());

        let destination = destination();
        let counts: Value = serde_json::from_str(&gitlab(&report(&destination, &plan, None))).unwrap();
        prop_assert_eq!(counts, serde_json::json!({ "create": summary.add, "update": summary.change, "delete": summary.destroy }));
        stream::check(&(campaignctl::render::stream::version(Timestamp::UNIX_EPOCH) + &campaignctl::render::plan::stream(&report(&destination, &plan, None), Timestamp::UNIX_EPOCH)));
        consumers::agree(&plan, &document, &anstream::adapter::strip_str(&human(&report(&destination, &plan, None), Default::default())).to_string());
    }
}

/// What somebody may have written into a name, a message or a user name.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\u{1b}[31mred\u{1b}[0m \u{1b}]0;owned\u{7}\u{9b}31m",
        "::add-mask::x",
        "##[command]x",
        "a\n::error file=x::y\r\n\rPlan: 0 to add, 0 to change, 0 to destroy.",
        "</details>\n```\n# campaign.x will be created",
        "<script>alert(1)</script>",
        "\u{202e}txt.exe\u{2066}\u{200b}\u{feff}",
        "\u{0}\u{b}\u{85}\u{2028}\u{2029}\u{e0041}",
        "\"}],\"resource_changes\":[],\"x\":\"\\u001b",
        "\n",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("very long ".repeat(20_000));
    texts
}

#[test]
fn hostile_text_stays_text_and_comes_back_exactly() {
    let destination = destination();
    for text in hostile() {
        let mut alive = spec(&text);
        alive.description = format!("was {text}");
        let mut wanted = spec(&text);
        wanted.description.clone_from(&text);
        let mut created = spec("new");
        created.description.clone_from(&text);
        let desired = Desired { campaigns: [(key("a"), declared(wanted)), (key("b"), declared(created))].into() };
        let live = Live { campaigns: vec![live_one("1", alive.clone(), &text), live_one("2", spec(&text), "x")], unreadable: Vec::new() };
        let remembered = Remembered::new(CampaignId("1".to_owned()), spec(&text));
        let last = LastApplied { campaigns: [(key("a"), remembered)].into() };
        let plan = plan(&desired, &live, &last, &policy());
        let report = report(&destination, &plan, None);
        let out = json(&report);
        let active = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        assert!(!out.contains(active) && !out.contains("##["), "{text:?}");
        let document: Value = serde_json::from_str(&out).unwrap();
        let change = array(&document["resource_changes"]).iter().find(|change| change["name"] == "a").unwrap();
        assert_eq!(change["change"]["after"]["name"], text);
        assert_eq!(change["change"]["before"]["description"], format!("was {text}"));
        assert_eq!(change["change"]["after"]["description"], text);
        let own = array(&document["campaignctl"]["changes"]).iter().find(|change| change["address"] == "campaign.a").unwrap();
        assert_eq!(own["live"]["modified_by"], text);
        let now = Timestamp::UNIX_EPOCH;
        stream::check(&(campaignctl::render::stream::version(now) + &campaignctl::render::plan::stream(&report, now)));
    }
}
