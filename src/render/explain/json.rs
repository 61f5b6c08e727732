//! An explanation for scripts: one versioned document.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json as object};

use super::words::{condition, not_asked, why};
use super::{Difference, Report, differences, warnings};
use crate::evaluate::{
    Explained, ExplainedCampaign, ExplainedCap, ExplainedFilter, ExplainedHistory, ExplainedQueue, ExplainedToken, ExplainedWorld,
    Explanation, FilterPlace, NotAsked, TimeFrom,
};
use crate::model::{AttributeValue, Filter, FilterFailure, FilterResult, LineCounts, World};
use crate::render::json_text::json_text;
use crate::schema;

/// The version of the document.
const VERSION: u32 = 1;

/// Name of the committed schema file under `schema/`.
pub const JSON_SCHEMA_FILE: &str = "explain.schema.json";

/// Why one session is or is not invited, by every campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Explanation")]
struct Document {
    /// Version of this document; keys that are added do not change it.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// Name of the environment.
    environment: String,
    session: SessionShown,
    /// What was decided before the session; left out when nobody asked for a history.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryShown>,
    /// What was asked for: live, desired, or live and then desired.
    worlds: Vec<WorldShown>,
    /// Campaigns that live and desired answer for differently; always empty with one world.
    differences: Vec<DifferenceShown>,
    /// What is probably wrong with the session or the filters, in words.
    warnings: Vec<String>,
    /// Live campaigns that this version cannot read; nothing is said of them.
    unreadable: usize,
}

/// The session, as far as the user gave it: a contact that stands in a file is not repeated.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SessionShown {
    /// File, or file and line, or `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The contact that was given with the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<String>,
    /// When it is decided: RFC 3339, UTC.
    decided_at: String,
    /// Where that time comes from.
    decided_at_from: &'static str,
    /// When the same request was decided before; then nobody is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<RepeatsShown>,
    /// The campaign that it names, where nobody has it; then nobody is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_campaign: Option<String>,
}

/// An earlier session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RepeatsShown {
    /// When it was decided.
    at: String,
    /// File and line.
    place: String,
}

/// What was decided before the session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct HistoryShown {
    /// The recordings.
    files: Vec<String>,
    /// Sessions before it that some campaign matches.
    decided: u64,
    /// Lines, of those that were read, that are no sessions.
    bad_lines: u64,
}

/// The answers of one world.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WorldShown {
    /// `live` or `desired`.
    world: &'static str,
    /// Those that are switched on, in the order in which they are asked; then the others.
    campaigns: Vec<CampaignShown>,
}

/// What one campaign answers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CampaignShown {
    /// `campaign.<key>`; left out for a live campaign that nobody declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Id of the live campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its display name.
    name: String,
    /// Where it is declared: file and line.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// `invited`, `not_matched`, `suppressed`, `throttled`, `queued`, `disabled`, or `not_asked`.
    decision: &'static str,
    /// With `not_asked`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// With `suppressed` and `throttled`: until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// With `suppressed` and `throttled`: from when on the same session would be invited, if it came again then and nothing else
    /// happened until then; left out where there is no such time.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_invite: Option<String>,
    /// Every filter, also of a campaign that is switched off.
    filters: Vec<FilterShown>,
    /// Suppression tokens on the contact when the campaign was asked, the one that expires last first.
    tokens: Vec<TokenShown>,
    /// Whether the campaign looks at them.
    heeds_suppression: bool,
    /// Its cap; left out where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<CapShown>,
    /// The action that fires, or would.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<ActionShown>,
}

/// How one filter went.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FilterShown {
    attribute_name: String,
    operator: &'static str,
    value: Value,
    data_type: &'static str,
    /// What the session sends; left out where it does not send the attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<Value>,
    /// Whether it holds.
    holds: bool,
    /// Why not: `missing`, `other_type` or `not_satisfied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    /// With `other_type`: the type that the session sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    got: Option<&'static str>,
    /// The filter and why, in words.
    text: String,
    /// With `missing`: an attribute of nearly this name that the session sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    similar: Option<String>,
    /// Where it stands: file, line and column; left out for what stands in no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// A suppression token.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TokenShown {
    /// The campaign that left it.
    by: String,
    /// When its last invite was made.
    left_at: String,
    /// From this moment on it counts no more.
    expires_at: String,
    /// Whether this very session left it, invited by a campaign that is asked earlier.
    by_this_session: bool,
}

/// A cap in one calendar minute.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CapShown {
    max_invites_per_minute: u64,
    /// Invites made in this minute when the campaign was asked.
    made: u64,
    /// When the minute ends.
    ends: String,
}

/// An action.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ActionShown {
    #[serde(rename = "type")]
    kind: &'static str,
    priority: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<String>,
    /// Name of the queue, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_message: Option<String>,
}

/// A campaign that the worlds answer for differently.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DifferenceShown {
    /// Its address, or id.
    campaign: String,
    /// In words; left out where live does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'static str>,
    /// In words; left out where desired does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    desired: Option<&'static str>,
}

/// The whole document, ending in a newline.
pub fn json(report: &Report<'_>) -> String {
    json_text(&document(report))
}

/// The schema exactly as it is committed.
pub fn json_schema_text() -> String {
    let description = "Why one session is or is not invited, as `campaignctl explain --format json` writes it.";
    schema::text(&schema::of_output::<Document>("urn:campaignctl:schema:explain", description))
}

fn document(report: &Report<'_>) -> Document {
    let Explained { environment, destination: _, place, contact, at, at_from, history, repeats, stranger, worlds, unreadable } =
        report.explained;
    let shown = |Difference { called, live, desired }| DifferenceShown { campaign: called, live, desired };
    Document {
        version: VERSION,
        environment: environment.clone(),
        session: SessionShown {
            place: place.clone(),
            contact_id: contact.clone(),
            decided_at: at.to_string(),
            decided_at_from: match at_from {
                TimeFrom::Flag => "flag",
                TimeFrom::Session => "session",
                TimeFrom::LineBefore => "line_before",
                TimeFrom::LineAfter => "line_after",
                TimeFrom::Now => "now",
                TimeFrom::Nowhere => "nowhere",
            },
            repeats: repeats.as_ref().map(|(at, place)| RepeatsShown { at: at.to_string(), place: place.clone() }),
            unknown_campaign: stranger.clone(),
        },
        history: history.as_ref().map(|ExplainedHistory { files, decided, lines }| {
            let LineCounts { bad, .. } = lines;
            HistoryShown { files: files.clone(), decided: *decided, bad_lines: *bad }
        }),
        worlds: worlds.iter().map(|world| of_world(world, report)).collect(),
        differences: differences(report).into_iter().map(shown).collect(),
        warnings: warnings(report),
        unreadable: *unreadable,
    }
}

fn of_world(world: &ExplainedWorld, report: &Report<'_>) -> WorldShown {
    let name = match world.world {
        World::Live => "live",
        World::Desired => "desired",
    };
    WorldShown { world: name, campaigns: report.shown(world).into_iter().map(campaign).collect() }
}

fn campaign(campaign: &ExplainedCampaign) -> CampaignShown {
    let ExplainedCampaign { who, origin, places, answer, queue } = campaign;
    let explanation = answer.as_ref().ok();
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let reason = |reason: &NotAsked| not_asked(*reason);
    let token = |ExplainedToken { by, left_at, expires_at, by_this_session }: &ExplainedToken| TokenShown {
        by: by.clone(),
        left_at: left_at.to_string(),
        expires_at: expires_at.to_string(),
        by_this_session: *by_this_session,
    };
    let filters = explanation.iter().flat_map(|explanation| &explanation.filters).enumerate();
    CampaignShown {
        address: who.key.as_ref().map(|key| key.address().to_string()),
        id: who.id.as_ref().map(|id| id.0.clone()),
        name: who.name.clone(),
        file: origin.as_ref().map(|origin| format!("{}:{}", origin.file, origin.line)),
        decision: explanation.map_or("not_asked", |explanation| explanation.status.as_str()),
        reason: answer.as_ref().err().map(reason),
        until: time(explanation.and_then(|explanation| explanation.until)),
        next_invite: time(explanation.and_then(|explanation| explanation.next)),
        filters: filters.map(|(nth, explained)| filter(explained, places.get(nth).and_then(Option::as_ref))).collect(),
        tokens: explanation.iter().flat_map(|explanation| &explanation.tokens).map(token).collect(),
        heeds_suppression: explanation.is_some_and(|explanation| explanation.heeds_suppression),
        cap: explanation.and_then(|explanation| explanation.cap).map(|ExplainedCap { limit, made, ends }| CapShown {
            max_invites_per_minute: limit,
            made,
            ends: ends.to_string(),
        }),
        action: explanation.and_then(|explanation| action(explanation, queue.as_ref())),
    }
}

fn action(explanation: &Explanation, queue: Option<&ExplainedQueue>) -> Option<ActionShown> {
    let action = explanation.action.as_ref()?;
    Some(ActionShown {
        kind: action.action_type.as_str(),
        priority: action.priority,
        queue_id: queue.and_then(|queue| queue.id.clone()),
        queue: queue.and_then(|queue| queue.name.clone()),
        invite_message: action.config.as_ref().and_then(|config| config.invite_message.clone()),
    })
}

fn filter(explained: &ExplainedFilter, place: Option<&FilterPlace>) -> FilterShown {
    let ExplainedFilter { filter, seen, result, similar, meant: _ } = explained;
    let Filter { attribute_name, operator, value, data_type } = filter;
    let (failure, got) = match result {
        FilterResult::Passed => (None, None),
        FilterResult::Failed(FilterFailure::Missing) => (Some("missing"), None),
        FilterResult::Failed(FilterFailure::OtherType { expected: _, got }) => (Some("other_type"), Some(got.as_str())),
        FilterResult::Failed(FilterFailure::NotSatisfied) => (Some("not_satisfied"), None),
    };
    let sent = |value: &AttributeValue| object!(value);
    FilterShown {
        attribute_name: attribute_name.clone(),
        operator: operator.as_str(),
        value: object!(value),
        data_type: data_type.as_str(),
        seen: seen.as_ref().map(sent),
        holds: result.passed(),
        failure,
        got,
        text: format!("{}: {}", condition(filter), why(explained)),
        similar: similar.clone(),
        place: place.map(|FilterPlace { file, line, column }| format!("{file}:{line}:{column}")),
    }
}
