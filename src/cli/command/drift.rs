//! `campaignctl drift`

mod job;
mod report;
mod watch;

use clap::Args;
use jiff::civil::Date;

use job::JobArgs;
use report::{Format, Run};

use super::limits::LimitArgs;
use super::plan::Plan;
use super::planning::{PlanningArgs, campaign_key};
use super::saving::SavingArgs;
use super::selecting::{Target, selection, target};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::edit::Refused;
use crate::model::CampaignKey;
use crate::ops::drift::{Drafted, Found, Selection, drift};
use crate::ops::{self, Failure, Scope};
use crate::reconcile::News;
use crate::render;
use crate::render::drift::prometheus;
use crate::render::rewrite::{counted, diff, fixes, refusals};

/// Show what somebody changed live since the last apply
///
/// Compares live with what was applied last, says who changed what and when, and prints the commands that resolve it. Changes
/// nothing and takes no lock; --adopt and --hold write campaign files, and nothing else; --revert plans how live goes back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl drift -e production                            what moved live, who moved it, what to do
  campaignctl drift --detailed-exitcode                      exit code 2 when something drifted
  campaignctl drift --format markdown > drift.md             for an issue or a comment
  campaignctl drift --adopt campaign.pricing-churn           write the live values into its file
  campaignctl drift --adopt all --diff                       show what that would change
  campaignctl drift --revert campaign.pricing-churn          the plan that undoes its drift
  campaignctl drift --revert --out back.plan                 all drift, for `apply back.plan`
  campaignctl drift --hold pricing-churn --until 2026-12-01  let the live values stand until then

As a job:
  campaignctl drift --format github                          annotations on the files, in a workflow
  campaignctl drift --format prometheus --out /var/lib/node_exporter/campaigns.prom
  campaignctl drift --watch 5m --listen 127.0.0.1:9464       every five minutes, with metrics

Exit codes: 0 no drift, not asked, or stopped, 1 error, 2 something drifted (with --detailed-exitcode)")]
pub(in crate::cli) struct Drift {
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Exit with 0 when nothing drifted, 2 when something did, 1 on errors
    #[arg(long)]
    detailed_exitcode: bool,
    /// List live campaigns that no file declares, instead of counting them
    #[arg(long)]
    show_unmanaged: bool,
    /// Write what is live into the file of this campaign; may be repeated; `all` means every campaign that drifted
    #[arg(long, value_name = "CAMPAIGN", value_parser = target, conflicts_with_all = ["hold", "format", "detailed_exitcode", "show_unmanaged"])]
    adopt: Vec<Target>,
    /// Let the live values of this campaign stand until a day; may be repeated
    #[arg(long, value_name = "CAMPAIGN", value_parser = campaign_key, requires = "until", conflicts_with_all = ["format", "detailed_exitcode", "show_unmanaged"])]
    hold: Vec<CampaignKey>,
    /// With --hold: the last day (UTC) on which the live values stand
    #[arg(long, value_name = "YYYY-MM-DD", requires = "hold")]
    until: Option<Date>,
    /// With --hold: only this field, as a JSON pointer such as `/enabled`; may be repeated [default: all that drifted]
    #[arg(long, value_name = "POINTER", requires = "hold")]
    field: Vec<String>,
    /// Show the plan that puts back what was applied last, where live moved, and nothing else: in these campaigns, or in all
    /// that drifted; `apply --revert` makes it. With it, --out saves the plan for `apply FILE`
    #[arg(long, value_name = "CAMPAIGN", num_args = 0.., value_parser = target, conflicts_with_all = ["adopt", "hold", "diff", "webhook", "watch"])]
    revert: Option<Vec<Target>>,
    /// With --adopt or --hold: print what would change as a diff, and write nothing
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

impl Drift {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        if let Some(targets) = self.revert {
            let planning = PlanningArgs::of_revert(targets, self.limits);
            let saving = SavingArgs::to(self.job.out);
            let plan = Plan::of_revert(planning, self.format.of_plan()?, saving, self.show_unmanaged, self.detailed_exitcode);
            return plan.run(context);
        }
        if matches!(self.format, Format::Html | Format::Gitlab) {
            return Err(Failure::new("only a plan is written in this format", "add --revert for the plan that undoes the drift"));
        }
        if self.diff && self.adopt.is_empty() && self.hold.is_empty() {
            return Err(Failure::new("--diff shows what --adopt or --hold would write", "add one of them, or leave --diff out"));
        }
        if self.adopt.is_empty() && self.hold.is_empty() {
            return match self.job.watch {
                Some(every) => watch::run(&self, every, context),
                None => self.look(context),
            };
        }
        let scope = context.scope(self.limits.settings())?;
        let found = context.block_on(self.compare(scope, context))?;
        if let Some(until) = self.until {
            let selection = Selection::Only(self.hold.iter().cloned().collect());
            return self.write(found.hold(&selection, until, &self.field)?, "held", context);
        }
        self.write(found.adopt(&selection(&self.adopt))?, "adopted", context)
    }

    async fn compare(&self, scope: Scope, context: &Context) -> Result<Found, Failure> {
        let spinner = context.console.spinner("Reading campaigns…");
        let found = drift(scope).await;
        spinner.finish_and_clear();
        let found = found?;
        tracing::info!(requests = found.requests, "compared");
        Ok(found)
    }

    /// Looks once: shows what is found, posts it where somebody wants to be told, and fails where something could not be
    /// compared, written or delivered.
    fn look(&self, context: &Context) -> Outcome {
        let run = Run::begin(context.named_environment().ok().flatten());
        let outcome = self.job.webhook().and_then(|webhook| Ok((webhook, context.scope(self.limits.settings())?)));
        let (webhook, scope) = match outcome {
            Ok(prepared) => prepared,
            Err(failure) => return self.failed(run, failure, context),
        };
        let run = run.in_environment(&scope.environment.name);
        context.block_on(async {
            let found = match self.compare(scope, context).await {
                Ok(found) => found,
                Err(failure) => return self.failed(run, failure, context),
            };
            let shown = self.show(&run, &found, context);
            let told = match webhook.filter(|_| !found.drift.is_empty()) {
                Some(webhook) => job::post(&webhook, &found, News::Drifted).await,
                None => Ok(()),
            };
            let mut failures = [shown, told, report::incomplete(&found)].into_iter().filter_map(Result::err);
            let first = failures.next();
            for failure in failures {
                context.print(&failure);
            }
            match first {
                Some(failure) => Err(failure),
                None => Ok(if self.detailed_exitcode && !found.drift.is_empty() { Exit::ChangesPending } else { Exit::Ok }),
            }
        })
    }

    /// Shows the report, or writes it into the file of `--out`.
    fn show(&self, run: &Run, found: &Found, context: &Context) -> Result<(), Failure> {
        let quiet = self.format == Format::Human && self.job.out.is_none() && context.console.is_quiet();
        let text = if quiet {
            report::line(found)
        } else {
            self.format.text(found, self.show_unmanaged, &run.metrics(Some(found), self.job.earlier(run.environment()), None))
        };
        self.job.emit(&text, context)
    }

    /// A run that found nothing out: whoever reads metrics learns that much, and nothing about drift.
    fn failed(&self, run: Run, failure: Failure, context: &Context) -> Outcome {
        if self.format == Format::Prometheus {
            let metrics = run.metrics(None, self.job.earlier(run.environment()), None);
            if let Err(unwritten) = self.job.emit(&prometheus(&metrics), context) {
                context.print(&unwritten);
            }
        }
        Err(failure)
    }

    /// Writes the drafted files, or shows what would be written.
    fn write(&self, drafted: Drafted, done: &str, context: &Context) -> Outcome {
        let Drafted { mut files, mut refused, settled, shared } = drafted;
        let console = &context.console;
        for key in settled {
            console.details(&format!("{} has not drifted; there is nothing to write.\n", key.address()));
        }
        if self.diff {
            console.out(&diff(&files));
        } else {
            let unwritten = ops::write(&files);
            files.retain(|file| !unwritten.iter().any(|Refused { shown, .. }| *shown == file.shown));
            refused.extend(unwritten);
            console.details(&fixes(&files));
            let made: usize = files.iter().map(|file| file.made.len()).sum();
            let (fields, files) = (counted(made, "field", "fields"), counted(files.len(), "file", "files"));
            console.out(&format!("{fields} {done} in {files}.\n"));
        }
        let shared: Vec<String> = shared.into_iter().filter(|shown| files.iter().any(|file| file.shown == *shown)).collect();
        if !shared.is_empty() {
            console.err(&render::drift::concerns_all(&shared));
        }
        console.err(&refusals(&refused, &format!("not {done}")));
        Ok(if refused.is_empty() { Exit::Ok } else { Exit::Error })
    }
}
