//! What a replay found: recorded sessions, decided under what is live and under what is desired.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CampaignId, CampaignKey, DataType, Filter};

/// Which campaign a replay speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contender {
    /// Its key; none for a live campaign that nobody declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<CampaignKey>,
    /// Id of the live campaign, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CampaignId>,
    /// Its display name: the desired one, or the live one where nobody declared it.
    pub name: String,
}

impl Contender {
    /// How it is called: `campaign.<key>`, or the live id of one that nobody declared.
    pub fn called(&self) -> String {
        match (&self.key, &self.id) {
            (Some(key), _) => key.address().to_string(),
            (None, Some(id)) => id.0.clone(),
            (None, None) => self.name.clone(),
        }
    }
}

/// One of the two sets of campaigns under which every session is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// What is live now.
    Live,
    /// What will be live once the plan is applied.
    Desired,
}

/// Recorded sessions decided under both worlds.
///
/// Contenders are named by their place in `contenders`. Counts are of sessions, or of decisions where it says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replayed {
    /// The recordings, as they were named; `-` is standard input.
    pub files: Vec<String>,
    /// Whether there is a live world: without it there are no flips.
    pub compared: bool,
    /// What was read.
    pub lines: LineCounts,
    /// The first lines that are no sessions.
    pub bad_lines: Vec<BadLine>,
    /// Recordings that have lines, none of which is a session, as their places in `files`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_sessions: Vec<usize>,
    /// Live campaigns whose body cannot be read: they are in neither world.
    #[serde(default)]
    pub unreadable: u64,
    /// Time of the earliest session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Time of the latest session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// What both worlds made of all sessions.
    pub totals: BothWorlds<Totals>,
    /// Every campaign of either world, in the order in which sessions are offered: best priority first, then key.
    pub contenders: Vec<ReplayedCampaign>,
    /// Sessions whose visitor is invited by another campaign, or by one where there was none, or no longer: the most frequent
    /// first.
    pub flips: Vec<Flip>,
    /// Invites by the queue they lead to, the busiest first.
    pub queues: Vec<ReplayedQueue>,
    /// Which campaign kept which other from inviting, the most frequent first; at most [`Starved::MOST`].
    pub starved: Vec<Starved>,
    /// What the filters look at, and what the sessions sent.
    pub attributes: Vec<AttributeUse>,
}

/// Why recordings say too little to judge a plan by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLittle {
    /// There is no session.
    NoSession,
    /// Nothing of this recording could be read; its place in `files`.
    NoSessionIn(usize),
    /// Too many lines could not be read.
    BadLines,
}

impl Replayed {
    /// Why the recordings say too little to judge by them; `None` where they say enough.
    pub fn too_little(&self) -> Option<TooLittle> {
        match self.without_sessions.first() {
            _ if self.lines.sessions == 0 => Some(TooLittle::NoSession),
            Some(file) => Some(TooLittle::NoSessionIn(*file)),
            None => self.lines.has_too_many_bad().then_some(TooLittle::BadLines),
        }
    }

    /// Drops all minutes, for recordings in which no session has a time.
    pub fn forget_times(&mut self) {
        let worlds = self.contenders.iter_mut().flat_map(|campaign| [&mut campaign.decided.live, &mut campaign.decided.desired]);
        for decided in worlds.flatten() {
            (decided.worst_minute, decided.timeline) = (None, Timeline::default());
        }
        self.queues.iter_mut().for_each(|queue| queue.peak = BothWorlds::default());
    }
}

impl LineCounts {
    /// Percent of the lines that may be unreadable for the rest to be judged by.
    ///
    /// What was not read may be what the rest is not, so it must be few enough to change no number that somebody decides by.
    /// One line in a hundred is what a busy log loses to interleaved or cut lines; a recording in which more is wrong was
    /// written or converted wrongly. Of fewer than a hundred lines none may be unreadable.
    pub const BAD_PERCENT: u64 = 1;

    /// How many lines there are, blank ones left out.
    pub fn all(&self) -> u64 {
        self.sessions + self.bad
    }

    /// Whether more lines could not be read than [`BAD_PERCENT`](Self::BAD_PERCENT) allows.
    pub fn has_too_many_bad(&self) -> bool {
        u128::from(self.bad) * 100 > u128::from(self.all()) * u128::from(Self::BAD_PERCENT)
    }
}

/// The same thing in both worlds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BothWorlds<T> {
    /// Under what is live.
    pub live: T,
    /// Under what is desired.
    pub desired: T,
}

impl<T> BothWorlds<T> {
    /// That of one world.
    pub fn of(&self, world: World) -> &T {
        match world {
            World::Live => &self.live,
            World::Desired => &self.desired,
        }
    }

    /// That of one world, to be changed.
    pub fn of_mut(&mut self, world: World) -> &mut T {
        match world {
            World::Live => &mut self.live,
            World::Desired => &mut self.desired,
        }
    }
}

/// What was read of the recordings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineCounts {
    /// Lines that are sessions.
    pub sessions: u64,
    /// Lines that are none.
    pub bad: u64,
    /// Sessions without a time of their own: they were decided at the time of the session before them, the first ones at the
    /// first time of the recording.
    pub untimed: u64,
    /// Sessions that some campaign matched and for which no time was known: they were decided at the beginning of 1970.
    #[serde(default)]
    pub timeless: u64,
    /// Sessions that some campaign matched and that came too late to be put in order: they were decided when they came.
    pub late: u64,
    /// Sessions that some campaign matched and that repeat the request id of an earlier one: they count once.
    pub repeated: u64,
    /// Sessions that name a campaign that neither world has.
    pub strangers: u64,
}

/// A line that is no session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BadLine {
    /// Which line.
    pub at: SessionPlace,
    /// Why it is none.
    pub reason: String,
}

/// A line of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionPlace {
    /// Place of the recording in `files`, from 0.
    pub file: usize,
    /// Line number, from 1.
    pub line: u64,
}

/// What a world made of all sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Totals {
    /// Sessions that at least one campaign matched.
    pub matched: u64,
    /// Sessions that got at least one invite.
    pub invited_sessions: u64,
    /// Invites. A session may get several, from campaigns without suppression.
    pub invites: u64,
    /// Sessions that got more than one invite at once.
    #[serde(default)]
    pub several_invites: u64,
    /// Most invites that one session got at once.
    #[serde(default)]
    pub most_invites: u64,
    /// Decisions `suppressed`.
    pub suppressed: u64,
    /// Decisions `throttled`.
    pub throttled: u64,
    /// Decisions `queued`.
    pub queued: u64,
}

/// What became of one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayedCampaign {
    /// Which one.
    pub who: Contender,
    /// What it decided in each world; `None` where the world does not have it.
    pub decided: BothWorlds<Option<CampaignDecisions>>,
    /// Sessions that it invites now and did not before.
    pub gained: u64,
    /// Sessions that it invited before and does not now.
    pub lost: u64,
}

/// Decisions of one campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CampaignDecisions {
    /// Whether it is switched on; one that is not decides nothing.
    pub enabled: bool,
    /// `invited`
    pub invited: u64,
    /// `suppressed`
    pub suppressed: u64,
    /// `throttled`
    pub throttled: u64,
    /// `queued`
    pub queued: u64,
    /// `not_matched`
    pub not_matched: u64,
    /// `maxInvitesPerMinute`, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// The minute with the most invites and refusals, the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_minute: Option<Minute>,
    /// Invites over time; empty where there were none.
    pub timeline: Timeline,
}

/// One calendar minute (UTC) of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Minute {
    /// When it begins.
    pub start: Timestamp,
    /// Invites in it.
    pub invites: u64,
    /// Sessions in it that the cap refused.
    pub throttled: u64,
}

/// Invites over time, in steps of equal length.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timeline {
    /// When the first step begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Length of a step, in minutes.
    pub step_minutes: u64,
    /// The steps, at most [`Timeline::STEPS`].
    pub steps: Vec<Step>,
}

impl Timeline {
    /// Most steps that a timeline has.
    pub const STEPS: usize = 120;
}

/// One step of a timeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Invites in the whole step.
    pub invites: u64,
    /// Invites in its busiest minute.
    pub peak: u64,
    /// Sessions that the cap refused.
    pub throttled: u64,
}

/// Sessions that flipped in the same way for the same reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flip {
    /// In which way.
    pub kind: FlipKind,
    /// The campaign that invited before, as its place in `contenders`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<usize>,
    /// The campaign that invites now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
    /// Other campaigns that invited some of these sessions before, the most sessions first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_from: Vec<Share>,
    /// Other campaigns that invite some of these sessions now, the most sessions first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_to: Vec<Share>,
    /// Why: of a moved session, why the earlier campaign no longer invites.
    pub cause: FlipCause,
    /// How many sessions.
    pub sessions: u64,
    /// The first of them, in order of time; at most [`Flip::EXAMPLES`].
    pub examples: Vec<SessionPlace>,
}

/// Some of the sessions that flipped, by a further campaign that invites them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    /// The campaign, as its place in `contenders`.
    pub campaign: usize,
    /// How many of the sessions.
    pub sessions: u64,
}

impl Flip {
    /// Most examples that are kept.
    pub const EXAMPLES: usize = 3;
}

/// How a session flipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlipKind {
    /// A campaign invites that did not before, and none that did before has stopped.
    NewlyInvited,
    /// A campaign invites in place of another.
    Moved,
    /// The campaign no longer matches, is switched off, or is gone.
    Lost,
    /// The campaign still matches, and another invite keeps it from inviting.
    NowSuppressed,
    /// The campaign still matches, and its cap keeps it from inviting.
    NowThrottled,
}

impl FlipKind {
    /// All of them, the most telling first.
    pub const ALL: [Self; 5] = [Self::NewlyInvited, Self::Moved, Self::Lost, Self::NowSuppressed, Self::NowThrottled];

    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::NewlyInvited => "newly_invited",
            Self::Moved => "moved",
            Self::Lost => "lost",
            Self::NowSuppressed => "now_suppressed",
            Self::NowThrottled => "now_throttled",
        }
    }

    /// The words for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::NewlyInvited => "newly invited",
            Self::Moved => "moved to another campaign",
            Self::Lost => "no longer invited",
            Self::NowSuppressed => "now suppressed",
            Self::NowThrottled => "now throttled",
        }
    }
}

/// Why one campaign decides otherwise than before: what it said in the world in which it did not invite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why", deny_unknown_fields)]
pub enum FlipCause {
    /// There the campaign is not.
    Absent,
    /// There it is switched off.
    Disabled,
    /// There this filter fails, the first that does.
    Filter {
        /// The filter as it is in that world.
        filter: Filter,
    },
    /// There the contact is suppressed.
    Suppressed {
        /// By an invite of this campaign, as its place in `contenders`.
        by: usize,
    },
    /// There the campaign has sent its invites of the minute.
    Throttled,
    /// There it decides in batches.
    Queued,
    /// There it has no action to invite with.
    NoAction,
}

/// Invites that lead to one queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayedQueue {
    /// Id of the queue; `None` is the channel's default routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Invites in each world.
    pub invites: BothWorlds<u64>,
    /// Most invites that led to it in one calendar minute (UTC).
    pub peak: BothWorlds<u64>,
}

/// How often one campaign kept another from inviting: it had invited the contact, whose suppression had not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Starved {
    /// The campaign whose invite suppressed, as its place in `contenders`.
    pub by: usize,
    /// The campaign that could not invite; it may be the same.
    pub whom: usize,
    /// Decisions `suppressed`.
    pub decisions: BothWorlds<u64>,
}

impl Starved {
    /// Most pairs that are kept.
    pub const MOST: usize = 2_000;
}

/// An attribute that filters look at, and what the sessions sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributeUse {
    /// Its name.
    pub name: String,
    /// The types that filters of the desired world want it to have, and which campaigns want it so.
    pub wanted: Vec<Wanted>,
    /// How the sessions sent it.
    pub sent: SentTypes,
    /// Attributes with a similar name that sessions send and no filter looks at; looked for where no session sends this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<String>,
}

/// A type that filters want an attribute to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// The type.
    pub data_type: DataType,
    /// The campaigns, as their places in `contenders`.
    pub by: Vec<usize>,
}

/// In how many sessions an attribute was sent as which JSON type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SentTypes {
    /// Not at all.
    pub missing: u64,
    /// As `null`.
    pub null: u64,
    /// As `true` or `false`.
    pub boolean: u64,
    /// As a number without fraction or exponent.
    pub integer: u64,
    /// As any other number.
    pub float: u64,
    /// As text.
    pub string: u64,
}

impl SentTypes {
    /// In how many sessions it was sent.
    pub fn sent(&self) -> u64 {
        let Self { missing: _, null, boolean, integer, float, string } = self;
        null + boolean + integer + float + string
    }

    /// In how many sessions it was sent as a type that a filter of this type takes.
    pub fn of_type(&self, data_type: DataType) -> u64 {
        match data_type {
            DataType::Float => self.integer + self.float,
            DataType::Integer => self.integer,
            DataType::Boolean => self.boolean,
            DataType::String => self.string,
        }
    }
}
