//! What can go wrong between here and the API, with a next step for each.

use std::fmt;
use std::time::Duration;

use super::request::{Class, Method, Request};
use super::server;
use crate::model::CampaignId;

/// What some services say with a 400 where others answer 409.
pub(super) const STALE: &str = "does not match the current version";

/// A request that did not end well. It names the request and, where the server gave one, the correlation id that the
/// vendor's support asks for. It never holds a token or a client secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: RemoteErrorKind,
    call: Option<Call>,
    correlation_id: Option<String>,
    /// Whether the write may have been done, where that is known better than from the kind.
    in_doubt: Option<bool>,
    /// What was tried after it.
    note: Option<String>,
}

/// The request an error speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    method: Method,
    path: String,
    class: Class,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteErrorKind {
    /// The client or the request could not be built: nothing was sent.
    Setup {
        /// Why not.
        reason: String,
    },
    /// The server could not be reached: nothing was sent.
    Connect {
        /// Base URL of the server.
        server: String,
        /// What the network said.
        reason: String,
    },
    /// No complete answer within the time for one request. The server may have processed it.
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// The connection broke after the request was sent. The server may have processed it.
    Interrupted {
        /// What the network said.
        reason: String,
    },
    /// The server refused or failed.
    Status {
        /// HTTP status.
        status: u16,
        /// The platform's code, e.g. `version.mismatch`.
        code: Option<String>,
        /// The server's message; at most 500 characters.
        message: String,
        /// Which fields it speaks of.
        details: Vec<Detail>,
        /// Whether the answer is no answer of this API at all, e.g. a proxy's HTML page.
        foreign: bool,
    },
    /// 401: the credentials were refused.
    Unauthorized {
        /// Who refused what.
        at: RefusedAt,
        /// HTTP status; the token endpoint also refuses with 400.
        status: u16,
        /// The server's message.
        message: String,
    },
    /// 403: the credentials are known, but may not do this.
    Forbidden {
        /// The platform's code, e.g. `missing.permissions`.
        code: Option<String>,
        /// The server's message, which names the missing permission.
        message: String,
    },
    /// 429, as often as it was tried or for longer than anybody should wait. Nothing was done.
    TooManyRequests {
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// The server's message.
        message: String,
    },
    /// An answer came, but it is not what the contract says. After a write the server may have done it.
    Undecodable {
        /// HTTP status.
        status: u16,
        /// What could not be read.
        reason: String,
    },
    /// The answer to a write is not about what was sent. The server may have done it.
    Mismatched {
        /// HTTP status.
        status: u16,
        /// What does not fit.
        reason: String,
        /// The campaign that the answer to a create is about, where it is about one.
        id: Option<CampaignId>,
    },
    /// An answer came that repeats a secret it was asked with. It is dropped, because what it holds would be shown or kept.
    /// After a write the server may have done it.
    Leaking {
        /// HTTP status.
        status: u16,
    },
    /// The answer to a replacement or deletion was lost or did not fit, and reading the campaign back shows that somebody else changed it.
    /// Whether the lost write was done before that, nobody can tell; nothing more was written.
    Overtaken {
        /// How the answer was lost, or what did not fit.
        lost: String,
        /// The version that was to be replaced or deleted.
        planned: u64,
        /// The live version; `None` where the campaign is gone.
        now: Option<u64>,
        /// Who changed it last, where the API tells.
        by: Option<String>,
    },
    /// The time for the whole run was over, or would have been before the request could be sent (again).
    DeadlineExceeded {
        /// The time there was ([`Settings::deadline`](super::Settings::deadline)).
        limit: Duration,
        /// What the last try ended with, where there was one.
        last: Option<String>,
    },
    /// The list changed between its pages each time it was read.
    ListUnstable {
        /// How often it was read.
        readings: u32,
        /// What did not fit the last time.
        reason: String,
    },
}

/// Which credentials were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedAt {
    /// The token endpoint refused the client id and secret.
    Login,
    /// The API refused two fresh tokens one after the other.
    Api,
    /// The API refused the access token that was given.
    GivenToken,
}

/// A field that an error of the server speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The platform's code for what is wrong with it; may be empty.
    pub error_code: String,
    /// Name of the field; may be empty.
    pub field: String,
}

impl RemoteError {
    /// An error before there is any request.
    pub(super) fn setup(reason: impl Into<String>) -> Self {
        let kind = RemoteErrorKind::Setup { reason: reason.into() };
        Self(Box::new(Inner { kind, call: None, correlation_id: None, in_doubt: None, note: None }))
    }

    /// An error of `request`.
    pub(super) fn of(request: &Request, kind: RemoteErrorKind, correlation_id: Option<String>) -> Self {
        let call = Call { method: request.method, path: request.path.clone(), class: request.class };
        Self(Box::new(Inner { kind, call: Some(call), correlation_id, in_doubt: None, note: None }))
    }

    /// The same, of a write that may have been done all the same.
    pub(super) fn in_doubt(mut self) -> Self {
        self.0.in_doubt = Some(true);
        self
    }

    /// The same, of a write that is known not to have been done.
    pub(super) fn not_done(mut self) -> Self {
        self.0.in_doubt = Some(false);
        self
    }

    /// The same, with what was tried after it.
    pub(super) fn noted(mut self, note: impl Into<String>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    /// What happened.
    pub fn kind(&self) -> &RemoteErrorKind {
        &self.0.kind
    }

    /// The id under which the server's operators find this request.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Whether somebody else changed the object since it was read: 409, 412, 400 with the words some services use, or seen
    /// when a lost answer was resolved. Not where it may have been our own write, whose answer was lost, that moved it.
    pub fn is_conflict(&self) -> bool {
        match self.kind() {
            _ if self.0.in_doubt == Some(true) => false,
            RemoteErrorKind::Overtaken { .. } => true,
            RemoteErrorKind::Status { status: 409 | 412, .. } => true,
            RemoteErrorKind::Status { status: 400, message, .. } => message.contains(STALE),
            _ => false,
        }
    }

    /// Whether the write behind this error may have been done all the same: after a timeout, a broken connection, a 408 or
    /// 5xx, or a success whose body cannot be read or is not about what was sent. Always false for requests that only look or log in, and for writes of
    /// which reading back showed what became of them.
    pub fn outcome_unknown(&self) -> bool {
        if let Some(in_doubt) = self.0.in_doubt {
            return in_doubt;
        }
        let writing = self.0.call.as_ref().is_some_and(|call| call.class.is_write());
        writing
            && match self.kind() {
                RemoteErrorKind::Timeout { .. }
                | RemoteErrorKind::Interrupted { .. }
                | RemoteErrorKind::Undecodable { .. }
                | RemoteErrorKind::Mismatched { .. }
                | RemoteErrorKind::Leaking { .. } => true,
                RemoteErrorKind::Status { status, .. } => *status == 408 || *status >= 500,
                RemoteErrorKind::Setup { .. }
                | RemoteErrorKind::Connect { .. }
                | RemoteErrorKind::Unauthorized { .. }
                | RemoteErrorKind::Forbidden { .. }
                | RemoteErrorKind::TooManyRequests { .. }
                | RemoteErrorKind::Overtaken { .. }
                | RemoteErrorKind::DeadlineExceeded { .. }
                | RemoteErrorKind::ListUnstable { .. } => false,
            }
    }

    /// Whether the time was over before the request was sent at all, or before it could be sent again after a try that
    /// certainly did nothing: what was asked for was not begun.
    pub fn not_attempted(&self) -> bool {
        matches!(self.kind(), RemoteErrorKind::DeadlineExceeded { .. }) && !self.outcome_unknown()
    }

    /// Whether every other request would end the same way: the server is out of reach, refuses the credentials, or the time
    /// is over.
    pub fn concerns_every_request(&self) -> bool {
        matches!(
            self.kind(),
            RemoteErrorKind::Setup { .. }
                | RemoteErrorKind::Connect { .. }
                | RemoteErrorKind::Unauthorized { .. }
                | RemoteErrorKind::Forbidden { .. }
                | RemoteErrorKind::TooManyRequests { .. }
                | RemoteErrorKind::DeadlineExceeded { .. }
        )
    }

    /// The campaign that the answer to a create was about, where it is not the one that was sent.
    pub fn answered_about(&self) -> Option<&CampaignId> {
        match self.kind() {
            RemoteErrorKind::Mismatched { id, .. } => id.as_ref(),
            _ => None,
        }
    }

    /// Whether the API itself says that the object is not there. A proxy's 404 page does not count.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.kind(), RemoteErrorKind::Status { status: 404 | 410, foreign: false, .. })
    }

    /// What to do about it, in plain words.
    pub fn hint(&self) -> Option<String> {
        let hint = match self.kind() {
            RemoteErrorKind::Setup { .. } => return None,
            RemoteErrorKind::Connect { reason, .. } if reason.contains("certificate") => {
                "the server's certificate is not trusted by this machine; install the certificate authority in the operating system"
            }
            RemoteErrorKind::Connect { server, .. } if server::is_on_this_machine(server) => {
                "no server answers on this machine; start it (`campaignctl emulator --port N --data DIR`), or correct `baseUrl:`"
            }
            RemoteErrorKind::Connect { .. } => "check the region or base URL of the environment, the network and the proxy settings",
            _ if self.is_conflict() => "somebody changed it in the meantime; plan again to see what is live now",
            RemoteErrorKind::DeadlineExceeded { .. } if !self.outcome_unknown() => {
                "run it again to go on where it stopped, with more time (`--timeout`) or none given"
            }
            RemoteErrorKind::Leaking { .. } => {
                "replace the client secret and end its tokens, because somebody may have read them; then remove them from the campaign \
                 that holds them, or correct the base URL"
            }
            _ if self.outcome_unknown() => "it may have been done all the same; plan again to see what is live now",
            RemoteErrorKind::Timeout { .. } | RemoteErrorKind::Interrupted { .. } => {
                "try again; if it stays, check the network and the proxy settings"
            }
            RemoteErrorKind::Status { foreign: true, .. } => {
                "this is no answer of the API; check the base URL of the environment, and any proxy on the way"
            }
            RemoteErrorKind::Status { status: 300..=399, .. } => {
                "redirects are not followed, because tokens must not travel; check the base URL of the environment"
            }
            RemoteErrorKind::Status { status: 500.., .. } => {
                "the server failed; try again later, and quote the correlation id to its operators"
            }
            RemoteErrorKind::Status { .. } | RemoteErrorKind::Overtaken { .. } | RemoteErrorKind::DeadlineExceeded { .. } => return None,
            RemoteErrorKind::Unauthorized { at: RefusedAt::GivenToken, .. } => {
                "get a new token into GENESYSCLOUD_ACCESS_TOKEN, or unset it and set GENESYSCLOUD_OAUTHCLIENT_ID and \
                 GENESYSCLOUD_OAUTHCLIENT_SECRET"
            }
            RemoteErrorKind::Unauthorized { .. } => {
                "check GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, and that they belong to the region of \
                 this environment"
            }
            RemoteErrorKind::Forbidden { .. } => "give a role with that permission to the OAuth client, then try again",
            RemoteErrorKind::TooManyRequests { retry_after: Some(wait), .. } => {
                return Some(format!("the server asks to wait {} s; try again after that", wait.as_secs()));
            }
            RemoteErrorKind::TooManyRequests { .. } => "wait a minute, or lower the number of parallel requests",
            RemoteErrorKind::Undecodable { .. } | RemoteErrorKind::Mismatched { .. } => {
                "check the base URL of the environment; if it is right, this version does not understand the server's answer"
            }
            RemoteErrorKind::ListUnstable { .. } => "somebody is creating or deleting entries right now; try again when that is over",
        };
        Some(hint.to_owned())
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, call, correlation_id, in_doubt: _, note } = &*self.0;
        let call = call.as_ref().map_or_else(|| "a request".to_owned(), |Call { method, path, class: _ }| format!("{method} {path}"));
        match kind {
            RemoteErrorKind::Setup { reason } => f.write_str(reason)?,
            RemoteErrorKind::Connect { server, reason } => write!(f, "could not connect to {server} for {call}: {reason}")?,
            RemoteErrorKind::Timeout { after } => write!(f, "no answer within {} s to {call}", after.as_secs_f64())?,
            RemoteErrorKind::Interrupted { reason } => write!(f, "the connection broke during {call}: {reason}")?,
            RemoteErrorKind::Status { status, code, message, details, foreign: _ } => {
                write!(f, "API error: {status}{} on {call}: {message}", spaced(code.as_deref()))?;
                for Detail { error_code, field } in details {
                    write!(f, " [{}]", [field.as_str(), error_code.as_str()].join(" ").trim())?;
                }
            }
            RemoteErrorKind::Unauthorized { at, status, message } => {
                let what = match at {
                    RefusedAt::Login => "the client id and secret were refused",
                    RefusedAt::Api => "a fresh token was refused twice",
                    RefusedAt::GivenToken => "the token in GENESYSCLOUD_ACCESS_TOKEN was refused",
                };
                write!(f, "API error: {status} on {call}: {what}: {message}")?;
            }
            RemoteErrorKind::Forbidden { code, message } => write!(f, "API error: 403{} on {call}: {message}", spaced(code.as_deref()))?,
            RemoteErrorKind::TooManyRequests { retry_after: _, message } => write!(f, "API error: 429 on {call}: {message}")?,
            RemoteErrorKind::Undecodable { status, reason } => write!(f, "unreadable answer {status} to {call}: {reason}")?,
            RemoteErrorKind::Mismatched { status, reason, id: _ } => {
                write!(f, "the answer {status} to {call} is not about what was sent: {reason}")?;
            }
            RemoteErrorKind::Leaking { status } => {
                write!(f, "answer {status} to {call} was dropped, because it repeats the access token or the client secret")?;
            }
            RemoteErrorKind::Overtaken { lost, planned, now, by } => {
                let by = by.as_ref().map(|by| format!(" by {by:?}")).unwrap_or_default();
                match now {
                    Some(now) => write!(f, "it was changed since the plan{by}: version {planned} is now {now}")?,
                    None => f.write_str("it was deleted since the plan")?,
                }
                write!(f, "; seen when it was read back, because {lost}")?;
            }
            RemoteErrorKind::DeadlineExceeded { limit, last } => {
                write!(f, "the time limit of {} is over; {call} was not sent", words(*limit))?;
                if let Some(last) = last {
                    write!(f, " again after: {last}")?;
                }
            }
            RemoteErrorKind::ListUnstable { readings, reason } => {
                write!(f, "the list of {call} was different from page to page, {readings} times in a row: {reason}")?;
            }
        }
        if let Some(note) = note {
            write!(f, "; {note}")?;
        }
        correlation_id.as_ref().map_or(Ok(()), |id| write!(f, " (correlation id {id})"))
    }
}

/// The code with a space before it, where there is one.
fn spaced(code: Option<&str>) -> String {
    code.map(|code| format!(" {code}")).unwrap_or_default()
}

/// A time as people write it: `30m`, `1h 30m`, `45s`.
fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let parts: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

impl std::error::Error for RemoteError {}
