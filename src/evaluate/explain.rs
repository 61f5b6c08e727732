//! Why a session is or is not invited: campaigns asked in their turn, each with everything its answer came from.
//!
//! The answers are those of [`decide`]; what stands beside them is only told, and decides nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::decide::{Terms, decide};
use super::filter::check;
use super::ledger::Ledger;
use super::throttle::{UtcMinute, minute_cap};
use crate::diagnostic::nearest;
use crate::model::{
    Action, AskedCampaign, AttributeValue, CampaignSpec, DecisionStatus, Filter, FilterFailure, FilterResult, Outcome, Scalar, Session,
};

/// What one campaign answers to one session, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What it answers.
    pub status: DecisionStatus,
    /// With suppressed and throttled: until when.
    pub until: Option<Timestamp>,
    /// Every filter, in the order of the campaign; also of a campaign that is switched off, which looks at none.
    pub filters: Vec<ExplainedFilter>,
    /// Whether it looks at suppression: it has a limit on invites of one contact.
    pub heeds_suppression: bool,
    /// The tokens on the contact when it was asked, the one that expires last first.
    pub tokens: Vec<ExplainedToken>,
    /// Its cap and what was used of it when it was asked; `None` where it has none.
    pub cap: Option<ExplainedCap>,
    /// The action that fires, or would.
    pub action: Option<Action>,
    /// Of a campaign that is suppressed or throttled: the first moment at which the same session would be invited by it, if
    /// the session came again then and nothing else happened meanwhile; `None` where there is none, because another campaign
    /// is asked first every time, or the cap is 0.
    pub next: Option<Timestamp>,
}

/// How one filter went, and with what.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedFilter {
    /// The filter.
    pub filter: Filter,
    /// What the session sends; `None` where it does not send the attribute.
    pub seen: Option<AttributeValue>,
    /// Whether it holds.
    pub result: FilterResult,
    /// Of a missing attribute: one of nearly this name that the session sends and no campaign looks at.
    pub similar: Option<String>,
    /// Of an attribute that is sent as another type: the same value in the filter's type, where there is one, and whether
    /// the filter would hold for it.
    pub meant: Option<(Scalar, bool)>,
}

/// A suppression token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedToken {
    /// The campaign that left it, as the ledger knows it.
    pub by: String,
    /// When the last of the invites that left it was made.
    pub left_at: Timestamp,
    /// From this moment on it counts no more.
    pub expires_at: Timestamp,
    /// Whether this very session left it, by being invited by a campaign that is asked earlier.
    pub by_this_session: bool,
}

/// The cap of a campaign in one calendar minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainedCap {
    /// Invites that it may make in a minute.
    pub limit: u64,
    /// Invites that it had made in this one when it was asked.
    pub made: u64,
    /// When the next minute begins.
    pub ends: Timestamp,
}

/// Offers the session to the campaigns, in the order given, and says of each why it answers what it answers. Invites are
/// remembered, as [`Ledger::record`] does.
pub fn explain(campaigns: &[AskedCampaign<'_>], session: &Session, ledger: &mut Ledger, now: Timestamp) -> Vec<Explanation> {
    let looked_at: BTreeSet<&str> =
        campaigns.iter().flat_map(|campaign| &campaign.spec.filters).map(|filter| &*filter.attribute_name).collect();
    let strangers: Vec<&str> = session.attributes.keys().map(String::as_str).filter(|name| !looked_at.contains(name)).collect();
    let mut invited: Vec<&str> = Vec::new();
    let mut explained = Vec::with_capacity(campaigns.len());
    for campaign in campaigns {
        let AskedCampaign { id, spec } = *campaign;
        let decision = decide(*campaign, session, ledger, now);
        let terms = Terms::of(spec);
        let until = match decision.outcome {
            Outcome::Suppressed { expires_at } => Some(expires_at),
            Outcome::Throttled { until } => Some(until),
            Outcome::Invited { .. } | Outcome::NotMatched | Outcome::Queued | Outcome::Disabled => None,
        };
        explained.push(Explanation {
            status: decision.outcome.status(),
            until,
            filters: spec.filters.iter().map(|filter| explained_filter(filter, session, &strangers)).collect(),
            heeds_suppression: terms.limit.is_some(),
            tokens: tokens(ledger, &session.contact_id, &invited, now),
            cap: minute_cap(spec).map(|limit| cap(limit, id, ledger, now)),
            action: terms.action.cloned(),
            next: None,
        });
        ledger.record(&decision);
        if explained.last().is_some_and(|last| last.status == DecisionStatus::Invited) {
            invited.push(id);
        }
    }
    let waiting: Vec<usize> = (0..campaigns.len())
        .filter(|nth| matches!(explained[*nth].status, DecisionStatus::Suppressed | DecisionStatus::Throttled))
        .collect();
    if !waiting.is_empty() {
        let invites = next_invites(campaigns, session, &ledger.glimpse(&session.contact_id, now), now);
        for nth in waiting {
            explained[nth].next = invites[nth];
        }
    }
    explained
}

fn explained_filter(filter: &Filter, session: &Session, strangers: &[&str]) -> ExplainedFilter {
    let seen = session.attributes.get(&filter.attribute_name);
    let result = check(filter, seen);
    let similar = match result {
        FilterResult::Failed(FilterFailure::Missing) => nearest(&filter.attribute_name, strangers.iter().copied()).map(str::to_owned),
        _ => None,
    };
    let meant = match (result, seen) {
        (FilterResult::Failed(FilterFailure::OtherType { .. }), Some(AttributeValue::Scalar(sent))) => {
            let meant = in_type(sent, filter);
            meant.map(|meant| (meant.clone(), check(filter, Some(&AttributeValue::Scalar(meant))).passed()))
        }
        _ => None,
    };
    ExplainedFilter { filter: filter.clone(), seen: seen.cloned(), result, similar, meant }
}

/// The value in the type that the filter wants, where its spelling is one of that type: `"0.87"` for a float, `45` for a string.
fn in_type(sent: &Scalar, filter: &Filter) -> Option<Scalar> {
    let meant = match sent {
        Scalar::Text(text) => match serde_json::from_str(text.trim()).ok()? {
            AttributeValue::Scalar(scalar @ (Scalar::Boolean(_) | Scalar::Number(_))) => scalar,
            AttributeValue::Scalar(Scalar::Text(_)) | AttributeValue::Null => return None,
        },
        Scalar::Number(number) => {
            match number.as_f64().filter(|float| filter.data_type == crate::model::DataType::Integer && float.fract() == 0.0) {
                // A whole number that was written with a fraction or an exponent.
                Some(float) => Scalar::Number(format!("{float:.0}").parse().ok()?),
                None => Scalar::Text(number.to_string()),
            }
        }
        Scalar::Boolean(value) => Scalar::Text(value.to_string()),
    };
    filter.data_type.admits(&meant).then_some(meant)
}

fn tokens(ledger: &Ledger, contact_id: &str, invited: &[&str], now: Timestamp) -> Vec<ExplainedToken> {
    let Some(contact) = ledger.contact(contact_id) else { return Vec::new() };
    let mut tokens: Vec<ExplainedToken> = contact
        .tokens(now)
        .map(|(by, token)| ExplainedToken {
            by: by.to_owned(),
            left_at: token.invited_at,
            expires_at: token.expires_at,
            by_this_session: token.invited_at == now && invited.contains(&by),
        })
        .collect();
    tokens.sort_by_key(|token| std::cmp::Reverse(token.expires_at));
    tokens
}

fn cap(limit: u64, id: &str, ledger: &Ledger, now: Timestamp) -> ExplainedCap {
    let minute = UtcMinute::of(now);
    ExplainedCap { limit, made: ledger.invites_in(id, minute), ends: minute.end() }
}

/// Of each campaign the first moment after `now` at which it would invite the session. Answers change only where a token
/// expires or a minute ends, so only these moments are tried, each as if the session came then for the first time again.
fn next_invites(campaigns: &[AskedCampaign<'_>], session: &Session, ledger: &Ledger, now: Timestamp) -> Vec<Option<Timestamp>> {
    let matches = |spec: &CampaignSpec| {
        spec.enabled && spec.filters.iter().all(|filter| check(filter, session.attributes.get(&filter.attribute_name)).passed())
    };
    let matching: Vec<usize> = (0..campaigns.len()).filter(|nth| matches(campaigns[*nth].spec)).collect();
    let expiries =
        ledger.contact(&session.contact_id).into_iter().flat_map(|contact| contact.tokens(now)).map(|(_, token)| token.expires_at);
    let mut moments: BTreeSet<Timestamp> = expiries.collect();
    let ends: Vec<Timestamp> = moments.iter().chain([&now]).map(|at| UtcMinute::of(*at).end()).collect();
    moments.extend(ends);
    let mut next = vec![None; campaigns.len()];
    for at in moments.into_iter().filter(|at| *at > now && *at < Timestamp::MAX) {
        let mut ledger = ledger.clone();
        for nth in &matching {
            let decision = decide(campaigns[*nth], session, &ledger, at);
            ledger.record(&decision);
            if matches!(decision.outcome, Outcome::Invited { .. }) {
                next[*nth].get_or_insert(at);
            }
        }
    }
    next
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{Value, json};

    use super::{Explanation, explain};
    use crate::evaluate::Ledger;
    use crate::model::{AskedCampaign, CampaignSpec, DecisionStatus, Session};

    fn campaign(filter: &Value, throttling: &Value) -> CampaignSpec {
        serde_json::from_value(json!({
            "name": "x", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [filter], "actions": [{ "type": "webchat_invite", "priority": 1 }], "throttling": throttling,
        }))
        .unwrap()
    }

    fn go(throttling: &Value) -> CampaignSpec {
        campaign(&json!({ "attributeName": "a.go", "operator": "equals", "value": true, "dataType": "boolean" }), throttling)
    }

    fn session(attributes: &Value) -> Session {
        serde_json::from_value(json!({ "contactId": "c", "channelId": "x", "sessionData": attributes })).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn asked(specs: &[CampaignSpec], ledger: &mut Ledger, seconds: i64) -> Vec<Explanation> {
        let ids: Vec<String> = (0..specs.len()).map(|nth| format!("c{nth}")).collect();
        let asked: Vec<AskedCampaign<'_>> = specs.iter().zip(&ids).map(|(spec, id)| AskedCampaign { id, spec }).collect();
        explain(&asked, &session(&json!({ "a.go": true })), ledger, at(seconds))
    }

    #[test]
    fn who_is_asked_later_is_told_who_came_first_and_that_it_never_gets_a_turn() {
        let specs = [go(&json!({ "maxInvitesPerContact": 1, "cooldownSeconds": 100 })), go(&json!({ "maxInvitesPerContact": 1 }))];
        let mut ledger = Ledger::default();
        let [first, second] = &asked(&specs, &mut ledger, 10)[..] else { panic!("two") };
        assert_eq!((first.status, first.next), (DecisionStatus::Invited, None));
        assert_eq!((second.status, second.until, second.next), (DecisionStatus::Suppressed, Some(at(110)), None));
        assert!(second.tokens[0].by_this_session && second.tokens[0].by == "c0" && second.tokens[0].left_at == at(10));
        let [first, _] = &asked(&specs, &mut ledger, 50)[..] else { panic!("two") };
        assert_eq!((first.status, first.next), (DecisionStatus::Suppressed, Some(at(110))));
        assert!(!first.tokens[0].by_this_session);
    }

    #[test]
    fn the_next_moment_is_the_next_minute_unless_the_cap_is_zero() {
        let specs = [go(&json!({ "maxInvitesPerMinute": 1 })), go(&json!({ "maxInvitesPerMinute": 0 }))];
        let mut ledger = Ledger::default();
        asked(&specs, &mut ledger, 10);
        let [first, second] = &asked(&specs, &mut ledger, 50)[..] else { panic!("two") };
        assert_eq!((first.status, first.until, first.next), (DecisionStatus::Throttled, Some(at(60)), Some(at(60))));
        assert_eq!(first.cap.map(|cap| (cap.limit, cap.made, cap.ends)), Some((1, 1, at(60))));
        assert_eq!((second.status, second.next), (DecisionStatus::Throttled, None));
    }

    #[test]
    fn another_type_and_a_similar_name_are_told() {
        let filter = json!({ "attributeName": "a.churn", "operator": "greater_than", "value": 0.72, "dataType": "float" });
        let spec = campaign(&filter, &Value::Null);
        let told = |attributes: &Value| {
            let asked = [AskedCampaign { id: "a", spec: &spec }];
            let explained = explain(&asked, &session(attributes), &mut Ledger::default(), at(0)).remove(0);
            let filter = explained.filters[0].clone();
            (filter.similar, filter.meant.map(|(meant, holds)| (serde_json::to_string(&meant).unwrap(), holds)))
        };
        assert_eq!(told(&json!({ "a.churn": "0.87" })), (None, Some(("0.87".to_owned(), true))));
        assert_eq!(told(&json!({ "a.churn": "0.1" })), (None, Some(("0.1".to_owned(), false))));
        assert_eq!(told(&json!({ "a.churn": "high" })), (None, None));
        assert_eq!(told(&json!({ "a.chrun": 0.87 })), (Some("a.chrun".to_owned()), None));
    }
}
