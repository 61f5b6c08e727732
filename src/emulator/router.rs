//! Which route answers what, and what all of them share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};

use super::clock::Clock;
use super::contract::{CAMPAIGNS, Contract};
use super::exchange::exchange;
use super::failure::Failure;
use super::fault::{Armed, FaultScript};
use super::hook::Hooks;
use super::json_body::READ_LIMIT;
use super::neighbour::of_this_machine;
use super::rate_limit::RateLimit;
use super::request_log::RequestLog;
use super::store::{OrganizationRecord, Store};
use super::token::{Tokens, authenticated, grant};
use super::under_way::UnderWay;
use super::{campaigns, control, routing, trigger};
use crate::model::Secret;

/// What the routes share.
pub(super) struct Service {
    /// The campaigns, and what decisions leave behind.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The checks of bodies.
    pub contract: Arc<Contract>,
    /// The tokens that were given out.
    pub tokens: Tokens,
    /// The only client that gets a token; `None` gives one to everybody.
    pub client: Option<(String, Secret)>,
    /// What was asked.
    pub log: RequestLog,
    /// Open connections, and what was asked over them and is not done.
    pub under_way: UnderWay,
    /// Everybody who wants to be told of requests.
    pub hooks: Arc<Hooks>,
    /// What each request waits before anything is done.
    pub latency: Duration,
    /// The limit of each client, if there is one.
    pub rate_limit: Option<RateLimit>,
    /// What goes wrong.
    pub armed: Mutex<Armed>,
    /// Where chances come from, when a script does not say.
    pub seed: u64,
}

impl Service {
    /// What goes wrong.
    pub fn armed(&self) -> MutexGuard<'_, Armed> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a script in place of the one before.
    pub fn set_faults(&self, script: FaultScript) {
        let mut armed = self.armed();
        *armed = Armed::new(script, self.seed);
        self.store.history().keep(armed.needs_history());
    }
}

/// All routes, for the emulator on this port.
pub(super) fn router(service: &Arc<Service>, organization: Arc<OrganizationRecord>, port: u16) -> Router {
    let with_token = Router::new()
        .route(routing::ORGANIZATION, get(routing::organization))
        .route(CAMPAIGNS, get(campaigns::list).post(campaigns::create))
        .route(&format!("{CAMPAIGNS}/{{id}}"), get(campaigns::read).put(campaigns::replace).delete(campaigns::delete))
        .route(&format!("{CAMPAIGNS}/{{id}}/trigger"), post(trigger::trigger))
        .route(&trigger::suppression_path(), get(trigger::suppression))
        .route(routing::QUEUES_PATH, get(routing::queues))
        .route(routing::SKILL_GROUPS_PATH, get(routing::skill_groups))
        .route(routing::WRAP_UP_CODES_PATH, get(routing::wrap_up_codes))
        .route_layer(Extension(organization))
        .route_layer(middleware::from_fn_with_state(Arc::clone(service), authenticated));
    Router::new()
        .route("/oauth/token", post(grant))
        .route("/v2/oauth/token", post(grant))
        .merge(with_token)
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(DefaultBodyLimit::max(READ_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::clone(service), exchange))
        .layer(middleware::from_fn(of_this_machine))
        .with_state(Arc::clone(service))
        .merge(control::router(service, port))
}

/// The answer where there is nothing.
pub(super) async fn no_route(request: Request) -> Failure {
    Failure::not_found(format!("there is nothing at `{}`", request.uri().path()))
}

/// The answer to a method that a route does not take.
pub(super) async fn no_method(request: Request) -> Failure {
    let message = format!("`{}` does not take {}", request.uri().path(), request.method());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", message)
}
