//! What `plan` and `apply` have in common: their limits, and saying why a plan is refused.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::limits::LimitArgs;
use super::selecting::{Target, selection, target};
use crate::cli::context::Context;
use crate::model::{CampaignKey, Guards};
use crate::ops::plan::Request;
use crate::ops::{Class, Failure, Scope};
use crate::reconcile::{Goal, Plan};
use crate::remote::Settings;
use crate::render;
use crate::state::Ended;

#[derive(Debug, Args)]
pub(super) struct PlanningArgs {
    /// Let this plan delete up to N campaigns, whatever `guards.maxDeletes` says
    #[arg(long, value_name = "N")]
    max_deletes: Option<u64>,
    /// Let this plan update or delete up to P percent of the managed campaigns, whatever `guards.maxChangedPercent` says
    #[arg(long, value_name = "P", value_parser = clap::value_parser!(u64).range(0..=100))]
    max_changed_percent: Option<u64>,
    /// With --replay: let recorded sessions get up to P percent more invites, whatever `guards.maxAddedInvitesPercent` says
    #[arg(long, value_name = "P", requires = "replay")]
    max_added_invites_percent: Option<u64>,
    /// Decide recorded sessions under live and under what the plan leaves, and show who is invited otherwise; `-` is standard input
    #[arg(long, value_name = "FILE", num_args = 1..)]
    replay: Vec<PathBuf>,
    /// With --replay: stop at the first line that is not a session, instead of counting it
    #[arg(long, requires = "replay")]
    strict: bool,
    /// Let this plan delete this campaign although its lifecycle says `preventDestroy`; may be repeated
    #[arg(long, value_name = "CAMPAIGN", value_parser = campaign_key)]
    allow_destroy: Vec<CampaignKey>,
    /// Plan back to how the campaigns were before this run, whatever the files say; `last` is the latest run that wrote
    #[arg(long, value_name = "RUN")]
    rollback: Option<String>,
    /// Plan back what moved live to what was applied last, and nothing else: in these campaigns, or in all that drifted
    #[arg(long, value_name = "CAMPAIGN", num_args = 0.., value_parser = target, conflicts_with = "rollback")]
    revert: Option<Vec<Target>>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// `campaign.pricing-churn` or `pricing-churn`.
pub(super) fn campaign_key(text: &str) -> Result<CampaignKey, String> {
    CampaignKey::new(text.strip_prefix("campaign.").unwrap_or(text)).map_err(|error| error.to_string())
}

impl PlanningArgs {
    /// Those of a plan that undoes drift, within the limits of the environment.
    pub(super) fn of_revert(targets: Vec<Target>, limits: LimitArgs) -> Self {
        Self {
            max_deletes: None,
            max_changed_percent: None,
            max_added_invites_percent: None,
            replay: Vec::new(),
            strict: false,
            allow_destroy: Vec::new(),
            rollback: None,
            revert: Some(targets),
            limits,
        }
    }

    pub(super) fn parallelism(&self) -> NonZeroUsize {
        self.limits.parallelism()
    }

    pub(super) fn settings(&self) -> Settings {
        self.limits.settings()
    }

    pub(super) fn request(&self, context: &Context) -> Result<Request, Failure> {
        Ok(self.request_for(context.scope(self.settings())?))
    }

    pub(super) fn is_rollback(&self) -> bool {
        self.rollback.is_some()
    }

    /// The recordings to judge the plan by.
    pub(super) fn recordings(&self) -> &[PathBuf] {
        &self.replay
    }

    /// Whether the first line of a recording that is not a session ends it.
    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    pub(super) fn is_revert(&self) -> bool {
        self.revert.is_some()
    }

    pub(super) fn request_for(&self, scope: Scope) -> Request {
        Request {
            scope,
            guards: Guards {
                max_deletes: self.max_deletes,
                max_changed_percent: self.max_changed_percent,
                max_added_invites_percent: self.max_added_invites_percent,
            },
            allow_destroy: self.allow_destroy.iter().cloned().collect::<BTreeSet<_>>(),
            goal: match (&self.rollback, &self.revert) {
                (Some(run), _) => Goal::Rollback(run.clone()),
                (None, Some(targets)) => Goal::Revert(selection(targets)),
                (None, None) => Goal::Files,
            },
        }
    }
}

/// Tells that the campaign files have warnings, where they do.
pub(super) fn warn(warnings: usize, environment: &str, context: &Context) {
    if warnings > 0 && !context.console.is_quiet() {
        context.console.err(&render::findings::warnings_line(warnings, environment));
    }
}

/// Tells that the lock of another run had expired and was taken over, where that is so.
pub(super) fn tell_takeover(taken_over: Option<&Ended>, context: &Context) {
    if let Some(ended) = taken_over {
        context.console.err(&format!("Note: {}. What that run left half done, this one finds.\n", render::inline(&ended.to_string())));
    }
}

/// Says below a plan for people why it is refused, if it is.
pub(super) fn refuse(plan: &Plan, environment: &str, context: &Context) -> Result<(), Failure> {
    if !plan.refusals.is_empty() {
        context.console.out("\n");
    }
    refuse_beside(plan, environment, context)
}

/// Says why a plan is refused, if it is, and leaves standard output alone.
pub(super) fn refuse_beside(plan: &Plan, environment: &str, context: &Context) -> Result<(), Failure> {
    let mut refusals: Vec<_> = plan.refusals.iter().map(|refusal| render::plan::refused(refusal, environment)).collect();
    let Some(last) = refusals.pop() else { return Ok(()) };
    for refusal in refusals {
        context.error(&refusal.message, Some(&refusal.hint));
        context.console.err("\n");
    }
    Err(Failure { class: Class::Guard, message: last.message, hint: Some(last.hint), findings: None })
}
