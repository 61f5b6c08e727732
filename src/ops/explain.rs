//! `explain`: why one session is or is not invited, by every campaign. Reads only; offline unless live is asked for.

mod ask;
mod session;
mod worlds;

use std::collections::BTreeSet;

use super::plan::{self, Planned};
use super::queues::Queues;
use super::validate::{Validated, validate};
use super::{Failure, Scope};
use crate::diagnostic::nearest;
use crate::evaluate::{Explained, ExplainedHistory, ExplainedWorld};
use crate::load::{Environment, Project};
use crate::model::{Contender, Guards, World};
use crate::reconcile::Goal;
use crate::replay::{Contest, Contested};
use worlds::Known;

pub use ask::{Answer, Answered, Question, ask};
pub use session::{At, Request, SessionFrom};

/// Explains a session under the files alone, without any server.
///
/// # Errors
/// Findings in the files; no session, or a history that cannot be read; a campaign that nobody declares.
pub fn offline(
    project: &Project,
    environment: &Environment,
    request: Request,
    progress: &mut dyn FnMut(u64),
) -> Result<Explained, Failure> {
    let validated = checked(project, environment)?;
    let known = Known::of_files(&validated.loaded);
    let declared = super::replay::declared(&validated.loaded);
    let contested = declared.iter().map(|(who, spec)| worlds::only_desired(who.clone(), spec));
    let explained = explained(contested.collect(), &[World::Desired], &known, request, progress)?;
    Ok(Explained { environment: environment.name.clone(), ..explained })
}

/// Explains a session under what is live, and if asked for, beside it under what will be live once the plan is applied.
///
/// # Errors
/// All that [`offline`] has, and a server that cannot be reached or is another organization.
pub async fn online(scope: Scope, both: bool, request: Request, progress: &mut dyn FnMut(u64)) -> Result<Explained, Failure> {
    let validated = checked(&scope.project, &scope.environment)?;
    let planned = plan::plan(plan::Request { scope, guards: Guards::default(), allow_destroy: BTreeSet::new(), goal: Goal::Files }).await?;
    let explained = of_plan(&planned, both, validated, request, progress).await;
    let (destination, unreadable) = (planned.destination.clone(), planned.snapshots.live.unreadable.len());
    planned.close().await;
    Ok(Explained { environment: destination.environment.clone(), destination: Some(destination), unreadable, ..explained? })
}

async fn of_plan(
    planned: &Planned,
    both: bool,
    validated: Validated,
    request: Request,
    progress: &mut dyn FnMut(u64),
) -> Result<Explained, Failure> {
    let contested = worlds::of_plan(&planned.plan, &planned.snapshots.live, both);
    let mut known = Known::of_files(&validated.loaded);
    known.queues = Queues::default().names_of(&worlds::queue_ids(&contested), &planned.connection.reader).await;
    let asked: &[World] = if both { &[World::Live, World::Desired] } else { &[World::Live] };
    explained(contested, asked, &known, request, progress)
}

/// The campaign files, without errors.
fn checked(project: &Project, environment: &Environment) -> Result<Validated, Failure> {
    let validated = validate(project, environment);
    if validated.has_errors() {
        let message = "the campaign files have errors; nothing was explained";
        return Err(Failure::of_findings(message, validated.errors(), validated.loaded.sources));
    }
    Ok(validated)
}

/// The whole way with campaigns at hand.
fn explained(
    contested: Vec<Contested<'_>>,
    asked: &[World],
    known: &Known<'_>,
    request: Request,
    progress: &mut dyn FnMut(u64),
) -> Result<Explained, Failure> {
    check_names(&contested, &request.campaigns)?;
    let contest = Contest::new(contested);
    let session::Opened { question, contact, place, at_from, history, files } = session::open(request)?;
    let answered = ask(&contest, asked, &question, history, progress).map_err(|error| session::unreadable(&error))?;
    let Answered { stranger, at, repeats, decided, lines, worlds } = answered;
    let world = |(world, answers): (World, Vec<Answer>)| ExplainedWorld {
        world,
        campaigns: answers.into_iter().map(|answer| known.campaign(answer, &contest, world)).collect(),
    };
    let named = question.picked.campaign.or(question.picked.campaign_id);
    Ok(Explained {
        environment: String::new(),
        destination: None,
        place,
        contact,
        at,
        at_from,
        repeats: repeats.map(|earlier| {
            let file = files.get(earlier.place.file).map_or("", String::as_str);
            (earlier.at, format!("{file}:{}", earlier.place.line))
        }),
        history: (!files.is_empty()).then_some(ExplainedHistory { files, decided, lines }),
        stranger: named.filter(|_| stranger),
        worlds: worlds.into_iter().map(world).collect(),
        unreadable: 0,
    })
}

/// Whether every campaign that the user named is one.
fn check_names(contested: &[Contested<'_>], names: &[String]) -> Result<(), Failure> {
    let is_called = |who: &Contender, name: &str| {
        who.key.as_ref().is_some_and(|key| key.as_str() == name) || who.id.as_ref().is_some_and(|id| id.0 == name)
    };
    for name in names {
        if contested.iter().any(|campaign| is_called(&campaign.who, name)) {
            continue;
        }
        let keys: Vec<&str> = contested.iter().filter_map(|campaign| Some(campaign.who.key.as_ref()?.as_str())).collect();
        let hint = match nearest(name, keys.iter().copied()) {
            Some(near) => format!("did you mean `--campaign {near}`?"),
            None => format!("campaigns: {}", keys.join(", ")),
        };
        return Err(Failure::new(format!("there is no campaign `{name}`"), hint));
    }
    Ok(())
}
