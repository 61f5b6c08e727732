//! `plan --out`: writing the plan to a file, and saying what to do with it.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

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

/// `90m`, `24h`, `7d`: a day has 24 hours.
pub(super) fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let hint = "write a time such as 90m, 24h or 7d";
    let (number, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(hint.to_owned()),
    };
    let number: u32 = number.parse().map_err(|_| hint.to_owned())?;
    let seconds = i64::from(number).saturating_mul(seconds);
    if !(1..=LONGEST_SECONDS).contains(&seconds) {
        return Err(format!("{hint}: more than nothing, and at most a year"));
    }
    Ok(SignedDuration::from_secs(seconds))
}

/// A year: a plan that old says nothing about what is live.
const LONGEST_SECONDS: i64 = 366 * 86_400;

impl SavingArgs {
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

#[cfg(test)]
mod tests {
    use super::lifetime;

    #[test]
    fn times_are_numbers_with_a_unit() {
        for (text, seconds) in [("90m", 5_400), ("24h", 86_400), ("7d", 604_800), ("1s", 1)] {
            assert_eq!(lifetime(text).map(|time| time.as_secs()), Ok(seconds), "{text}");
        }
        for bad in ["", "h", "24", "0h", "-1h", "1.5h", "1y", "24 h", "99999999999999999999d", "999999d", "1ü"] {
            assert!(lifetime(bad).is_err(), "{bad}");
        }
    }
}
