//! `campaignctl show`

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::planning::refuse;
use super::showing::{FormatArgs, PlanFormat, ShowingArgs, show};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::cli::process_environment;
use crate::ops::saved::open;
use crate::render::plan::{Report, Saved};

/// Show a saved plan, also one that is stale, in any format
///
/// Needs nothing but the file: no project, no credentials, no network. Whether live has moved since the plan was made is
/// checked by `apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl show campaigns.plan                      as `plan` showed it
  campaignctl show campaigns.plan --format markdown    for a comment on the pull request
  campaignctl show campaigns.plan --format html        for whoever has no terminal
  campaignctl show campaigns.plan --format json        for policies and scripts

Exit codes: 0 shown, 1 error")]
pub(in crate::cli) struct Show {
    /// A file that `plan --out` wrote
    file: PathBuf,
    #[command(flatten)]
    showing: ShowingArgs,
    #[command(flatten)]
    format: FormatArgs,
}

impl Show {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let links = self.format.links(context)?;
        let key = process_environment::plan_key();
        let opened = open(&self.file, key.as_ref())?;
        let saved = &opened.saved;
        let plan = saved.plan();
        let file = self.file.to_string_lossy();
        let report = Report {
            destination: &saved.destination,
            plan: &plan,
            created: saved.created,
            saved: Some(Saved { file: &file, expires: saved.expires, expired: Timestamp::now() >= saved.expires }),
            links: links.as_ref(),
        };
        if let Some(document) = self.format.document(&report) {
            context.console.out(&document);
        } else {
            show(&report, &self.showing, context);
        }
        // Why a plan is refused is part of what is shown: that it can be shown is no error.
        if self.format.format == PlanFormat::Human {
            let _ = refuse(&plan, &saved.destination.environment, context).map_err(|refused| context.print(&refused));
        }
        if key.is_some() && !opened.is_signed() {
            context.error("this plan is not signed, and CAMPAIGNCTL_PLAN_KEY demands a signature: apply will refuse it", None);
        }
        Ok(Exit::Ok)
    }
}
