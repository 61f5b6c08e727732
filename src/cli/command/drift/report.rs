//! One run of drift as text, in the format that was asked for.

use clap::ValueEnum;
use jiff::{Span, Timestamp, ToSpan};
use tokio::time::Instant;

use super::super::showing::PlanFormat;
use crate::load::repository_of;
use crate::ops::Failure;
use crate::ops::drift::Found;
use crate::render;
use crate::render::drift::{Job, Metrics, Report, Seen};
use crate::render::rewrite::counted;

/// How drift is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Human,
    /// One versioned document, for scripts
    Json,
    /// For an issue or a comment, at most 65,536 characters
    Markdown,
    /// Annotations on the lines of the files, in a step of GitHub Actions
    Github,
    /// Metrics, for the textfile collector of Prometheus' node_exporter
    Prometheus,
    /// With --revert: one self-contained page
    Html,
    /// With --revert: the terraform report of GitLab
    Gitlab,
}

/// How long the command that leaves a drift for now suggests.
fn suggested() -> Span {
    7.days()
}

/// What every format shows of it.
pub(super) fn report(found: &Found, show_unmanaged: bool) -> Report<'_> {
    let Found { destination, drift, has_state, .. } = found;
    let today = found.today();
    let until = today.checked_add(suggested()).unwrap_or(today);
    Report { destination, drift, has_state: *has_state, until, show_unmanaged }
}

/// The headline alone.
pub(super) fn line(found: &Found) -> String {
    format!("{}\n", render::drift::summary_line(&report(found, false)))
}

/// The end of a run that could not compare everything.
pub(super) fn incomplete(found: &Found) -> Result<(), Failure> {
    if found.is_complete() {
        return Ok(());
    }
    let message = format!("{} could not be compared", counted(found.drift.unreadable.len(), "campaign", "campaigns"));
    let hint = match found.drift.unreadable.iter().find_map(|unreadable| unreadable.hold.as_ref()) {
        Some(pointer) => render::plan::broken_hold(pointer),
        None => {
            "its live body has something this version of campaignctl does not know; update campaignctl, or change it back in Genesys Cloud"
                .to_owned()
        }
    };
    Err(Failure::new(message, hint))
}

impl Format {
    /// How a plan is written in it.
    pub(super) fn of_plan(self) -> Result<PlanFormat, Failure> {
        match self {
            Self::Human => Ok(PlanFormat::Human),
            Self::Json => Ok(PlanFormat::Json),
            Self::Markdown => Ok(PlanFormat::Markdown),
            Self::Html => Ok(PlanFormat::Html),
            Self::Gitlab => Ok(PlanFormat::Gitlab),
            Self::Github | Self::Prometheus => {
                Err(Failure::new("a plan is not written in this format", "choose human, json, markdown, html or gitlab"))
            }
        }
    }

    /// The report, ending in a newline.
    pub(super) fn text(self, found: &Found, show_unmanaged: bool, metrics: &Metrics<'_>) -> String {
        let report = report(found, show_unmanaged);
        match self {
            Self::Human => render::drift::human(&report),
            Self::Json => render::drift::json(&report),
            Self::Markdown => render::drift::markdown(&report),
            Self::Github => {
                let repository = repository_of(found.root());
                render::drift::github(&report, found.sources(), &repository, |drifted, field| found.place(drifted, field))
            }
            Self::Prometheus => render::drift::prometheus(metrics),
            // Refused before anything is read.
            Self::Html | Self::Gitlab => String::new(),
        }
    }
}

/// A run under way, for those who measure it.
#[derive(Debug)]
pub(super) struct Run {
    environment: String,
    began: Timestamp,
    started: Instant,
}

impl Run {
    /// Begins now; the environment may not be known yet.
    pub(super) fn begin(environment: Option<&str>) -> Self {
        Self { environment: environment.unwrap_or_default().to_owned(), began: Timestamp::now(), started: Instant::now() }
    }

    pub(super) fn in_environment(self, name: &str) -> Self {
        Self { environment: name.to_owned(), ..self }
    }

    pub(super) fn environment(&self) -> &str {
        &self.environment
    }

    /// What it came to; `earlier` is the last success before it.
    pub(super) fn metrics<'a>(&'a self, found: Option<&'a Found>, earlier: Option<Timestamp>, job: Option<Job>) -> Metrics<'a> {
        let success = found.is_some_and(Found::is_complete);
        Metrics {
            environment: &self.environment,
            seen: found.map(seen),
            success,
            last_run: self.began,
            took: self.started.elapsed(),
            last_success: if success { Some(self.began) } else { earlier },
            job,
        }
    }
}

/// What was found, as it is counted.
pub(super) fn seen(found: &Found) -> Seen<'_> {
    Seen { drift: &found.drift, has_state: found.has_state, requests: found.requests }
}
