//! `campaignctl apply`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use jiff::Timestamp;
use uuid::Uuid;

use super::duration::duration;
use super::planning::{PlanningArgs, refuse, tell_takeover, warn};
use super::replay::{Reading, reading};
use super::showing::{ShowingArgs, show};
use super::streaming::{stream_apply, stream_plan, streamed};
use crate::apply::{Event, Options, Report};
use crate::cli::console::Console;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::process_environment;
use crate::cli::signals;
use crate::model::CampaignKey;
use crate::ops::apply::{apply, prepare_apply};
use crate::ops::plan::Planned;
use crate::ops::saved::{may_be_applied, open, prepare_saved};
use crate::ops::{Class, Failure};
use crate::render;
use crate::render::plan::Report as PlanReport;
use crate::state::Holder;

/// Make the changes that a plan shows
///
/// Plans, shows the plan, asks for a `yes`, and makes the changes: those that mean fewer invites first. Right before each
/// write the live campaign is read again; one that somebody changed since the plan is left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl apply                           plan, ask, apply
  campaignctl apply campaigns.plan            exactly the plan that `plan --out campaigns.plan` saved
  campaignctl apply -e staging --auto-approve in a pipeline
  campaignctl apply --revert pricing-churn    undo the drift of a campaign, and nothing else
  campaignctl apply --auto-approve --json-stream  JSON lines, for tools that read `terraform apply -json`

Ctrl-C once: nothing new is started, what is in flight is finished and recorded. Twice: stop now.

Exit codes: 0 applied, 1 error, refused, cancelled or not everything done")]
pub(in crate::cli) struct Apply {
    /// A plan that `plan --out` saved: exactly this is done, without asking, or nothing where anything has moved since
    #[arg(value_name = "FILE", conflicts_with_all = ["max_deletes", "max_changed_percent", "max_added_invites_percent", "replay", "strict", "allow_destroy", "rollback", "revert"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    planning: PlanningArgs,
    #[command(flatten)]
    showing: ShowingArgs,
    /// Do not ask
    #[arg(long)]
    auto_approve: bool,
    /// Write JSON lines as `terraform apply -json` does, errors included, and nothing else to standard output
    #[arg(long, conflicts_with_all = ["concise", "show_unmanaged"])]
    json_stream: bool,
    /// How long after a lost answer the server's list shows what was created, e.g. 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = settle_time)]
    settle: Duration,
}

/// A person does not notice it, and a run of thousands writes its state a few times a second.
const SAVE_EVERY: Duration = Duration::from_millis(200);

/// Id of a run: when it began, and four characters that tell it from another of the same second.
fn run_id() -> String {
    let unique = Uuid::new_v4().simple().to_string();
    format!("{}-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"), &unique[..4])
}

fn settle_time(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    Duration::try_from(time).map_err(|error| error.to_string())
}

/// Who holds the lock while a command of this process runs.
pub(super) fn holder(command: &str) -> Holder {
    Holder {
        command: command.to_owned(),
        host: process_environment::host(),
        process: std::process::id(),
        run: process_environment::pipeline_run(),
        since: Timestamp::now(),
    }
}

impl Apply {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        if self.json_stream && !self.auto_approve && self.file.is_none() {
            return Err(Failure::new("--json-stream cannot ask for a `yes`", "add --auto-approve; nothing was read or changed"));
        }
        streamed(self.json_stream, context, || self.apply(context))
    }

    fn apply(&self, context: &Context) -> Outcome {
        if let Some(file) = &self.file {
            return self.run_saved(file, context);
        }
        let request = self.planning.request(context)?;
        let files = self.planning.recordings();
        if !self.auto_approve && files.iter().any(|file| file.as_os_str() == "-") {
            let message = "standard input cannot hold a recording and answer a question";
            return Err(Failure::new(message, "add --auto-approve, or name a file; nothing was read or changed"));
        }
        context.block_on(async {
            let (spinner, recordings) = match files {
                [] => (context.console.spinner("Reading campaigns…"), None),
                files => {
                    let Reading { recordings, spinner, sessions: _ } = reading(context, files, self.planning.is_strict())?;
                    (spinner, Some(recordings))
                }
            };
            let planned = prepare_apply(request, holder("apply"), recordings).await;
            spinner.finish_and_clear();
            let planned = planned?;
            tracing::info!(requests = planned.requests, "planned");
            tell_takeover(planned.taken_over(), context);
            if self.json_stream {
                return self.stream(planned, context).await;
            }
            warn(planned.warnings, &planned.destination.environment, context);
            let (destination, plan) = (&planned.destination, &planned.plan);
            show(&PlanReport { destination, plan, created: planned.created, saved: None, links: None }, &self.showing, context);
            if let Err(refused) = refuse(&planned.plan, &planned.destination.environment, context) {
                planned.close().await;
                return Err(refused);
            }
            if !planned.plan.is_empty() {
                let approved = self.approved(&planned, context).await;
                if !matches!(approved, Ok(true)) {
                    planned.close().await;
                    approved?;
                    return Err(Failure::new("apply cancelled", "nothing was changed"));
                }
            }
            let environment = planned.destination.environment.clone();
            let undone_by_files = planned.plan.undone_by_files.clone();
            let report = self.make(planned, context).await?;
            conclude(&report, &environment, &undone_by_files, context);
            Ok(Exit::of_report(&report))
        })
    }

    /// What is planned and what is done, as JSON lines.
    async fn stream(&self, planned: Planned, context: &Context) -> Outcome {
        let (destination, plan) = (&planned.destination, &planned.plan);
        let report = PlanReport { destination, plan, created: planned.created, saved: None, links: None };
        if stream_plan(&planned, &report, context) {
            planned.close().await;
            return Ok(Exit::Guard);
        }
        let report = stream_apply(planned, self.options(), signals::listen(interrupted), context).await?;
        Ok(Exit::of_report(&report))
    }

    fn options(&self) -> Options {
        Options { parallelism: self.planning.parallelism(), settle: self.settle, save_every: SAVE_EVERY, run: run_id() }
    }

    /// Does exactly what a saved plan says.
    fn run_saved(&self, file: &Path, context: &Context) -> Outcome {
        let key = process_environment::plan_key();
        let opened = open(file, key.as_ref())?;
        may_be_applied(file, &opened, key.as_ref())?;
        let destination = opened.saved.destination.clone();
        if let Some(other) = context.named_environment()?.filter(|named| *named != destination.environment) {
            let message = format!("`{}` is a plan for environment `{}`, not for `{other}`", file.display(), destination.environment);
            return Err(Failure {
                class: Class::Conflict,
                ..Failure::new(message, "a plan can be applied only where it was made for; leave out -e, or plan again")
            });
        }
        let saved = opened.saved.plan();
        if self.json_stream && !saved.refusals.is_empty() {
            let report = PlanReport { destination: &destination, plan: &saved, created: opened.saved.created, saved: None, links: None };
            context.console.out(&render::plan::stream(&report, Timestamp::now()));
            return Ok(Exit::Guard);
        }
        refuse(&saved, &destination.environment, context)?;
        let scope = context.scope_of(&destination.environment, self.planning.settings())?;
        context.block_on(async {
            let spinner = context.console.spinner("Checking that nothing has moved…");
            let planned = prepare_saved(scope, file, opened, holder("apply")).await;
            spinner.finish_and_clear();
            let planned = planned?;
            tell_takeover(planned.taken_over(), context);
            if self.json_stream {
                return self.stream(planned, context).await;
            }
            let plan = &planned.plan;
            let saved = PlanReport { destination: &planned.destination, plan, created: planned.created, saved: None, links: None };
            context.console.details(&render::plan::about_to_apply(&saved, &file.to_string_lossy()));
            let environment = planned.destination.environment.clone();
            let undone_by_files = planned.plan.undone_by_files.clone();
            let report = self.make(planned, context).await?;
            conclude(&report, &environment, &undone_by_files, context);
            Ok(Exit::of_report(&report))
        })
    }

    async fn approved(&self, planned: &Planned, context: &Context) -> Result<bool, Failure> {
        if self.auto_approve {
            return Ok(true);
        }
        let question = format!(
            "\nDo you want to perform these actions in environment {}?\n  campaignctl will perform the actions described above.\n  \
             Only 'yes' will be accepted to approve.\n\n  Enter a value: ",
            render::inline(&planned.destination.environment)
        );
        // Whoever interrupts here gives the lock back first, so that is listened for before anything is asked.
        let answer = tokio::select! {
            biased;
            () = signals::next() => {
                context.console.out("\n");
                return Ok(false);
            }
            answer = async {
                context.console.out(&question);
                tokio::task::spawn_blocking(Console::answer).await.ok().flatten()
            } => answer,
        };
        match answer {
            Some(answer) => Ok(answer == "yes"),
            None => Err(Failure::new("nobody answered: standard input is closed", "in a pipeline, use --auto-approve")),
        }
    }

    async fn make(&self, planned: Planned, context: &Context) -> Result<Report, Failure> {
        let console = &context.console;
        let bar = console.bar(planned.plan.changes.len() as u64);
        let notice = bar.clone();
        let stop = signals::listen(move || {
            notice.suspend(interrupted);
        });
        console.details("\n");
        let report = apply(planned, self.options(), stop, |event| tell(&event, &bar, context)).await;
        bar.finish_and_clear();
        report
    }
}

fn conclude(report: &Report, environment: &str, undone_by_files: &BTreeSet<CampaignKey>, context: &Context) {
    context.console.out(&render::apply::report(report, context.console.width()));
    if let Some(way_back) = render::apply::way_back(report, environment) {
        context.console.details(&way_back);
    }
    if let Some(sentence) = render::apply::still_in_files(report, undone_by_files) {
        context.console.out(&format!("\n{sentence}\n"));
    }
}

fn interrupted() {
    Console::plain_err("\nInterrupted: nothing new is started; what is in flight is finished and recorded. Once more stops now.\n");
}

fn tell(event: &Event, bar: &ProgressBar, context: &Context) {
    if let Some(line) = render::apply::event(event) {
        bar.suspend(|| context.console.details(&format!("{line}\n")));
    }
    if let Event::Finished { .. } = event {
        bar.inc(1);
    }
}
