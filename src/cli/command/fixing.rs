//! `campaignctl validate --fix`: the part before the findings.

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::load::{Environment, Project};
use crate::ops::fix::{Fixed, fix};
use crate::ops::validate::Validated;
use crate::ops::{self, Failure};
use crate::render::rewrite::{counted, diff, fixes, refusals};

/// Prints the fixes as a diff. Errors that only a fix would mend are errors still.
pub(super) fn show(context: &Context, project: &Project, environment: &Environment) -> Outcome {
    let Fixed { files, refused, left } = fix(project, environment);
    context.console.out(&diff(&files));
    context.console.err(&refusals(&refused, "cannot be fixed"));
    Ok(if files.is_empty() && !left.has_errors() { Exit::Ok } else { Exit::Error })
}

/// Makes the fixes, says which, and returns what is left to be found.
pub(super) fn write(context: &Context, project: &Project, environment: &Environment) -> Result<Validated, Failure> {
    let Fixed { files, refused, left } = fix(project, environment);
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
    console.details(&fixes(&files));
    let made: usize = files.iter().map(|file| file.made.len()).sum();
    if made > 0 {
        console.out(&format!("Made {} in {}.\n\n", counted(made, "fix", "fixes"), counted(files.len(), "file", "files")));
    }
    Ok(left)
}
