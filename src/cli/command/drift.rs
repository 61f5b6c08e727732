//! `campaignctl drift`

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::limits::LimitArgs;
use super::planning::campaign_key;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::edit::Refused;
use crate::model::CampaignKey;
use crate::ops::drift::{Drafted, Found, Selection, drift};
use crate::ops::{self, Failure};
use crate::render;
use crate::render::drift::Report;
use crate::render::rewrite::{counted, diff, fixes, refusals};

/// Show what somebody changed live since the last apply
///
/// Compares live with what was applied last, says who changed what and when, and prints the commands that resolve it. Changes
/// nothing and takes no lock; --adopt and --hold write campaign files, and nothing else.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl drift -e production                            what moved live, who moved it, what to do
  campaignctl drift --detailed-exitcode                      exit code 2 when something drifted
  campaignctl drift --format markdown > drift.md             for an issue or a comment
  campaignctl drift --adopt campaign.pricing-churn           write the live values into its file
  campaignctl drift --adopt all --diff                       show what that would change
  campaignctl drift --hold pricing-churn --until 2026-12-01  let the live values stand until then

Exit codes: 0 no drift (or not asked), 1 error, 2 something drifted (with --detailed-exitcode)")]
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
    /// With --adopt or --hold: print what would change as a diff, and write nothing
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

/// How drift is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One versioned document, for scripts
    Json,
    /// For an issue or a comment, at most 65,536 characters
    Markdown,
}

/// A campaign, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    All,
    One(CampaignKey),
}

/// A campaign that is called `all` is `campaign.all`.
fn target(text: &str) -> Result<Target, String> {
    if text == "all" { Ok(Target::All) } else { campaign_key(text).map(Target::One) }
}

/// How long the command that leaves a drift for now suggests.
fn suggested() -> Span {
    7.days()
}

impl Drift {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        if self.diff && self.adopt.is_empty() && self.hold.is_empty() {
            return Err(Failure::new("--diff shows what --adopt or --hold would write", "add one of them, or leave --diff out"));
        }
        let scope = context.scope(self.limits.settings())?;
        let found = context.block_on(async {
            let spinner = context.console.spinner("Reading campaigns…");
            let found = drift(scope).await;
            spinner.finish_and_clear();
            found
        })?;
        tracing::info!(requests = found.requests, "compared");
        if !self.adopt.is_empty() {
            return self.write(found.adopt(&self.adopted())?, "adopted", context);
        }
        if let Some(until) = self.until {
            let selection = Selection::Only(self.hold.iter().cloned().collect());
            return self.write(found.hold(&selection, until, &self.field)?, "held", context);
        }
        self.show(&found, context)
    }

    fn adopted(&self) -> Selection {
        let keys: Option<BTreeSet<CampaignKey>> = self
            .adopt
            .iter()
            .map(|target| match target {
                Target::All => None,
                Target::One(key) => Some(key.clone()),
            })
            .collect();
        keys.map_or(Selection::All, Selection::Only)
    }

    fn show(&self, found: &Found, context: &Context) -> Outcome {
        let Found { destination, drift, has_state, .. } = found;
        let today = found.today();
        let until = today.checked_add(suggested()).unwrap_or(today);
        let report = Report { destination, drift, has_state: *has_state, until, show_unmanaged: self.show_unmanaged };
        let console = &context.console;
        match self.format {
            Format::Human if console.is_quiet() => console.out(&format!("{}\n", render::drift::summary_line(&report))),
            Format::Human => console.out(&render::drift::human(&report)),
            Format::Json => console.out(&render::drift::json(&report)),
            Format::Markdown => console.out(&render::drift::markdown(&report)),
        }
        if !drift.unreadable.is_empty() {
            let message = format!("{} could not be compared", counted(drift.unreadable.len(), "campaign", "campaigns"));
            return Err(Failure::new(
                message,
                "its live body has something this version of campaignctl does not know; update campaignctl, or change it back in Genesys Cloud",
            ));
        }
        Ok(if self.detailed_exitcode && !drift.is_empty() { Exit::ChangesPending } else { Exit::Ok })
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
