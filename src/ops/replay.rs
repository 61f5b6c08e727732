//! `replay`: recorded sessions, decided under what is live and under what will be live once the plan is applied. Writes
//! nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Failure;
use super::plan::{self, Planned, Request};
use super::validate::validate;
use crate::load::{Environment, Loaded, Project};
use crate::model::{BothWorlds, CampaignSpec, Contender, Destination, Live, QueueIds, QueueNames, Replayed};
use crate::reconcile::Plan;
use crate::replay::{Contest, Contested, Options, ReplayError, Source, replay};

/// Where recorded sessions are.
pub enum Recording {
    /// A file, plain or compressed.
    File(PathBuf),
    /// A stream that is read once; it is called `-`.
    Stream(Box<dyn Read + Send>),
}

/// What is told how many sessions were read so far.
pub type Progress = Box<dyn FnMut(u64) + Send>;

/// Recordings, and how to read them.
pub struct Recordings {
    /// The recordings.
    pub from: Vec<Recording>,
    /// Whether the first line that is no session ends it.
    pub strict: bool,
    /// What is told how far it is.
    pub progress: Progress,
}

/// What a replay found, and where.
#[derive(Debug)]
pub struct Done {
    /// Name of the environment.
    pub environment: String,
    /// Where live was read; `None` when nobody asked.
    pub destination: Option<Destination>,
    /// What was found.
    pub replayed: Replayed,
    /// The plan whose worlds were compared; `None` when nobody asked what is live.
    pub plan: Option<Plan>,
    /// How many warnings the campaign files have.
    pub warnings: usize,
}

/// Decides recorded sessions under live and under desired.
///
/// # Errors
/// All that [`plan::plan`] has, and a recording that cannot be read. A plan that is refused is no error: see [`Done::plan`].
pub async fn online(request: Request, recordings: Recordings) -> Result<Done, Failure> {
    let planned = plan::plan_replaying(request, recordings).await?;
    let Planned { destination, plan, warnings, .. } = &planned;
    let (destination, mut plan, warnings) = (destination.clone(), plan.clone(), *warnings);
    planned.close().await;
    let replayed = plan.replayed.take().unwrap_or_default();
    Ok(Done { environment: destination.environment.clone(), destination: Some(destination), replayed, plan: Some(plan), warnings })
}

/// Decides recorded sessions under the files alone, without any server. Queues are called as the files call them.
///
/// # Errors
/// Findings in the files, and a recording that cannot be read.
pub async fn offline(project: &Project, environment: &Environment, recordings: Recordings) -> Result<Done, Failure> {
    let opened = open(recordings)?;
    let validated = validate(project, environment);
    if validated.has_errors() {
        let message = "the campaign files have errors; nothing was replayed";
        return Err(Failure::of_findings(message, validated.errors(), validated.loaded.sources));
    }
    let declared = declared(&validated.loaded);
    let worlds = declared.into_iter().map(|(who, spec)| (who, BothWorlds { live: None, desired: Some(spec) })).collect();
    let replayed = decide(worlds, false, opened).await?;
    Ok(Done { environment: environment.name.clone(), destination: None, replayed, plan: None, warnings: validated.warnings() })
}

/// The declared campaigns with every queue name in the place of its id.
pub(super) fn declared(loaded: &Loaded) -> Vec<(Contender, CampaignSpec)> {
    let documents = loaded.campaigns.iter().map(|campaign| (&campaign.key, &campaign.document));
    let declared = documents.filter_map(|(key, document)| {
        let routing = document.actions.iter().filter_map(|action| action.routing_config.as_ref());
        let names = routing.flat_map(|routing| [&routing.queue, &routing.overflow_queue]).flatten();
        let distinct: BTreeMap<&String, &String> = names.map(|name| (name, name)).collect();
        let themselves = QueueIds::new(distinct.into_iter().map(|(name, id)| (name.clone(), id.clone())));
        let spec = document.resolve(&themselves).ok()?;
        Some((Contender { key: Some(key.clone()), id: None, name: spec.name.clone() }, spec))
    });
    declared.collect()
}

/// Decides recorded sessions under both worlds of a plan that was made from this live.
pub(super) async fn of_plan(plan: &Plan, live: &Live, opened: Opened) -> Result<Replayed, Failure> {
    let owned =
        |BothWorlds { live, desired }: BothWorlds<Option<&CampaignSpec>>| BothWorlds { live: live.cloned(), desired: desired.cloned() };
    let worlds = plan.worlds(live).into_iter().map(|(who, spec)| (who, owned(spec))).collect();
    let replayed = decide(worlds, true, opened).await?;
    Ok(Replayed { unreadable: live.unreadable.len() as u64, ..replayed })
}

/// Calls the queues of a replay by their names, as far as these are known.
pub(super) fn name(replayed: &mut Replayed, names: &QueueNames) {
    for queue in &mut replayed.queues {
        queue.name = queue.id.as_ref().and_then(|id| names.known(id)).map(str::to_owned);
    }
}

/// Both worlds, and what is read; on a thread of its own, for it takes all cores for as long as it takes.
async fn decide(worlds: Vec<(Contender, BothWorlds<Option<CampaignSpec>>)>, compared: bool, opened: Opened) -> Result<Replayed, Failure> {
    let Opened { sources, strict, mut progress } = opened;
    let deciding = tokio::task::spawn_blocking(move || {
        let contested = worlds.iter().map(|(who, BothWorlds { live, desired })| Contested {
            who: who.clone(),
            spec: BothWorlds { live: live.as_ref(), desired: desired.as_ref() },
        });
        replay(sources, &Contest::new(contested.collect()), Options { compared, strict }, &mut *progress)
    });
    let replayed = deciding.await.map_err(|error| Failure::new(format!("the replay failed: {error}"), "please report this"))?;
    Ok(replayed?)
}

/// Recordings that are there and can be read.
pub(super) struct Opened {
    sources: Vec<Source>,
    strict: bool,
    progress: Progress,
}

/// Opens all recordings, so that a slip in a name is told before anything else is done.
pub(super) fn open(recordings: Recordings) -> Result<Opened, Failure> {
    let Recordings { from, strict, progress } = recordings;
    let open = |recording: Recording| match recording {
        Recording::Stream(from) => Ok(Source { name: "-".to_owned(), from }),
        Recording::File(path) => file(&path),
    };
    Ok(Opened { sources: from.into_iter().map(open).collect::<Result<_, _>>()?, strict, progress })
}

fn file(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let hint = "name files with one session a line, plain, .gz or .zst, or `-` for standard input";
    let file = File::open(path).map_err(|error| Failure::new(format!("the recording `{name}` cannot be read: {error}"), hint))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::new(format!("the recording `{name}` is a folder"), hint));
    }
    Ok(Source { name, from: Box::new(file) })
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        let hint = match &error {
            ReplayError::Read { .. } => "record it again, or replay what there is of it from standard input",
            ReplayError::Nothing { .. } => "fix the recording: one JSON object per line, in UTF-8",
            ReplayError::BadLine { .. } => "fix the line, or leave out --strict: then such lines are counted and left out",
        };
        Self::new(error.to_string(), hint)
    }
}
