//! The routes of decisions: submit a session, ask for a contact's suppression.
//!
//! The decision is that of [`crate::evaluate`] at the server's own time; `evaluationContext.timestamp` is taken and not
//! looked at, because a client must not end a suppression by its clock. A campaign with `evaluationMode: batch` answers
//! `queued`, and that is all that comes of it: this server never decides the batch, so nothing is invited or remembered.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::campaigns::{campaign_id, of_campaign};
use super::exchange::Committed;
use super::failure::Failure;
use super::json_body::{JsonBody, json_answer};
use super::router::Service;
use super::store::{Allowance, Triggered};
use crate::evaluate::ContactLedger;

/// The path of contacts.
pub(super) const CONTACTS: &str = "/api/v2/analytics/predictiveengagement/contacts";

/// The route of a contact's suppression.
pub(super) fn suppression_path() -> String {
    format!("{CONTACTS}/{{id}}/suppression")
}

/// Submits one session for a decision.
pub(super) async fn trigger(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let id = readable(id)?;
    let session = service.contract.session(body)?;
    let Triggered { outcome, allowance, remembered } =
        service.store.trigger(campaign_id(&id)?, session).await.map_err(|error| of_campaign(error, &id))?;
    let mut response = match outcome {
        Some(decided) if decided.queued => (StatusCode::ACCEPTED, json_answer(decided.json)).into_response(),
        Some(decided) => json_answer(decided.json),
        None => too_many(&id, allowance),
    };
    if let Some(allowance) = allowance {
        tell_allowance(response.headers_mut(), allowance);
    }
    if remembered {
        response.extensions_mut().insert(Committed::default());
    }
    Ok(response)
}

/// The answer over the campaign's cap.
fn too_many(id: &str, allowance: Option<Allowance>) -> Response {
    let message = format!("the campaign `{id}` has sent its maxInvitesPerMinute invites of this minute");
    let mut response = Failure::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests", message).into_response();
    if let Some(Allowance { seconds_left, .. }) = allowance {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds_left));
    }
    response
}

/// How many invites are left of the minute, and the seconds until the next one, rounded up.
fn tell_allowance(headers: &mut HeaderMap, allowance: Allowance) {
    let Allowance { remaining, seconds_left } = allowance;
    headers.insert("x-ratelimit-remaining", HeaderValue::from(remaining));
    headers.insert("x-ratelimit-reset", HeaderValue::from(seconds_left));
}

/// A contact's suppression, over all campaigns. A contact that was never heard of is not suppressed.
pub(super) async fn suppression(
    State(service): State<Arc<Service>>,
    contact_id: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let contact_id = readable(contact_id)?;
    let contact = service.store.contact(&contact_id)?;
    let answer = SuppressionAnswer::of(&contact_id, &contact, service.clock.now());
    Ok(axum::Json(answer).into_response())
}

/// The parameter of the path, decoded.
fn readable(parameter: Result<Path<String>, PathRejection>) -> Result<String, Failure> {
    let Path(text) = parameter.map_err(|rejection| Failure::bad_request(format!("the path cannot be read: {rejection}")))?;
    Ok(text)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SuppressionAnswer<'a> {
    contact_id: &'a str,
    suppressed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    tokens: Vec<TokenAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenAnswer<'a> {
    campaign_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<&'a str>,
    invited_at: Timestamp,
    expires_at: Timestamp,
}

impl<'a> SuppressionAnswer<'a> {
    fn of(contact_id: &'a str, contact: &'a ContactLedger, now: Timestamp) -> Self {
        let tokens = contact.tokens(now).map(|(campaign_id, token)| TokenAnswer {
            campaign_id,
            queue_id: token.queue_id.as_deref(),
            invited_at: token.invited_at,
            expires_at: token.expires_at,
        });
        let expires_at = contact.suppressed_until(now);
        Self { contact_id, suppressed: expires_at.is_some(), expires_at, tokens: tokens.collect() }
    }
}
