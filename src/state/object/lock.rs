//! The lock of a shared state as a document, and how it changes hands. Pure: the time and the ids are arguments.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::seal::{self, Seal};
use crate::state::{Ended, Holder, HowEnded, Lease};

/// Ends of leases that are kept on record.
const MOST_ENDED: usize = 20;

/// What stands in `<key>.lock`. The object stays when the lock is free: its number must never start again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LockDocument {
    /// Format of this document; see [`LockDocument::FORMAT`].
    pub(super) version: u32,
    /// Number of the last taking of the lock, or of the last breaking: it only rises.
    pub(super) fence: u64,
    /// Who holds it; `None` while it is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lease: Option<Lease>,
    /// Leases that their holders did not give back, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ended: Vec<Ended>,
}

/// The lock, taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taken {
    pub(super) document: LockDocument,
    /// The lease that had expired, where there was one.
    pub(super) taken_over: Option<Ended>,
}

/// Why a lock cannot be broken.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NotBroken {
    /// Nobody holds it.
    Free,
    /// It has another id.
    Other(Box<Lease>),
}

/// What bytes are instead of a lock that can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UnreadableLock {
    /// Something else, a part, or not what was written; why.
    Damaged(String),
    /// A lock of this newer format.
    Newer(u64),
}

impl LockDocument {
    /// The format this version writes, with a checksum: a lock that looks free or expired because of one flipped bit would
    /// let a second run in.
    pub(super) const FORMAT: u32 = 2;
    /// The first format, without one. It is read for ever.
    const UNSEALED_FORMAT: u32 = 1;

    /// Reads a lock.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, UnreadableLock> {
        let damaged = |error: serde_json::Error| UnreadableLock::Damaged(error.to_string());
        let because = |reason: &str| Err(UnreadableLock::Damaged(reason.to_owned()));
        match seal::open(bytes, Self::FORMAT) {
            Seal::Whole(content) => return serde_json::from_slice(&content).map_err(damaged),
            Seal::Renumbered => return because("the number of its format was changed"),
            Seal::Broken | Seal::Absent => {}
        }
        let value: Value = serde_json::from_slice(bytes).map_err(damaged)?;
        match value.get("version").and_then(Value::as_u64) {
            Some(found) if found > u64::from(Self::FORMAT) => Err(UnreadableLock::Newer(found)),
            Some(found) if found == u64::from(Self::UNSEALED_FORMAT) && value.get("checksum").is_none() => {
                let document: Self = serde_json::from_value(value).map_err(damaged)?;
                Ok(Self { version: Self::FORMAT, ..document })
            }
            _ => because("its checksum does not match, so it is not what campaignctl wrote"),
        }
    }

    /// As it is written into the object.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // All maps have text keys, which is all that could fail.
        seal::seal(&serde_json::to_vec(self).expect("a lock is maps with text keys"))
    }

    /// A lock that nobody ever held; `fence` is the number in the state it belongs to.
    pub(super) fn free(fence: u64) -> Self {
        Self { version: Self::FORMAT, fence, lease: None, ended: Vec::new() }
    }

    /// The lock taken by `holder`, or the lease of who holds it.
    pub(super) fn take(self, holder: &Holder, id: String, now: Timestamp, length: Duration) -> Result<Taken, Box<Lease>> {
        let mut ended = self.ended;
        let taken_over = match self.lease {
            Some(lease) if now < lease.expires => return Err(Box::new(lease)),
            Some(lease) => Some(Ended { lease, how: HowEnded::TakenOver, at: now, by: holder.clone() }),
            None => None,
        };
        record(&mut ended, taken_over.clone());
        let lease = Lease { id, holder: holder.clone(), heartbeat: now, expires: later(now, length) };
        let document = Self { version: Self::FORMAT, fence: self.fence + 1, lease: Some(lease), ended };
        Ok(Taken { document, taken_over })
    }

    /// The lock with its lease renewed.
    pub(super) fn renewed(&self, now: Timestamp, length: Duration) -> Self {
        let renew = |lease: &Lease| Lease { heartbeat: now, expires: later(now, length), ..lease.clone() };
        Self { lease: self.lease.as_ref().map(renew), ..self.clone() }
    }

    /// The lock given back.
    pub(super) fn released(&self) -> Self {
        Self { lease: None, ..self.clone() }
    }

    /// The lock broken: its holder is put on record, and the number rises above the holder's.
    pub(super) fn broken(self, id: &str, by: &Holder, now: Timestamp) -> Result<(Self, Ended), NotBroken> {
        let lease = match self.lease {
            None => return Err(NotBroken::Free),
            Some(lease) if lease.id != id => return Err(NotBroken::Other(Box::new(lease))),
            Some(lease) => lease,
        };
        let end = Ended { lease, how: HowEnded::Broken, at: now, by: by.clone() };
        let mut ended = self.ended;
        record(&mut ended, Some(end.clone()));
        Ok((Self { version: Self::FORMAT, fence: self.fence + 1, lease: None, ended }, end))
    }

    /// Whether the lease with this id is still in force.
    pub(super) fn is_of(&self, id: &str) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.id == id)
    }

    /// How the lease with this id ended.
    pub(super) fn how_ended(&self, id: &str) -> String {
        match (self.ended.iter().find(|ended| ended.lease.id == id), &self.lease) {
            (Some(ended), _) => format!(
                "the lock of this run was {}",
                match ended.how {
                    HowEnded::TakenOver =>
                        format!("taken over by {} at {:.0}, after it had expired at {:.0}", ended.by.who(), ended.at, ended.lease.expires),
                    HowEnded::Broken => format!("broken by {} at {:.0}", ended.by.who(), ended.at),
                }
            ),
            (None, Some(lease)) => format!("the lock is held by {}", lease.holder),
            (None, None) => "the lock of this run was taken away".to_owned(),
        }
    }
}

fn record(ended: &mut Vec<Ended>, end: Option<Ended>) {
    ended.extend(end);
    let too_many = ended.len().saturating_sub(MOST_ENDED);
    ended.drain(..too_many);
}

fn later(now: Timestamp, length: Duration) -> Timestamp {
    now.checked_add(length).unwrap_or(Timestamp::MAX)
}
