//! What decisions leave in the database: contacts, invites by minute, and the answers to request ids.
//!
//! A decision is made inside the transaction that remembers it, so two sessions at once see each other's invites, and an
//! answered invite is on the disk. What can matter no more is dropped at most once an hour, in a transaction that is
//! written anyway.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use uuid::Uuid;

use super::StoreError;
use super::write::Campaigns;
use crate::emulator::clock::Clock;
use crate::evaluate::{ContactLedger, Ledger, UtcMinute, decide};
use crate::model::{AskedCampaign, CampaignSpec, Decision, DecisionStatus, Outcome, Session, TriggerDecision};

/// Contact id to its [`ContactLedger`] as JSON.
pub(super) const CONTACTS: TableDefinition<&str, &[u8]> = TableDefinition::new("contacts");

/// Campaign and UTC minute to the number of invites.
const MINUTES: TableDefinition<(u128, i64), u64> = TableDefinition::new("minutes");

/// Campaign and request id to when it was decided (milliseconds since 1970) and the answer as JSON.
const REQUESTS: TableDefinition<(u128, &str), (i64, &[u8])> = TableDefinition::new("requests");

/// How long a request id gets the same decision. At exactly this age it is a new request.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// How often what matters no more is dropped.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What a session came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator) struct Triggered {
    /// The decision; `None` where the campaign's cap refuses one for now. A refusal is not remembered under its request id,
    /// or the same request could not be sent again after the minute.
    pub outcome: Option<Decided>,
    /// Where the campaign has a cap.
    pub allowance: Option<Allowance>,
    /// Whether anything was written.
    pub remembered: bool,
}

/// A decision as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator) struct Decided {
    /// [`TriggerDecision`].
    pub json: Vec<u8>,
    /// Whether it is to come later.
    pub queued: bool,
}

/// What is left of a campaign's minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) struct Allowance {
    /// Invites until the cap.
    pub remaining: u64,
    /// Seconds until the next minute, rounded up: 1 to 60.
    pub seconds_left: u64,
}

/// The tables of one open transaction.
pub(super) struct Memory<'t> {
    contacts: Table<'t, &'static str, &'static [u8]>,
    minutes: Table<'t, (u128, i64), u64>,
    requests: Table<'t, (u128, &'static str), (i64, &'static [u8])>,
}

impl<'t> Memory<'t> {
    /// Opens the tables, and makes those that are not there yet.
    pub fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        let contacts = transaction.open_table(CONTACTS)?;
        let minutes = transaction.open_table(MINUTES)?;
        let requests = transaction.open_table(REQUESTS)?;
        Ok(Self { contacts, minutes, requests })
    }

    /// Decides about a session and remembers what is to be remembered: an invite, and any decision under a request id.
    pub fn trigger(&mut self, campaigns: &Campaigns<'_>, id: Uuid, session: &Session, now: Timestamp) -> Result<Triggered, StoreError> {
        let row = campaigns.get(id.as_u128())?.ok_or(StoreError::NotFound)?;
        let (.., json) = row.value();
        let spec: CampaignSpec = serde_json::from_slice(json).map_err(|error| unreadable("campaign", &error))?;
        let name = id.to_string();
        let minute = UtcMinute::of(now);
        let mut ledger = self.ledger(&name, id, session, minute)?;
        if let Some(decided) = self.earlier_answer(id, session, now)? {
            let allowance = allowance(&spec, ledger.invites_in(&name, minute), now);
            return Ok(Triggered { outcome: Some(decided), allowance, remembered: false });
        }
        let decision = decide(AskedCampaign { id: &name, spec: &spec }, session, &ledger, now);
        let remembered = self.remember(&decision, id, session, &mut ledger)?;
        let allowance = allowance(&spec, ledger.invites_in(&name, minute), now);
        let decided = || Decided { json: wire(&decision, session), queued: matches!(decision.outcome, Outcome::Queued) };
        let outcome = (!matches!(decision.outcome, Outcome::Throttled { .. })).then(decided);
        Ok(Triggered { outcome, allowance, remembered })
    }

    /// The part of the ledger that this decision can look at.
    fn ledger(&self, name: &str, id: Uuid, session: &Session, minute: UtcMinute) -> Result<Ledger, StoreError> {
        let mut ledger = Ledger::default();
        if let Some(row) = self.contacts.get(session.contact_id.as_str())? {
            ledger.restore_contact(&session.contact_id, contact_of(row.value())?);
        }
        if let Some(row) = self.minutes.get((id.as_u128(), minute.0))? {
            ledger.restore_minute(name, minute, row.value());
        }
        Ok(ledger)
    }

    /// The answer that this request id got within the last 24 hours, whatever the session says this time.
    fn earlier_answer(&self, id: Uuid, session: &Session, now: Timestamp) -> Result<Option<Decided>, StoreError> {
        let Some(request_id) = &session.request_id else { return Ok(None) };
        let Some(row) = self.requests.get((id.as_u128(), request_id.as_str()))? else { return Ok(None) };
        let (decided_at, json) = row.value();
        if !is_recent(decided_at, now) {
            return Ok(None);
        }
        let earlier: TriggerDecision = serde_json::from_slice(json).map_err(|error| unreadable("answer", &error))?;
        Ok(Some(Decided { json: json.to_vec(), queued: earlier.status == DecisionStatus::Queued }))
    }

    fn remember(&mut self, decision: &Decision<'_>, id: Uuid, session: &Session, ledger: &mut Ledger) -> Result<bool, StoreError> {
        let now = decision.decided_at;
        let invited = matches!(decision.outcome, Outcome::Invited { .. });
        if invited {
            ledger.record(decision);
            let minute = UtcMinute::of(now);
            self.minutes.insert((id.as_u128(), minute.0), ledger.invites_in(decision.campaign.id, minute))?;
            if let Some(contact) = ledger.contact(&session.contact_id) {
                let json = serde_json::to_vec(contact).map_err(|error| unreadable("contact", &error))?;
                self.contacts.insert(session.contact_id.as_str(), json.as_slice())?;
            }
        }
        let refused = matches!(decision.outcome, Outcome::Throttled { .. });
        let request_id = session.request_id.as_ref().filter(|_| !refused);
        if let Some(request_id) = request_id {
            let row = (now.as_millisecond(), &*wire(decision, session));
            self.requests.insert((id.as_u128(), request_id.as_str()), row)?;
        }
        Ok(invited || request_id.is_some())
    }

    /// Drops everything that can change no decision at `now` or later.
    pub fn sweep(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.contacts.retain(|_, json| {
            // What cannot be read is kept, and told to whom it concerns.
            let Ok(mut contact) = contact_of(json) else { return true };
            contact.forget(now);
            !contact.is_empty()
        })?;
        let this_minute = UtcMinute::of(now);
        self.minutes.retain(|(_, minute), _| minute >= this_minute.0)?;
        self.requests.retain(|_, (decided_at, _)| is_recent(decided_at, now))?;
        Ok(())
    }
}

/// Says when it is time to sweep.
#[derive(Debug)]
pub(super) struct SweepPlan {
    clock: Clock,
    last: Option<Timestamp>,
}

impl SweepPlan {
    /// The first sweep is due at once.
    pub fn new(clock: Clock) -> Self {
        Self { clock, last: None }
    }

    /// The server's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sweeps when the last time is an hour ago.
    pub fn sweep(&mut self, memory: &mut Memory<'_>) -> Result<(), StoreError> {
        let now = self.now();
        if self.last.is_none_or(|last| now.duration_since(last) >= SWEEP_EVERY) {
            memory.sweep(now)?;
            self.last = Some(now);
        }
        Ok(())
    }
}

/// What is remembered of a contact.
pub(super) fn contact_of(json: &[u8]) -> Result<ContactLedger, StoreError> {
    serde_json::from_slice(json).map_err(|error| unreadable("contact", &error))
}

fn is_recent(decided_at: i64, now: Timestamp) -> bool {
    Timestamp::from_millisecond(decided_at).is_ok_and(|decided_at| now.duration_since(decided_at) < REMEMBERED)
}

fn allowance(spec: &CampaignSpec, invites: u64, now: Timestamp) -> Option<Allowance> {
    let cap = spec.throttling.as_ref()?.max_invites_per_minute?;
    let left = UtcMinute::of(now).end().duration_since(now);
    let seconds_left = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    Some(Allowance { remaining: cap.saturating_sub(invites), seconds_left: seconds_left.unsigned_abs() })
}

fn wire(decision: &Decision<'_>, session: &Session) -> Vec<u8> {
    serde_json::to_vec(&TriggerDecision::new(decision, session)).expect("texts, numbers and times are JSON")
}

fn unreadable(what: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Failed(format!("a stored {what} cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use jiff::Timestamp;
    use redb::{Database, ReadableTableMetadata};
    use serde_json::json;
    use uuid::Uuid;

    use super::{Memory, SweepPlan};
    use crate::emulator::clock::Clock;
    use crate::emulator::store::CAMPAIGNS;
    use crate::model::Session;

    const HOUR: i64 = 3_600_000;

    fn session(contact_id: &str, request_id: &str) -> Session {
        serde_json::from_value(json!({
            "contactId": contact_id, "channelId": "webchat:x", "sessionData": { "a.b": true },
            "evaluationContext": { "requestId": request_id },
        }))
        .expect("a session")
    }

    #[test]
    fn what_matters_no_more_is_dropped_within_the_hour() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let database = Database::create(file.path()).expect("a database");
        let millis = Arc::new(AtomicI64::new(0));
        let hands = Arc::clone(&millis);
        let mut plan = SweepPlan::new(Clock::new(move || Timestamp::from_millisecond(hands.load(Ordering::SeqCst)).expect("a time")));
        let id = Uuid::new_v4();
        let campaign = json!({
            "name": "x", "enabled": true, "campaignType": "proactive", "evaluationMode": "realtime",
            "filters": [{ "attributeName": "a.b", "operator": "equals", "value": true, "dataType": "boolean" }],
            "actions": [{ "type": "webchat_invite", "priority": 1 }],
            "throttling": { "maxInvitesPerContact": 1, "cooldownSeconds": 7200 },
        });
        let transaction = database.begin_write().expect("a transaction");
        let mut campaigns = transaction.open_table(CAMPAIGNS).expect("a table");
        campaigns.insert(id.as_u128(), (1, "", "x", campaign.to_string().as_bytes())).expect("a campaign");
        let mut memory = Memory::open(&transaction).expect("tables");

        // Milliseconds, and the rows that are left: contacts, minutes, requests.
        let table = [
            (0, [1, 1, 1]),
            (1, [2, 1, 2]),
            (HOUR, [3, 1, 3]),
            (2 * HOUR - 1, [4, 2, 4]),
            (2 * HOUR, [4, 1, 5]),
            (24 * HOUR - 1, [1, 1, 6]),
            (25 * HOUR, [2, 1, 4]),
        ];
        for (number, (now, expected)) in table.into_iter().enumerate() {
            millis.store(now, Ordering::SeqCst);
            let session = session(&format!("ext:{number}"), &format!("r{number}"));
            let triggered = memory.trigger(&campaigns, id, &session, plan.now()).expect("a decision");
            assert!(triggered.remembered);
            plan.sweep(&mut memory).expect("a sweep");
            let rows = [memory.contacts.len(), memory.minutes.len(), memory.requests.len()].map(|len| len.expect("a length"));
            assert_eq!(rows, expected, "at {now}");
        }
    }
}
