//! Whether the answer to a write is about what was sent: a pure comparison. What it leaves in doubt is resolved by reading.

use super::answer::Answer;
use crate::model::{CampaignSpec, LiveCampaign};
use crate::reconcile::{self, StoredField};

/// The version of a campaign that was just created.
const FIRST_VERSION: u64 = 1;

/// What an answer says of the write that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Confirmed {
    /// What was sent is live.
    Yes,
    /// It names the campaign that was sent, but not as it was sent: reading that campaign tells.
    Partly(String),
    /// It is about something else.
    No(String),
}

/// Judges the answer to a create. Whether its id is a new one is for the caller to say, who knows the others.
pub(super) fn created(sent: &CampaignSpec, answer: &LiveCampaign) -> Confirmed {
    if answer.spec.name != sent.name {
        return Confirmed::No(format!("it is the campaign {} named {:?}", answer.id, answer.spec.name));
    }
    if answer.version != FIRST_VERSION {
        return Confirmed::Partly(format!("it has version {}, and a new campaign has version {FIRST_VERSION}", answer.version));
    }
    match fields(&reconcile::stored_differently(sent, &answer.spec)) {
        Some(fields) => Confirmed::Partly(format!("it differs in {fields}")),
        None => Confirmed::Yes,
    }
}

/// Whether a campaign that was read confirms a create whose answer was in doubt: it is as it was sent, or as the answer
/// showed it.
pub(super) fn reads_as_created(sent: &CampaignSpec, answer: &LiveCampaign, now: &LiveCampaign) -> bool {
    now.id == answer.id
        && now.spec.name == sent.name
        && (reconcile::same(&now.spec, sent) || (reconcile::same(&now.spec, &answer.spec) && now.version == answer.version))
}

/// Judges the answer to a replacement; `sent` carries the version that it replaces.
pub(super) fn updated(sent: &LiveCampaign, answer: &LiveCampaign) -> Confirmed {
    if Some(answer.version) != sent.version.checked_add(1) {
        return Confirmed::Partly(format!("it has version {}, and version {} was to be replaced", answer.version, sent.version));
    }
    match fields(&differences(sent, answer)) {
        Some(fields) => Confirmed::Partly(format!("it differs in {fields}")),
        None => Confirmed::Yes,
    }
}

/// Judges the answer to a deletion: 204, and nothing in it.
pub(super) fn deleted(answer: &Answer) -> Confirmed {
    let body = answer.body.trim_start();
    match (answer.status, body.chars().next()) {
        (204, None) => Confirmed::Yes,
        (_, Some('<')) => Confirmed::No("it is an HTML page".to_owned()),
        (_, Some(_)) => Confirmed::No("a deletion is answered with 204 and no body, and it has a body".to_owned()),
        (_, None) => Confirmed::No("a deletion is answered with 204".to_owned()),
    }
}

/// Everything that is stored differently from what was sent, fields that this version does not model included.
pub(super) fn differences(sent: &LiveCampaign, stored: &LiveCampaign) -> Vec<StoredField> {
    let mut fields = reconcile::stored_differently(&sent.spec, &stored.spec);
    fields.extend(reconcile::unmodelled_stored_differently((&sent.spec, &sent.unmodelled), (&stored.spec, &stored.unmodelled)));
    fields
}

/// Fields that a reason names; the others are counted.
const MOST_NAMED: usize = 3;

fn fields(differing: &[StoredField]) -> Option<String> {
    let named: Vec<&str> = differing.iter().take(MOST_NAMED).map(|field| field.field.as_str()).collect();
    let more = differing.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Confirmed, created, deleted, reads_as_created, updated};
    use crate::model::{CampaignId, LiveCampaign};
    use crate::remote::answer::Answer;
    use crate::remote::endpoint::campaigns::{decode_one, proposal, replacement};
    use crate::remote::limits::Limits;

    /// The body that is sent, with these fields in place of its own.
    fn body(changes: &Value) -> Value {
        let mut body = json!({
            "name": "Pricing", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [
                {"attributeName": "external.score", "operator": "greater_than", "value": 0.995, "dataType": "float"},
                {"attributeName": "session.dwell", "operator": "greater_than", "value": 45, "dataType": "integer"},
            ],
            "actions": [{"type": "webchat_invite", "priority": 1}],
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn live(version: u64, changes: &Value) -> LiveCampaign {
        let mut live = body(changes);
        live["id"] = live.get("id").cloned().unwrap_or_else(|| json!("c-1"));
        live["version"] = json!(version);
        decode_one(&live.to_string(), None).unwrap()
    }

    fn rounded() -> Value {
        let mut filters = body(&json!({}))["filters"].clone();
        filters[0]["value"] = json!(0.995_000_004_768_371_6);
        json!({ "filters": filters })
    }

    fn reordered() -> Value {
        let filters = body(&json!({}))["filters"].clone();
        json!({ "filters": [filters[1], filters[0]], "description": "" })
    }

    fn partly(reason: &str) -> Confirmed {
        Confirmed::Partly(reason.to_owned())
    }

    #[test]
    fn an_answer_to_a_create_is_about_what_was_sent() {
        //  version, what differs in the answer, what it says
        let table = [
            (1, json!({}), Confirmed::Yes),
            (1, reordered(), Confirmed::Yes),
            (1, json!({ "serverField": 7 }), Confirmed::Yes),
            (1, json!({ "name": "Other" }), Confirmed::No("it is the campaign c-1 named \"Other\"".to_owned())),
            (1, json!({ "name": " Pricing" }), Confirmed::No("it is the campaign c-1 named \" Pricing\"".to_owned())),
            (0, json!({}), partly("it has version 0, and a new campaign has version 1")),
            (2, json!({}), partly("it has version 2, and a new campaign has version 1")),
            (1, json!({ "enabled": false }), partly("it differs in enabled")),
            (1, rounded(), partly("it differs in filters[external.score greater_than].value")),
            (1, json!({ "enabled": false, "description": "x", "filters": [] }), {
                partly(
                    "it differs in description, enabled, filters[external.score greater_than] and 1 more",
                )
            }),
        ];
        let sent = proposal(&body(&json!({}))).unwrap();
        for (version, changes, expected) in table {
            assert_eq!(created(&sent, &live(version, &changes)), expected, "{version} {changes}");
        }
    }

    #[test]
    fn reading_confirms_a_create_that_is_as_sent_or_as_answered() {
        let sent = proposal(&body(&json!({}))).unwrap();
        //  the answer, what is read, whether that is the campaign that was sent
        let table = [
            ((1, rounded()), (1, rounded()), true),
            ((0, json!({})), (1, json!({})), true),
            ((0, json!({})), (0, json!({})), true),
            ((1, json!({ "enabled": false })), (1, json!({})), true),
            // Somebody changed it since: whose body it is cannot be said.
            ((1, rounded()), (2, rounded()), false),
            ((1, rounded()), (1, json!({ "enabled": false })), false),
            ((1, json!({ "enabled": false })), (1, json!({ "enabled": false, "name": "Other" })), false),
            ((1, json!({ "enabled": false })), (1, json!({ "enabled": false, "id": "c-2" })), false),
        ];
        for ((answered, answer), (read, now), expected) in table {
            let (answer, now) = (live(answered, &answer), live(read, &now));
            assert_eq!(reads_as_created(&sent, &answer, &now), expected, "{answer:?} {now:?}");
        }
    }

    #[test]
    fn an_answer_to_a_replacement_is_about_what_was_sent() {
        //  version, what differs in the answer, what it says
        let table = [
            (4, json!({ "weight": 3 }), Confirmed::Yes),
            (4, json!({ "weight": 3, "description": "" }), Confirmed::Yes),
            (3, json!({ "weight": 3 }), partly("it has version 3, and version 3 was to be replaced")),
            (5, json!({ "weight": 3 }), partly("it has version 5, and version 3 was to be replaced")),
            (0, json!({ "weight": 3 }), partly("it has version 0, and version 3 was to be replaced")),
            (4, json!({ "weight": 3, "name": "Old" }), partly("it differs in name")),
            (4, json!({ "weight": 4 }), partly("it differs in /weight")),
            (4, json!({}), partly("it differs in /weight")),
            (4, json!({ "weight": 3, "more": true }), partly("it differs in /more")),
        ];
        let mut sent = body(&json!({ "weight": 3 }));
        sent["version"] = json!(3);
        let sent = replacement(&CampaignId("c-1".to_owned()), &sent).unwrap();
        for (version, changes, expected) in table {
            assert_eq!(updated(&sent, &live(version, &changes)), expected, "{version} {changes}");
        }
    }

    #[test]
    fn a_field_that_is_not_modelled_is_followed_to_where_its_filter_is_stored() {
        let mut sent = body(&json!({ "version": 3 }));
        sent["filters"][0]["weight"] = json!(3);
        let sent = replacement(&CampaignId("c-1".to_owned()), &sent).unwrap();
        let mut there = reordered();
        there["filters"][1]["weight"] = json!(3);
        assert_eq!(updated(&sent, &live(4, &there)), Confirmed::Yes);
        let mut elsewhere = reordered();
        elsewhere["filters"][0]["weight"] = json!(3);
        assert_eq!(updated(&sent, &live(4, &elsewhere)), partly("it differs in /filters/0/weight, /filters/0/weight"));
    }

    #[test]
    fn only_204_without_a_body_says_that_a_campaign_is_deleted() {
        for (status, body, expected) in [
            (204, "", true),
            (204, " \n", true),
            (200, "", false),
            (202, "", false),
            (204, "{}", false),
            (200, "{\"id\": \"c-1\", \"version\": 3}", false),
            (200, "<html></html>", false),
        ] {
            let answer = Answer { status, correlation_id: None, limits: Limits::default(), body: body.to_owned() };
            assert_eq!(deleted(&answer) == Confirmed::Yes, expected, "{status} {body}");
        }
    }
}
