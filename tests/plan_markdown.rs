//! Promises of the comment on a pull request: never too long, never without what is dangerous, never more than text.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;

use std::collections::BTreeSet;

use campaignctl::model::{
    BadLine, BothWorlds, CampaignDecisions, CampaignId, CampaignKey, CampaignSpec, Contender, Desired, DesiredCampaign, Destination, Flip,
    FlipCause, FlipKind, Guards, LastApplied, Lifecycle, LineCounts, Live, LiveCampaign, Organization, Origin, Remembered, Replayed,
    ReplayedCampaign, ReplayedQueue, SessionPlace, Share, UnmodelledField,
};
use campaignctl::reconcile::{Action, Plan, Policy, plan};
use campaignctl::render::plan::{Links, Report, Saved, markdown};
use campaigns::{campaign, spec};
use comrak::nodes::{NodeHtmlBlock, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use serde_json::json;

/// What somebody might write where others review it.
const HOSTILE: [&str; 34] = [
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;owned\u{7}",
    "::add-mask::x",
    "a\n::error file=x::gotcha",
    "a\r\n::stop-commands::x",
    "##[error]x ##vso[task.complete]x",
    "</details>",
    "\n\n</details>\n\n# heading",
    "</summary>",
    "```",
    "\n```\n",
    "~~~~\n",
    "a`b``c```",
    "`",
    "@team",
    "mail someone@example.com",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "https://evil.example www.evil.example",
    "<https://evil.example>",
    "\u{202e}txt.exe\u{2066}",
    "\u{0}\u{b}\u{fffe}\u{ffff}\u{e0041}",
    "a|b\\|c",
    "-->",
    "<!--",
    "<!-- campaignctl:plan environment=production -->",
    "x\n===\ny\n---",
    "    indented",
    "&lt;b&gt; &#x40;team &amp;",
    "**Plan:** _x_ ~~y~~ #12 GH-12 :tada: $x$",
    "- [x] one\n1. two\n> three",
    "[1]: http://evil.example\n\n[1]",
    "",
];

const LIMIT: usize = 65_536;

fn key(text: &str) -> CampaignKey {
    CampaignKey::new(text).unwrap()
}

fn declared(spec: CampaignSpec, file: &str) -> DesiredCampaign {
    DesiredCampaign {
        spec,
        lifecycle: Lifecycle::default(),
        previously: None,
        held: Vec::new(),
        origin: Origin { file: file.to_owned(), line: 1, overlay: None },
    }
}

fn live_one(id: &str, spec: CampaignSpec, by: &str) -> LiveCampaign {
    LiveCampaign {
        id: CampaignId(id.to_owned()),
        version: 3,
        date_created: None,
        date_modified: Some("2026-11-20T14:02:00Z".parse().unwrap()),
        modified_by: Some(by.to_owned()),
        spec,
        unmodelled: Vec::new(),
    }
}

fn remembered(id: &str, body: CampaignSpec) -> Remembered {
    Remembered::new(CampaignId(id.to_owned()), body)
}

fn destination(text: &str) -> Destination {
    let organization = Organization { id: text.to_owned(), name: text.to_owned() };
    Destination { environment: text.to_owned(), organization, server: text.to_owned() }
}

/// The document, which always keeps the promises that need no look at the plan.
fn document(plan: &Plan, destination: &Destination, saved: Option<Saved<'_>>, links: Option<&Links>) -> String {
    let created = "2026-11-21T08:00:00Z".parse().unwrap();
    let document = markdown(&Report { destination, plan, created, saved, links });
    check(plan, &document, links);
    document
}

fn staging(plan: &Plan) -> String {
    document(plan, &destination("staging"), None, None)
}

fn check(plan: &Plan, document: &str, links: Option<&Links>) {
    assert!(document.len() <= LIMIT && document.encode_utf16().count() <= LIMIT, "{} bytes", document.len());
    assert!(document.starts_with("<!-- campaignctl:plan environment="));
    assert_eq!(document.matches("<!-- campaignctl:").count(), 1, "the marker stands once");
    for line in document.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##[") && !line.contains("##vso["), "{line:?}");
        assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
    }
    is_only_text(document, links);
    names_what_is_dangerous(plan, document);
}

/// Reads the document as GitHub does: no tag but ours, no link but ours, no mention or reference outside code.
fn is_only_text(document: &str, links: Option<&Links>) {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    let mut open = 0;
    let mut texts = vec![String::new()];
    for node in parse_document(&arena, document, &options).descendants() {
        match &node.data.borrow().value {
            NodeValue::HtmlBlock(NodeHtmlBlock { literal, .. }) => {
                for line in literal.lines() {
                    if line == "<details>" || line == "<details open>" {
                        open += 1;
                    } else if line == "</details>" {
                        open -= 1;
                    } else if let Some(summary) = line.strip_prefix("<summary>").and_then(|rest| rest.strip_suffix("</summary>")) {
                        assert!(!summary.contains(['<', '>', '&', '@', '#', '`']), "{summary}");
                    } else {
                        assert!(line.starts_with("<!-- campaignctl:plan environment=") && line.ends_with(" -->"), "{line:?}");
                    }
                }
                assert!((0..=1).contains(&open), "{literal}");
            }
            NodeValue::Link(link) => {
                let base = links.map(|links| links.base.as_str());
                assert!(base.is_some_and(|base| link.url.starts_with(base)), "{}", link.url);
            }
            NodeValue::Text(text) => texts.last_mut().unwrap().push_str(text),
            NodeValue::Document
            | NodeValue::Heading(_)
            | NodeValue::Paragraph
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Strong
            | NodeValue::Table(_)
            | NodeValue::TableRow(_)
            | NodeValue::TableCell
            | NodeValue::Code(_) => texts.push(String::new()),
            NodeValue::CodeBlock(block) => {
                assert!(block.fenced && ["diff", "sh", "text"].contains(&block.info.as_str()), "{}", block.literal);
                texts.push(String::new());
            }
            other => panic!("{other:?} in\n{document}"),
        }
    }
    assert_eq!(open, 0, "every details is closed");
    for text in texts {
        let chars: Vec<char> = text.chars().collect();
        for pair in chars.windows(2) {
            assert!(!(matches!(pair[0], '@' | '#') && pair[1].is_alphanumeric()), "{text}");
        }
        assert!(!text.contains("://"), "{text}");
        assert!(text.split("www.").skip(1).all(|rest| !rest.starts_with(|c: char| c.is_alphanumeric())), "{text}");
    }
}

/// Every word that could be a key.
fn words(document: &str) -> BTreeSet<&str> {
    document.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).collect()
}

fn names_what_is_dangerous(plan: &Plan, document: &str) {
    if plan.changes.len() > 200 {
        return;
    }
    let words = words(document);
    for change in &plan.changes {
        assert!(words.contains(change.key.as_str()), "{} is not in\n{document}", change.key);
    }
}

fn no_limits() -> Policy {
    Policy {
        guards: Guards { max_deletes: Some(u64::MAX), max_changed_percent: None, max_added_invites_percent: None },
        allow_destroy: BTreeSet::new(),
    }
}

/// A campaign with the text in every place.
fn hostile(text: &str) -> CampaignSpec {
    serde_json::from_value(json!({
        "name": text, "description": text, "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": text, "operator": "in", "value": [text, "x"], "dataType": "string" }],
        "actions": [{
            "type": "webchat_invite", "priority": 1, "config": { "inviteMessage": text },
            "routingConfig": { "queueId": text, "skillGroups": [text, "y"], "wrapUpCode": text, "overflowQueueId": text },
        }],
    }))
    .unwrap()
}

/// A plan in which the text stands wherever text from outside can stand.
fn hostile_plan(text: &str) -> Plan {
    let mut desired = Desired::default();
    let mut live = Live::default();
    let mut last = LastApplied::default();
    let mut add = |name: &str, file: Option<CampaignSpec>, alive: Option<CampaignSpec>, applied: Option<CampaignSpec>| {
        let id = format!("{name}-{text}");
        desired.campaigns.extend(file.map(|spec| (key(name), declared(spec, text))));
        live.campaigns.extend(alive.map(|spec| {
            let mut campaign = live_one(&id, spec, text);
            campaign.unmodelled = vec![UnmodelledField { pointer: format!("/filters/0/{text}"), value: json!(text) }];
            campaign
        }));
        last.campaigns.extend(applied.map(|spec| (key(name), remembered(&id, spec))));
    };
    let plain = || CampaignSpec { enabled: false, ..spec("plain") };
    add("created", Some(hostile(text)), None, None);
    add("deleted", None, Some(hostile(text)), Some(hostile(text)));
    add("drifted", Some(plain()), Some(hostile(text)), Some(plain()));
    add("switched-on", Some(spec("on")), Some(CampaignSpec { enabled: false, ..spec("on") }), Some(spec("on")));
    add("conflict", Some(hostile(&format!("{text}{text}"))), Some(hostile(text)), Some(plain()));
    add("coded", Some(plain()), Some(hostile(text)), Some(hostile(text)));
    add("vanished", Some(hostile(text)), None, Some(hostile(text)));
    add("dropped", None, None, Some(hostile(text)));
    add("held", Some(hostile(&format!("{text}!"))), Some(hostile(text)), Some(hostile(text)));
    desired.campaigns.get_mut(&key("held")).unwrap().lifecycle.ignore_changes = vec!["/name".to_owned(), "/description".to_owned()];
    let twins = format!("{text} twin");
    desired.campaigns.insert(key("ambiguous"), declared(hostile(&twins), text));
    live.campaigns.push(live_one("twin-1", hostile(&twins), text));
    live.campaigns.push(live_one(&format!("twin-2{text}"), hostile(&twins), text));
    let strict = Policy {
        guards: Guards { max_deletes: Some(0), max_changed_percent: Some(1), max_added_invites_percent: None },
        allow_destroy: BTreeSet::new(),
    };
    plan(&desired, &live, &last, &strict)
}

#[test]
fn hostile_text_stays_text() {
    let links = Links { base: "https://github.com/acme/campaigns/blob/0a1b2c3".to_owned(), project: "a b".to_owned() };
    let expires = "2026-11-22T08:00:00Z".parse().unwrap();
    for text in HOSTILE {
        let plan = hostile_plan(text);
        assert!(plan.changes.len() >= 5 && !plan.refusals.is_empty());
        for expired in [false, true] {
            document(&plan, &destination(text), Some(Saved { file: text, expires, expired }), Some(&links));
        }
    }
}

#[test]
fn names_of_a_hundred_thousand_characters_leave_room_for_the_rest() {
    for part in ["`", "\u{202e}@a long\n"] {
        let text = part.repeat(100_000 / part.len());
        let plan = hostile_plan(&text);
        let document = document(&plan, &destination(&text), None, None);
        assert!(document.contains("**Shortened**"), "{part:?}");
        let words = words(&document);
        for change in &plan.changes {
            assert!(words.contains(change.key.as_str()), "{part:?}: {}", change.key);
        }
    }
}

/// So many campaigns of each kind: deleted, more invites, created, other words.
fn mixed(deleted: usize, loosened: usize, created: usize, neutral: usize, key_length: usize) -> Plan {
    let (mut desired, mut live, mut last) = (Desired::default(), Live::default(), LastApplied::default());
    let name = |kind: &str, number: usize| {
        let name = format!("{kind}-{number:05}");
        key(&format!("{name}{}", "x".repeat(key_length.saturating_sub(name.len()))))
    };
    let mut add = |key: CampaignKey, file: Option<CampaignSpec>, alive: Option<CampaignSpec>| {
        let id = format!("id-{key}");
        if let Some(spec) = file {
            desired.campaigns.insert(key.clone(), declared(spec, &format!("campaigns/{key}.yaml")));
        }
        if let Some(spec) = alive {
            live.campaigns.push(live_one(&id, spec.clone(), "web-admin"));
            last.campaigns.insert(key, remembered(&id, spec));
        }
    };
    let changed = |name: &str, change: fn(&mut CampaignSpec)| {
        let mut spec = spec(name);
        change(&mut spec);
        spec
    };
    for number in 0..deleted {
        add(name("deleted", number), None, Some(spec(&format!("deleted {number}"))));
    }
    for number in 0..loosened {
        let title = format!("loosened {number}");
        let file = changed(&title, |spec| spec.throttling.as_mut().unwrap().cooldown_seconds = Some(1));
        add(name("loosened", number), Some(file), Some(spec(&title)));
    }
    for number in 0..created {
        add(name("created", number), Some(spec(&format!("created {number}"))), None);
    }
    for number in 0..neutral {
        let title = format!("neutral {number}");
        add(name("neutral", number), Some(changed(&title, |spec| spec.description = "other".to_owned())), Some(spec(&title)));
    }
    plan(&desired, &live, &last, &Policy::default())
}

fn is_grave(change: &&campaignctl::reconcile::Change) -> bool {
    !change.dangers.is_empty()
}

#[test]
fn a_small_plan_is_told_in_full() {
    let plan = mixed(1, 1, 1, 1, 0);
    let document = staging(&plan);
    assert!(!document.contains("Shortened"), "{document}");
    assert_eq!(document.matches("<details").count(), 4);
    assert_eq!(document.matches("<details open>").count(), 2, "what is dangerous is open");
    assert!(document.contains("\nPlan: 1 to add, 2 to change, 1 to destroy.\n"));
    let places: Vec<usize> = ["campaign.deleted-00000 will", "campaign.loosened-00000 will", "campaign.created-00000 will"]
        .iter()
        .map(|what| document.find(what).unwrap())
        .collect();
    assert!(places.is_sorted(), "the most dangerous first");
}

#[test]
fn with_many_creates_no_dangerous_change_is_lost() {
    let plan = mixed(20, 180, 1_000, 2_000, 0);
    let document = staging(&plan);
    for change in plan.changes.iter().filter(is_grave) {
        assert!(document.contains(&change.key.address().to_string()), "{}", change.key);
    }
    assert!(document.contains("**Shortened**") && document.contains("`campaignctl plan -e staging` prints all of it"));
    let (_, counted) = document.split_once("changes not named here: ").unwrap();
    assert!(counted.starts_with(|c: char| c.is_ascii_digit()), "{counted}");
    let words = words(&document);
    let said = plan.changes.iter().filter(|change| words.contains(change.key.as_str())).count();
    let number = document.split(" changes not named here").next().unwrap().split_whitespace().next_back().unwrap();
    assert_eq!(said + number.parse::<usize>().unwrap(), plan.changes.len(), "everybody is named or counted");
}

/// Recorded sessions that flip in very many ways, between campaigns with such a name.
fn replayed(name: &str) -> Replayed {
    let contenders = (0..600).map(|number| ReplayedCampaign {
        who: Contender { key: None, id: Some(CampaignId(format!("id-{number}"))), name: format!("{name} {number}") },
        decided: BothWorlds { live: None, desired: Some(CampaignDecisions { enabled: true, invited: 1, ..CampaignDecisions::default() }) },
        gained: 1,
        lost: 0,
    });
    let flips = (0..600).map(|number| Flip {
        kind: FlipKind::ALL[number % 5],
        from: Some(number),
        to: Some(599 - number),
        also_from: vec![Share { campaign: number, sessions: 1 }; 5],
        also_to: vec![Share { campaign: number, sessions: 1 }; 2],
        cause: FlipCause::Suppressed { by: number },
        sessions: 1,
        examples: vec![SessionPlace { file: 0, line: 1 }],
    });
    Replayed {
        files: vec![format!("{name}.ndjson"); 40],
        compared: true,
        lines: LineCounts { sessions: 600, bad: 1, ..LineCounts::default() },
        bad_lines: vec![BadLine { at: SessionPlace { file: 0, line: 2 }, reason: name.to_owned() }],
        contenders: contenders.collect(),
        flips: flips.collect(),
        queues: vec![ReplayedQueue { id: None, name: Some(name.to_owned()), invites: BothWorlds { live: 0, desired: 1 }, ..queue() }; 300],
        ..Replayed::default()
    }
}

fn queue() -> ReplayedQueue {
    ReplayedQueue { id: None, name: None, invites: BothWorlds::default(), peak: BothWorlds::default() }
}

#[test]
fn a_replay_takes_its_share_and_no_dangerous_change_its_place() {
    for name in HOSTILE {
        let small = Plan { replayed: Some(replayed(name)), ..mixed(1, 1, 1, 1, 0) };
        let document = staging(&small);
        assert!(document.contains("### Replay") && document.len() < 30_000, "{}", document.len());
    }
    for name in ["x".repeat(5_000), "`|ü".repeat(2_000)] {
        let plan = Plan { replayed: Some(replayed(&name)), ..mixed(20, 180, 300, 0, 0) };
        let document = staging(&plan);
        assert!(document.contains("600 of 600 sessions flip"), "{document}");
        let words = words(&document);
        for change in plan.changes.iter().filter(is_grave) {
            assert!(words.contains(change.key.as_str()), "{} is not in\n{document}", change.key);
        }
    }
}

#[test]
fn many_deletes_are_named_in_a_list() {
    let plan = mixed(2_000, 50, 20, 0, 0);
    let document = staging(&plan);
    let words = words(&document);
    for change in plan.changes.iter().filter(is_grave) {
        assert!(words.contains(change.key.as_str()), "{}", change.key);
    }
    assert!(document.contains("**destroyed: 2000**, by key"), "{document}");
    assert!(!document.contains("NOT enough"));
}

#[test]
fn what_cannot_be_named_is_counted_and_forbids_approval() {
    let plan = mixed(5_000, 10, 1, 0, 128);
    let document = staging(&plan);
    assert!(document.contains("**This comment is NOT enough to approve this plan: "), "{document}");
    let words = words(&document);
    let said = plan.changes.iter().filter(is_grave).filter(|change| words.contains(change.key.as_str())).count();
    assert!(said > 400, "{said} keys are named");
    let left_out = document.split("this plan: ").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(said + left_out.parse::<usize>().unwrap(), 5_010);
    assert!(document.contains("`campaignctl show FILE`"));
}

#[test]
fn a_saved_plan_says_how_old_it_is() {
    let plan = mixed(0, 1, 0, 0, 0);
    let expires = "2026-11-22T08:00:00Z".parse().unwrap();
    let saved = |expired: bool| document(&plan, &destination("staging"), Some(Saved { file: "a.plan", expires, expired }), None);
    assert!(saved(false).contains("Saved plan `a.plan`, made 2026-11-21T08:00:00Z, can be applied until 2026-11-22T08:00:00Z."));
    assert!(saved(true).contains("**EXPIRED 2026-11-22T08:00:00Z:** saved plan `a.plan`"));
}

fn hostile_word() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(&HOSTILE[..]).prop_map(str::to_owned), any::<String>(), "[`<>@#:|*_~\\[\\]()!&\\\\ \n=-]{0,12}",]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_stays_text(text in prop::collection::vec(hostile_word(), 1..4)) {
        let text = text.concat();
        document(&hostile_plan(&text), &destination(&text), None, None);
    }

    #[test]
    fn every_plan_fits_and_names_its_dangers(
        pool in prop::collection::vec((prop::option::of(campaign()), prop::option::of(campaign()), prop::option::of(campaign())), 1..12),
        times in prop_oneof![Just(1usize), Just(10), Just(60)],
        key_length in 1..=128usize,
    ) {
        let (mut desired, mut live, mut last) = (Desired::default(), Live::default(), LastApplied::default());
        for (number, (file, alive, applied)) in pool.iter().cycle().take(pool.len() * times).enumerate() {
            let name = format!("{number}-{}", "k".repeat(key_length.saturating_sub(6)));
            let id = format!("id-{number}");
            let named = |spec: &CampaignSpec| CampaignSpec { name: format!("{} {number}", spec.name), ..spec.clone() };
            desired.campaigns.extend(file.as_ref().map(|spec| (key(&name), declared(named(spec), "campaigns/x.yaml"))));
            live.campaigns.extend(alive.as_ref().map(|spec| live_one(&id, named(spec), "somebody")));
            last.campaigns.extend(applied.as_ref().map(|spec| (key(&name), remembered(&id, named(spec)))));
        }
        let plan = plan(&desired, &live, &last, &no_limits());
        let document = staging(&plan);
        let words = words(&document);
        let unnamed = plan.changes.iter().filter(is_grave).filter(|change| !words.contains(change.key.as_str())).count();
        prop_assert!(unnamed == 0 || document.contains("NOT enough to approve"), "{unnamed} are not named");
        let deletes = plan.changes.iter().filter(|change| change.action == Action::Delete).count();
        prop_assert!(deletes == 0 || document.contains("destroyed"));
    }
}
