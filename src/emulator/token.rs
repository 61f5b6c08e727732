//! Tokens: the client-credentials grant, and the check every other route makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use uuid::Uuid;

use super::credentials::{Credentials, basic};
use super::failure::Failure;
use super::router::Service;

/// How long a token is good for.
const LIFETIME: Duration = Duration::from_secs(86_400);

/// Who sent a request: the client id of its token.
#[derive(Debug, Clone)]
pub(super) struct Caller(pub Arc<str>);

/// The tokens that were given out. They live as long as the server.
#[derive(Default)]
pub(super) struct Tokens {
    given: Mutex<HashMap<String, Grant>>,
}

struct Grant {
    caller: Caller,
    until: Instant,
}

impl Tokens {
    /// A new random token for the client.
    fn give(&self, client_id: &str, now: Instant) -> String {
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|_, grant| grant.until > now);
        given.insert(token.clone(), Grant { caller: Caller(client_id.into()), until: now + LIFETIME });
        token
    }

    /// The token is good no more.
    pub fn revoke(&self, token: &str) {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }

    /// Whose token it is, while it is good.
    pub fn caller(&self, token: &str, now: Instant) -> Option<Caller> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.get(token).filter(|grant| grant.until > now).map(|grant| grant.caller.clone())
    }
}

/// The form of a token request.
#[derive(Deserialize)]
pub(super) struct TokenForm {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// The client-credentials grant; credentials in the Basic header or in the form.
pub(super) async fn grant(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Response {
    let Ok(Form(TokenForm { grant_type, client_id, client_secret })) = form else {
        return refusal(StatusCode::BAD_REQUEST, "invalid_request", "the body must be a form with grant_type=client_credentials");
    };
    match grant_type.as_deref() {
        Some("client_credentials") => {}
        None => return refusal(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is missing"),
        Some(_) => return refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type", "only grant_type=client_credentials is known here"),
    }
    let in_form = || client_id.zip(client_secret).map(|(id, secret)| Credentials { id, secret });
    let Some(credentials) = basic(&headers).or_else(in_form).filter(|credentials| !credentials.id.is_empty()) else {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "client id and secret are missing");
    };
    let known = service.client.as_ref().is_none_or(|(id, secret)| *id == credentials.id && secret.expose() == credentials.secret);
    if !known {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "client id and secret do not belong together");
    }
    let token = service.tokens.give(&credentials.id, Instant::now());
    let body = serde_json::json!({ "access_token": token, "token_type": "bearer", "expires_in": LIFETIME.as_secs() });
    let caller = Caller(credentials.id.into());
    ([(header::CACHE_CONTROL, "no-store")], Extension(caller), Json(body)).into_response()
}

/// The login host's own error body.
pub(super) fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    let body = serde_json::json!({ "error": error, "description": description, "error_description": description });
    (status, Json(body)).into_response()
}

/// The token of the `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Lets only requests with a good token through, and tells the routes whose it is.
pub(super) async fn authenticated(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Result<Response, Failure> {
    let unauthorized = |code, message: &str| Failure::new(StatusCode::UNAUTHORIZED, code, message);
    let Some(token) = bearer(request.headers()) else {
        return Err(unauthorized("authentication.required", "No authentication bearer token specified in authorization header."));
    };
    let Some(caller) = service.tokens.caller(token, Instant::now()) else {
        return Err(unauthorized("bad.credentials", "Invalid login credentials."));
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{LIFETIME, Tokens};

    #[test]
    fn a_token_ends_and_makes_room() {
        let tokens = Tokens::default();
        let start = Instant::now();
        let token = tokens.give("me", start);
        assert_eq!(token.len(), 64);
        assert_eq!(tokens.caller(&token, start).map(|caller| caller.0.to_string()), Some("me".to_owned()));
        assert!(tokens.caller("other", start).is_none());
        assert!(tokens.caller(&token, start + LIFETIME).is_none());
        assert_ne!(tokens.give("me", start + LIFETIME), token);
        assert_eq!(tokens.given.lock().map(|given| given.len()).ok(), Some(1));
    }
}
