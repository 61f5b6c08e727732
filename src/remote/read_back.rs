//! What became of a write whose answer was lost: a pure comparison of what is live with what was sent.

use crate::model::LiveCampaign;
use crate::reconcile;

/// What reading back shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The write was done, and nothing since.
    Done,
    /// The campaign is as it was before the write.
    Untouched,
    /// Somebody else changed it.
    Overtaken,
}

/// Compares what is live `now` with what was `sent`, which carries the version it replaces. `client` is who we are, where
/// that is known.
pub(super) fn verdict(sent: &LiveCampaign, now: &LiveCampaign, client: Option<&str>) -> Verdict {
    if now.version == sent.version {
        return Verdict::Untouched;
    }
    let mine = match (client, &now.modified_by) {
        (Some(client), Some(by)) => client == by,
        (None, _) | (_, None) => true,
    };
    let kept = sent.unmodelled.len() == now.unmodelled.len() && sent.unmodelled.iter().all(|field| now.unmodelled.contains(field));
    if mine && kept && Some(now.version) == sent.version.checked_add(1) && reconcile::same(&sent.spec, &now.spec) {
        Verdict::Done
    } else {
        Verdict::Overtaken
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Verdict, verdict};
    use crate::model::{CampaignId, LiveCampaign};
    use crate::remote::endpoint::campaigns::{decode_one, replacement};

    fn body(changes: &Value) -> Value {
        let mut body = json!({
            "version": 3, "name": "Pricing", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [
                {"attributeName": "external.churn", "operator": "greater_than", "value": 0.72, "dataType": "float"},
                {"attributeName": "session.dwell", "operator": "greater_than", "value": 45, "dataType": "integer"},
            ],
            "actions": [{"type": "webchat_invite", "priority": 1}], "segment": "s-1",
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn live(changes: &Value) -> LiveCampaign {
        let mut live = body(&json!({"id": "c-1", "version": 4, "modifiedBy": "us"}));
        for (name, value) in changes.as_object().unwrap() {
            live[name] = value.clone();
        }
        decode_one(&live.to_string(), None).unwrap()
    }

    #[test]
    fn the_table() {
        let filters = body(&json!({}))["filters"].clone();
        let reordered = json!([filters[1], filters[0]]);
        //  what differs in what is live, verdict
        let table = [
            (json!({}), Verdict::Done),
            (json!({"description": "", "filters": reordered}), Verdict::Done),
            (json!({"modifiedBy": null}), Verdict::Done),
            (json!({"version": 3, "name": "Old", "modifiedBy": "them"}), Verdict::Untouched),
            (json!({"version": 5}), Verdict::Overtaken),
            (json!({"version": 2}), Verdict::Overtaken),
            (json!({"name": "Theirs"}), Verdict::Overtaken),
            (json!({"modifiedBy": "them"}), Verdict::Overtaken),
            (json!({"segment": "s-2"}), Verdict::Overtaken),
            (json!({"segment2": "s-1"}), Verdict::Overtaken),
        ];
        let sent = replacement(&CampaignId("c-1".to_owned()), &body(&json!({}))).unwrap();
        for (changes, expected) in table {
            assert_eq!(verdict(&sent, &live(&changes), Some("us")), expected, "{changes}");
        }
        // With a token that somebody gave us we do not know who we are.
        assert_eq!(verdict(&sent, &live(&json!({"modifiedBy": "them"})), None), Verdict::Done);
    }

    #[test]
    fn a_body_without_a_version_cannot_be_compared() {
        let mut unversioned = body(&json!({}));
        unversioned.as_object_mut().unwrap().remove("version");
        assert_eq!(replacement(&CampaignId("c-1".to_owned()), &unversioned), None);
    }
}
