//! The decision: five questions, always in the same order.

use jiff::Timestamp;

use super::filter::check;
use super::ledger::Ledger;
use super::throttle::{ContactLimit, UtcMinute, minute_cap};
use crate::model::{Action, AskedCampaign, CampaignSpec, Decision, EvaluationMode, FilterResult, Outcome, Session};

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
    let terms = Terms::of(spec);
    let suppressed_until = ledger.suppressed_until(&session.contact_id, now);
    match (verdict(&terms, suppressed_until.is_some(), |minute| ledger.invites_in(id, minute), now), terms.action) {
        (Verdict::Queued, _) => Outcome::Queued,
        (Verdict::Suppressed, _) => Outcome::Suppressed { expires_at: suppressed_until.unwrap_or(now) },
        (Verdict::Throttled, _) => Outcome::Throttled { until: UtcMinute::of(now).end() },
        (Verdict::Invited, Some(action)) => Outcome::Invited { action },
        (Verdict::Invited | Verdict::NoAction, _) => Outcome::NotMatched,
    }
}

/// What a campaign goes by once its filters hold.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The action that fires: the one of the lowest priority number, the first of them where several have it.
    pub action: Option<&'a Action>,
    /// Whether it decides in batches.
    pub is_batch: bool,
    /// How often it may invite one contact.
    pub limit: Option<ContactLimit>,
    /// Invites that it may make in one calendar minute.
    pub cap: Option<u64>,
}

impl<'a> Terms<'a> {
    /// Those of a campaign.
    pub fn of(spec: &'a CampaignSpec) -> Self {
        Self {
            action: spec.actions.iter().min_by_key(|action| action.priority),
            is_batch: spec.evaluation_mode == EvaluationMode::Batch,
            limit: ContactLimit::of(spec),
            cap: minute_cap(spec),
        }
    }
}

/// What an enabled campaign whose filters hold decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has nothing to invite with.
    NoAction,
    /// The batch decides, later.
    Queued,
    /// The contact is to be left alone.
    Suppressed,
    /// The invites of this minute are made.
    Throttled,
    /// The contact is invited.
    Invited,
}

/// The questions after the filters, in their order. `is_suppressed`: the contact has an unexpired token of any campaign;
/// `invites_in`: how many invites the campaign has made in a minute.
pub fn verdict(terms: &Terms<'_>, is_suppressed: bool, invites_in: impl FnOnce(UtcMinute) -> u64, now: Timestamp) -> Verdict {
    let Terms { action, is_batch, limit, cap } = terms;
    if action.is_none() {
        Verdict::NoAction
    } else if *is_batch {
        Verdict::Queued
    } else if limit.is_some() && is_suppressed {
        Verdict::Suppressed
    } else if cap.is_some_and(|cap| invites_in(UtcMinute::of(now)) >= cap) {
        Verdict::Throttled
    } else {
        Verdict::Invited
    }
}
