//! What is remembered of earlier invites: by contact for suppression, by campaign and minute for the cap.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::throttle::{ContactLimit, UtcMinute, cooled_down};
use crate::model::{Action, Decision, Outcome};

/// Earlier invites, as far as they can still matter.
///
/// Time is expected to go forward. Where it goes back (a clock that was set, sessions out of order), what lies in the future
/// counts as recent, so there are fewer invites, never more; only what [`Ledger::forget`] dropped is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// By contact.
    contacts: BTreeMap<String, ContactLedger>,
    /// Invites by campaign and minute, of every campaign: a cap that is set within a minute counts the whole minute.
    minutes: BTreeMap<String, BTreeMap<UtcMinute, u64>>,
}

/// Earlier invites of one contact, by campaign. Only campaigns with a [`ContactLimit`] and a cooldown leave anything here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactLedger {
    tokens: BTreeMap<String, SuppressionToken>,
    invites: BTreeMap<String, Vec<PastInvite>>,
}

/// What a campaign leaves on a contact once it has invited the contact as often as it may: until it expires, no campaign
/// that looks at suppression invites the contact.
///
/// A token keeps the cooldown of the invite that left it; a later change of the campaign does not move it, and deleting the
/// campaign does not remove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressionToken {
    /// Queue of the action that fired; none where the channel's default routing applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<String>,
    /// When the last of the invites was made.
    pub invited_at: Timestamp,
    /// `cooldownSeconds` after that. At exactly this moment the contact is no longer suppressed.
    pub expires_at: Timestamp,
}

/// One invite that may still count towards a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PastInvite {
    /// When it was made.
    pub at: Timestamp,
    /// The cooldown of its time after that; from then on it counts no more, even if the cooldown is longer by now.
    pub counts_until: Timestamp,
}

impl Ledger {
    /// What is remembered of the contact.
    pub fn contact(&self, contact_id: &str) -> Option<&ContactLedger> {
        self.contacts.get(contact_id)
    }

    /// Until when the contact is suppressed, by whichever campaign; `None` where it is not.
    pub fn suppressed_until(&self, contact_id: &str, now: Timestamp) -> Option<Timestamp> {
        self.contact(contact_id)?.suppressed_until(now)
    }

    /// How many invites the campaign has made in the minute.
    pub fn invites_in(&self, campaign: &str, minute: UtcMinute) -> u64 {
        self.minutes.get(campaign).and_then(|minutes| minutes.get(&minute)).copied().unwrap_or(0)
    }

    /// Remembers an invite; any other decision leaves nothing.
    pub fn record(&mut self, decision: &Decision<'_>) {
        let Decision { campaign, contact_id, decided_at, outcome, filters: _ } = decision;
        let Outcome::Invited { action } = outcome else { return };
        let minutes = self.minutes.entry(campaign.id.to_owned()).or_default();
        let count = minutes.entry(UtcMinute::of(*decided_at)).or_default();
        *count = count.saturating_add(1);
        let Some(limit) = ContactLimit::of(campaign.spec).filter(|limit| !limit.cooldown.is_zero()) else { return };
        self.contacts.entry((*contact_id).to_owned()).or_default().record(campaign.id, *decided_at, limit, action);
    }

    /// Drops what can change no decision at `now` or later, so that a ledger grows with what happens within the cooldowns
    /// and not with what has ever happened.
    pub fn forget(&mut self, now: Timestamp) {
        self.contacts.retain(|_, contact| {
            contact.forget(now);
            !contact.is_empty()
        });
        let this_minute = UtcMinute::of(now);
        self.minutes.retain(|_, minutes| {
            minutes.retain(|minute, _| *minute >= this_minute);
            !minutes.is_empty()
        });
    }

    /// What decisions about this contact at `now` or later can look at.
    pub(super) fn glimpse(&self, contact_id: &str, now: Timestamp) -> Self {
        let contacts = self.contacts.get_key_value(contact_id).map(|(id, contact)| (id.clone(), contact.clone()));
        let mut glimpse = Self { contacts: contacts.into_iter().collect(), minutes: BTreeMap::new() };
        for (campaign, minutes) in &self.minutes {
            for (minute, invites) in minutes.range(UtcMinute::of(now)..) {
                glimpse.restore_minute(campaign.as_str(), *minute, *invites);
            }
        }
        glimpse
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty() && self.minutes.is_empty()
    }

    /// Puts back what was kept elsewhere of a contact, in place of what is remembered of it.
    pub fn restore_contact(&mut self, contact_id: impl Into<String>, contact: ContactLedger) {
        self.contacts.insert(contact_id.into(), contact);
    }

    /// Puts back what was kept elsewhere of a campaign's minute, in place of what is remembered of it.
    pub fn restore_minute(&mut self, campaign: impl Into<String>, minute: UtcMinute, invites: u64) {
        self.minutes.entry(campaign.into()).or_default().insert(minute, invites);
    }
}

impl ContactLedger {
    /// The tokens that have not expired, with the campaign that left each, ordered by campaign.
    pub fn tokens(&self, now: Timestamp) -> impl Iterator<Item = (&str, &SuppressionToken)> {
        self.tokens.iter().filter(move |(_, token)| token.expires_at > now).map(|(campaign, token)| (campaign.as_str(), token))
    }

    /// The latest expiry of all tokens that have not expired.
    pub fn suppressed_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.tokens(now).map(|(_, token)| token.expires_at).max()
    }

    /// Drops what can change no decision at `now` or later.
    pub fn forget(&mut self, now: Timestamp) {
        self.tokens.retain(|_, token| token.expires_at > now);
        self.invites.retain(|_, invites| {
            invites.retain(|invite| invite.counts_until > now);
            !invites.is_empty()
        });
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.invites.is_empty()
    }

    /// Remembers an invite, and leaves a token when the campaign has now invited the contact as often as it may.
    ///
    /// An invite made exactly one cooldown ago counts no more, as a token expires exactly one cooldown after its invite.
    fn record(&mut self, campaign: &str, at: Timestamp, limit: ContactLimit, action: &Action) {
        let ContactLimit { max_invites, cooldown } = limit;
        let expires_at = cooled_down(at, cooldown);
        let invites = self.invites.entry(campaign.to_owned()).or_default();
        invites.retain(|invite| invite.counts_until > at);
        invites.push(PastInvite { at, counts_until: expires_at });
        let recent = invites.iter().filter(|invite| cooled_down(invite.at, cooldown) > at).count();
        if recent as u64 >= max_invites {
            let queue_id = action.routing_config.as_ref().and_then(|routing| routing.queue_id.clone());
            let token = SuppressionToken { queue_id, invited_at: at, expires_at };
            let later_one = self.tokens.get(campaign).is_some_and(|token| token.expires_at > expires_at);
            if !later_one {
                self.tokens.insert(campaign.to_owned(), token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::Ledger;
    use crate::evaluate::{UtcMinute, decide};
    use crate::model::{AskedCampaign, CampaignSpec, DecisionStatus, Session};

    fn campaign(throttling: &serde_json::Value) -> CampaignSpec {
        serde_json::from_value(json!({
            "name": "x", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [{ "attributeName": "a.b", "operator": "equals", "value": true, "dataType": "boolean" }],
            "actions": [{ "type": "webchat_invite", "priority": 1 }], "throttling": throttling,
        }))
        .unwrap()
    }

    fn session(contact_id: &str) -> Session {
        serde_json::from_value(json!({ "contactId": contact_id, "channelId": "webchat:x", "sessionData": { "a.b": true } })).unwrap()
    }

    /// Decides and records at so many seconds after the start.
    fn at(ledger: &mut Ledger, spec: &CampaignSpec, contact_id: &str, seconds: i64) -> DecisionStatus {
        let session = session(contact_id);
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let decision = decide(AskedCampaign { id: "a", spec }, &session, ledger, now);
        ledger.record(&decision);
        decision.outcome.status()
    }

    #[test]
    fn a_clock_that_goes_back_invites_less_not_more() {
        let spec = campaign(&json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 10 }));
        let mut ledger = Ledger::default();
        assert_eq!(at(&mut ledger, &spec, "ext:1", 100), DecisionStatus::Invited);
        assert_eq!(at(&mut ledger, &spec, "ext:1", 50), DecisionStatus::Suppressed);
        assert_eq!(at(&mut ledger, &spec, "ext:1", 110), DecisionStatus::Invited);
    }

    #[test]
    fn everything_is_forgotten_once_it_has_no_effect() {
        let spec = campaign(&json!({ "maxInvitesPerContact": 2, "cooldownSeconds": 100 }));
        let mut ledger = Ledger::default();
        for (contact, seconds) in [("ext:1", 0), ("ext:1", 1), ("ext:2", 0)] {
            assert_eq!(at(&mut ledger, &spec, contact, seconds), DecisionStatus::Invited);
        }
        let after = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        ledger.forget(after(59));
        assert_eq!(ledger.invites_in("a", UtcMinute(0)), 3);
        ledger.forget(after(60));
        assert_eq!(ledger.invites_in("a", UtcMinute(0)), 0);
        ledger.forget(after(100));
        assert!(ledger.contact("ext:2").is_none() && ledger.contact("ext:1").is_some());
        ledger.forget(after(101));
        assert!(ledger.is_empty());
    }

    #[test]
    fn a_campaign_without_limit_or_cooldown_remembers_no_contact() {
        for throttling in [json!({}), json!({ "maxInvitesPerContact": 0, "cooldownSeconds": 9 }), json!({ "maxInvitesPerContact": 1 })] {
            let mut ledger = Ledger::default();
            assert_eq!(at(&mut ledger, &campaign(&throttling), "ext:1", 0), DecisionStatus::Invited);
            assert!(ledger.contact("ext:1").is_none(), "{throttling}");
        }
    }

    #[test]
    fn a_changed_cooldown_counts_an_invite_no_longer_than_either() {
        let long = campaign(&json!({ "maxInvitesPerContact": 2, "cooldownSeconds": 100 }));
        let short = campaign(&json!({ "maxInvitesPerContact": 2, "cooldownSeconds": 10 }));
        for (first, second) in [(&long, &short), (&short, &long)] {
            let mut ledger = Ledger::default();
            at(&mut ledger, first, "ext:1", 0);
            at(&mut ledger, second, "ext:1", 10);
            assert_eq!(ledger.suppressed_until("ext:1", Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10)), None);
        }
    }

    #[test]
    fn what_is_kept_elsewhere_can_be_put_back() {
        let spec = campaign(&json!({ "maxInvitesPerContact": 2, "cooldownSeconds": 100 }));
        let mut ledger = Ledger::default();
        at(&mut ledger, &spec, "ext:1", 0);
        at(&mut ledger, &spec, "ext:1", 7);
        let kept = serde_json::to_string(ledger.contact("ext:1").unwrap()).unwrap();
        let mut again = Ledger::default();
        again.restore_contact("ext:1", serde_json::from_str(&kept).unwrap());
        again.restore_minute("a", UtcMinute(0), ledger.invites_in("a", UtcMinute(0)));
        assert_eq!(again, ledger);
    }
}
