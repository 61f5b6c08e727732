//! One decision, made twice: by `evaluate` with a ledger in memory, and by an emulator over HTTP. Both must agree to the
//! last field.

use std::collections::BTreeMap;

use campaignctl::emulator::UnknownFields;
use campaignctl::evaluate::{Explanation, Ledger, decide, explain};
use campaignctl::model::{AskedCampaign, CampaignSpec, Decision, DecisionStatus, FilterResult, Outcome, Session as Sent, TriggerDecision};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::session::{Hands, Session};

/// What was decided, by both.
#[derive(Debug, PartialEq)]
pub struct Decided {
    pub status: DecisionStatus,
    /// With suppressed and throttled.
    pub until: Option<Timestamp>,
    pub filters: Vec<FilterResult>,
}

/// An emulator whose clock is moved, and the ledger beside it.
pub struct Both {
    server: Session,
    hands: Hands,
    ledger: Ledger,
    campaigns: BTreeMap<String, (Value, CampaignSpec)>,
    /// Holds the emulator's data; removed at the end.
    _folder: TempDir,
}

impl Both {
    pub async fn start() -> Self {
        let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::at("2024-05-21T10:00:00Z"));
        let server = Session::start_with_clock(folder.path(), UnknownFields::Reject, hands.clock()).await;
        Self { server, hands, ledger: Ledger::default(), campaigns: BTreeMap::new(), _folder: folder }
    }

    /// A campaign of both, by a name for the table.
    pub async fn campaign(&mut self, name: &str, body: &Value) {
        let spec = serde_json::from_value(body.clone()).unwrap();
        let created = self.server.create(body).await;
        self.campaigns.insert(name.to_owned(), (created["id"].clone(), spec));
    }

    /// Asks both, compares, and remembers.
    pub async fn decide(&mut self, campaign: &str, session: &Value, now: Timestamp) -> Decided {
        let (id, spec) = &self.campaigns[campaign];
        self.hands.set_to(now);
        let answer = self.server.trigger(id, session).await;
        let session = serde_json::from_value(session.clone()).unwrap();
        let decision = decide(AskedCampaign { id: id.as_str().unwrap(), spec }, &session, &self.ledger, now);
        let wire = serde_json::to_value(TriggerDecision::new(&decision, &session)).unwrap();
        let (status, until) = match decision.outcome {
            Outcome::Throttled { until } => (429, Some(until)),
            Outcome::Suppressed { expires_at } => (200, Some(expires_at)),
            Outcome::Queued => (202, None),
            Outcome::Invited { .. } | Outcome::NotMatched | Outcome::Disabled => (200, None),
        };
        assert_eq!(answer.status, status, "{wire} {answer:?}");
        if let Outcome::Throttled { until } = decision.outcome {
            let seconds = (until.as_millisecond() - now.as_millisecond() + 999) / 1000;
            assert_eq!(answer.retry_after, Some(seconds.to_string()));
            assert_eq!(answer.body["code"], "too.many.requests");
        } else {
            assert_eq!(answer.body, wire);
        }
        let before = self.ledger.clone();
        self.ledger.record(&decision);
        self.explain(&decision, &session, until, before);
        self.compare_suppression(&session.contact_id, now).await;
        Decided { status: decision.outcome.status(), until, filters: decision.filters }
    }

    /// An explanation says what was decided, remembers the same, and the next moment that it names is the first one.
    fn explain(&self, decision: &Decision<'_>, session: &Sent, until: Option<Timestamp>, mut ledger: Ledger) {
        let Decision { campaign, decided_at, outcome, filters, .. } = decision;
        let explained = explain(&[*campaign], session, &mut ledger, *decided_at).remove(0);
        assert_eq!(ledger, self.ledger);
        let Explanation { status, action, filters: told, next, .. } = &explained;
        assert_eq!((*status, explained.until), (outcome.status(), until));
        let told: Vec<FilterResult> = told.iter().map(|filter| filter.result).collect();
        assert!(told == *filters || (filters.is_empty() && *status == DecisionStatus::Disabled));
        if let Outcome::Invited { action: fired } = outcome {
            assert_eq!(action.as_ref(), Some(*fired));
        }
        let at = |moment: Timestamp| decide(*campaign, session, &self.ledger, moment).outcome.status();
        if let Some(next) = next {
            assert!(until.is_some());
            assert_eq!(at(*next), DecisionStatus::Invited);
            assert_ne!(at(*next - SignedDuration::from_nanos(1)), DecisionStatus::Invited);
        }
    }

    /// What the emulator tells of the contact is what the ledger has.
    async fn compare_suppression(&self, contact_id: &str, now: Timestamp) {
        let told = self.server.suppression(contact_id).await;
        let until = self.ledger.suppressed_until(contact_id, now);
        assert_eq!(told["suppressed"], until.is_some());
        assert_eq!(told.get("expiresAt").cloned(), until.map(|until| json!(until)));
        let tokens = self.ledger.contact(contact_id).map_or(0, |contact| contact.tokens(now).count());
        assert_eq!(told["tokens"].as_array().map(Vec::len), Some(tokens));
    }

    /// Lets the ledger forget what it can.
    pub fn forget(&mut self, now: Timestamp) {
        self.ledger.forget(now);
    }
}
