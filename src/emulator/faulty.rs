//! What the faults of one request come to: what is done before, instead of and after its work.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::failure::Failure;
use super::fault::Fault;
use super::route::Route;
use super::store::{Hidden, ListView, PageShift};
use super::token;

/// The course of one request.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// Wait before anything is done.
    pub delay: Duration,
    /// How a list looks, if not as it is.
    pub view: Option<ListView>,
    /// Answered instead of doing anything; with [`Ending::Dropped`] not even that.
    pub before: Option<Refusal>,
    /// Answered although everything was done.
    pub after: Option<Refusal>,
    /// The token is good no more.
    pub revoke: bool,
    /// What becomes of the answer.
    pub ending: Ending,
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is sent.
    #[default]
    Whole,
    /// The connection closes instead.
    Dropped,
    /// Half of it is sent.
    Torn,
    /// It is sent within that time.
    Slow(Duration),
}

/// An error that nothing but the script is the reason of.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    retry_after: Option<u64>,
    code: Option<String>,
    message: Option<String>,
}

impl Course {
    /// What the faults come to, for list request number `list` at `now`.
    pub fn of(faults: Vec<Fault>, list: u64, now: Timestamp) -> Self {
        let mut course = Self::default();
        for fault in faults {
            match fault {
                Fault::StatusBeforeCommit { status, retry_after, code, message } => {
                    course.before = Some(Refusal { status, retry_after, code, message });
                }
                Fault::StatusAfterCommit { status } => course.after = Some(Refusal::of(status)),
                Fault::VersionMismatch => {
                    let message = "The version in the request does not match the current version".to_owned();
                    course.before = Some(Refusal { message: Some(message), ..Refusal::of(400) });
                }
                Fault::DropBeforeCommit => {
                    course.before = Some(Refusal::of(500));
                    course.ending = Ending::Dropped;
                }
                Fault::DropAfterCommit => course.ending = Ending::Dropped,
                Fault::TornBody => course.ending = Ending::Torn,
                Fault::SlowBody { total } => course.ending = Ending::Slow(total),
                Fault::Delay { by } => course.delay += by,
                Fault::DuplicatePageEntry => course.view.get_or_insert_default().shift = Some(PageShift::Back),
                Fault::MissingPageEntry => course.view.get_or_insert_default().shift = Some(PageShift::Forward),
                Fault::TokenExpiry => course.revoke = true,
                Fault::ThrottledToken => {
                    let message = "rate limit exceeded; wait before asking for another token".to_owned();
                    course.before = Some(Refusal { message: Some(message), ..Refusal::of(400) });
                }
                Fault::StaleList(staleness) => course.view.get_or_insert_default().hidden.push(Hidden { staleness, list, now }),
            }
        }
        course
    }
}

impl Refusal {
    fn of(status: u16) -> Self {
        Self { status, retry_after: None, code: None, message: None }
    }

    /// The answer, in the words of the host that the route belongs to.
    pub fn response(self, route: Option<Route>) -> Response {
        let Self { status, retry_after, code, message } = self;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (usual_code, usual_message) = usual(status);
        let message = message.map_or(Cow::Borrowed(usual_message), Cow::Owned);
        let mut response = if route == Some(Route::Token) {
            let usual = match status {
                StatusCode::BAD_REQUEST => "invalid_request",
                StatusCode::UNAUTHORIZED => "invalid_client",
                StatusCode::FORBIDDEN => "access_denied",
                StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
                _ => "server_error",
            };
            token::refusal(status, code.as_deref().unwrap_or(usual), &message)
        } else {
            Failure::new(status, code.map_or(Cow::Borrowed(usual_code), Cow::Owned), message).into_response()
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The platform's usual code and message of a status.
fn usual(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        400 => ("bad.request", "The request could not be understood by the server due to malformed syntax."),
        401 => ("bad.credentials", "Invalid login credentials."),
        403 => ("missing.permissions", "Unable to perform the requested action. You are missing the following permission(s): (a fault)"),
        404 => ("not.found", "The requested resource was not found."),
        409 => ("general.conflict", "The request conflicts with the current state of the resource."),
        412 => ("precondition.failed", "The resource was changed since it was read."),
        429 => ("too.many.requests", "Rate limit exceeded the maximum. Retry the request later."),
        502 => ("bad.gateway", "The gateway got no valid answer."),
        503 => ("service.unavailable", "Service Unavailable - The server is currently unavailable."),
        504 => ("request.timeout", "The request timed out."),
        _ => ("internal.server.error", "The server encountered an unexpected condition which prevented it from fulfilling the request."),
    }
}
