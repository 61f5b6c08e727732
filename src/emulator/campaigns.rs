//! The campaign routes: list, create, read, replace, delete.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::contract::CAMPAIGNS;
use super::exchange::Committed;
use super::failure::Failure;
use super::json_body::{JsonBody, json_answer};
use super::page::Parameters;
use super::router::Service;
use super::store::{ListView, StoreError};
use super::token::Caller;

/// The largest page of campaigns.
const LARGEST_PAGE: u64 = 100;

/// One page, ordered by id; `name` is an exact filter. A fault may have it look otherwise.
pub(super) async fn list(
    State(service): State<Arc<Service>>,
    view: Option<Extension<ListView>>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let parameters = Parameters(pairs);
    let page = parameters.page(LARGEST_PAGE)?;
    let name = parameters.get("name");
    let found = match (view, name) {
        (Some(Extension(view)), name) => service.store.page_as(page, name, view),
        (None, None) => service.store.page(page),
        (None, Some(name)) => service.store.page_of_name(page, name),
    }?;
    Ok(json_answer(page.envelope(&found.entities, found.total, CAMPAIGNS, name)))
}

/// Creates a campaign. The same request twice makes two.
pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let body = service.contract.create(body)?;
    let (id, campaign) = service.store.create(body, &caller.0).await?;
    let location = [(header::LOCATION, format!("{CAMPAIGNS}/{id}"))];
    Ok((StatusCode::CREATED, location, Extension(Committed { created: Some(id) }), json_answer(campaign)).into_response())
}

/// Reads one campaign.
pub(super) async fn read(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Response, Failure> {
    Ok(json_answer(service.store.campaign(campaign_id(&id)?).map_err(|error| of_campaign(error, &id))?))
}

/// Replaces the whole campaign, if nobody changed it since the version in the body.
pub(super) async fn replace(
    State(service): State<Arc<Service>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let uuid = campaign_id(&id)?;
    let (body, version) = service.contract.replace(body)?;
    let replaced = service.store.replace(uuid, version, body, &caller.0).await;
    let campaign = replaced.map_err(|error| match error {
        StoreError::VersionMismatch { live } => {
            let message =
                format!("the campaign has version {live} and the request replaces version {version}: it was changed since it was read");
            Failure::new(StatusCode::CONFLICT, "version.mismatch", message)
        }
        error => of_campaign(error, &id),
    })?;
    Ok((Extension(Committed::default()), json_answer(campaign)).into_response())
}

/// Deletes a campaign.
pub(super) async fn delete(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Response, Failure> {
    service.store.delete(campaign_id(&id)?).await.map_err(|error| of_campaign(error, &id))?;
    Ok((StatusCode::NO_CONTENT, Extension(Committed::default())).into_response())
}

/// The id in a path. What is no UUID names no campaign.
pub(super) fn campaign_id(text: &str) -> Result<Uuid, Failure> {
    Uuid::try_parse(text).map_err(|_| no_campaign(text))
}

fn no_campaign(id: &str) -> Failure {
    Failure::not_found(format!("there is no campaign with the id `{id}`"))
}

/// A refusal of the store that speaks of the campaign `id`.
pub(super) fn of_campaign(error: StoreError, id: &str) -> Failure {
    if error == StoreError::NotFound { no_campaign(id) } else { error.into() }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (status, code) = match &error {
            StoreError::NotFound => (StatusCode::NOT_FOUND, "not.found"),
            StoreError::VersionMismatch { .. } => (StatusCode::CONFLICT, "version.mismatch"),
            StoreError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "service.unavailable"),
            StoreError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal.server.error"),
        };
        Self::new(status, code, error.to_string())
    }
}
