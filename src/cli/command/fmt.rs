//! `campaignctl fmt`

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::edit::Refused;
use crate::load::{texts_at, texts_of};
use crate::ops;
use crate::ops::fmt::{Formatted, format};
use crate::render;
use crate::render::rewrite::{counted, diff, names, refusals};

/// Put campaign files in their canonical layout
///
/// Fields in the API's order, two spaces a level, comments with what they belong to. Values, spelling and comments stay; a
/// file of which that cannot be proven is left as it is. Without PATHS: campaignctl.yaml and every campaign file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl fmt                      the whole project
  campaignctl fmt --check              for a pipeline: list what is not formatted, write nothing
  campaignctl fmt --diff campaigns/eu  show what would change in a folder

Exit codes: 0 done, 1 a file cannot be formatted, or --check found one that is not")]
pub(in crate::cli) struct Fmt {
    /// Files and folders; needs no project [default: those of the project]
    paths: Vec<PathBuf>,
    /// List the files that are not formatted and write nothing
    #[arg(long)]
    check: bool,
    /// Print what would change as a diff and write nothing
    #[arg(long)]
    diff: bool,
}

impl Fmt {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let texts = if self.paths.is_empty() { texts_of(&context.project()?) } else { texts_at(&self.paths) };
        let Formatted { files, unchanged, mut refused, findings, sources } = format(texts);
        let console = &context.console;
        if self.diff {
            console.out(&diff(&files));
        }
        if !self.check && !self.diff {
            refused.extend(ops::write(&files));
        }
        let changed: Vec<_> = files.into_iter().filter(|file| !refused.iter().any(|Refused { shown, .. }| *shown == file.shown)).collect();
        console.err(&render::findings::human(&findings, &sources, console.width().map(usize::from)));
        console.err(&refusals(&refused, "not formatted"));
        if self.check && !self.diff {
            console.out(&names(&changed, "not formatted:"));
        } else if !self.diff {
            console.details(&names(&changed, "formatted"));
        }
        if !self.diff {
            let what = if self.check { "to format" } else { "formatted" };
            console.details(&format!("{} {what}, {unchanged} unchanged.\n", counted(changed.len(), "file", "files")));
        }
        let failed = !refused.is_empty() || !findings.is_empty() || (self.check && !changed.is_empty());
        Ok(if failed { Exit::Error } else { Exit::Ok })
    }
}
