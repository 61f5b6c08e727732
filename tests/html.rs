//! The page of `plan --format html`, parsed as a browser parses it: it says everything, and nothing in it comes to life.
//!
//! `tests/browser` opens such pages in Chromium; that is no part of `cargo test`.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod campaigns;

use std::collections::BTreeSet;

use base64::Engine;
use campaignctl::model::{
    CampaignId, CampaignKey, CampaignSpec, Desired, DesiredCampaign, Destination, Guards, LastApplied, Lifecycle, Live, LiveCampaign,
    Organization, Origin, Remembered,
};
use campaignctl::reconcile::{Plan, Policy, plan};
use campaignctl::render::plan::{Links, Report, Saved, html};
use campaigns::{campaign, spec};
use jiff::Timestamp;
use proptest::prelude::*;
use scraper::{ElementRef, Html, Selector};
use sha2::Digest;

/// What somebody might write into a campaign, a name or a file that others review.
const HOSTILE: [&str; 16] = [
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;owned\u{7}",
    "</details></div></main>",
    "<script>alert(1)</script>",
    "</script><script>alert(1)//",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1)",
    "\u{202e}txt.exe\u{2066} zero\u{200b}width",
    "\u{0}\u{b}\u{85}\u{2028}\u{fffe}",
    "</style></title></textarea><h1>x</h1>",
    "]]> <![CDATA[ <!-- --!> -->",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "&lt;b&gt; &#60;script&#62; &amp",
    "<base href=//evil.example><link rel=stylesheet href=//evil.example>",
    "a\n::error::x\n##[add-mask]e",
    "``` `code` [a](https://evil.example) @team",
];

/// Every element of the page, with every attribute it may have.
const KNOWN: [(&str, &str); 47] = [
    ("a", "class href rel"),
    ("b", ""),
    ("body", ""),
    ("button", "type id hidden"),
    ("code", ""),
    ("dd", ""),
    ("del", ""),
    ("details", "class id data-is open"),
    ("div", "class id role aria-label hidden"),
    ("dl", "class"),
    ("dt", ""),
    ("em", ""),
    ("footer", ""),
    ("h1", ""),
    ("h2", "id"),
    ("h3", ""),
    ("head", ""),
    ("header", ""),
    ("html", "lang"),
    ("input", "id type autocomplete spellcheck placeholder"),
    ("ins", ""),
    ("label", "for"),
    ("li", "class"),
    ("link", "rel href"),
    ("main", ""),
    ("meta", "charset http-equiv content name"),
    ("optgroup", "label"),
    ("option", "value"),
    ("p", "class id hidden role aria-live data-total"),
    ("q", ""),
    ("script", ""),
    ("section", "class id aria-labelledby tabindex"),
    ("select", "id"),
    ("small", ""),
    ("span", "class aria-hidden"),
    ("strong", "class"),
    ("style", ""),
    ("summary", ""),
    ("table", "class"),
    ("tbody", ""),
    ("td", "class"),
    ("th", "scope"),
    ("thead", ""),
    ("time", "id datetime"),
    ("title", ""),
    ("tr", ""),
    ("ul", "class"),
];

const LINKS: &str = "https://git.example/acme/blob/0a1b";

struct Situation {
    desired: Desired,
    live: Live,
    last: LastApplied,
    guards: Guards,
    organization: String,
}

impl Situation {
    fn empty() -> Self {
        Self {
            desired: Desired::default(),
            live: Live::default(),
            last: LastApplied::default(),
            guards: Guards { max_deletes: Some(u64::MAX), max_changed_percent: None, max_added_invites_percent: None },
            organization: "Acme".to_owned(),
        }
    }

    /// A campaign in each snapshot that has one.
    fn with(mut self, key: &str, file: Option<CampaignSpec>, live: Option<CampaignSpec>, applied: Option<CampaignSpec>, by: &str) -> Self {
        let name = CampaignKey::new(key).unwrap();
        let id = CampaignId(format!("id-{key}"));
        if let Some(spec) = file {
            let origin = Origin { file: format!("campaigns/{by}.yaml"), line: 3, overlay: None };
            let declared = DesiredCampaign { spec, lifecycle: Lifecycle::default(), held: Vec::new(), previously: None, origin };
            self.desired.campaigns.insert(name.clone(), declared);
        }
        if let Some(spec) = live {
            self.live.campaigns.push(LiveCampaign {
                id: id.clone(),
                version: 3,
                date_created: None,
                date_modified: Some("2026-11-20T14:02:00Z".parse().unwrap()),
                modified_by: Some(by.to_owned()),
                spec,
                unmodelled: Vec::new(),
            });
        }
        if let Some(body) = applied {
            self.last.campaigns.insert(name, Remembered::new(id, body));
        }
        self
    }

    fn plan(&self) -> Plan {
        let policy = Policy { guards: self.guards, allow_destroy: BTreeSet::new() };
        plan(&self.desired, &self.live, &self.last, &policy)
    }

    fn page(&self) -> (Plan, String) {
        self.page_of(None)
    }

    fn page_of(&self, saved: Option<Saved<'_>>) -> (Plan, String) {
        let plan = self.plan();
        let organization = Organization { id: "an-id".to_owned(), name: self.organization.clone() };
        let destination = Destination { environment: "staging".to_owned(), organization, server: "https://api.example".to_owned() };
        let links = Links { base: LINKS.to_owned(), project: String::new() };
        let created: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let page = html(&Report { destination: &destination, plan: &plan, created, saved, links: Some(&links) });
        (plan, page)
    }
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    all(page, selector).into_iter().map(|element| element.text().collect()).collect()
}

/// One text, with runs of blanks as one.
fn words(page: &Html, selector: &str) -> String {
    texts(page, selector).join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What holds for every page, whatever is in the plan.
fn check(plan: &Plan, page: &str) -> Html {
    let parsed = Html::parse_document(page);
    assert!(parsed.errors.is_empty(), "{:?}\n{page}", parsed.errors);
    for element in all(&parsed, "*") {
        let name = element.value().name();
        let attributes =
            KNOWN.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("a <{name}> came from the data: {page}")).1;
        for (attribute, value) in element.value().attrs() {
            assert!(attributes.split(' ').any(|known| known == attribute), "<{name} {attribute}={value:?}> came from the data");
            if attribute == "href" {
                assert!(value.starts_with('#') || value.starts_with(&format!("{LINKS}/")) || value == "data:,", "{value}");
            }
            if ["id", "class", "for", "data-is", "value"].contains(&attribute) {
                assert!(value.chars().all(|c| c.is_ascii_alphanumeric() || "-_ ".contains(c)), "{attribute}={value:?}");
            }
        }
    }
    let acts =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!page.contains(acts), "{:?}", page.chars().find(|c| acts(*c)));
    assert!(!page.lines().any(|line| line.trim_start().starts_with("::")) && !page.contains("##["), "a CI log obeys nothing in it");
    let (style, script) = (texts(&parsed, "style"), texts(&parsed, "script"));
    let policy = all(&parsed, "meta[http-equiv]")[0].attr("content").unwrap();
    for (directive, text) in [("style-src", &style), ("script-src", &script)] {
        assert_eq!(text.len(), 1);
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&text[0]));
        assert!(policy.contains(&format!("{directive} 'sha256-{hash}'; ")), "{directive} of {policy}");
    }
    assert!(policy.starts_with("default-src 'none'; "));
    let mut addresses: Vec<String> = plan.changes.iter().map(|change| change.key.address().to_string()).collect();
    let mut headings = texts(&parsed, "h3");
    addresses.sort();
    headings.sort();
    assert_eq!(headings, addresses, "each change has one heading");
    let ids: Vec<&str> = all(&parsed, "[id]").into_iter().filter_map(|element| element.attr("id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id stands once: {ids:?}");
    for link in all(&parsed, "a[href^='#change-']") {
        assert!(ids.contains(&&link.attr("href").unwrap()[1..]), "a link leads nowhere");
    }
    for option in all(&parsed, "option").iter().skip(1) {
        let kind = option.attr("value").unwrap();
        let label: String = option.text().collect();
        assert!(label.ends_with(&format!("({})", all(&parsed, &format!(".change[data-is~='{kind}']")).len())), "{label}");
    }
    for (action, count) in [("create", plan.summary().add), ("update", plan.summary().change), ("destroy", plan.summary().destroy)] {
        assert_eq!(all(&parsed, &format!(".change[data-is~='do-{action}']")).len(), count, "{action}");
    }
    if !plan.is_empty() {
        let line = campaignctl::render::plan::summary_line(plan.summary());
        assert!(words(&parsed, "#counts").contains(&line), "{}", words(&parsed, "#counts"));
    }
    parsed
}

/// How a text is shown: as it is, with what acts spelled out and line breaks kept.
fn visible(text: &str) -> String {
    text.split('\n').map(campaignctl::render::inline).collect::<Vec<_>>().join("\n")
}

#[test]
fn hostile_text_stays_text() {
    for hostile in HOSTILE {
        let with = |message: &str| {
            let mut spec = spec(hostile);
            hostile.clone_into(&mut spec.description);
            hostile.clone_into(&mut spec.filters[0].attribute_name);
            spec.actions[0].config.as_mut().unwrap().invite_message = Some(message.to_owned());
            spec.actions[0].routing_config.as_mut().unwrap().skill_groups = vec![hostile.to_owned()];
            spec
        };
        let (old, new) = (format!("{hostile}\nold {hostile}"), format!("{hostile}\nnew {hostile}"));
        let mut stranger = with(&old);
        stranger.name.push_str(" of nobody");
        // Under the name of the one that is created it would be a move.
        let mut gone = with(&old);
        gone.name.push_str(" that goes");
        let mut situation = Situation::empty()
            .with("update", Some(with(&new)), Some(with(&old)), Some(with("before")), hostile)
            .with("create", Some(with(&new)), None, None, hostile)
            .with("delete", None, Some(gone.clone()), Some(gone), hostile)
            .with("stranger", None, Some(stranger), None, hostile);
        situation.organization = hostile.to_owned();
        let (plan, page) = situation.page();
        let parsed = check(&plan, &page);
        let shown = visible(hostile);
        assert_eq!(texts(&parsed, "title"), [format!("Plan for staging, {}", campaignctl::render::inline(hostile))]);
        assert_eq!(texts(&parsed, "#change-update tbody td.t"), [visible(&old), visible(&new)], "{hostile:?}");
        assert!(texts(&parsed, "#change-create tbody td.t").contains(&shown), "{hostile:?}");
        assert!(texts(&parsed, "#change-delete tbody td.t").contains(&shown), "{hostile:?}");
        assert_eq!(texts(&parsed, "#change-update td.who b"), ["conflict", campaignctl::render::inline(hostile).as_str()]);
        assert!(words(&parsed, "main").contains("Live, not managed here, and left alone: 1"));
        assert_eq!(texts(&parsed, "#change-create .place a"), [format!("campaigns/{}.yaml:3", campaignctl::render::inline(hostile))]);
    }
}

#[test]
fn words_that_differ_are_marked_on_their_side() {
    let with = |message: &str| {
        let mut spec = spec("x");
        spec.actions[0].config.as_mut().unwrap().invite_message = Some(message.to_owned());
        spec
    };
    let (old, new) = (with("Need help choosing?\nAsk us."), with("Need help today?\nAsk us."));
    let (plan, page) = Situation::empty().with("a", Some(new), Some(old.clone()), Some(old), "anna").page();
    let parsed = check(&plan, &page);
    assert_eq!((texts(&parsed, "td del"), texts(&parsed, "td ins")), (vec!["choosing?".to_owned()], vec!["today?".to_owned()]));
    assert_eq!(texts(&parsed, "td.t"), ["Need help choosing?\nAsk us.", "Need help today?\nAsk us."]);
    assert_eq!(texts(&parsed, "td.who"), ["the file"]);
}

#[test]
fn a_pause_is_called_a_pause_and_has_three_ways_out() {
    let mut paused = spec("x");
    paused.enabled = false;
    let (plan, page) = Situation::empty().with("a", Some(spec("x")), Some(paused), Some(spec("x")), "on-call").page();
    let parsed = check(&plan, &page);
    let said = words(&parsed, ".movers");
    assert!(
        said.contains("campaign.a: paused live by on-call on 20 November 2026, 14:02 UTC; applying this plan switches it on again."),
        "{said}"
    );
    assert_eq!(
        texts(&parsed, ".moved dd"),
        [
            "campaignctl drift -e staging --adopt campaign.a",
            "campaignctl apply -e staging --revert campaign.a",
            "campaignctl drift -e staging --hold campaign.a --until 2026-11-27"
        ]
    );
    assert!(words(&parsed, ".dangerous").starts_with("Danger: 1 of 1 change campaign.a x it was paused live by on-call"));
}

#[test]
fn a_conflict_shows_what_was_applied_last() {
    let with = |seconds: u64| {
        let mut spec = spec("x");
        spec.throttling.as_mut().unwrap().cooldown_seconds = Some(seconds);
        spec
    };
    let (plan, page) = Situation::empty().with("a", Some(with(60)), Some(with(70)), Some(with(50)), "anna").page();
    let parsed = check(&plan, &page);
    assert_eq!(texts(&parsed, ".both tbody td:not(.who)"), ["70", "60"]);
    let who = words(&parsed, "td.who");
    assert_eq!(who, "conflict: the file and live, changed by anna on 20 November 2026, 14:02 UTC; last applied 50");
}

#[test]
fn a_refused_plan_says_so_first_and_names_the_flag() {
    let mut situation = Situation::empty().with("a", None, Some(spec("x")), Some(spec("x")), "anna");
    situation.guards.max_deletes = Some(0);
    let (plan, page) = situation.page();
    let parsed = check(&plan, &page);
    assert!(texts(&parsed, "main h2")[0].starts_with("Refused"));
    assert_eq!(texts(&parsed, ".refused code"), ["--max-deletes 1", "guards.maxDeletes"]);
}

#[test]
fn an_expired_plan_says_so_and_a_fresh_one_says_until_when() {
    let situation = Situation::empty().with("a", Some(spec("x")), None, None, "anna");
    let expires: Timestamp = "2026-11-21T15:00:00Z".parse().unwrap();
    let (plan, page) = situation.page_of(Some(Saved { file: "a.plan", expires, expired: false }));
    let fresh = check(&plan, &page);
    assert!(
        words(&fresh, ".facts").ends_with("Saved asa.plan Can be applieduntil 21 November 2026, 15:00 UTC"),
        "{}",
        words(&fresh, ".facts")
    );
    assert!(all(&fresh, "#expired")[0].attr("hidden").is_some());
    let (plan, page) = situation.page_of(Some(Saved { file: "a.plan", expires, expired: true }));
    let expired = check(&plan, &page);
    assert!(words(&expired, ".facts").ends_with("no: expired on 21 November 2026, 15:00 UTC"));
    assert!(all(&expired, "#expired")[0].attr("hidden").is_none());
}

#[test]
fn a_plan_without_changes_says_so() {
    let (plan, page) = Situation::empty().with("a", Some(spec("x")), Some(spec("x")), Some(spec("x")), "anna").page();
    let parsed = check(&plan, &page);
    assert_eq!(texts(&parsed, "main h2"), ["No changes", "Unchanged: 1"]);
    assert!(all(&parsed, "#tools").is_empty());
}

#[test]
fn a_long_plan_unfolds_only_its_beginning() {
    let mut situation = Situation::empty();
    for number in 0..200 {
        situation = situation.with(&format!("c{number}"), Some(spec(&format!("{number}"))), None, None, "anna");
    }
    let (plan, page) = situation.page();
    let parsed = check(&plan, &page);
    assert_eq!((all(&parsed, "details.change").len(), all(&parsed, "details.change[open]").len()), (200, 25));
    assert!(page.len() < 200 * 2500, "{} bytes", page.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_plan_makes_a_whole_page(
        one in prop::collection::vec(prop::option::of(campaign()), 3),
        two in prop::collection::vec(prop::option::of(campaign()), 3),
    ) {
        let situation = Situation::empty()
            .with("a", one[0].clone(), one[1].clone(), one[2].clone(), "anna")
            .with("b-_2", two[0].clone(), two[1].clone(), two[2].clone(), "web <admin>");
        let (plan, page) = situation.page();
        let parsed = check(&plan, &page);
        let dangerous = plan.changes.iter().filter(|change| !change.dangers.is_empty()).count();
        prop_assert_eq!(all(&parsed, ".change[data-is~='danger']").len(), dangerous);
        prop_assert_eq!(all(&parsed, ".dangerous .news > li").len(), dangerous);
        let cards: Vec<String> = texts(&parsed, ".card b");
        let effects: Vec<String> = plan.effects().iter().map(|(_, count)| count.to_string()).collect();
        prop_assert_eq!(cards, effects);
    }
}
