//! What `plan` and `apply` have in common: their limits, and showing a plan.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use clap::Args;

use crate::cli::context::Context;
use crate::model::{CampaignKey, Guards};
use crate::ops::plan::{Planned, Request};
use crate::ops::{Class, Failure};
use crate::remote::Settings;
use crate::render;

#[derive(Debug, Args)]
pub(super) struct PlanningArgs {
    /// Let this plan delete up to N campaigns, whatever `guards.maxDeletes` says
    #[arg(long, value_name = "N")]
    max_deletes: Option<u64>,
    /// Let this plan update or delete up to P percent of the managed campaigns, whatever `guards.maxChangedPercent` says
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u64).range(0..=100))]
    max_changed_percent: Option<u64>,
    /// Let this plan delete this campaign although its lifecycle says `preventDestroy`; may be repeated
    #[arg(long, value_name = "CAMPAIGN", value_parser = campaign_key)]
    allow_destroy: Vec<CampaignKey>,
    /// List live campaigns that no file declares, instead of counting them
    #[arg(long)]
    show_unmanaged: bool,
    /// Requests at the same time
    #[arg(long, value_name = "N", default_value = "8")]
    parallelism: NonZeroUsize,
}

/// `campaign.pricing-churn` or `pricing-churn`.
pub(super) fn campaign_key(text: &str) -> Result<CampaignKey, String> {
    CampaignKey::new(text.strip_prefix("campaign.").unwrap_or(text)).map_err(|error| error.to_string())
}

impl PlanningArgs {
    pub(super) fn parallelism(&self) -> NonZeroUsize {
        self.parallelism
    }

    pub(super) fn request(&self, context: &Context) -> Result<Request, Failure> {
        Ok(Request {
            scope: context.scope(Settings { parallelism: self.parallelism.get(), ..Settings::default() })?,
            guards: Guards { max_deletes: self.max_deletes, max_changed_percent: self.max_changed_percent },
            allow_destroy: self.allow_destroy.iter().cloned().collect::<BTreeSet<_>>(),
        })
    }

    /// Shows the plan, or with `--quiet` its one line.
    pub(super) fn show(&self, planned: &Planned, context: &Context) {
        let Planned { destination, plan, requests, warnings, .. } = planned;
        let console = &context.console;
        if *warnings > 0 && !console.is_quiet() {
            console.err(&render::findings::warnings_line(*warnings, &destination.environment));
        }
        tracing::info!(requests, "planned");
        if console.is_quiet() {
            let line = if plan.is_empty() { "No changes.".to_owned() } else { render::plan::summary_line(plan.summary()) };
            console.out(&format!("{line}\n"));
        } else {
            console.out(&render::plan::human(destination, plan, render::plan::Options { show_unmanaged: self.show_unmanaged }));
        }
    }

    /// Says why a plan is refused, if it is.
    pub(super) fn refuse(&self, planned: &Planned, context: &Context) -> Result<(), Failure> {
        let environment = &planned.destination.environment;
        let mut refusals: Vec<_> = planned.plan.refusals.iter().map(|refusal| render::plan::refused(refusal, environment)).collect();
        let Some(last) = refusals.pop() else { return Ok(()) };
        context.console.out("\n");
        for refusal in refusals {
            context.error(&refusal.message, Some(&refusal.hint));
            context.console.err("\n");
        }
        Err(Failure { class: Class::Guard, message: last.message, hint: Some(last.hint), findings: None })
    }
}
