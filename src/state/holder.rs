//! Who holds the lock of a state, and who held it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who holds a lock, written where the next one can read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The command that took it, e.g. `apply`.
    pub command: String,
    /// Name of its machine; empty where that could not be told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Its process id.
    pub process: u32,
    /// The pipeline run it belongs to, as a link, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// When it was taken.
    pub since: Timestamp,
}

impl Holder {
    /// Command, process, machine and pipeline run, without the time.
    pub fn who(&self) -> String {
        let Self { command, host, process, run, since: _ } = self;
        let host = if host.is_empty() { String::new() } else { format!(" on {host}") };
        let run = run.as_ref().map(|run| format!(", {run}")).unwrap_or_default();
        format!("`campaignctl {command}` (process {process}{host}{run})")
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, host, process, run, since } = self;
        write!(f, "`campaignctl {command}` (process {process}")?;
        if !host.is_empty() {
            write!(f, " on {host}")?;
        }
        write!(f, ", since {since:.0}")?;
        if let Some(run) = run {
            write!(f, ", {run}")?;
        }
        f.write_str(")")
    }
}

/// A lock that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who holds it, where that could be read.
    pub holder: Option<Holder>,
    /// How long, where the state is shared; the lock of a file goes with its process.
    pub lease: Option<Lease>,
}

/// For how long a lock of a shared state is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// Id of this taking of the lock; `state unlock` asks for it.
    pub id: String,
    /// Who holds it.
    pub holder: Holder,
    /// When the holder last said that it is alive, by its own clock.
    pub heartbeat: Timestamp,
    /// From when on the next one may take the lock over.
    pub expires: Timestamp,
}

/// The end of a lease that its holder did not give back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// The lease, as it was last renewed.
    pub lease: Lease,
    /// How it ended.
    pub how: HowEnded,
    /// When.
    pub at: Timestamp,
    /// Who ended it.
    pub by: Holder,
}

/// How a lease ended that its holder did not give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HowEnded {
    /// It had expired, and the next one took it over.
    TakenOver,
    /// Somebody broke it with `state unlock`.
    Broken,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lease, how, at, by } = self;
        match how {
            HowEnded::TakenOver => {
                let Lease { holder, heartbeat, expires, .. } = lease;
                write!(f, "the lock of {holder} had expired at {expires:.0}, last heartbeat {heartbeat:.0}; it was taken over at {at:.0}")
            }
            HowEnded::Broken => write!(f, "the lock of {} was broken by {} at {at:.0}", lease.holder, by.who()),
        }
    }
}
