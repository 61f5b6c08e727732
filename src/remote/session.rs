//! One conversation with a server: tokens, the limit on parallel requests, the shared pause, repeating.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::answer::Answer;
use super::auth::{Authorization, Bearer, Credentials, Issued, Tokens, is_sendable};
use super::http::{Failure, Transport};
use super::request::{Request, Target};
use super::retry::{self, Decision, Outcome, Policy};
use super::{RemoteError, RemoteErrorKind, Settings};

/// More requests at once than this help nobody.
const MOST_PARALLEL: usize = 1024;

/// Everything that is shared between the requests of one reader.
pub(super) struct Session {
    transport: Box<dyn Transport>,
    api_url: String,
    tokens: Tokens,
    settings: Settings,
    permits: Semaphore,
    paused_until: Mutex<Option<Instant>>,
    sent: AtomicU64,
}

impl Session {
    pub(super) fn new(
        transport: Box<dyn Transport>,
        api_url: String,
        credentials: Credentials,
        settings: Settings,
    ) -> Result<Self, RemoteError> {
        if let Credentials::Token(token) = &credentials
            && !is_sendable(token)
        {
            return Err(RemoteError::setup("the access token is empty or holds a character that no header can carry, such as a line end"));
        }
        let permits = Semaphore::new(settings.parallelism.clamp(1, MOST_PARALLEL));
        let tokens = Tokens::new(credentials);
        Ok(Self { transport, api_url, tokens, settings, permits, paused_until: Mutex::default(), sent: AtomicU64::new(0) })
    }

    pub(super) fn api_url(&self) -> &str {
        &self.api_url
    }

    /// Requests sent so far, with those for tokens and every repetition.
    pub(super) fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends `request` until an answer stands. Anything but a success is an error.
    pub(super) async fn execute(&self, request: &Request) -> Result<Answer, RemoteError> {
        let mut attempt = 1;
        let mut renewed = false;
        loop {
            let (token, sent) = self.attempt(request).await?;
            // 401 says that nothing was done, so this may be repeated for writes too.
            if !renewed && self.tokens.client().is_some() && sent.as_ref().is_ok_and(|answer| answer.status == 401) {
                self.tokens.forget(&token);
                renewed = true;
                continue;
            }
            if !self.wait_to_repeat(attempt, request, &sent).await {
                return self.conclude(request, sent);
            }
            attempt += 1;
        }
    }

    /// The error of an answer that is not what the contract says.
    pub(super) fn undecodable(request: &Request, answer: &Answer, reason: impl Into<String>) -> RemoteError {
        let kind = RemoteErrorKind::Undecodable { status: answer.status, reason: super::answer::bounded(&reason.into(), 500) };
        RemoteError::of(request, kind, answer.correlation_id())
    }

    /// Sends `request` once, when there is a permit, no pause and a token.
    async fn attempt(&self, request: &Request) -> Result<(Bearer, Result<Answer, Failure>), RemoteError> {
        // The semaphore is never closed; without a permit the request would only be sent without the limit.
        let _permit = self.permits.acquire().await.ok();
        self.pause_over().await;
        let bearer = self.tokens.bearer(self.login()).await?;
        let sent = self.send(request, &Authorization::Bearer(bearer.secret.clone())).await;
        Ok((bearer, sent))
    }

    /// Asks for a token.
    async fn login(&self) -> Result<Issued, RemoteError> {
        let request = Request::token();
        let client = self.tokens.client().ok_or_else(|| RemoteError::setup("there is no client to log in with"))?;
        let mut attempt = 1;
        loop {
            let asked_at = Instant::now();
            let sent = self.send(&request, &client).await;
            if !self.wait_to_repeat(attempt, &request, &sent).await {
                let answer = self.conclude(&request, sent)?;
                return Issued::decode(&answer.body, asked_at).map_err(|reason| Self::undecodable(&request, &answer, reason));
            }
            attempt += 1;
        }
    }

    async fn send(&self, request: &Request, authorization: &Authorization) -> Result<Answer, Failure> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.transport.send(request, authorization).await
    }

    /// Waits as the policy says; false where the outcome stands.
    async fn wait_to_repeat(&self, attempt: u32, request: &Request, sent: &Result<Answer, Failure>) -> bool {
        let policy = Policy::new(request.class, &self.settings);
        match retry::decide(attempt, outcome(sent, request.target), dice(), &policy) {
            Decision::Stop => false,
            Decision::Repeat { delay, everyone } => {
                if everyone {
                    self.pause(delay);
                }
                sleep(delay).await;
                true
            }
        }
    }

    /// Lets no request out for `delay`.
    fn pause(&self, delay: Duration) {
        let until = Instant::now() + delay;
        let mut paused_until = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paused_until = Some(paused_until.map_or(until, |earlier| earlier.max(until)));
    }

    /// Returns when no pause is on. A pause can be made longer while it is waited for.
    async fn pause_over(&self) {
        loop {
            let until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => return,
            }
        }
    }

    fn conclude(&self, request: &Request, sent: Result<Answer, Failure>) -> Result<Answer, RemoteError> {
        let kind = match sent {
            Ok(answer) if answer.is_success() => return Ok(answer),
            Ok(answer) => {
                let kind = answer.refusal(request.target, self.tokens.client().is_none());
                return Err(RemoteError::of(request, kind, answer.correlation_id()));
            }
            Err(Failure::Unsendable(reason)) => RemoteErrorKind::Setup { reason: format!("the request cannot be sent: {reason}") },
            Err(Failure::Connect(reason)) => RemoteErrorKind::Connect { server: self.api_url.clone(), reason },
            Err(Failure::Timeout) => RemoteErrorKind::Timeout { after: self.settings.request_timeout },
            Err(Failure::Interrupted(reason)) => RemoteErrorKind::Interrupted { reason },
            Err(Failure::TooLarge { status }) => {
                RemoteErrorKind::Undecodable { status, reason: "its body is larger than any answer of this API".to_owned() }
            }
        };
        Err(RemoteError::of(request, kind, None))
    }
}

/// What the retry policy wants to know of an attempt.
fn outcome(sent: &Result<Answer, Failure>, target: Target) -> Outcome {
    match sent {
        Ok(answer) if answer.is_throttled(target) => Outcome::Throttled { retry_after: answer.retry_after },
        Ok(answer) => Outcome::Status { status: answer.status, retry_after: answer.retry_after },
        Err(Failure::Connect(_)) => Outcome::NotConnected,
        Err(Failure::Timeout | Failure::Interrupted(_)) => Outcome::Lost,
        Err(Failure::Unsendable(_) | Failure::TooLarge { .. }) => Outcome::Hopeless,
    }
}

/// A random number from 0 to 1, out of the first random bytes of a UUID.
fn dice() -> f64 {
    let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
