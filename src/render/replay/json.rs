//! A replay for scripts: one versioned document, with everything in it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::super::json_text::json_text;
use super::Report;
use super::contract::misfits;
use super::flips::{because, explain};
use super::words::{headline, label, label_at, written};
use crate::model::{
    AttributeUse, BadLine, BothWorlds, CampaignDecisions, Destination, Flip, FlipCause, FlipKind, LineCounts, Minute, Replayed,
    ReplayedCampaign, ReplayedQueue, SentTypes, SessionPlace, Starved, Step, Timeline, Totals, Wanted,
};
use crate::schema;

/// Version of the shape of the document.
const FORMAT_VERSION: &str = "1.0";
/// Version of the keys below `campaignctl`: one more when a key goes or means something else; new keys may come under the
/// same version.
const OWN_VERSION: u32 = 1;

/// A replay.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Replay")]
struct Document {
    /// Version of this shape.
    #[schemars(extend("const" = FORMAT_VERSION))]
    format_version: &'static str,
    campaignctl: Own,
}

/// Where and what.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Own {
    /// Version of these keys. New keys may come under the same version; a key that goes or changes its meaning makes a new one.
    #[schemars(extend("const" = OWN_VERSION))]
    version: u32,
    /// Name of the environment.
    environment: String,
    /// The organization the credentials belong to; left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OwnOrganization>,
    /// The server, in words; left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    replay: OwnReplay,
}

/// The organization the credentials belong to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnOrganization {
    id: String,
    name: String,
}

/// What a replay found. A campaign is named by its address, or by display name and id where nobody declared it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::render) struct OwnReplay {
    /// The outcome in one sentence.
    headline: String,
    /// The recordings, as they were named; `-` is standard input.
    files: Vec<String>,
    /// Whether there is a live world to compare with; `false` offline, and then nothing flips.
    compared: bool,
    lines: OwnLines,
    /// The first lines that are no sessions.
    bad_lines: Vec<OwnBadLine>,
    /// Live campaigns that cannot be read: they take no part.
    unreadable: u64,
    /// Time of the earliest session: RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Time of the latest session.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    totals: OwnTotalsOfBoth,
    /// Sessions that are invited otherwise than before, by how and why; those of the most sessions first.
    flips: Vec<OwnFlip>,
    /// Every campaign of either world, in the order in which sessions are offered.
    campaigns: Vec<OwnCampaign>,
    /// Invites by queue, the busiest first.
    queues: Vec<OwnQueue>,
    /// Which campaign kept which other from inviting, the most frequent first.
    starved: Vec<OwnStarved>,
    /// What the filters look at, and what the sessions sent.
    attributes: Vec<OwnAttribute>,
    /// What does not fit of it, in words; what keeps a campaign from matching at all comes first.
    misfits: Vec<OwnMisfit>,
}

/// What was read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnLines {
    /// Lines that are sessions.
    sessions: u64,
    /// Lines that are none.
    bad: u64,
    /// Sessions without a time: each is decided at the time of the one before.
    untimed: u64,
    /// Sessions that came too late to be put in order of time.
    late: u64,
    /// Sessions that repeat a request id; they count once.
    repeated: u64,
    /// Sessions that name a campaign that neither world has.
    strangers: u64,
}

/// A line that is no session.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnBadLine {
    file: String,
    /// From 1.
    line: u64,
    reason: String,
}

/// A line of a recording.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnPlace {
    file: String,
    /// From 1.
    line: u64,
}

/// What the worlds made of all sessions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnTotalsOfBoth {
    /// Under what is live; left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<OwnTotals>,
    /// Under what is desired.
    desired: OwnTotals,
}

/// What one world made of all sessions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnTotals {
    /// Sessions that at least one campaign matched.
    matched: u64,
    /// Sessions that got at least one invite.
    invited_sessions: u64,
    invites: u64,
    suppressed: u64,
    throttled: u64,
    queued: u64,
}

/// Sessions that flipped in one way.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnFlip {
    #[schemars(extend("enum" = FlipKind::ALL.map(FlipKind::id)))]
    kind: &'static str,
    /// The campaign that invited before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The campaign that invites now.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    sessions: u64,
    cause: OwnCause,
    /// The cause in words.
    because: String,
    /// The first of them, in order of time.
    examples: Vec<OwnPlace>,
    /// The command that explains the first of them; left out where no command could read it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<String>,
}

/// What the campaign says in the world in which it does not invite.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnCause {
    #[schemars(extend("enum" = ["absent", "disabled", "filter", "suppressed", "throttled", "queued", "no_action"]))]
    why: &'static str,
    /// The first filter that fails, as it is in that world; only with `filter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Value>,
    /// The campaign whose invite suppressed; only with `suppressed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// What became of one campaign.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnCampaign {
    /// What it is called here.
    campaign: String,
    /// `campaign.<key>`; left out for one that nobody declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Id of the live campaign, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its display name.
    name: String,
    /// What it decided under what is live; left out where it is not live.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<OwnDecisions>,
    /// What it decided under what is desired; left out where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    desired: Option<OwnDecisions>,
    /// Sessions that it invites now and did not before.
    gained: u64,
    /// Sessions that it invited before and does not now.
    lost: u64,
}

/// Decisions of one campaign in one world.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnDecisions {
    enabled: bool,
    invited: u64,
    suppressed: u64,
    throttled: u64,
    queued: u64,
    not_matched: u64,
    /// `maxInvitesPerMinute`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<u64>,
    /// The minute with the most invites and refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_minute: Option<OwnMinute>,
    timeline: OwnTimeline,
}

/// One calendar minute (UTC).
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnMinute {
    start: String,
    invites: u64,
    throttled: u64,
}

/// Invites over time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnTimeline {
    /// When the first step begins; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// Length of a step, in minutes.
    step_minutes: u64,
    steps: Vec<OwnStep>,
}

/// One step of a timeline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnStep {
    invites: u64,
    /// Invites in its busiest minute.
    peak: u64,
    throttled: u64,
}

/// Invites that lead to one queue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnQueue {
    /// Left out for the channel's default routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    invites: OwnNumbers,
    /// Most invites in one calendar minute (UTC).
    peak: OwnNumbers,
}

/// A number in both worlds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnNumbers {
    /// Left out offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<u64>,
    desired: u64,
}

/// How often one campaign kept another from inviting.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnStarved {
    /// The campaign whose invite suppressed.
    by: String,
    /// The campaign that could not invite; it may be the same.
    whom: String,
    decisions: OwnNumbers,
}

/// An attribute that filters look at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnAttribute {
    name: String,
    wanted: Vec<OwnWanted>,
    sent: OwnSent,
    /// Names like it that were sent and that no filter looks at.
    similar: Vec<String>,
}

/// A type that filters want.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnWanted {
    data_type: &'static str,
    by: Vec<String>,
}

/// In how many sessions it was sent as which JSON type.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnSent {
    missing: u64,
    null: u64,
    boolean: u64,
    integer: u64,
    float: u64,
    string: u64,
}

/// An attribute that sessions do not send the way a filter needs it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnMisfit {
    attribute: String,
    /// The type that filters want.
    wanted: &'static str,
    /// Whether no session can pass the filters.
    never_matches: bool,
    /// The campaigns that ask it.
    campaigns: Vec<String>,
    /// All of it in words.
    message: String,
}

/// The whole document, indented, ending in a newline.
pub fn json(report: &Report<'_>) -> String {
    let Report { environment, destination, replayed: _ } = report;
    let organization = destination.map(|Destination { environment: _, organization, server: _ }| OwnOrganization {
        id: organization.id.clone(),
        name: organization.name.clone(),
    });
    json_text(&Document {
        format_version: FORMAT_VERSION,
        campaignctl: Own {
            version: OWN_VERSION,
            environment: (*environment).to_owned(),
            organization,
            server: destination.map(|destination| destination.server.clone()),
            replay: of(report),
        },
    })
}

/// The schema of the document, JSON Schema 2020-12.
pub fn json_schema() -> Value {
    schema::of_output::<Document>(
        "urn:campaignctl:schema:replay",
        "Recorded sessions decided under live and under desired, as `campaignctl replay --format json` writes it.",
    )
}

/// Name of the committed schema file under `schema/`.
pub const JSON_SCHEMA_FILE: &str = "replay.schema.json";

/// The schema exactly as it is committed.
pub fn json_schema_text() -> String {
    schema::text(&json_schema())
}

/// What was found, without where.
pub(in crate::render) fn of(report: &Report<'_>) -> OwnReplay {
    let replayed = report.replayed;
    let Replayed {
        files,
        compared,
        lines: LineCounts { sessions, bad, untimed, late, repeated, strangers },
        bad_lines,
        unreadable,
        from,
        to,
        totals,
        contenders,
        flips,
        queues,
        starved,
        attributes,
    } = replayed;
    let numbers = |BothWorlds { live, desired }: &BothWorlds<u64>| OwnNumbers { live: compared.then_some(*live), desired: *desired };
    OwnReplay {
        headline: headline(replayed),
        files: files.clone(),
        compared: *compared,
        lines: OwnLines { sessions: *sessions, bad: *bad, untimed: *untimed, late: *late, repeated: *repeated, strangers: *strangers },
        bad_lines: bad_lines
            .iter()
            .map(|BadLine { at, reason }| {
                let OwnPlace { file, line } = place(replayed, at);
                OwnBadLine { file, line, reason: reason.clone() }
            })
            .collect(),
        unreadable: *unreadable,
        from: from.map(|at| at.to_string()),
        to: to.map(|at| at.to_string()),
        totals: OwnTotalsOfBoth { live: compared.then(|| of_totals(&totals.live)), desired: of_totals(&totals.desired) },
        flips: flips.iter().map(|flip| of_flip(report, flip)).collect(),
        campaigns: contenders.iter().map(of_campaign).collect(),
        queues: queues
            .iter()
            .map(|ReplayedQueue { id, name, invites, peak }| OwnQueue {
                id: id.clone(),
                name: name.clone(),
                invites: numbers(invites),
                peak: numbers(peak),
            })
            .collect(),
        starved: starved
            .iter()
            .map(|Starved { by, whom, decisions }| OwnStarved {
                by: label_at(replayed, *by),
                whom: label_at(replayed, *whom),
                decisions: numbers(decisions),
            })
            .collect(),
        attributes: attributes.iter().map(|attribute| of_attribute(replayed, attribute)).collect(),
        misfits: misfits(replayed)
            .iter()
            .map(|misfit| OwnMisfit {
                attribute: misfit.attribute.to_owned(),
                wanted: misfit.wanted.as_str(),
                never_matches: misfit.never,
                campaigns: misfit.by.iter().map(|place| label_at(replayed, *place)).collect(),
                message: written(&misfit.words(replayed), str::to_owned),
            })
            .collect(),
    }
}

fn place(replayed: &Replayed, SessionPlace { file, line }: &SessionPlace) -> OwnPlace {
    OwnPlace { file: replayed.files.get(*file).cloned().unwrap_or_default(), line: *line }
}

fn of_totals(totals: &Totals) -> OwnTotals {
    let Totals { matched, invited_sessions, invites, suppressed, throttled, queued } = *totals;
    OwnTotals { matched, invited_sessions, invites, suppressed, throttled, queued }
}

fn of_flip(report: &Report<'_>, flip: &Flip) -> OwnFlip {
    let replayed = report.replayed;
    let Flip { kind, from, to, cause, sessions, examples } = flip;
    let cause = match cause {
        FlipCause::Absent => OwnCause { why: "absent", filter: None, by: None },
        FlipCause::Disabled => OwnCause { why: "disabled", filter: None, by: None },
        FlipCause::Filter { filter } => OwnCause { why: "filter", filter: serde_json::to_value(filter).ok(), by: None },
        FlipCause::Suppressed { by } => OwnCause { why: "suppressed", filter: None, by: Some(label_at(replayed, *by)) },
        FlipCause::Throttled => OwnCause { why: "throttled", filter: None, by: None },
        FlipCause::Queued => OwnCause { why: "queued", filter: None, by: None },
        FlipCause::NoAction => OwnCause { why: "no_action", filter: None, by: None },
    };
    OwnFlip {
        kind: kind.id(),
        from: from.map(|place| label_at(replayed, place)),
        to: to.map(|place| label_at(replayed, place)),
        sessions: *sessions,
        cause,
        because: written(&because(replayed, flip), str::to_owned),
        examples: examples.iter().map(|at| place(replayed, at)).collect(),
        explain: explain(report, flip),
    }
}

fn of_campaign(campaign: &ReplayedCampaign) -> OwnCampaign {
    let ReplayedCampaign { who, decided: BothWorlds { live, desired }, gained, lost } = campaign;
    OwnCampaign {
        campaign: label(who),
        address: who.key.as_ref().map(|key| key.address().to_string()),
        id: who.id.as_ref().map(|id| id.0.clone()),
        name: who.name.clone(),
        live: live.as_ref().map(of_decisions),
        desired: desired.as_ref().map(of_decisions),
        gained: *gained,
        lost: *lost,
    }
}

fn of_decisions(decided: &CampaignDecisions) -> OwnDecisions {
    let CampaignDecisions { enabled, invited, suppressed, throttled, queued, not_matched, cap, worst_minute, timeline } = decided;
    let Timeline { start, step_minutes, steps } = timeline;
    OwnDecisions {
        enabled: *enabled,
        invited: *invited,
        suppressed: *suppressed,
        throttled: *throttled,
        queued: *queued,
        not_matched: *not_matched,
        cap: *cap,
        worst_minute: worst_minute.map(|Minute { start, invites, throttled }| OwnMinute { start: start.to_string(), invites, throttled }),
        timeline: OwnTimeline {
            start: start.map(|start| start.to_string()),
            step_minutes: *step_minutes,
            steps: steps
                .iter()
                .map(|Step { invites, peak, throttled }| OwnStep { invites: *invites, peak: *peak, throttled: *throttled })
                .collect(),
        },
    }
}

fn of_attribute(replayed: &Replayed, attribute: &AttributeUse) -> OwnAttribute {
    let AttributeUse { name, wanted, sent: SentTypes { missing, null, boolean, integer, float, string }, similar } = attribute;
    OwnAttribute {
        name: name.clone(),
        wanted: wanted
            .iter()
            .map(|Wanted { data_type, by }| OwnWanted {
                data_type: data_type.as_str(),
                by: by.iter().map(|place| label_at(replayed, *place)).collect(),
            })
            .collect(),
        sent: OwnSent { missing: *missing, null: *null, boolean: *boolean, integer: *integer, float: *float, string: *string },
        similar: similar.clone(),
    }
}
