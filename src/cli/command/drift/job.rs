//! Drift as a job: where its report goes, who is told, and how often it looks.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anstream::adapter::strip_str;
use clap::Args;
use jiff::Timestamp;

use super::super::duration::duration;
use super::report::report;
use crate::cli::context::Context;
use crate::cli::process_environment;
use crate::model::Secret;
use crate::monitor::{read_earlier, replace_file};
use crate::ops::Failure;
use crate::ops::drift::Found;
use crate::reconcile::News;
use crate::remote::Webhook;
use crate::render::drift::{is_report, last_success, slack};

#[derive(Debug, Args)]
pub(super) struct JobArgs {
    /// Write the report to FILE instead of standard output; whoever reads it finds the old one or the new one, never half.
    /// With --revert: save the plan, for `apply FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["adopt", "hold"])]
    pub(super) out: Option<PathBuf>,
    /// Post a message as Slack takes it, when something drifted; better set in CAMPAIGNCTL_DRIFT_WEBHOOK, for it is a secret
    #[arg(long, value_name = "URL", value_parser = secret, conflicts_with_all = ["adopt", "hold", "revert"])]
    webhook: Option<Secret>,
    /// Look again every so often, e.g. 5m, until it is stopped; reports and messages only when something changed
    #[arg(long, value_name = "TIME", value_parser = interval, conflicts_with_all = ["adopt", "hold", "revert", "detailed_exitcode"])]
    pub(super) watch: Option<Duration>,
    /// With --watch: serve /metrics, /healthz and /livez there, e.g. 127.0.0.1:9464 [default: off]
    #[arg(long, value_name = "ADDRESS:PORT", requires = "watch")]
    pub(super) listen: Option<SocketAddr>,
}

/// Takes any text, so that no error of the arguments repeats it.
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = duration(text).ok().map(|time| time.unsigned_abs()).filter(|time| !time.is_zero());
    time.ok_or_else(|| "write a time such as 90s, 5m or 1h".to_owned())
}

impl JobArgs {
    /// Who is told: the address of `--webhook`, else of the process environment.
    pub(super) fn webhook(&self) -> Result<Option<Webhook>, Failure> {
        let Some(url) = self.webhook.clone().or_else(process_environment::drift_webhook) else { return Ok(None) };
        let hint = "correct --webhook or CAMPAIGNCTL_DRIFT_WEBHOOK; nothing was read or sent";
        Webhook::new(url).map(Some).map_err(|error| Failure::new(error.to_string(), hint))
    }

    /// Writes a report where it belongs. What is no earlier report is not overwritten.
    pub(super) fn emit(&self, text: &str, context: &Context) -> Result<(), Failure> {
        let Some(path) = &self.out else {
            context.console.out(text);
            return Ok(());
        };
        let shown = path.display();
        if read_earlier(path).is_some_and(|earlier| !is_report(&earlier)) {
            let message = format!("`{shown}` exists and is no report of drift; it is left as it is");
            return Err(Failure::new(message, "name another file with --out, or remove this one"));
        }
        // No colours in a file.
        replace_file(path, &strip_str(text).to_string()).map_err(|error| {
            let hint = format!("check that the folder of `{shown}` exists and that you may write in it");
            Failure::new(format!("cannot write the report `{shown}`: {error}"), hint)
        })
    }

    /// When the file that is about to be replaced says that everything was compared last.
    pub(super) fn earlier(&self, environment: &str) -> Option<Timestamp> {
        last_success(&read_earlier(self.out.as_ref()?)?, environment)
    }
}

/// Tells the webhook what was found.
pub(super) async fn post(webhook: &Webhook, found: &Found, news: News) -> Result<(), Failure> {
    let message = slack(&report(found, false), news);
    webhook.deliver(&message).await.map_err(|error| {
        Failure::new(error.to_string(), "check --webhook or CAMPAIGNCTL_DRIFT_WEBHOOK, and whether that address still takes messages")
    })
}
