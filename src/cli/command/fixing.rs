//! `campaignctl validate --fix`: the part before the findings.

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::lint::Overrides;
use crate::load::{Environment, Project};
use crate::ops::fix::{Fixed, fix};
use crate::ops::validate::Validated;
use crate::ops::{self, Failure};
use crate::render::rewrite::{counted, diff, fixes, refusals};

/// Prints the fixes as a diff. Errors that only a fix would mend are errors still.
pub(super) fn show(context: &Context, project: &Project, environment: &Environment, overrides: &Overrides) -> Outcome {
    let Fixed { files, refused, left } = fix(project, environment, overrides);
    context.console.out(&diff(&files));
    context.console.err(&refusals(&refused, "cannot be fixed"));
    Ok(if files.is_empty() && !left.has_errors() { Exit::Ok } else { Exit::Error })
}

/// Makes the fixes, says which if it is to `tell` (a machine format has standard output to itself), and returns what is left
/// to be found.
pub(super) fn write(
    context: &Context,
    project: &Project,
    environment: &Environment,
    overrides: &Overrides,
    tell: bool,
) -> Result<Validated, Failure> {
    let Fixed { files, refused, left } = fix(project, environment, overrides);
    let unwritten = ops::write(&files);
    let console = &context.console;
    if !unwritten.is_empty() {
        console.err(&refusals(&unwritten, "not fixed"));
        let message = format!("{} could not be written", counted(unwritten.len(), "file", "files"));
        return Err(Failure::new(
            message,
            "the files named above are as they were; give yourself permission to write them and run it again",
        ));
    }
    console.err(&refusals(&refused, "not fixed"));
    let made: usize = files.iter().map(|file| file.made.len()).sum();
    if tell && made > 0 {
        console.details(&fixes(&files));
        console.out(&format!("Made {} in {}.\n\n", counted(made, "fix", "fixes"), counted(files.len(), "file", "files")));
    }
    Ok(left)
}
