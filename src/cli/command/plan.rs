//! `campaignctl plan`

use clap::Args;

use super::planning::{PlanningArgs, refuse, refuse_beside, warn};
use super::saving::SavingArgs;
use super::showing::{FormatArgs, PlanFormat, ShowingArgs, show};
use super::streaming::{stream_plan, streamed};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::plan::plan;
use crate::render::plan::Report;

/// Show what would change live
///
/// Reads the campaign files, the live campaigns and the state, and says field by field what `apply` would do. Changes
/// nothing and takes no lock.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl plan                            the default environment
  campaignctl plan -e staging                 another one
  campaignctl plan --detailed-exitcode        exit code 2 when changes are pending
  campaignctl plan --out campaigns.plan       save the plan; `apply campaigns.plan` makes exactly these changes
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
        Self { planning, showing, format, saving, json_stream: false, detailed_exitcode }
    }

    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        streamed(self.json_stream, context, || self.plan(context))
    }

    fn plan(&self, context: &Context) -> Outcome {
        let request = self.planning.request(context)?;
        let links = self.format.links(context)?;
        context.block_on(async {
            let spinner = context.console.spinner("Reading campaigns…");
            let planned = plan(request).await;
            spinner.finish_and_clear();
            let planned = planned?;
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
            warn(&planned, context);
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

fn exit(refused: bool, told_pending: bool) -> Exit {
    match (refused, told_pending) {
        (true, _) => Exit::Guard,
        (false, true) => Exit::ChangesPending,
        (false, false) => Exit::Ok,
    }
}
