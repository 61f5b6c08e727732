//! What can go wrong between here and the API, with a next step for each.

use std::fmt;
use std::time::Duration;

use super::request::{Class, Method, Request};
use super::server;

/// A request that did not end well. It names the request and, where the server gave one, the correlation id that the
/// vendor's support asks for. It never holds a token or a client secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: RemoteErrorKind,
    call: Option<Call>,
    correlation_id: Option<String>,
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
        Self(Box::new(Inner { kind: RemoteErrorKind::Setup { reason: reason.into() }, call: None, correlation_id: None }))
    }

    /// An error of `request`.
    pub(super) fn of(request: &Request, kind: RemoteErrorKind, correlation_id: Option<String>) -> Self {
        let call = Call { method: request.method, path: request.path.clone(), class: request.class };
        Self(Box::new(Inner { kind, call: Some(call), correlation_id }))
    }

    /// What happened.
    pub fn kind(&self) -> &RemoteErrorKind {
        &self.0.kind
    }

    /// The id under which the server's operators find this request.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Whether somebody else changed the object since it was read: 409, 412, or 400 with the words some services use.
    pub fn is_conflict(&self) -> bool {
        match self.kind() {
            RemoteErrorKind::Status { status: 409 | 412, .. } => true,
            RemoteErrorKind::Status { status: 400, message, .. } => message.contains("does not match the current version"),
            _ => false,
        }
    }

    /// Whether the write behind this error may have been done all the same: after a timeout, a broken connection, a 408 or
    /// 5xx, or a success whose body cannot be read. Always false for requests that only look or log in.
    pub fn outcome_unknown(&self) -> bool {
        let writing = self.0.call.as_ref().is_some_and(|call| call.class == Class::Write);
        writing
            && match self.kind() {
                RemoteErrorKind::Timeout { .. } | RemoteErrorKind::Interrupted { .. } | RemoteErrorKind::Undecodable { .. } => true,
                RemoteErrorKind::Status { status, .. } => *status == 408 || *status >= 500,
                RemoteErrorKind::Setup { .. }
                | RemoteErrorKind::Connect { .. }
                | RemoteErrorKind::Unauthorized { .. }
                | RemoteErrorKind::Forbidden { .. }
                | RemoteErrorKind::TooManyRequests { .. }
                | RemoteErrorKind::ListUnstable { .. } => false,
            }
    }

    /// Whether every other request would end the same way: the server is out of reach, or refuses the credentials.
    pub fn concerns_every_request(&self) -> bool {
        matches!(
            self.kind(),
            RemoteErrorKind::Setup { .. }
                | RemoteErrorKind::Connect { .. }
                | RemoteErrorKind::Unauthorized { .. }
                | RemoteErrorKind::Forbidden { .. }
                | RemoteErrorKind::TooManyRequests { .. }
        )
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
            RemoteErrorKind::Status { .. } => return None,
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
            RemoteErrorKind::Undecodable { .. } => {
                "check the base URL of the environment; if it is right, this version does not understand the server's answer"
            }
            RemoteErrorKind::ListUnstable { .. } => "somebody is creating or deleting entries right now; try again when that is over",
        };
        Some(hint.to_owned())
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, call, correlation_id } = &*self.0;
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
            RemoteErrorKind::ListUnstable { readings, reason } => {
                write!(f, "the list of {call} was different from page to page, {readings} times in a row: {reason}")?;
            }
        }
        correlation_id.as_ref().map_or(Ok(()), |id| write!(f, " (correlation id {id})"))
    }
}

/// The code with a space before it, where there is one.
fn spaced(code: Option<&str>) -> String {
    code.map(|code| format!(" {code}")).unwrap_or_default()
}

impl std::error::Error for RemoteError {}
