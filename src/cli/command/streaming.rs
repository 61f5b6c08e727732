//! `--json-stream`: what a command does as JSON lines, and nothing else on standard output, whatever happens.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::apply::{Event, Options, Report, Stop};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::load::repository_of;
use crate::model::CampaignKey;
use crate::ops::Failure;
use crate::ops::apply::apply;
use crate::ops::plan::Planned;
use crate::reconcile::Action;
use crate::render;
use crate::render::{findings, plan, stream};

/// How often a change that takes its time is told of.
const PROGRESS: Duration = Duration::from_secs(10);

/// Does the work between a first line and, where it fails, diagnostics.
pub(super) fn streamed(on: bool, context: &Context, work: impl FnOnce() -> Outcome) -> Outcome {
    if !on {
        return work();
    }
    context.console.out(&stream::version(Timestamp::now()));
    work().or_else(|failure| {
        context.console.out(&of_failure(&failure, context));
        Ok(Exit::of_class(failure.class))
    })
}

/// Findings with their places, then what could not be done because of them.
fn of_failure(failure: &Failure, context: &Context) -> String {
    let Failure { class: _, message, hint, findings } = failure;
    let now = Timestamp::now();
    let mut out = String::new();
    if let Some((findings, sources)) = findings.as_deref() {
        let repository = match context.try_project() {
            Ok(Ok(project)) => repository_of(&project.root),
            Ok(Err(error)) => repository_of(error.kind().folder()),
            Err(_) => repository_of(std::path::Path::new(".")),
        };
        let report = findings::Report { findings, sources, repository: &repository, environment: context.environments().first().copied() };
        out.push_str(&stream::findings(&report, now));
    }
    out.push_str(&stream::error(message, hint.as_deref(), now));
    out
}

/// The plan; answers whether it is refused.
pub(super) fn stream_plan(planned: &Planned, report: &plan::Report<'_>, context: &Context) -> bool {
    let now = Timestamp::now();
    if planned.warnings > 0 {
        let count = planned.warnings;
        let message = format!("{count} {} in the campaign files", if count == 1 { "warning" } else { "warnings" });
        let hint = format!("`campaignctl validate -e {}` shows them", planned.destination.environment);
        context.console.out(&stream::warning(&message, &hint, now));
    }
    context.console.out(&plan::stream(report, now));
    !planned.plan.refusals.is_empty()
}

/// Makes the changes of a plan and tells of each line by line.
pub(super) async fn stream_apply(planned: Planned, options: Options, stop: Stop, context: &Context) -> Result<Report, Failure> {
    let undone_by_files = planned.plan.undone_by_files.clone();
    let running: RefCell<BTreeMap<CampaignKey, (Action, Instant)>> = RefCell::default();
    let tell = |event: Event| {
        match &event {
            Event::Started { key, action, id: _ } => drop(running.borrow_mut().insert(key.clone(), (*action, Instant::now()))),
            Event::Saving | Event::Saved | Event::Looking { .. } => {}
            Event::Finished { row, elapsed: _ } => drop(running.borrow_mut().remove(&row.key)),
        }
        if let Some(line) = render::apply::stream_event(&event, Timestamp::now()) {
            context.console.out(&line);
        }
    };
    let applying = apply(planned, options, stop, tell);
    tokio::pin!(applying);
    let mut ticks = tokio::time::interval_at(Instant::now() + PROGRESS, PROGRESS);
    let report = loop {
        tokio::select! {
            report = &mut applying => break report?,
            _ = ticks.tick() => {
                for (key, (action, began)) in running.borrow().iter() {
                    context.console.out(&render::apply::stream_progress(key, *action, began.elapsed(), Timestamp::now()));
                }
            }
        }
    };
    if let Some(sentence) = render::apply::still_in_files(&report, &undone_by_files) {
        context.console.out(&stream::warning(&sentence, "", Timestamp::now()));
    }
    context.console.out(&render::apply::stream_report(&report, Timestamp::now()));
    Ok(report)
}
