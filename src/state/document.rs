//! The state document and its format version.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::seal::{self, Seal};
use crate::diagnostic::unquoted;
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Intent, LastApplied};

/// The whole state of one environment. Secrets never go into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateDocument {
    /// Format of this document; see [`StateDocument::FORMAT`].
    pub version: u32,
    /// Version of the tool that wrote it.
    pub tool: String,
    /// Id given when the state was first written; a saved plan is bound to it.
    pub lineage: String,
    /// One more at every write.
    pub serial: u64,
    /// When that was, for messages; no decision is taken on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
    /// Mark of that writing, new each time: a run whose answer was lost knows its own writing by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<String>,
    /// Number of the lock it was written under, where the state is shared: it only rises, so whoever held the lock before
    /// cannot write any more. 0 for a file, whose lock is the operating system's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fence: u64,
    /// Whom it belongs to.
    pub owner: Owner,
    /// The managed campaigns, by key.
    pub campaigns: LastApplied,
    /// Creates that were begun and whose end is not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intents: BTreeMap<CampaignKey, Intent>,
    /// The latest runs that wrote, oldest first, with what they found: see [`Run`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
}

/// Environment and organization a state belongs to, so that it cannot be used for another one by mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owner {
    /// Name of the environment.
    pub environment: String,
    /// Id of the organization.
    pub organization: String,
}

/// Whether a fence was never raised.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(fence: &u64) -> bool {
    *fence == 0
}

/// What bytes are instead of a state that can be believed.
#[derive(Debug, Clone, PartialEq)]
pub enum Unreadable {
    /// Something else, or a part; why.
    Damaged(String),
    /// A state whose checksum does not match: not the bytes that were written.
    Changed,
    /// A state without its checksum: somebody took it out to change the rest, and this is what it says.
    Unsealed(Box<StateDocument>),
    /// A state of this newer format.
    Newer(u64),
}

impl StateDocument {
    /// Reads a document. One of the current format must be what was written, byte for byte, apart from white space between
    /// its tokens; one of the first format has no checksum.
    ///
    /// # Errors
    /// What the bytes are instead.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let document = match seal::open(bytes, Self::FORMAT) {
            Seal::Whole(content) => serde_json::from_slice::<Self>(&content).map_err(|error| Unreadable::Damaged(unquoted(&error)))?,
            Seal::Renumbered => return Err(Unreadable::Damaged("the number of its format was changed".to_owned())),
            Seal::Broken | Seal::Absent => return Self::without_seal(bytes),
        };
        document.counted()
    }

    /// The document, if its numbers leave room to count on.
    fn counted(self) -> Result<Self, Unreadable> {
        if self.serial.max(self.fence) > Self::LAST_SERIAL {
            return Err(Unreadable::Damaged("its numbers are too high to have been counted".to_owned()));
        }
        Ok(self)
    }

    /// A document of the first format, or what the bytes are, given that no checksum vouches for them.
    fn without_seal(bytes: &[u8]) -> Result<Self, Unreadable> {
        let damaged = |error: serde_json::Error| Unreadable::Damaged(unquoted(&error));
        match serde_json::from_slice::<Self>(bytes) {
            Ok(document) if document.version == Self::UNSEALED_FORMAT => Self { version: Self::FORMAT, ..document }.counted(),
            Ok(document) if document.version == Self::FORMAT => Err(Unreadable::Unsealed(Box::new(document.counted()?))),
            outcome => {
                // Only a document that says so is of a newer format; everything else is damaged.
                let value = serde_json::from_slice::<serde_json::Value>(bytes).map_err(damaged)?;
                let version = value.get("version").and_then(serde_json::Value::as_u64);
                Err(match (version, outcome) {
                    (Some(found), _) if found > u64::from(Self::FORMAT) => Unreadable::Newer(found),
                    (Some(found), _) if found == u64::from(Self::FORMAT) && value.get("checksum").is_some() => Unreadable::Changed,
                    (_, Err(error)) => damaged(error),
                    (_, Ok(document)) => Unreadable::Damaged(format!("format {} was never written by any version", document.version)),
                })
            }
        }
    }

    /// The next writing of this document, under the lock with this number; this one stays as it is.
    pub(super) fn next(&self, now: Timestamp, fence: u64) -> Self {
        let write = Some(Uuid::new_v4().to_string());
        let tool = env!("CARGO_PKG_VERSION").to_owned();
        Self { serial: self.serial + 1, written: Some(now), write, fence: self.fence.max(fence), tool, ..self.clone() }
    }

    /// Whether `other` remembers the same, whenever and by whatever it was written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { version: _, tool: _, lineage, serial, written: _, write: _, fence: _, owner, campaigns, intents, runs } = self;
        (lineage, serial, owner, campaigns) == (&other.lineage, &other.serial, &other.owner, &other.campaigns)
            && (intents, runs) == (&other.intents, &other.runs)
    }

    /// As it stands in a file or object.
    pub(super) fn bytes(&self) -> Vec<u8> {
        // All maps have text keys, which is all that could fail.
        let mut bytes = seal::seal(&serde_json::to_vec(self).expect("a state is maps with text keys"));
        bytes.push(b'\n');
        bytes
    }

    /// Whether `other`, read from where it is kept, is the writing that this document was made from.
    pub(super) fn continues(&self, other: Option<&Self>) -> bool {
        match other {
            Some(other) => self.lineage == other.lineage && self.serial == other.serial,
            None => self.serial == 0,
        }
    }

    /// The format this version writes, with a checksum.
    pub const FORMAT: u32 = 2;
    /// The first format, without one. It is read for ever.
    const UNSEALED_FORMAT: u32 = 1;
    /// No state is written so often: what is above leaves room to count on.
    const LAST_SERIAL: u64 = u64::MAX / 2;

    /// An empty state with a new lineage.
    pub fn new(lineage: String, owner: Owner) -> Self {
        let tool = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            version: Self::FORMAT,
            tool,
            lineage,
            serial: 0,
            written: None,
            write: None,
            fence: 0,
            owner,
            campaigns: LastApplied::default(),
            intents: BTreeMap::new(),
            runs: Vec::new(),
        }
    }
}

/// One run of `apply`: what it set out to change, and how that was before. A rollback is a plan back to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Id of the run, as the report and `plan --rollback` call it.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What it touched, by key: only what was really written, once it ended.
    pub touched: BTreeMap<CampaignKey, Touched>,
}

/// A campaign that a run wrote to, as it was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Touched {
    /// Id of the live campaign, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CampaignId>,
    /// Its body before the run; `None` for a campaign that the run created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<CampaignSpec>,
}

impl Run {
    /// Runs that a state remembers.
    pub const REMEMBERED: usize = 5;
    /// Bodies that all remembered runs together may hold: older runs are forgotten beyond it, so that the state stays small.
    pub const MOST_TOUCHED: usize = 2_000;
}

impl StateDocument {
    /// Adds a run, and forgets the oldest where there are too many; returns those. The latest is always kept.
    pub fn begin(&mut self, run: Run) -> Vec<Run> {
        // A run that in the end wrote nothing is no way back to anything.
        self.runs.retain(|run| !run.touched.is_empty());
        self.runs.push(run);
        let touched = |runs: &[Run]| runs.iter().map(|run| run.touched.len()).sum::<usize>();
        let is_too_much = |runs: &[Run]| runs.len() > 1 && (runs.len() > Run::REMEMBERED || touched(runs) > Run::MOST_TOUCHED);
        let first = (0..self.runs.len()).find(|first| !is_too_much(&self.runs[*first..])).unwrap_or_default();
        self.runs.drain(..first).collect()
    }

    /// Ends the run that was begun last. One that wrote nothing is taken out again, and what was forgotten for it comes back.
    /// Returns whether it was so.
    pub fn end(&mut self, run: &str, forgotten: Vec<Run>) -> bool {
        let wrote_nothing = self.runs.last().is_some_and(|last| last.id == run && last.touched.is_empty());
        if wrote_nothing {
            self.runs.pop();
            self.runs.splice(..0, forgotten);
        }
        wrote_nothing
    }
}

#[cfg(test)]
mod tests {
    use super::{Owner, Run, StateDocument, Touched};
    use crate::model::CampaignKey;
    use crate::state::Stored;
    use jiff::Timestamp;

    fn run(id: &str, touched: usize) -> Run {
        let touch = |number| (CampaignKey::new(format!("c{number}")).unwrap(), Touched { id: None, before: None });
        Run { id: id.to_owned(), at: Timestamp::UNIX_EPOCH, touched: (0..touched).map(touch).collect() }
    }

    #[test]
    fn the_latest_runs_are_remembered_and_the_latest_always() {
        let table: [(&[usize], &[usize]); 7] = [
            (&[1, 2, 3], &[0, 1, 2]),
            (&[1, 1, 1, 1, 1], &[0, 1, 2, 3, 4]),
            (&[1, 1, 1, 1, 1, 1, 1], &[2, 3, 4, 5, 6]),
            // As many bodies as are allowed, and one more.
            (&[500, 500, 1_000], &[0, 1, 2]),
            (&[500, 500, 1_001], &[1, 2]),
            // One run that is too large by itself is kept, and is all that is kept.
            (&[1, 1, 2_001], &[2]),
            // A run that wrote nothing gives way.
            (&[1, 0, 1], &[0, 2]),
        ];
        for (sizes, kept) in table {
            let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
            let mut document = StateDocument::new("l".to_owned(), owner);
            for (number, size) in sizes.iter().enumerate() {
                document.begin(run(&number.to_string(), *size));
            }
            let ids: Vec<usize> = document.runs.iter().map(|run| run.id.parse().unwrap()).collect();
            assert_eq!(ids, kept, "{sizes:?}");
        }
    }

    #[test]
    fn a_run_that_wrote_nothing_costs_no_other_run() {
        let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
        let mut document = StateDocument::new("l".to_owned(), owner);
        for number in 0..5 {
            let forgotten = document.begin(run(&number.to_string(), 1));
            assert!(!document.end(&number.to_string(), forgotten));
        }
        let before = document.clone();
        let forgotten = document.begin(run("idle", 1));
        assert_eq!(forgotten.len(), 1);
        document.runs.last_mut().unwrap().touched.clear();
        assert!(document.end("idle", forgotten));
        assert_eq!(document, before);
    }

    #[test]
    fn numbers_that_no_counting_reaches_are_damage() {
        let last = u64::MAX / 2;
        for (serial, fence, is_read) in [(last, last, true), (last + 1, 0, false), (0, last + 1, false), (u64::MAX, u64::MAX, false)] {
            let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
            let document = StateDocument { serial, fence, ..StateDocument::new("l".to_owned(), owner) };
            let outcome = StateDocument::parse(&document.bytes());
            assert_eq!(outcome == Ok(document), is_read, "{serial} {fence}: {outcome:?}");
        }
    }

    #[test]
    fn the_state_of_a_file_has_no_number_of_a_lock() {
        let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
        let document = StateDocument::new("l".to_owned(), owner);
        assert!(!String::from_utf8(document.bytes()).unwrap().contains("fence"));
        let fenced = StateDocument { fence: 7, ..document };
        assert!(String::from_utf8(fenced.bytes()).unwrap().contains("\"fence\":7"));
    }

    #[test]
    fn a_writing_is_marked_and_says_what_wrote_it() {
        let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
        let before = StateDocument { tool: "0.0.1".to_owned(), serial: 3, fence: 7, ..StateDocument::new("l".to_owned(), owner) };
        let (one, other) = (before.next(Timestamp::UNIX_EPOCH, 6), before.next(Timestamp::UNIX_EPOCH, 8));
        assert_eq!((one.tool.as_str(), one.serial, one.written), (env!("CARGO_PKG_VERSION"), 4, Some(Timestamp::UNIX_EPOCH)));
        assert_eq!((one.fence, other.fence), (7, 8), "it only rises");
        assert!(one.write.is_some() && one.write != other.write, "each writing has a mark of its own");
        assert_ne!(one.next(Timestamp::UNIX_EPOCH, 0).write, one.write);
    }

    #[test]
    fn what_is_put_in_the_place_of_a_state_has_a_number_above_both() {
        let owner = Owner { environment: "e".to_owned(), organization: "o".to_owned() };
        let numbered = |serial, fence| StateDocument { serial, fence, ..StateDocument::new("l".to_owned(), owner.clone()) };
        let stored = |serial| Stored::new("state.json", numbered(serial, 5).bytes());
        assert_eq!(numbered(3, 9).after(Some(&stored(8))), numbered(8, 0));
        assert_eq!(numbered(8, 9).after(Some(&stored(3))), numbered(8, 0));
        assert_eq!(numbered(3, 9).after(None), numbered(3, 0));
        assert_eq!(numbered(3, 9).after(Some(&Stored::new("state.json", b"{".to_vec()))), numbered(3, 0));
    }

    #[test]
    fn states_say_the_same_whenever_and_by_whatever_they_were_written() {
        let owner = || Owner { environment: "e".to_owned(), organization: "o".to_owned() };
        let one = StateDocument::new("l".to_owned(), owner());
        let rewritten = StateDocument { tool: "0".to_owned(), write: Some("w".to_owned()), fence: 3, ..one.clone() };
        assert!(one.says_the_same(&rewritten));
        let others = [
            StateDocument { lineage: "m".to_owned(), ..one.clone() },
            StateDocument { serial: 1, ..one.clone() },
            StateDocument { owner: Owner { environment: "f".to_owned(), ..owner() }, ..one.clone() },
            StateDocument { runs: vec![run("r", 1)], ..one.clone() },
        ];
        for other in others {
            assert!(!one.says_the_same(&other), "{other:?}");
        }
    }
}
