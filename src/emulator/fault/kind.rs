//! The faults, and how they are written in JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::emulator::route::Route;

/// One thing that goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenFault", into = "WrittenFault")]
pub enum Fault {
    /// Nothing is done, and the answer is an error.
    StatusBeforeCommit {
        /// HTTP status; the written forms take those of [`Fault::BEFORE`].
        status: u16,
        /// `Retry-After`. Seconds.
        retry_after: Option<u64>,
        /// Code of the error envelope; the usual one of the status by default.
        code: Option<String>,
        /// Message of the error envelope.
        message: Option<String>,
    },
    /// What was asked for is done, and the answer is an error all the same.
    StatusAfterCommit {
        /// HTTP status; the written forms take those of [`Fault::AFTER`].
        status: u16,
    },
    /// Nothing is done; 400 with the platform's other words for a stale version.
    VersionMismatch,
    /// Nothing is done, and the connection closes without an answer.
    DropBeforeCommit,
    /// What was asked for is done, and the connection closes without an answer.
    DropAfterCommit,
    /// The answer has its whole `Content-Length`, and half of its body is sent before the connection closes.
    TornBody,
    /// The body of the answer comes in small pieces.
    SlowBody {
        /// From the first piece to the last.
        total: Duration,
    },
    /// The request waits before anything is done.
    Delay {
        /// How long.
        by: Duration,
    },
    /// A page after the first begins with the last entry of the page before it and has lost its own last one, as when
    /// something was created before it and something else deleted behind it.
    DuplicatePageEntry,
    /// A page after the first begins one entry too late and the total is one less, as when something was deleted before it.
    MissingPageEntry,
    /// The token of the request is good no more, for this request and all later ones.
    TokenExpiry,
    /// No token: the login host's way of saying that too many were asked for.
    ThrottledToken,
    /// The list of campaigns does not show the latest creates, changes and deletes yet; reading one campaign does.
    StaleList(Staleness),
}

/// How far behind a list is. Only writes after the script was set are ever hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staleness {
    /// A write is missing from the first so many list requests that come after it.
    Requests(u32),
    /// The latest so many writes are missing, until others follow.
    Writes(u32),
    /// A write is missing for this long, by the emulator's clock.
    Time(Duration),
}

impl Fault {
    /// The statuses of [`Fault::StatusBeforeCommit`].
    pub const BEFORE: [u16; 11] = [400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504];
    /// The statuses of [`Fault::StatusAfterCommit`].
    pub const AFTER: [u16; 4] = [500, 502, 503, 504];

    /// The names of all faults, as [`Fault::name`] gives them.
    pub(super) const NAMES: [&'static str; 13] = [
        "status-before-commit",
        "status-after-commit",
        "version-mismatch",
        "drop-before-commit",
        "drop-after-commit",
        "torn-body",
        "slow-body",
        "delay",
        "duplicate-page-entry",
        "missing-page-entry",
        "token-expiry",
        "throttled-token",
        "stale-list",
    ];

    /// The name people write, e.g. `drop-after-commit`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StatusBeforeCommit { .. } => "status-before-commit",
            Self::StatusAfterCommit { .. } => "status-after-commit",
            Self::VersionMismatch => "version-mismatch",
            Self::DropBeforeCommit => "drop-before-commit",
            Self::DropAfterCommit => "drop-after-commit",
            Self::TornBody => "torn-body",
            Self::SlowBody { .. } => "slow-body",
            Self::Delay { .. } => "delay",
            Self::DuplicatePageEntry => "duplicate-page-entry",
            Self::MissingPageEntry => "missing-page-entry",
            Self::TokenExpiry => "token-expiry",
            Self::ThrottledToken => "throttled-token",
            Self::StaleList(_) => "stale-list",
        }
    }

    /// Whether it can happen to a request of that route; requests it cannot happen to do not count for its rule.
    pub(super) fn fits(&self, route: Option<Route>) -> bool {
        match self {
            Self::DuplicatePageEntry | Self::MissingPageEntry | Self::StaleList(_) => route == Some(Route::List),
            Self::ThrottledToken => route == Some(Route::Token),
            Self::TokenExpiry => route.is_some_and(|route| route != Route::Token),
            Self::VersionMismatch => route == Some(Route::Update),
            // The answer to a delete has no body.
            Self::TornBody | Self::SlowBody { .. } => route != Some(Route::Delete),
            _ => true,
        }
    }

    /// Whether it ends the request, so that no other such fault can happen to it as well.
    pub(super) fn ends(&self) -> bool {
        !matches!(self, Self::Delay { .. } | Self::DuplicatePageEntry | Self::MissingPageEntry | Self::StaleList(_))
    }

    /// What is wrong with its numbers, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        let allowed: &[u16] = match self {
            Self::StatusBeforeCommit { .. } => &Self::BEFORE,
            Self::StatusAfterCommit { .. } => &Self::AFTER,
            _ => return Ok(()),
        };
        match self {
            Self::StatusBeforeCommit { status, .. } | Self::StatusAfterCommit { status } if !allowed.contains(status) => {
                let list = allowed.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
                Err(format!("the status of `{}` is one of {list}; it is {status}", self.name()))
            }
            _ => Ok(()),
        }
    }
}

/// A fault as JSON has it: a kind, and what that kind needs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WrittenFault {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<u32>,
}

impl TryFrom<WrittenFault> for Fault {
    type Error = String;

    fn try_from(written: WrittenFault) -> Result<Self, String> {
        let WrittenFault { kind, status, retry_after, code, message, ms, requests, writes } = written;
        let given = [
            ("status", status.is_some()),
            ("retryAfter", retry_after.is_some()),
            ("code", code.is_some()),
            ("message", message.is_some()),
            ("ms", ms.is_some()),
            ("requests", requests.is_some()),
            ("writes", writes.is_some()),
        ];
        let takes: &[&str] = match kind.as_str() {
            "status-before-commit" => &["status", "retryAfter", "code", "message"],
            "status-after-commit" => &["status"],
            "slow-body" | "delay" => &["ms"],
            "stale-list" => &["requests", "writes", "ms"],
            name if Self::NAMES.contains(&name) => &[],
            name => return Err(format!("there is no fault `{name}`; there are {}", Self::NAMES.join(", "))),
        };
        if let Some((name, _)) = given.iter().find(|(name, given)| *given && !takes.contains(name)) {
            return Err(format!("`{kind}` does not take `{name}`"));
        }
        let duration = || ms.map(Duration::from_millis).ok_or_else(|| format!("`{kind}` needs `ms`, the time in milliseconds"));
        let needs_status = || status.ok_or_else(|| format!("`{kind}` needs `status`"));
        let fault = match kind.as_str() {
            "status-before-commit" => Self::StatusBeforeCommit { status: needs_status()?, retry_after, code, message },
            "status-after-commit" => Self::StatusAfterCommit { status: needs_status()? },
            "version-mismatch" => Self::VersionMismatch,
            "drop-before-commit" => Self::DropBeforeCommit,
            "drop-after-commit" => Self::DropAfterCommit,
            "torn-body" => Self::TornBody,
            "slow-body" => Self::SlowBody { total: duration()? },
            "delay" => Self::Delay { by: duration()? },
            "duplicate-page-entry" => Self::DuplicatePageEntry,
            "missing-page-entry" => Self::MissingPageEntry,
            "token-expiry" => Self::TokenExpiry,
            "throttled-token" => Self::ThrottledToken,
            _ => Self::StaleList(match (requests, writes, ms) {
                (Some(requests), None, None) => Staleness::Requests(requests),
                (None, Some(writes), None) => Staleness::Writes(writes),
                (None, None, Some(ms)) => Staleness::Time(Duration::from_millis(ms)),
                _ => return Err("`stale-list` needs one of `requests`, `writes` and `ms`".to_owned()),
            }),
        };
        fault.check().map(|()| fault)
    }
}

impl From<Fault> for WrittenFault {
    fn from(fault: Fault) -> Self {
        let millis = |time: Duration| Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let plain = Self { kind: fault.name().to_owned(), ..Self::default() };
        match fault {
            Fault::StatusBeforeCommit { status, retry_after, code, message } => {
                Self { status: Some(status), retry_after, code, message, ..plain }
            }
            Fault::StatusAfterCommit { status } => Self { status: Some(status), ..plain },
            Fault::SlowBody { total: time } | Fault::Delay { by: time } | Fault::StaleList(Staleness::Time(time)) => {
                Self { ms: millis(time), ..plain }
            }
            Fault::StaleList(Staleness::Requests(requests)) => Self { requests: Some(requests), ..plain },
            Fault::StaleList(Staleness::Writes(writes)) => Self { writes: Some(writes), ..plain },
            _ => plain,
        }
    }
}
