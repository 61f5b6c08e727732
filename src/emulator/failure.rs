//! What the server answers when it refuses a request: the platform's error envelope.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Machine-readable kind, e.g. `invalid.value`.
    pub code: &'static str,
    /// The field as people call it, e.g. `filters[1].value`, or the name of a query parameter.
    pub field: String,
    /// What is wrong, in one sentence that names the field.
    pub message: String,
}

impl Problem {
    /// A value that the field does not take.
    pub fn invalid_value(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: "invalid.value", field: field.into(), message: message.into() }
    }
}

/// A refusal. It becomes an error envelope once the correlation id of the exchange is known.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    problems: Vec<Problem>,
}

impl Failure {
    /// A refusal with one message.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), problems: Vec::new() }
    }

    /// 400 for a request that cannot be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    /// 400 for a request that can be read but says something wrong; the first problem is the message.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        let message = problems.first().map_or_else(String::new, |problem| problem.message.clone());
        Self { status: StatusCode::BAD_REQUEST, code: "invalid.value".into(), message, problems }
    }

    /// 404 for something that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    /// What is wrong, one by one; empty where the message says it all.
    #[cfg(test)]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The envelope; `context_id` is the correlation id of the exchange.
    pub fn envelope(&self, context_id: &str) -> Body {
        let Self { status, code, message, problems } = self;
        let details = problems.iter().map(|Problem { code, field, message: _ }| Detail { error_code: code, field_name: field }).collect();
        let envelope = Envelope { message, code, status: status.as_u16(), context_id, details, errors: [] };
        Body::from(serde_json::to_vec(&envelope).expect("an envelope of texts and numbers is JSON"))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    message: &'a str,
    code: &'a str,
    status: u16,
    context_id: &'a str,
    details: Vec<Detail<'a>>,
    errors: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    error_code: &'a str,
    field_name: &'a str,
}
