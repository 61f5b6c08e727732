//! The shape of a replay for scripts: every key of the document, with what it means.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::model::FlipKind;

/// Version of the shape of the document.
pub(super) const FORMAT_VERSION: &str = "1.0";
/// Version of the keys below `campaignctl`: one more when a key goes or means something else; new keys may come under the
/// same version.
pub(super) const OWN_VERSION: u32 = 1;

/// A replay.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Replay")]
pub(super) struct Document {
    /// Version of this shape.
    #[schemars(extend("const" = FORMAT_VERSION))]
    pub(super) format_version: &'static str,
    pub(super) campaignctl: Own,
}

/// Where and what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Own {
    /// Version of these keys. New keys may come under the same version; a key that goes or changes its meaning makes a new one.
    #[schemars(extend("const" = OWN_VERSION))]
    pub(super) version: u32,
    /// Name of the environment.
    pub(super) environment: String,
    /// The organization the credentials belong to; left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization: Option<OwnOrganization>,
    /// The server, in words; left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server: Option<String>,
    pub(super) replay: OwnReplay,
}

/// The organization the credentials belong to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnOrganization {
    pub(super) id: String,
    pub(super) name: String,
}

/// What a replay found. A campaign is named by its address, or by display name and id where nobody declared it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::render) struct OwnReplay {
    /// The outcome in one sentence.
    pub(super) headline: String,
    /// The recordings, as they were named; `-` is standard input.
    pub(super) files: Vec<String>,
    /// Whether there is a live world to compare with; `false` offline, and then nothing flips.
    pub(super) compared: bool,
    pub(super) lines: OwnLines,
    /// Why the recordings say too little to judge by them: nothing or too little of them could be read. Left out where they
    /// say enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_judged: Option<String>,
    /// Recordings in which nothing could be read, as they were named.
    pub(super) without_sessions: Vec<String>,
    /// The first lines that are no sessions.
    pub(super) bad_lines: Vec<OwnBadLine>,
    /// Live campaigns that cannot be read: they take no part.
    pub(super) unreadable: u64,
    /// Time of the earliest session: RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    /// Time of the latest session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    pub(super) totals: OwnTotalsOfBoth,
    /// Sessions that are invited otherwise than before, by how and why; those of the most sessions first.
    pub(super) flips: Vec<OwnFlip>,
    /// Every campaign of either world, in the order in which sessions are offered.
    pub(super) campaigns: Vec<OwnCampaign>,
    /// Invites by queue, the busiest first.
    pub(super) queues: Vec<OwnQueue>,
    /// Which campaign kept which other from inviting, the most frequent first.
    pub(super) starved: Vec<OwnStarved>,
    /// What the filters look at, and what the sessions sent.
    pub(super) attributes: Vec<OwnAttribute>,
    /// What does not fit of it, in words; what keeps a campaign from matching at all comes first.
    pub(super) misfits: Vec<OwnMisfit>,
}

/// What was read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnLines {
    /// Lines that are sessions.
    pub(super) sessions: u64,
    /// Lines that are none.
    pub(super) bad: u64,
    /// Sessions without a time: each is decided at the time of the one before, the first ones at the first time of the
    /// recording.
    pub(super) untimed: u64,
    /// Sessions for which no time was known: they are decided at the beginning of 1970.
    pub(super) timeless: u64,
    /// Sessions that came too late to be put in order of time.
    pub(super) late: u64,
    /// Sessions that repeat a request id; they count once.
    pub(super) repeated: u64,
    /// Sessions that name a campaign that neither world has.
    pub(super) strangers: u64,
}

/// A line that is no session.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnBadLine {
    pub(super) file: String,
    /// From 1.
    pub(super) line: u64,
    pub(super) reason: String,
}

/// A line of a recording.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnPlace {
    pub(super) file: String,
    /// From 1.
    pub(super) line: u64,
}

/// What the worlds made of all sessions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnTotalsOfBoth {
    /// Under what is live; left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<OwnTotals>,
    /// Under what is desired.
    pub(super) desired: OwnTotals,
}

/// What one world made of all sessions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnTotals {
    /// Sessions that at least one campaign matched.
    pub(super) matched: u64,
    /// Sessions that got at least one invite.
    pub(super) invited_sessions: u64,
    pub(super) invites: u64,
    /// Sessions that got more than one invite at once.
    pub(super) several_invites: u64,
    /// Most invites that one session got at once.
    pub(super) most_invites: u64,
    pub(super) suppressed: u64,
    pub(super) throttled: u64,
    pub(super) queued: u64,
}

/// Some sessions of a flip, by a further campaign that invites them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnShare {
    pub(super) campaign: String,
    pub(super) sessions: u64,
}

/// Sessions that flipped in one way.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnFlip {
    #[schemars(extend("enum" = FlipKind::ALL.map(FlipKind::id)))]
    pub(super) kind: &'static str,
    /// The campaign that invited before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    /// The campaign that invites now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// Other campaigns that invited some of these sessions before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) also_from: Vec<OwnShare>,
    /// Other campaigns that invite some of these sessions now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) also_to: Vec<OwnShare>,
    pub(super) sessions: u64,
    pub(super) cause: OwnCause,
    /// The cause in words.
    pub(super) because: String,
    /// The first of them, in order of time.
    pub(super) examples: Vec<OwnPlace>,
    /// The command that explains the first of them; left out where no command could read it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) explain: Option<String>,
}

/// What the campaign says in the world in which it does not invite.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnCause {
    #[schemars(extend("enum" = ["absent", "disabled", "filter", "suppressed", "throttled", "queued", "no_action"]))]
    pub(super) why: &'static str,
    /// The first filter that fails, as it is in that world; only with `filter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter: Option<Value>,
    /// The campaign whose invite suppressed; only with `suppressed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
}

/// What became of one campaign.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnCampaign {
    /// What it is called here.
    pub(super) campaign: String,
    /// `campaign.<key>`; left out for one that nobody declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    /// Id of the live campaign, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Its display name.
    pub(super) name: String,
    /// What it decided under what is live; left out where it is not live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<OwnDecisions>,
    /// What it decided under what is desired; left out where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desired: Option<OwnDecisions>,
    /// Sessions that it invites now and did not before.
    pub(super) gained: u64,
    /// Sessions that it invited before and does not now.
    pub(super) lost: u64,
}

/// Decisions of one campaign in one world.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnDecisions {
    pub(super) enabled: bool,
    pub(super) invited: u64,
    pub(super) suppressed: u64,
    pub(super) throttled: u64,
    pub(super) queued: u64,
    pub(super) not_matched: u64,
    /// `maxInvitesPerMinute`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cap: Option<u64>,
    /// The minute with the most invites and refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) worst_minute: Option<OwnMinute>,
    pub(super) timeline: OwnTimeline,
}

/// One calendar minute (UTC).
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnMinute {
    pub(super) start: String,
    pub(super) invites: u64,
    pub(super) throttled: u64,
}

/// Invites over time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnTimeline {
    /// When the first step begins; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<String>,
    /// Length of a step, in minutes.
    pub(super) step_minutes: u64,
    pub(super) steps: Vec<OwnStep>,
}

/// One step of a timeline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnStep {
    pub(super) invites: u64,
    /// Invites in its busiest minute.
    pub(super) peak: u64,
    pub(super) throttled: u64,
}

/// Invites that lead to one queue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnQueue {
    /// Left out for the channel's default routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) invites: OwnNumbers,
    /// Most invites in one calendar minute (UTC).
    pub(super) peak: OwnNumbers,
}

/// A number in both worlds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnNumbers {
    /// Left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<u64>,
    pub(super) desired: u64,
}

/// How often one campaign kept another from inviting.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnStarved {
    /// The campaign whose invite suppressed.
    pub(super) by: String,
    /// The campaign that could not invite; it may be the same.
    pub(super) whom: String,
    pub(super) decisions: OwnNumbers,
}

/// An attribute that filters look at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnAttribute {
    pub(super) name: String,
    pub(super) wanted: Vec<OwnWanted>,
    pub(super) sent: OwnSent,
    /// Names like it that were sent and that no filter looks at.
    pub(super) similar: Vec<String>,
}

/// A type that filters want.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnWanted {
    pub(super) data_type: &'static str,
    pub(super) by: Vec<String>,
}

/// In how many sessions it was sent as which JSON type.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnSent {
    pub(super) missing: u64,
    pub(super) null: u64,
    pub(super) boolean: u64,
    pub(super) integer: u64,
    pub(super) float: u64,
    pub(super) string: u64,
}

/// An attribute that sessions do not send the way a filter needs it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct OwnMisfit {
    pub(super) attribute: String,
    /// The type that filters want.
    pub(super) wanted: &'static str,
    /// Whether no session can pass the filters.
    pub(super) never_matches: bool,
    /// The campaigns that ask it.
    pub(super) campaigns: Vec<String>,
    /// All of it in words.
    pub(super) message: String,
}
