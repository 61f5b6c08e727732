//! `plan -e A -e B`: several environments in one run, in the order in which they are named.

use super::planning::{PlanningArgs, refuse_beside, warn};
use super::showing::{FormatArgs, PlanFormat, ShowingArgs, show_after};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::Failure;
use crate::ops::plan::{Shown, plan_each};
use crate::render;
use crate::render::plan::{Links, NotPlanned, Planning, Report};

/// The arguments of `plan` that hold for several environments.
pub(super) struct Several<'a> {
    pub(super) planning: &'a PlanningArgs,
    pub(super) showing: &'a ShowingArgs,
    pub(super) format: &'a FormatArgs,
    pub(super) detailed: bool,
}

/// An environment and its plan, or why there is none.
type Outcomes = Vec<(String, Result<Shown, Failure>)>;

/// Plans all environments at the same time, and shows every plan that could be made.
pub(super) fn plan(several: &Several<'_>, context: &Context) -> Outcome {
    let Several { planning, showing, format, detailed } = several;
    let links = format.links(context)?;
    context.project()?;
    let outcomes = outcomes(planning, context)?;
    let plannings: Vec<Planning<'_>> = outcomes.iter().map(|(environment, outcome)| of(environment, outcome, links.as_ref())).collect();
    let document = match format.format {
        PlanFormat::Json => Some(render::plan::json_of_several(&plannings)),
        PlanFormat::Markdown => Some(render::plan::markdown_of_several(&plannings)),
        PlanFormat::Human | PlanFormat::Html | PlanFormat::Gitlab => None,
    };
    let console = &context.console;
    if let Some(document) = &document {
        console.out(document);
    }
    let mut exits = Vec::new();
    for ((environment, outcome), planning) in outcomes.iter().zip(&plannings) {
        if document.is_none() {
            tell(planning, showing, context);
        }
        exits.push(match outcome {
            Ok(Shown { destination: _, created: _, plan, warnings }) => {
                warn(*warnings, environment, context);
                match refuse_beside(plan, environment, context) {
                    Ok(()) if *detailed && !plan.is_empty() => Exit::ChangesPending,
                    Ok(()) => Exit::Ok,
                    Err(refused) => failed(environment, refused, context),
                }
            }
            Err(failure) => failed(environment, failure.clone(), context),
        });
    }
    if document.is_none() && !console.is_quiet() {
        console.out(&render::plan::closing(&plannings));
    }
    // What failed is graver than that changes are pending.
    let is_failure = |exit: &Exit| !matches!(exit, Exit::Ok | Exit::ChangesPending);
    let gravest = exits.iter().copied().find(is_failure).or_else(|| exits.iter().copied().find(|exit| *exit == Exit::ChangesPending));
    Ok(gravest.unwrap_or(Exit::Ok))
}

/// What every environment comes to. A name that is none, or half a pair of credentials, fails that environment alone.
fn outcomes(planning: &PlanningArgs, context: &Context) -> Result<Outcomes, Failure> {
    let mut failed = Vec::new();
    let mut names = Vec::new();
    let mut requests = Vec::new();
    for (nth, environment) in context.environments().into_iter().enumerate() {
        match context.scope_of(environment, planning.settings()) {
            Ok(scope) => {
                names.push((nth, environment.to_owned()));
                requests.push(planning.request_for(scope));
            }
            Err(failure) => failed.push((nth, environment.to_owned(), Err(failure))),
        }
    }
    let planned = context.block_on(async {
        let spinner = context.console.spinner("Reading campaigns…");
        let planned = plan_each(requests).await;
        spinner.finish_and_clear();
        Ok(planned)
    })?;
    let mut all: Vec<_> = names.into_iter().zip(planned).map(|((nth, name), outcome)| (nth, name, outcome)).chain(failed).collect();
    all.sort_by_key(|(nth, ..)| *nth);
    Ok(all.into_iter().map(|(_, name, outcome)| (name, outcome)).collect())
}

fn of<'a>(environment: &'a str, outcome: &'a Result<Shown, Failure>, links: Option<&'a Links>) -> Planning<'a> {
    let outcome = match outcome {
        Ok(Shown { destination, created, plan, warnings: _ }) => Ok(Report { destination, plan, created: *created, saved: None, links }),
        Err(Failure { class: _, message, hint, findings }) => Err(match findings.as_deref().map(|(findings, _)| findings.as_slice()) {
            // One finding says more than that there is one.
            Some([only]) => NotPlanned { message: &only.message, hint: only.help.as_deref() },
            _ => NotPlanned { message, hint: hint.as_deref() },
        }),
    };
    Planning { environment, outcome }
}

/// One environment for people, a blank line below the one before.
fn tell(planning: &Planning<'_>, showing: &ShowingArgs, context: &Context) {
    let console = &context.console;
    match &planning.outcome {
        Ok(report) => {
            show_after(report, showing, &format!("{}: ", render::inline(planning.environment)), context);
        }
        Err(_) if console.is_quiet() => console.out(&format!("{}: not planned\n", render::inline(planning.environment))),
        Err(_) => console.out(&render::plan::not_planned(planning.environment)),
    }
    if !console.is_quiet() {
        console.out("\n");
    }
}

/// Says on standard error what kept an environment from being planned.
fn failed(environment: &str, failure: Failure, context: &Context) -> Exit {
    let exit = Exit::of_class(failure.class);
    context.print(&Failure { message: format!("environment `{environment}`: {}", failure.message), ..failure });
    context.console.err("\n");
    exit
}
