//! `explain`: why one session is or is not invited, by every campaign. Reads only; offline unless live is asked for.

mod ask;
mod session;
mod worlds;

use jiff::Timestamp;

use super::plan::{self, Planned};
use super::validate::{Validated, validate};
use super::{Failure, Scope};
use crate::diagnostic::nearest;
use crate::evaluate::Explanation;
use crate::load::{Environment, Project};
use crate::model::{Contender, Destination, Guards, LineCounts, Origin, World};
use crate::replay::{Contest, Contested};
use worlds::Known;

pub use ask::{Answer, Answered, NotAsked, Question, ask};
pub use session::{At, Request, SessionFrom};

/// One session, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Name of the environment.
    pub environment: String,
    /// Where live was read; `None` when nobody asked.
    pub destination: Option<Destination>,
    /// The file of the session and its line, where it comes from one; `-` is standard input.
    pub place: Option<String>,
    /// The contact, where the user gave it with the command.
    pub contact: Option<String>,
    /// When the session is decided.
    pub at: Timestamp,
    /// Where that comes from.
    pub at_from: TimeFrom,
    /// What was decided before it; `None` when nobody asked for a history.
    pub history: Option<History>,
    /// When and where the same request was decided before: then nobody is asked again.
    pub repeats: Option<(Timestamp, String)>,
    /// The campaign that the session names, where nobody has it: then nobody is asked.
    pub stranger: Option<String>,
    /// What was asked for: live, desired, or live and then desired.
    pub worlds: Vec<ExplainedWorld>,
    /// Live campaigns that this version cannot read: nothing is said of them.
    pub unreadable: usize,
}

/// Where the time of a decision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFrom {
    /// `--at`
    Flag,
    /// The session says it.
    Session,
    /// The session says none, and is decided at the time of the one before it.
    LineBefore,
    /// The session says none, and it is now.
    Now,
    /// No session up to this one says a time: as in a replay, it is the beginning of 1970.
    Nowhere,
}

/// What was decided before the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The recordings.
    pub files: Vec<String>,
    /// Sessions before it that some campaign matches.
    pub decided: u64,
    /// What was read of the recordings, up to the session and a little further.
    pub lines: LineCounts,
}

/// The answers of one world.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedWorld {
    /// Which one.
    pub world: World,
    /// Its campaigns: those that are switched on, in the order in which they are asked; then the others.
    pub campaigns: Vec<ExplainedCampaign>,
}

/// What one campaign answers.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedCampaign {
    /// Which one.
    pub who: Contender,
    /// Where it is declared.
    pub origin: Option<Origin>,
    /// Where each of its filters stands in the files, in the order of the explained filters; `None` for one that is not there.
    pub places: Vec<Option<Place>>,
    /// Its answer.
    pub answer: Result<Explanation, NotAsked>,
    /// The queue of the action that fires, or would.
    pub queue: Option<ExplainedQueue>,
}

/// A queue; by name and id as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedQueue {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// Where something stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the project.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Explains a session under the files alone, without any server.
///
/// # Errors
/// Findings in the files; no session, or a history that cannot be read; a campaign that nobody declares.
pub fn offline(project: &Project, environment: &Environment, request: Request, progress: &mut dyn FnMut(u64)) -> Result<Explained, Failure> {
    let validated = checked(project, environment)?;
    let known = Known::of_files(&validated.loaded);
    let declared = worlds::declared(&validated.loaded);
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
    let nothing_more = (Guards::default(), std::collections::BTreeSet::new());
    let planned =
        plan::plan(plan::Request { scope, guards: nothing_more.0, allow_destroy: nothing_more.1, rollback: None }).await?;
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
    known.queues = if worlds::lead_to_queues(&contested) { planned.connection.reader.queues().await? } else { Vec::new() };
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
    let Answered { stranger, repeats, decided, lines, worlds } = answered;
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
        at: question.at,
        at_from,
        repeats: repeats.map(|earlier| {
            let file = files.get(earlier.place.file).map_or("", String::as_str);
            (earlier.at, format!("{file}:{}", earlier.place.line))
        }),
        history: (!files.is_empty()).then_some(History { files, decided, lines }),
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
