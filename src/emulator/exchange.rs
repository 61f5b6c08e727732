//! Around every request: a correlation id for the answer, the error envelope, and a line in the request log.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use super::failure::Failure;
use super::request_log::RequestRecord;
use super::router::Service;

/// Header with the id that people quote to support; error envelopes repeat it as `contextId`.
const CORRELATION_HEADER: &str = "inin-correlation-id";

/// Lets the request through and finishes the answer.
pub(super) async fn exchange(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let correlation = Uuid::new_v4().to_string();
    let method = request.method().to_string();
    let path_and_query = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);

    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        *response.body_mut() = failure.envelope(&correlation);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let value = HeaderValue::try_from(&correlation).expect("a UUID is a header value");
    response.headers_mut().insert(CORRELATION_HEADER, value);

    let status = response.status().as_u16();
    tracing::debug!(%method, %path_and_query, status, %correlation, "emulator answered");
    service.log.add(RequestRecord { method, path_and_query, status });
    response
}
