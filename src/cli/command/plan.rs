//! `campaignctl plan`

use clap::Args;

use super::planning::{PlanningArgs, campaign_key, refuse, refuse_beside, warn};
use super::replay::stoppable;
use super::saving::SavingArgs;
use super::several::{self, Several};
use super::showing::{FormatArgs, PlanFormat, ShowingArgs, show};
use super::streaming::{stream_plan, streamed};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::model::CampaignKey;
use crate::ops::Failure;
use crate::ops::plan::{plan, plan_replaying};
use crate::ops::rendered::rendered;
use crate::render;
use crate::render::plan::Report;

/// Show what would change live
///
/// Reads the campaign files, the live campaigns and the state, and says field by field what `apply` would do. Changes
/// nothing and takes no lock.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl plan                            the default environment
  campaignctl plan -e staging                 another one
  campaignctl plan -e staging -e production   several, each under its header
  campaignctl plan --show-rendered -e staging what the files say for `staging`, to read or to compare
  campaignctl plan --detailed-exitcode        exit code 2 when changes are pending
  campaignctl plan --out campaigns.plan       save the plan; `apply campaigns.plan` makes exactly these changes
  campaignctl plan --replay sessions.ndjson   also: which recorded visitors would be invited otherwise
  campaignctl plan --format markdown          for a comment on a pull request
  campaignctl plan --json-stream              JSON lines, for tools that read `terraform plan -json`
  campaignctl plan --rollback last            back to before the last run that wrote, whatever the files say
  campaignctl plan --revert                   undo drift: back to what was applied last
  campaignctl plan --show-unmanaged           also list live campaigns that no file declares

Exit codes: 0 planned, 1 error or refused, 2 changes pending (with --detailed-exitcode)")]
pub(in crate::cli) struct Plan {
    #[command(flatten)]
    planning: PlanningArgs,
    #[command(flatten)]
    showing: ShowingArgs,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    saving: SavingArgs,
    /// Write JSON lines as `terraform plan -json` does, errors included, and nothing else to standard output
    #[arg(long, conflicts_with_all = ["format", "concise", "show_unmanaged"])]
    json_stream: bool,
    /// Print the campaigns as this environment's variables and overlays make them, as YAML, and nothing else; needs no network
    #[arg(long, value_name = "CAMPAIGN", num_args = 0.., value_parser = campaign_key,
        conflicts_with_all = ["format", "concise", "show_unmanaged", "out", "json_stream", "detailed_exitcode", "rollback", "revert", "replay"])]
    show_rendered: Option<Vec<CampaignKey>>,
    /// Exit with 0 when nothing changes, 2 when something does, 1 on errors
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Plan {
    /// The plan that undoes drift.
    pub(super) fn of_revert(
        planning: PlanningArgs,
        format: PlanFormat,
        saving: SavingArgs,
        show_unmanaged: bool,
        detailed_exitcode: bool,
    ) -> Self {
        let showing = ShowingArgs { show_unmanaged, concise: false };
        let format = FormatArgs { format, link_base: None };
        Self { planning, showing, format, saving, json_stream: false, show_rendered: None, detailed_exitcode }
    }

    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        if let Some(keys) = &self.show_rendered {
            let project = context.project()?;
            let environment = context.environment(&project)?;
            context.console.out(&render::rendered::yaml(&rendered(&project, &environment, keys)?));
            return Ok(Exit::Ok);
        }
        if context.environments().len() > 1 {
            return self.several(context);
        }
        streamed(self.json_stream, context, || self.plan(context))
    }

    fn plan(&self, context: &Context) -> Outcome {
        let request = self.planning.request(context)?;
        let links = self.format.links(context)?;
        context.block_on(async {
            let planned = match self.planning.recordings() {
                [] => {
                    let spinner = context.console.spinner("Reading campaigns…");
                    let planned = plan(request).await;
                    spinner.finish_and_clear();
                    planned?
                }
                files => stoppable(context, files, self.planning.is_strict(), |recordings| plan_replaying(request, recordings)).await?,
            };
            let report = Report {
                destination: &planned.destination,
                plan: &planned.plan,
                created: planned.created,
                saved: None,
                links: links.as_ref(),
            };
            tracing::info!(requests = planned.requests, "planned");
            if self.json_stream {
                let refused = stream_plan(&planned, &report, context);
                let pending = !planned.plan.is_empty();
                let saved = self.saving.save(&planned, PlanFormat::Json, context);
                planned.close().await;
                saved?;
                return Ok(exit(refused, pending && self.detailed_exitcode));
            }
            warn(planned.warnings, &planned.destination.environment, context);
            let environment = &planned.destination.environment;
            let refused = match self.format.document(&report) {
                Some(document) => {
                    context.console.out(&document);
                    refuse_beside(&planned.plan, environment, context)
                }
                None => {
                    show(&report, &self.showing, context);
                    refuse(&planned.plan, environment, context)
                }
            };
            let saved = self.saving.save(&planned, self.format.format, context);
            let pending = !planned.plan.is_empty();
            planned.close().await;
            saved?;
            refused?;
            Ok(if pending && self.detailed_exitcode { Exit::ChangesPending } else { Exit::Ok })
        })
    }
}

impl Plan {
    /// Plans several environments; what cannot be done for several is refused before anything is read.
    fn several(&self, context: &Context) -> Outcome {
        let refused = [
            (self.json_stream, "--json-stream", "JSON lines tell of one plan; `--format json` holds several"),
            (self.saving.is_wanted(), "--out", "a saved plan is for one environment"),
            (!self.planning.recordings().is_empty(), "--replay", "a recording is of the visitors of one environment"),
            (self.planning.is_rollback(), "--rollback", "every environment has runs of its own"),
            (self.planning.is_revert(), "--revert", "every environment has drift of its own"),
            (self.format.format == PlanFormat::Html, "--format html", "a page shows one plan; `--format markdown` holds several"),
            (self.format.format == PlanFormat::Gitlab, "--format gitlab", "the report counts the changes of one plan"),
        ];
        if let Some((_, flag, reason)) = refused.into_iter().find(|(is_given, ..)| *is_given) {
            let names = context.environments().join(", ");
            let message = format!("{flag} works on one environment, and -e names several: {names}");
            return Err(Failure::new(message, format!("{reason}; run it once for each environment; nothing was read")));
        }
        several::plan(
            &Several { planning: &self.planning, showing: &self.showing, format: &self.format, detailed: self.detailed_exitcode },
            context,
        )
    }
}

fn exit(refused: bool, told_pending: bool) -> Exit {
    match (refused, told_pending) {
        (true, _) => Exit::Guard,
        (false, true) => Exit::ChangesPending,
        (false, false) => Exit::Ok,
    }
}
