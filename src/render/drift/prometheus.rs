//! Drift as metrics in [Prometheus' text format](https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4.
//!
//! A writer of its own: what was not found out must be absent, not zero and not the value of the round before, and a library of
//! counters and gauges that live as long as the process is made for the opposite.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;

use super::super::escape::inline;
use super::{CLASSES, class_word};
use crate::reconcile::{Drift, DriftClass};

/// What a run came to, in numbers.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    /// Name of the environment; empty where even that could not be found out.
    pub environment: &'a str,
    /// What was found; `None` when the run failed: then nothing is said about drift.
    pub seen: Option<Seen<'a>>,
    /// Whether everything could be compared.
    pub success: bool,
    /// When the run began.
    pub last_run: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// When the last run that could compare everything began, as far as it is known.
    pub last_success: Option<Timestamp>,
    /// What a job counts that runs on and on.
    pub job: Option<Job>,
}

/// What a run found.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What drifted.
    pub drift: &'a Drift,
    /// Whether there is a state to compare with.
    pub has_state: bool,
    /// Requests it sent.
    pub requests: u64,
}

/// What a job counts from its start on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Job {
    /// Rounds that could compare everything.
    pub good: u64,
    /// Rounds that could not.
    pub failed: u64,
    /// Messages to the webhook that arrived.
    pub delivered: u64,
    /// Messages that did not.
    pub undelivered: u64,
}

/// The name under which a later run looks for the last success.
const LAST_SUCCESS: &str = "campaignctl_drift_last_success_timestamp_seconds";

/// The whole exposition. Families and samples come always in the same order, and without timestamps of their own.
pub fn prometheus(metrics: &Metrics<'_>) -> String {
    let Metrics { environment, seen, success, last_run, took, last_success, job } = metrics;
    let mut page = Page { text: String::new(), environment: escaped(environment) };
    page.gauge("campaignctl_drift_last_run_success", "Whether the last run could compare everything: 1 or 0.", u64::from(*success));
    page.gauge("campaignctl_drift_last_run_timestamp_seconds", "When the last run began, in seconds since 1970.", seconds(*last_run));
    page.gauge("campaignctl_drift_last_run_duration_seconds", "How long the last run took.", took.as_secs_f64());
    if let Some(last_success) = last_success {
        page.gauge(LAST_SUCCESS, "When the last run that could compare everything began, in seconds since 1970.", seconds(*last_success));
    }
    if let Some(Seen { drift, has_state, requests }) = seen {
        page.gauge("campaignctl_drift_last_run_requests", "Requests that the last run sent, for tokens too.", requests);
        page.gauge("campaignctl_drift_has_state", "Whether there is a state; without one nobody can say what drifted: 1 or 0.", {
            u64::from(*has_state)
        });
        counted(drift, &mut page);
    }
    if let Some(Job { good, failed, delivered, undelivered }) = job {
        let outcomes = [("outcome=\"failure\"", *failed), ("outcome=\"success\"", *good)];
        page.family("campaignctl_drift_runs_total", "counter", "Runs since the job was started.", &outcomes);
        let outcomes = [("outcome=\"failure\"", *undelivered), ("outcome=\"success\"", *delivered)];
        page.family("campaignctl_drift_messages_total", "counter", "Messages to the webhook since the job was started.", &outcomes);
    }
    // With the environment: a collector that reads files for several must find no series twice.
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    page.family("campaignctl_build_info", "gauge", "The version of campaignctl.", &[(version, 1)]);
    page.text
}

/// The moment of the last success in an earlier exposition for this environment; nothing where there is none to be believed.
pub fn last_success(earlier: &str, environment: &str) -> Option<Timestamp> {
    let series = format!("{LAST_SUCCESS}{{environment=\"{}\"}} ", escaped(environment));
    let (whole, thousandths) = earlier.lines().find_map(|line| line.strip_prefix(&series))?.trim().split_once('.')?;
    let [whole, thousandths]: [i64; 2] = [whole.parse().ok()?, thousandths.parse().ok().filter(|part| (0..1_000).contains(part))?];
    Timestamp::from_millisecond(whole.checked_mul(1_000)?.checked_add(thousandths)?).ok()
}

/// Everything that is counted in what was found.
fn counted(drift: &Drift, page: &mut Page) {
    let Drift { compared, drifted, held, not_applied, unmanaged, unreadable, twice, queues: _ } = drift;
    let labels = CLASSES.map(|class| (format!("class=\"{}\"", class_word(class)), drift.count(class)));
    page.family("campaignctl_drift_campaigns", "gauge", "Managed campaigns that are not live as they were applied.", &labels);
    let series =
        |class: DriftClass, key: &str, fields: usize| (format!("campaign=\"{}\",class=\"{}\"", escaped(key), class_word(class)), fields);
    let fields: Vec<_> = drifted.iter().map(|drifted| series(drifted.class, drifted.key.as_str(), drifted.fields.len())).collect();
    page.family("campaignctl_drift_fields", "gauge", "Fields of a drifted campaign that moved live; 0 for one that is gone.", &fields);
    for (name, help, count) in [
        ("campaignctl_drift_managed_campaigns", "Campaigns that the state knows and that were compared.", *compared),
        ("campaignctl_drift_unmanaged_campaigns", "Live campaigns that no file declares and the state does not know.", unmanaged.len()),
        ("campaignctl_drift_held_campaigns", "Campaigns that moved live only in what their lifecycle leaves to live.", held.len()),
        ("campaignctl_drift_not_applied_campaigns", "Declared campaigns that were not applied yet.", not_applied.len()),
        ("campaignctl_drift_unreadable_campaigns", "Campaigns whose live body cannot be read.", unreadable.len()),
        ("campaignctl_drift_live_twice_campaigns", "Managed campaigns that are live a second time.", twice.len()),
    ] {
        page.gauge(name, help, count);
    }
}

/// The exposition so far.
struct Page {
    text: String,
    /// Its name, escaped.
    environment: String,
}

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help, &[("", value)]);
    }

    /// A family with its samples: further labels, and the value.
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: &[(impl AsRef<str>, impl std::fmt::Display)]) {
        if samples.is_empty() {
            return;
        }
        let Self { text, environment } = self;
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let comma = if labels.as_ref().is_empty() { "" } else { "," };
            let _ = writeln!(text, "{name}{{environment=\"{environment}\"{comma}{}}} {value}", labels.as_ref());
        }
    }
}

/// A label's value: backslash, quote and line end are escaped, what acts on a terminal is spelled out before that.
fn escaped(text: &str) -> String {
    inline(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Seconds since 1970 with three decimals, which no float rounds.
fn seconds(at: Timestamp) -> String {
    let milliseconds = at.as_millisecond();
    format!("{}.{:03}", milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000))
}
