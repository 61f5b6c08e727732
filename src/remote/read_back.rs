//! What became of a write whose answer was lost or did not fit: a pure comparison of what is live with what was sent.

use super::confirm::differences;
use crate::model::LiveCampaign;

/// What reading back shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The write was done, and nothing since.
    Done,
    /// The write was done, and the server stores the campaign differently from what was sent.
    StoredDifferently,
    /// The campaign is as it was before the write.
    Untouched,
    /// Somebody else changed it.
    Overtaken,
}

/// Compares what is live `now` with what was `sent`, which carries the version it replaces. `answered` is what the answer to
/// the write showed, where it was about this campaign; `client` is who we are, where that is known.
///
/// A body that is not as sent is ours only where the server answered the write with a success, and the next version is
/// certainly by us or is what the answer showed.
pub(super) fn verdict(sent: &LiveCampaign, now: &LiveCampaign, answered: Option<&LiveCampaign>, client: Option<&str>) -> Verdict {
    if now.version == sent.version {
        return Verdict::Untouched;
    }
    let mine = match (client, &now.modified_by) {
        (Some(client), Some(by)) => client == by,
        (None, _) | (_, None) => true,
    };
    if !mine || Some(now.version) != sent.version.checked_add(1) {
        return Verdict::Overtaken;
    }
    let is_certainly_mine = client.is_some() && now.modified_by.as_deref() == client;
    let is_as_answered = |answer: &LiveCampaign| answer.version == now.version && differences(answer, now).is_empty();
    if differences(sent, now).is_empty() {
        Verdict::Done
    } else if answered.is_some_and(|answer| is_certainly_mine || is_as_answered(answer)) {
        Verdict::StoredDifferently
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
            assert_eq!(verdict(&sent, &live(&changes), None, Some("us")), expected, "{changes}");
        }
        // With a token that somebody gave us we do not know who we are.
        assert_eq!(verdict(&sent, &live(&json!({"modifiedBy": "them"})), None, None), Verdict::Done);
    }

    #[test]
    fn what_is_stored_differently_is_ours_where_the_server_said_that_it_did_something() {
        //  what the answer shows, what is live, who we are, verdict
        let old = json!({"version": 3, "name": "Old"});
        let table = [
            (&old, json!({}), Some("us"), Verdict::Done),
            (&old, json!({"name": "Stored"}), Some("us"), Verdict::StoredDifferently),
            (&old, json!({"name": "Old"}), Some("us"), Verdict::StoredDifferently),
            (&old, json!({"segment2": "s-1"}), Some("us"), Verdict::StoredDifferently),
            (&old, json!({"name": "Theirs", "modifiedBy": "them"}), Some("us"), Verdict::Overtaken),
            (&old, json!({"name": "Stored", "version": 5}), Some("us"), Verdict::Overtaken),
            (&old, json!({"version": 3, "name": "Old"}), Some("us"), Verdict::Untouched),
            // Who we are is not known, or who changed it: then it must be what the answer showed.
            (&old, json!({"name": "Stored"}), None, Verdict::Overtaken),
            (&old, json!({"name": "Stored", "modifiedBy": null}), Some("us"), Verdict::Overtaken),
            (&json!({"name": "Stored"}), json!({"name": "Stored"}), None, Verdict::StoredDifferently),
            (&json!({"name": "Stored"}), json!({"name": "Stored", "modifiedBy": null}), Some("us"), Verdict::StoredDifferently),
            (&json!({"name": "Stored"}), json!({"name": "Theirs"}), None, Verdict::Overtaken),
            (&json!({"name": "Stored"}), json!({"name": "Stored", "modifiedBy": "them"}), Some("us"), Verdict::Overtaken),
        ];
        let sent = replacement(&CampaignId("c-1".to_owned()), &body(&json!({}))).unwrap();
        for (answer, now, client, expected) in table {
            assert_eq!(verdict(&sent, &live(&now), Some(&live(answer)), client), expected, "{answer} {now} {client:?}");
        }
    }

    #[test]
    fn a_body_without_a_version_cannot_be_compared() {
        let mut unversioned = body(&json!({}));
        unversioned.as_object_mut().unwrap().remove("version");
        assert_eq!(replacement(&CampaignId("c-1".to_owned()), &unversioned), None);
    }
}
