//! Drift for machines: metrics, chat messages and annotations, whatever stands in names and values.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use campaignctl::load::Repository;
use campaignctl::model::{CampaignId, CampaignKey, Destination, Operator, Organization};
use campaignctl::reconcile::{Candidate, Drift, FieldPath, LiveTwice, News, Standing, Unmanaged};
use campaignctl::render::drift::{Job, Metrics, Report, Seen, github, human, json, last_success, markdown, prometheus, slack};
use proptest::prelude::*;
use serde_json::Value;

use super::{TODAY, destination, many};

/// Reads an exposition strictly: help and type once before the samples of a family, which stand together; labels escaped as
/// the format says; no series twice; no timestamps.
fn strict(text: &str) -> BTreeMap<String, f64> {
    let mut families = BTreeSet::new();
    let mut current = String::new();
    let mut samples = BTreeMap::new();
    let mut lines = text.split_terminator('\n').peekable();
    assert!(text.ends_with('\n'));
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(!words.is_empty() && families.insert(name.to_owned()), "{name} twice");
            let kind = lines.next().unwrap().strip_prefix(&format!("# TYPE {name} ")).unwrap();
            assert!(if name.ends_with("_total") { kind == "counter" } else { kind == "gauge" }, "{name} is a {kind}");
            assert!(lines.peek().is_some_and(|next| next.starts_with(name)), "{name} has no sample");
            current = name.to_owned();
            continue;
        }
        let (name, labels) = line.split_once('{').unwrap();
        assert_eq!(name, current, "samples of a family stand together");
        let value = after_labels(labels).strip_prefix("} ").unwrap();
        let series = &line[..line.len() - value.len() - 1];
        assert!(samples.insert(series.to_owned(), value.parse::<f64>().unwrap()).is_none(), "{series} twice");
    }
    samples
}

/// What follows the labels: `name="value"`, with commas between them; in a value only `\\\\`, `\\"` and `\\n` are escapes.
fn after_labels(mut rest: &str) -> &str {
    loop {
        let (name, value) = rest.split_once("=\"").unwrap();
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
        let mut escaped = false;
        let end = value.find(|c| match (escaped, c) {
            (true, '\\' | '"' | 'n') => {
                escaped = false;
                false
            }
            (true, other) => panic!("\\{other} is no escape"),
            (false, '\\') => {
                escaped = true;
                false
            }
            (false, c) => c == '"',
        });
        rest = &value[end.unwrap() + 1..];
        let Some(next) = rest.strip_prefix(',') else { return rest };
        rest = next;
    }
}

/// As a parser reads it that knows nothing of this program, and strictly. (That parser takes no `}` in a label.)
fn exposition(text: &str) -> BTreeMap<String, f64> {
    let samples = strict(text);
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    let independent = prometheus_parse::Scrape::parse(lines).unwrap();
    assert_eq!(independent.samples.len(), samples.len());
    for sample in &independent.samples {
        let (prometheus_parse::Value::Counter(value) | prometheus_parse::Value::Gauge(value)) = sample.value else { panic!("{sample:?}") };
        assert!(samples.values().any(|known| known.to_bits() == value.to_bits()), "{sample:?}");
    }
    samples
}

fn metrics<'a>(environment: &'a str, drift: Option<&'a Drift>) -> Metrics<'a> {
    Metrics {
        environment,
        seen: drift.map(|drift| Seen { drift, has_state: true, requests: 4 }),
        success: drift.is_some(),
        last_run: "2026-11-20T21:14:03.25Z".parse().unwrap(),
        took: Duration::from_millis(125),
        last_success: Some("2026-11-20T21:09:03Z".parse().unwrap()),
        job: None,
    }
}

#[test]
fn metrics_are_in_base_units_in_a_stable_order_and_counted_by_campaign() {
    let mut drift = many(3, "x");
    drift.drifted[1].class = campaignctl::reconcile::DriftClass::Missing;
    drift.drifted[1].fields.clear();
    drift.unmanaged = vec![Unmanaged { id: drift.drifted[0].id.clone(), name: None, unreadable: None }];
    let metrics = Metrics { job: Some(Job { good: 7, failed: 2, delivered: 1, undelivered: 3 }), ..metrics("local", Some(&drift)) };
    let text = prometheus(&metrics);
    assert_eq!(text, prometheus(&metrics));
    let samples = exposition(&text);
    for (series, value) in [
        ("campaignctl_drift_last_run_success{environment=\"local\"}", 1.0),
        ("campaignctl_drift_last_run_timestamp_seconds{environment=\"local\"}", 1_795_209_243.25),
        ("campaignctl_drift_last_success_timestamp_seconds{environment=\"local\"}", 1_795_208_943.0),
        ("campaignctl_drift_last_run_duration_seconds{environment=\"local\"}", 0.125),
        ("campaignctl_drift_last_run_requests{environment=\"local\"}", 4.0),
        ("campaignctl_drift_campaigns{environment=\"local\",class=\"configuration\"}", 2.0),
        ("campaignctl_drift_campaigns{environment=\"local\",class=\"operational\"}", 0.0),
        ("campaignctl_drift_campaigns{environment=\"local\",class=\"missing\"}", 1.0),
        ("campaignctl_drift_fields{environment=\"local\",campaign=\"campaign-00000\",class=\"configuration\"}", 1.0),
        ("campaignctl_drift_fields{environment=\"local\",campaign=\"campaign-00001\",class=\"missing\"}", 0.0),
        ("campaignctl_drift_managed_campaigns{environment=\"local\"}", 3.0),
        ("campaignctl_drift_unmanaged_campaigns{environment=\"local\"}", 1.0),
        ("campaignctl_drift_runs_total{environment=\"local\",outcome=\"failure\"}", 2.0),
        ("campaignctl_drift_runs_total{environment=\"local\",outcome=\"success\"}", 7.0),
        ("campaignctl_drift_messages_total{environment=\"local\",outcome=\"failure\"}", 3.0),
    ] {
        assert_eq!(samples.get(series), Some(&value), "{series}: {text}");
    }
    assert_eq!(samples.keys().filter(|series| series.starts_with("campaignctl_drift_fields")).count(), 3);
    assert_eq!(last_success(&text, "local"), metrics.last_success);
    assert_eq!(last_success(&text, "other"), None);
    assert_eq!(last_success("campaignctl_drift_last_success_timestamp_seconds{environment=\"local\"} NaN\n", "local"), None);
}

#[test]
fn a_campaign_that_is_live_twice_is_in_every_format_and_is_news() {
    let id = |text: &str| CampaignId(text.to_owned());
    let twice = LiveTwice {
        key: CampaignKey::new("pricing").unwrap(),
        name: "Pricing".to_owned(),
        id: id("the-first"),
        others: vec![Candidate { id: id("the-second"), date_modified: None, modified_by: None }],
        unreadable: vec![id("the-third")],
        is_declared: true,
    };
    let drift = Drift { compared: 2, twice: vec![twice], ..Drift::default() };
    assert!(!drift.is_empty());
    let destination = destination();
    let report = Report { destination: &destination, drift: &drift, has_state: true, until: TODAY, show_unmanaged: false };
    let repository = Repository { root: "/r".to_owned(), project: String::new() };
    let annotations = github(&report, &campaignctl::diagnostic::SourceMap::default(), &repository, |_, _| None);
    for text in [human(&report), json(&report), markdown(&report), annotations, slack(&report, News::Drifted)] {
        for told in
            ["2 campaigns are live as last applied. 1 campaign is live twice.", "campaign.pricing", "the-first", "the-second", "the-third"]
        {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert!(!text.contains("No drift."), "{text}");
    }
    let text = prometheus(&metrics("local", Some(&drift)));
    assert!(text.contains("campaignctl_drift_live_twice_campaigns{environment=\"local\"} 1\n"), "{text}");

    let [none, first] = [&Drift::default(), &drift].map(Standing::of);
    assert_eq!((first.news(&none), none.news(&first), first.news(&first)), (Some(News::Drifted), Some(News::Resolved), None));
    let mut other = drift.clone();
    other.twice[0].others[0].id = id("another");
    assert_eq!(Standing::of(&other).news(&first), Some(News::Changed));
}

#[test]
fn a_run_that_failed_says_nothing_about_drift() {
    let samples = exposition(&prometheus(&metrics("local", None)));
    assert_eq!(samples["campaignctl_drift_last_run_success{environment=\"local\"}"], 0.0);
    let silent = ["campaignctl_drift_campaigns", "campaignctl_drift_fields", "_managed", "_requests", "has_state"];
    assert!(!samples.keys().any(|series| silent.iter().any(|part| series.contains(part))), "{samples:?}");
    assert!(samples.contains_key("campaignctl_drift_last_success_timestamp_seconds{environment=\"local\"}"));
}

/// Every text object of a message.
fn texts(message: &Value) -> Vec<&str> {
    let blocks = message["blocks"].as_array().unwrap();
    blocks
        .iter()
        .flat_map(|block| block["elements"].as_array().cloned().map_or(vec![&block["text"]], |_| vec![&block["elements"][0]]))
        .map(|text| {
            assert_eq!((&text["type"], &text["verbatim"]), (&Value::from("mrkdwn"), &Value::from(true)));
            text["text"].as_str().unwrap()
        })
        .collect()
}

#[test]
fn a_message_keeps_the_limits_of_the_chat_and_says_what_it_leaves_out() {
    let destination = destination();
    for (count, fields, text) in
        [(1, 1, "x".repeat(200_000)), (400, 1, "short".to_owned()), (3, 500, "<&>`@here ".repeat(40)), (60, 90, "\u{202e}".repeat(500))]
    {
        let mut drift = many(count, &text);
        for drifted in &mut drift.drifted {
            let moved = drifted.fields[0].clone();
            drifted.fields = (0..fields)
                .map(|nth| {
                    let attribute = format!("custom.{}", text.chars().take(300).collect::<String>());
                    let path =
                        FieldPath::Filter { attribute, operator: Operator::Equals, nth, part: campaignctl::reconcile::FilterPart::Value };
                    campaignctl::reconcile::Moved { path, ..moved.clone() }
                })
                .collect();
        }
        let report = Report { destination: &destination, drift: &drift, has_state: true, until: TODAY, show_unmanaged: false };
        let line = slack(&report, News::Drifted);
        assert_eq!(line.lines().count(), 1);
        let message: Value = serde_json::from_str(&line).unwrap();
        assert!(message["blocks"].as_array().unwrap().len() <= 50);
        let texts = texts(&message);
        assert!(texts.iter().all(|text| (1..=3_000).contains(&text.chars().count())), "{count} {fields}");
        if count > 47 {
            assert!(texts.iter().any(|text| *text == format!("… and {} campaigns more that drifted", count - 47)), "{texts:?}");
        }
        if fields > 1 {
            assert!(
                texts[1].contains(" more\nkeep what is live: `campaignctl drift -e local --adopt campaign.campaign-00000`"),
                "{}",
                texts[1]
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_from_outside_acts_in_a_chat_a_workflow_or_an_exposition(text in "(\\PC|[<>&`@!*_~|:%\r\n\u{1b}\"\\\\]){0,40}") {
        let drift = many(1, &text);
        let destination = Destination {
            environment: text.clone(),
            organization: Organization { id: "an-id".to_owned(), name: text.clone() },
            server: text.clone(),
        };
        let report = Report { destination: &destination, drift: &drift, has_state: true, until: TODAY, show_unmanaged: false };
        for news in [News::Drifted, News::Changed, News::Resolved] {
            let message: Value = serde_json::from_str(&slack(&report, news)).unwrap();
            for text in texts(&message).into_iter().chain([message["text"].as_str().unwrap()]) {
                prop_assert!(!text.contains(['<', '>', '\u{1b}']), "{}", text);
                prop_assert!(!text.split('@').skip(1).any(|rest| rest.starts_with(char::is_alphanumeric)), "{}", text);
                prop_assert!(text.split('&').skip(1).all(|rest| ["lt;", "gt;", "amp;"].iter().any(|entity| rest.starts_with(entity))));
                prop_assert_eq!(text.matches('`').count() % 2, 0, "{}", text);
            }
        }
        let repository = Repository { root: "/r".to_owned(), project: String::new() };
        let commands = github(&report, &campaignctl::diagnostic::SourceMap::default(), &repository, |_, _| None);
        prop_assert_eq!(commands.lines().count(), 2);
        prop_assert!(commands.lines().all(|line| line.starts_with("::warning title=") || line.starts_with("::notice title=")));
        strict(&prometheus(&metrics(&text, Some(&drift))));
    }
}

#[test]
fn every_key_can_be_a_label() {
    let key = CampaignKey::new("a".repeat(CampaignKey::MAX_LENGTH)).unwrap();
    let mut drift = many(1, "x");
    drift.drifted[0].key = key.clone();
    let series = format!("campaignctl_drift_fields{{environment=\"local\",campaign=\"{key}\",class=\"configuration\"}}");
    assert_eq!(exposition(&prometheus(&metrics("local", Some(&drift)))).get(&series), Some(&1.0));
}

/// The metrics that a text names in full.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    words.filter(|word| word.starts_with("campaignctl_") && *word != "campaignctl_drift_").map(str::to_owned).collect()
}

#[test]
fn every_metric_is_in_the_documents_and_alerts_ask_for_no_others() {
    let drift = many(1, "x");
    let metrics = Metrics { job: Some(Job::default()), ..metrics("local", Some(&drift)) };
    let written: BTreeSet<String> =
        strict(&prometheus(&metrics)).keys().map(|series| series.split('{').next().unwrap().to_owned()).collect();
    let read = |path| std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    assert_eq!(named(&read("docs/formats.md")), written);
    let alerts = named(&read("examples/prometheus/drift-rules.yaml"));
    assert!(!alerts.is_empty() && alerts.is_subset(&written), "{alerts:?}");
}
