//! `plan --out`: writing the plan to a file, and saying what to do with it.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use super::duration::duration;
use super::showing::PlanFormat;
use crate::cli::context::Context;
use crate::cli::process_environment;
use crate::ops::Failure;
use crate::ops::plan::Planned;
use crate::ops::saved::save;
use crate::render;

#[derive(Debug, Args)]
pub(super) struct SavingArgs {
    /// Also write the plan to FILE, for `apply FILE` and `show FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How long the saved plan can be applied, e.g. 90m, 24h, 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = lifetime, requires = "out")]
    expires_in: SignedDuration,
}

/// How long a saved plan can be applied: more than nothing, and at most a year.
fn lifetime(text: &str) -> Result<SignedDuration, String> {
    match duration(text)? {
        time if time.is_zero() => Err("write a time that is longer than nothing".to_owned()),
        time if time.as_secs() > LONGEST_SECONDS => Err("a plan that is older than a year says nothing about what is live".to_owned()),
        time => Ok(time),
    }
}

const LONGEST_SECONDS: i64 = 366 * 86_400;

/// How long a plan can be applied where nobody says.
const USUAL: SignedDuration = SignedDuration::from_hours(24);

impl SavingArgs {
    /// Saves to this file, if there is one, for the usual time.
    pub(super) fn to(out: Option<PathBuf>) -> Self {
        Self { out, expires_in: USUAL }
    }

    /// Whether a file is named.
    pub(super) fn is_wanted(&self) -> bool {
        self.out.is_some()
    }

    /// Writes the plan, where a file is named, and tells people what to do with it.
    pub(super) fn save(&self, planned: &Planned, format: PlanFormat, context: &Context) -> Result<(), Failure> {
        let Some(path) = &self.out else { return Ok(()) };
        let key = process_environment::plan_key();
        let expires = save(planned, path, self.expires_in, key.as_ref())?;
        let refused = !planned.plan.refusals.is_empty();
        let text = render::plan::saved(&path.to_string_lossy(), expires, key.is_some(), refused);
        if format == PlanFormat::Human {
            context.console.details(&text);
        } else {
            tracing::info!(file = %path.display(), %expires, "saved the plan");
        }
        Ok(())
    }
}
