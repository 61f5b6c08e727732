//! One session, explained by every campaign of one or both worlds: what is shown to whoever asked.

use jiff::Timestamp;

use super::explain::Explanation;
use crate::model::{Contender, Destination, LineCounts, Origin, World};

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
    pub history: Option<ExplainedHistory>,
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
    /// Neither the session nor one before it says a time: it is decided at the first time in the recording.
    LineAfter,
    /// The session says none, and it is now.
    Now,
    /// No session of the recording says a time: as in a replay, it is the first time of the others, or the beginning of 1970.
    Nowhere,
}

/// What was decided before the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedHistory {
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
    pub places: Vec<Option<FilterPlace>>,
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
pub struct FilterPlace {
    /// The file, relative to the project.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Why a campaign is not asked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// The session repeats a request: it counts once.
    Repeated,
    /// The session names another campaign, or one that nobody has.
    NamesAnother,
}
