//! A replay for scripts: one versioned document, with everything in it.

mod shape;

use serde_json::Value;

use super::super::json_text::json_text;
use super::Report;
use super::contract::misfits;
use super::flips::{because, explain};
use super::words::{headline, label, label_at, too_little, written};
pub(in crate::render) use shape::OwnReplay;
use shape::{
    Document, FORMAT_VERSION, OWN_VERSION, Own, OwnAttribute, OwnBadLine, OwnCampaign, OwnCause, OwnDecisions, OwnFlip, OwnLines,
    OwnMinute, OwnMisfit, OwnNumbers, OwnOrganization, OwnPlace, OwnQueue, OwnSent, OwnShare, OwnStarved, OwnStep, OwnTimeline, OwnTotals,
    OwnTotalsOfBoth, OwnWanted,
};

use crate::model::{
    AttributeUse, BadLine, BothWorlds, CampaignDecisions, Destination, Flip, FlipCause, LineCounts, Minute, Replayed, ReplayedCampaign,
    ReplayedQueue, SentTypes, SessionPlace, Share, Starved, Step, Timeline, Totals, Wanted,
};
use crate::schema;

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
        lines: LineCounts { sessions, bad, untimed, timeless, late, repeated, strangers },
        bad_lines,
        without_sessions,
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
        lines: OwnLines {
            sessions: *sessions,
            bad: *bad,
            untimed: *untimed,
            timeless: *timeless,
            late: *late,
            repeated: *repeated,
            strangers: *strangers,
        },
        not_judged: too_little(replayed),
        without_sessions: without_sessions.iter().filter_map(|file| files.get(*file).cloned()).collect(),
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
    let Totals { matched, invited_sessions, invites, several_invites, most_invites, suppressed, throttled, queued } = *totals;
    OwnTotals { matched, invited_sessions, invites, several_invites, most_invites, suppressed, throttled, queued }
}

fn of_flip(report: &Report<'_>, flip: &Flip) -> OwnFlip {
    let replayed = report.replayed;
    let Flip { kind, from, to, also_from, also_to, cause, sessions, examples } = flip;
    let share = |Share { campaign, sessions }: &Share| OwnShare { campaign: label_at(replayed, *campaign), sessions: *sessions };
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
        also_from: also_from.iter().map(share).collect(),
        also_to: also_to.iter().map(share).collect(),
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
