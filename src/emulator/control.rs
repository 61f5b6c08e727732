//! The routes that steer the emulator itself. They are no part of the API: no token, no faults, and not in its request log;
//! therefore they are only for somebody on this machine.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use uuid::Uuid;

use super::exchange::finished;
use super::failure::{Failure, Problem};
use super::fault::FaultScript;
use super::neighbour::of_this_emulator;
use super::router::{Service, no_method, no_route};

/// The routes, complete with their layers.
pub(super) fn router(service: &Arc<Service>, port: u16) -> Router {
    Router::new()
        .route("/_emulator/faults", get(faults).put(set_faults).delete(clear_faults).fallback(no_method))
        .route("/_emulator/requests", get(requests).fallback(no_method))
        .route("/_emulator/{*other}", any(no_route))
        .layer(middleware::map_response(|response: Response| async move { finished(response, &Uuid::new_v4().to_string()) }))
        .layer(middleware::from_fn_with_state(port, of_this_emulator))
        .with_state(Arc::clone(service))
}

/// What is set, and how often each fault fired.
async fn faults(State(service): State<Arc<Service>>) -> Response {
    Json(service.armed().shown()).into_response()
}

/// Sets a script in place of the one before, counts from nought, and shows it.
async fn set_faults(State(service): State<Arc<Service>>, body: Bytes) -> Result<Response, Failure> {
    let script =
        FaultScript::from_json(&body).map_err(|error| Failure::invalid(vec![Problem::invalid_value("faults", error.to_string())]))?;
    service.set_faults(script);
    Ok(faults(State(service)).await)
}

/// Nothing goes wrong any more.
async fn clear_faults(State(service): State<Arc<Service>>) -> StatusCode {
    service.set_faults(FaultScript::default());
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Since {
    since: Option<u64>,
}

/// The request log after number `since`, oldest first.
async fn requests(
    State(service): State<Arc<Service>>,
    since: Result<Query<Since>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Failure> {
    let Query(Since { since }) =
        since.map_err(|_| Failure::invalid(vec![Problem::invalid_value("since", "`since` must be the number of a request, 0 or more")]))?;
    let requests = service.log.since(since.unwrap_or(0));
    Ok(Json(serde_json::json!({ "count": service.log.count(), "requests": requests })).into_response())
}
