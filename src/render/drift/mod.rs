//! Drift as text: one format, one file, over one shared model.

mod github;
mod human;
mod json;
mod line;
mod markdown;
mod prometheus;
mod slack;

use jiff::civil::Date;

use super::escape::inline;
use crate::model::Destination;
use crate::reconcile::{Drift, DriftClass, Drifted, FieldPath, FieldValue, LiveSide, Moved};

pub use super::resolution::resolutions;
pub use github::github;
pub use human::{human, summary_line};
pub use json::{json, json_of_round};
pub use line::{failed_again, failed_round, recovered_round, unchanged_round};
pub use markdown::{MARKDOWN_LIMIT, markdown};
pub use prometheus::{Job, Metrics, Seen, last_success, prometheus};
pub use slack::slack;

/// Whether a text is drift in one of the formats, so that another one may take its place; an empty one is as good.
pub fn is_report(text: &str) -> bool {
    text.trim().is_empty()
        || ["Environment: ", "<!-- campaignctl:drift ", "# HELP campaignctl_drift_"].iter().any(|start| text.starts_with(start))
        || text.contains("::notice title=Drift in ")
        || (text.starts_with('{') && ["\"headline\":", "\"summary\":", "\"notApplied\":"].iter().all(|key| text.contains(key)))
}

/// What every format shows.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Where live was read.
    pub destination: &'a Destination,
    /// What drifted.
    pub drift: &'a Drift,
    /// Whether there is a state to compare with.
    pub has_state: bool,
    /// The day that the command to leave it for now suggests.
    pub until: Date,
    /// List live campaigns that nobody declared, instead of counting them.
    pub show_unmanaged: bool,
}

/// A way out of a drift.
struct WayOut {
    /// What it does.
    what: &'static str,
    /// A command.
    command: String,
    /// What has to be done before it.
    first: Option<String>,
}

/// What can be done about a drifted campaign.
fn ways_out(environment: &str, drifted: &Drifted, until: Date) -> Vec<WayOut> {
    let Drifted { key, class, origin, id: _, live: _, fields: _, held: _ } = drifted;
    let [keep, put_back, leave] = resolutions(environment, key, until);
    let apply = || format!("campaignctl apply -e {environment}");
    let way = |(what, command): (&'static str, String)| WayOut { what, command, first: None };
    match (class, origin) {
        (DriftClass::Missing, Some(origin)) => vec![
            WayOut { what: "create it again", command: put_back.1, first: None },
            WayOut { what: "keep it gone", command: apply(), first: Some(format!("delete it from {}", origin.file)) },
        ],
        // The next apply deletes or forgets it, and there is no file to write into.
        (_, None) => vec![WayOut { what: "settle it: its file is gone", command: apply(), first: None }, way(put_back)],
        _ => vec![way(keep), way(put_back), way(leave)],
    }
}

/// The class in a word.
fn class_word(class: DriftClass) -> &'static str {
    match class {
        DriftClass::Missing => "missing",
        DriftClass::Configuration => "configuration",
        DriftClass::Operational => "operational",
    }
}

/// The classes, in the order in which they are counted.
const CLASSES: [DriftClass; 3] = [DriftClass::Missing, DriftClass::Configuration, DriftClass::Operational];

/// What was done, when it was nothing but switching the campaign off or on.
fn switched(drifted: &Drifted) -> Option<&'static str> {
    match drifted.fields.as_slice() {
        [Moved { path: FieldPath::Enabled, live: Some(FieldValue::Flag(on)), .. }] => {
            Some(if *on { "switched on live" } else { "paused live" })
        }
        _ => None,
    }
}

/// ` by WHO at WHEN`, as far as the API tells; `quote` makes the name harmless.
fn who_and_when(live: Option<&LiveSide>, quote: fn(&str) -> String) -> String {
    let Some(live) = live else { return String::new() };
    let who = live.modified_by.as_ref().map(|who| format!(" by {}", quote(who))).unwrap_or_default();
    let when = live.date_modified.map(|when| format!(" at {when:.0}")).unwrap_or_default();
    who + &when
}

/// `, last changed by WHO at WHEN`, or nothing where the API tells nothing.
fn last_changed(who: &str) -> String {
    if who.is_empty() { String::new() } else { format!(", last changed{who}") }
}

/// `3 campaigns`.
fn campaigns(count: usize) -> String {
    if count == 1 { "1 campaign".to_owned() } else { format!("{count} campaigns") }
}

/// `1 configuration, 2 operational`: how many of each kind, without those that there are none of.
fn counts(drift: &Drift) -> String {
    let kinds = CLASSES.into_iter().map(|class| (drift.count(class), class_word(class))).filter(|(count, _)| *count > 0);
    kinds.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// The first sentence: whether and how much drifted.
fn headline(report: &Report<'_>) -> String {
    let Report { destination: _, drift, has_state, until: _, show_unmanaged: _ } = report;
    if !has_state {
        "There is no state yet, so nobody can say what drifted.".to_owned()
    } else if !drift.drifted.is_empty() {
        format!("{} of {} drifted: {}.{}", drift.drifted.len(), campaigns(drift.compared), counts(drift), live_twice(drift))
    } else {
        let held = if drift.held.is_empty() { "" } else { ", apart from what is held" };
        let left = if drift.unreadable.is_empty() { "" } else { ", as far as it can be read" };
        format!(
            "{}{} live as last applied{held}{left}.{}",
            if drift.twice.is_empty() { "No drift. " } else { "" },
            are(drift.compared),
            live_twice(drift)
        )
    }
}

/// ` 1 campaign is live twice.`, or nothing.
fn live_twice(drift: &Drift) -> String {
    if drift.twice.is_empty() { String::new() } else { format!(" {} live twice.", are(drift.twice.len())) }
}

/// `1 campaign is`, `3 campaigns are`.
fn are(count: usize) -> String {
    format!("{} {}", campaigns(count), if count == 1 { "is" } else { "are" })
}

/// What is said of a declared campaign that was never applied.
fn not_applied(campaign: &crate::reconcile::NotApplied) -> String {
    match (&campaign.live, campaign.differs.len()) {
        (None, _) => "not live under its name".to_owned(),
        (Some(_), 0) => "live, as the file says".to_owned(),
        (Some(_), 1) => "live, 1 field differs from the file".to_owned(),
        (Some(_), count) => format!("live, {count} fields differ from the file"),
    }
}

/// In which order campaigns are shown: what is gone, what was edited, what was switched.
fn by_gravity(drift: &Drift) -> Vec<&Drifted> {
    let mut drifted: Vec<&Drifted> = drift.drifted.iter().collect();
    drifted.sort_by_key(|drifted| drifted.class);
    drifted
}

/// That files which were written are those of every environment.
pub fn concerns_all(files: &[String]) -> String {
    let names: Vec<String> = files.iter().map(|file| inline(file)).collect();
    let (are, them) = if files.len() == 1 { ("is", "it") } else { ("are", "them") };
    format!(
        "Note: {} {are} for every environment, so what was written into {them} concerns all of them; what only one is to have goes \
         into its overlay.\n",
        names.join(", ")
    )
}
