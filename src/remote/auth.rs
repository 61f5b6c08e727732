//! Tokens: asked for once, shared, renewed before they end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::RemoteError;
use crate::model::Secret;

/// How long before its end a token is renewed; tokens that live less than four times as long are renewed after three
/// quarters of their life.
const MARGIN: Duration = Duration::from_secs(60);
/// Longer lives than this are not believed; the platform allows two days.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Who the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// An OAuth client: tokens are asked for with the client-credentials grant.
    Client {
        /// Client id.
        id: String,
        /// Client secret.
        secret: Secret,
    },
    /// An access token somebody else got. It cannot be renewed.
    Token(Secret),
}

/// What goes into the `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authorization {
    Basic { id: String, secret: Secret },
    Bearer(Secret),
}

/// A token in use, with a number that tells it from the ones before it.
#[derive(Debug, Clone)]
pub(super) struct Bearer {
    pub(super) secret: Secret,
    number: u64,
}

/// A token as the token endpoint issued it.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) secret: Secret,
    /// From here its life is counted: before the request was sent, so on the safe side.
    pub(super) asked_at: Instant,
    /// How long it lives, where the server says so.
    pub(super) life: Option<Duration>,
}

#[derive(Deserialize)]
struct TokenBody {
    access_token: String,
    expires_in: Option<u64>,
}

impl Issued {
    /// Reads the answer of the token endpoint. The reason of a failure never repeats the answer, which may hold a token.
    pub(super) fn decode(body: &str, asked_at: Instant) -> Result<Self, String> {
        let read = serde_json::from_str::<TokenBody>(body);
        let TokenBody { access_token, expires_in } =
            read.map_err(|error| format!("no `access_token` and `expires_in` in it (line {}, column {})", error.line(), error.column()))?;
        let secret = Secret::new(access_token);
        if !is_sendable(&secret) {
            return Err("its `access_token` cannot be sent in a header".to_owned());
        }
        Ok(Self { secret, asked_at, life: expires_in.map(Duration::from_secs) })
    }

    /// When to ask for the next one.
    fn renew_at(&self) -> Option<Instant> {
        let life = self.life?.min(LONGEST_LIFE);
        Some(self.asked_at + (life - MARGIN.min(life / 4)))
    }
}

/// Whether a token can stand in a header.
pub(super) fn is_sendable(token: &Secret) -> bool {
    !token.expose().is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

/// The tokens of one reader.
pub(super) struct Tokens {
    credentials: Credentials,
    held: Mutex<Held>,
    /// Whose turn it is to ask for a token; the others wait and share what comes.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    current: Option<(Bearer, Option<Instant>)>,
    issued: u64,
    failures: u64,
    last_failure: Option<RemoteError>,
}

impl Tokens {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials, held: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The client's id and secret, where tokens can be asked for.
    pub(super) fn client(&self) -> Option<Authorization> {
        match &self.credentials {
            Credentials::Client { id, secret } => Some(Authorization::Basic { id: id.clone(), secret: secret.clone() }),
            Credentials::Token(_) => None,
        }
    }

    /// The client's id, where it is known.
    pub(super) fn client_id(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Client { id, secret: _ } => Some(id),
            Credentials::Token(_) => None,
        }
    }

    /// A token that is good for a while; `login` is only run when there is none, and by one caller at a time. Callers that
    /// waited for a login that failed get its error instead of trying the same again.
    pub(super) async fn bearer(&self, login: impl Future<Output = Result<Issued, RemoteError>>) -> Result<Bearer, RemoteError> {
        if let Credentials::Token(secret) = &self.credentials {
            return Ok(Bearer { secret: secret.clone(), number: 0 });
        }
        if let Some(bearer) = self.fresh() {
            return Ok(bearer);
        }
        let failures_before = self.held().failures;
        let _turn = self.turn.lock().await;
        if let Some(bearer) = self.fresh() {
            return Ok(bearer);
        }
        {
            let held = self.held();
            if let Some(failure) = held.last_failure.as_ref().filter(|_| held.failures != failures_before) {
                return Err(failure.clone());
            }
        }
        let outcome = login.await;
        let mut held = self.held();
        match outcome {
            Ok(issued) => {
                held.issued += 1;
                let renew_at = issued.renew_at();
                let bearer = Bearer { secret: issued.secret, number: held.issued };
                held.current = Some((bearer.clone(), renew_at));
                Ok(bearer)
            }
            Err(failure) => {
                held.failures += 1;
                held.last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// Drops a token that the API refused, unless a newer one has replaced it already.
    pub(super) fn forget(&self, refused: &Bearer) {
        let mut held = self.held();
        if held.current.as_ref().is_some_and(|(current, _)| current.number == refused.number) {
            held.current = None;
        }
    }

    fn fresh(&self) -> Option<Bearer> {
        let held = self.held();
        let (bearer, renew_at) = held.current.as_ref()?;
        renew_at.is_none_or(|at| Instant::now() < at).then(|| bearer.clone())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Issued;

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_it_ends() {
        let now = Instant::now();
        for (life, renewed) in [(86_400, 86_340), (300, 240), (100, 75), (4, 3), (0, 0), (u64::MAX, 30 * 24 * 3600 - 60)] {
            let body = format!(r#"{{"access_token":"t","token_type":"bearer","expires_in":{life}}}"#);
            let renew_at = Issued::decode(&body, now).unwrap().renew_at().unwrap();
            assert_eq!(renew_at - now, Duration::from_secs(renewed), "{life}");
        }
    }

    #[tokio::test]
    async fn an_unreadable_token_answer_is_not_repeated() {
        for body in
            [r#"{"access_token":"hunter2hunter2","expires_in":"soon"}"#, r#"{"access_token":"hunter2\n","expires_in":5}"#, "hunter2"]
        {
            let reason = Issued::decode(body, Instant::now()).unwrap_err();
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }
}
