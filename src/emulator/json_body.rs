//! JSON bodies: that of a request, read within its limit, and that of an answer.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;

/// The largest body that is taken. Bytes.
pub(super) const LIMIT: usize = 1024 * 1024;

/// How much is read before the connection is given up. Bytes. Above [`LIMIT`], so that a client that sends somewhat too
/// much hears why, instead of seeing its connection break while it still writes.
pub(super) const READ_LIMIT: usize = 8 * LIMIT;

/// A body that is JSON.
pub(super) struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            let message = "the body must be sent with `Content-Type: application/json`";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported.media.type", message));
        }
        let bytes = match Bytes::from_request(request, state).await {
            Ok(bytes) if bytes.len() <= LIMIT => bytes,
            Err(rejection) if rejection.status() != StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(Failure::bad_request(format!("the body cannot be read: {}", rejection.body_text())));
            }
            Ok(_) | Err(_) => {
                let message = format!("The request is over the size limit. Maximum bytes: {LIMIT}");
                return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message));
            }
        };
        let value = serde_json::from_slice(&bytes).map_err(|error| Failure::bad_request(format!("the body is not JSON: {error}")))?;
        Ok(Self(value))
    }
}

/// The `name` of the body of a request, without judging the body: one that is no JSON has none. The body stays whole, unless
/// it is larger than anything that is read, or broke off; then the refusal comes with what is left of the request.
pub(super) async fn peek_name(request: Request) -> (Request, Result<Option<String>, Failure>) {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return (request, Ok(None));
    }
    let (head, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, READ_LIMIT).await else {
        let message = format!("The request broke off, or is over the size limit. Maximum bytes: {LIMIT}");
        let failure = Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message);
        return (Request::from_parts(head, Body::empty()), Err(failure));
    };
    let name = serde_json::from_slice::<Named>(&bytes).ok().map(|Named { name }| name);
    (Request::from_parts(head, Body::from(bytes)), Ok(name))
}

/// An answer that is JSON already.
pub(super) fn json_answer(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// Whether the body is declared as JSON, with or without parameters such as `charset`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(declared) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = declared.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
