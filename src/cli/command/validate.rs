//! `campaignctl validate`

use clap::Args;

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::Failure;
use crate::ops::references::check_online;
use crate::ops::validate::{Validated, validate};
use crate::remote::Settings;
use crate::render;

/// Check every campaign file
///
/// Reports everything that is wrong in all files at once, each finding with file, line and column, why it matters, and what
/// to write instead. Nothing is sent anywhere, unless --online asks for it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl validate                 with the variables of the default environment
  campaignctl validate -e production   with those of `production`
  campaignctl validate --online        do the queues, skill groups and wrap-up codes exist?

Exit codes: 0 no errors, 1 errors")]
pub(in crate::cli) struct Validate {
    /// Also ask the environment whether the queues, skill groups and wrap-up codes exist
    #[arg(long)]
    online: bool,
}

impl Validate {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let project = context.project()?;
        let environment = context.environment(&project)?;
        let mut validated = validate(&project, &environment);
        let asked = if self.online { online(context, &mut validated) } else { Ok(()) };
        let Validated { loaded, findings } = &validated;
        let console = &context.console;
        console.out(&render::findings::human(findings, &loaded.sources, console.width().map(usize::from)));
        let summary = render::findings::summary(findings, loaded.campaigns.len(), loaded.files);
        if findings.is_empty() {
            console.details(&format!("{summary}\n"))
        } else {
            console.out(&format!("{summary}\n"))
        }
        // What is wrong in the files is told also when the server cannot be asked.
        asked?;
        Ok(if validated.has_errors() { Exit::Error } else { Exit::Ok })
    }
}

fn online(context: &Context, validated: &mut Validated) -> Result<(), Failure> {
    let scope = context.scope(Settings::default())?;
    context.block_on(check_online(&scope, validated))
}
