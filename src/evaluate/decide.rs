//! The decision: five questions, always in the same order.

use jiff::Timestamp;

use super::filter::check;
use super::ledger::Ledger;
use super::throttle::{ContactLimit, UtcMinute, minute_cap};
use crate::model::{AskedCampaign, CampaignSpec, Decision, EvaluationMode, FilterResult, Outcome, Session};

/// What `campaign` answers to `session` at `now`. The same arguments always give the same decision; nothing is remembered
/// until [`Ledger::record`].
///
/// 1. A campaign that is not enabled: disabled.
/// 2. A filter that does not hold: not matched. A campaign without any action has nothing to invite with and matches
///    nothing either; the contract refuses one.
/// 3. `evaluationMode: batch`: queued. Suppression and caps are for the moment when the batch is decided.
/// 4. Where the campaign has a [`ContactLimit`] and the contact an unexpired token, of whichever campaign: suppressed, until
///    the latest token expires. At exactly that moment it no longer is.
/// 5. `maxInvitesPerMinute` invites made in this calendar minute: throttled, until the next minute begins.
///
/// Otherwise the contact is invited by the action of the lowest priority number, the first of them where several have it.
///
/// `session.timestamp` decides nothing: `now` does, and who gives it.
pub fn decide<'a>(campaign: AskedCampaign<'a>, session: &'a Session, ledger: &Ledger, now: Timestamp) -> Decision<'a> {
    let decision = |outcome, filters| Decision { campaign, contact_id: &session.contact_id, decided_at: now, outcome, filters };
    let CampaignSpec { enabled, filters, .. } = campaign.spec;
    if !enabled {
        return decision(Outcome::Disabled, Vec::new());
    }
    let results: Vec<FilterResult> = filters.iter().map(|filter| check(filter, session.attributes.get(&filter.attribute_name))).collect();
    if !results.iter().all(|result| result.passed()) {
        return decision(Outcome::NotMatched, results);
    }
    decision(matched(campaign, session, ledger, now), results)
}

/// What follows once every filter holds.
fn matched<'a>(campaign: AskedCampaign<'a>, session: &Session, ledger: &Ledger, now: Timestamp) -> Outcome<'a> {
    let AskedCampaign { id, spec } = campaign;
    let Some(action) = spec.actions.iter().min_by_key(|action| action.priority) else { return Outcome::NotMatched };
    if spec.evaluation_mode == EvaluationMode::Batch {
        return Outcome::Queued;
    }
    if ContactLimit::of(spec).is_some()
        && let Some(expires_at) = ledger.suppressed_until(&session.contact_id, now)
    {
        return Outcome::Suppressed { expires_at };
    }
    let minute = UtcMinute::of(now);
    if minute_cap(spec).is_some_and(|cap| ledger.invites_in(id, minute) >= cap) {
        return Outcome::Throttled { until: minute.end() };
    }
    Outcome::Invited { action }
}
