//! `campaignctl validate`

use clap::Args;

use super::fixing;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::validate::{Validated, validate};
use crate::render;

/// Check every campaign file, offline
///
/// Reports everything that is wrong in all files at once, each finding with file, line and column, why it matters, and what
/// to write instead. Nothing is sent anywhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl validate                 with the variables of the default environment
  campaignctl validate -e production   with those of `production`
  campaignctl validate --fix           mend what is certain, then report the rest
  campaignctl validate --fix --diff    show what would be mended

Exit codes: 0 no errors, 1 errors")]
pub(in crate::cli) struct Validate {
    /// Mend what is certain, such as a number in quotes; nothing else in a file changes
    #[arg(long)]
    fix: bool,
    /// With --fix: print what would change as a diff, and write nothing
    #[arg(long, requires = "fix")]
    diff: bool,
}

impl Validate {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let project = context.project()?;
        let environment = context.environment(&project)?;
        let validated = match self {
            Self { fix: false, diff: _ } => validate(&project, &environment),
            Self { fix: true, diff: true } => return fixing::show(context, &project, &environment),
            Self { fix: true, diff: false } => fixing::write(context, &project, &environment)?,
        };
        let Validated { loaded, findings } = &validated;
        let console = &context.console;
        console.out(&render::findings::human(findings, &loaded.sources, console.width().map(usize::from)));
        let summary = render::findings::summary(findings, loaded.campaigns.len(), loaded.files);
        if findings.is_empty() {
            console.details(&format!("{summary}\n"))
        } else {
            console.out(&format!("{summary}\n"))
        }
        Ok(if validated.has_errors() { Exit::Error } else { Exit::Ok })
    }
}
