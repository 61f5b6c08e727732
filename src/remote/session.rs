//! One conversation with a server: tokens, the limit on parallel requests, the gate, repeating.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use super::answer::Answer;
use super::auth::{Authorization, Bearer, Credentials, Issued, Tokens, is_sendable};
use super::bucket::Bucket;
use super::budget::Budget;
use super::gate::Gate;
use super::http::{Failure, Transport};
use super::request::{Request, Target};
use super::retry::{self, Decision, Next, Outcome, Policy};
use super::{Pace, RemoteError, RemoteErrorKind, Settings};
use crate::model::CampaignId;

/// More requests at once than this help nobody.
const MOST_PARALLEL: usize = 1024;

/// Everything that is shared between the requests of one reader.
pub(super) struct Session {
    transport: Box<dyn Transport>,
    api_url: String,
    tokens: Tokens,
    settings: Settings,
    permits: Semaphore,
    gate: Gate,
    budget: Budget,
    sent: AtomicU64,
}

/// How far a request is: kept from one try to the next.
#[derive(Debug)]
pub(super) struct Tries {
    /// Number of the next try, from 1.
    number: u32,
    /// Whether a refused token was replaced already.
    renewed: bool,
    /// Whether a write may have been done by an earlier try.
    pub(super) in_doubt: bool,
}

/// Why a request is not sent again, at least not without a look.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) error: RemoteError,
    /// The wait before it may be sent again, where a look shows that it was not done.
    pub(super) again: Option<Duration>,
}

impl Default for Tries {
    fn default() -> Self {
        Self { number: 1, renewed: false, in_doubt: false }
    }
}

impl From<RemoteError> for Stopped {
    fn from(error: RemoteError) -> Self {
        Self { error, again: None }
    }
}

impl Session {
    /// `usual_pace` is how many requests a minute are sent where the settings leave it to the server.
    pub(super) fn new(
        transport: Box<dyn Transport>,
        api_url: String,
        credentials: Credentials,
        settings: Settings,
        usual_pace: Option<NonZeroU32>,
    ) -> Result<Self, RemoteError> {
        if let Credentials::Token(token) = &credentials
            && !is_sendable(token)
        {
            return Err(RemoteError::setup("the access token is empty or holds a character that no header can carry, such as a line end"));
        }
        let pace = match settings.pace {
            Pace::ByServer => usual_pace,
            Pace::PerMinute(requests) => Some(requests),
            Pace::Unlimited => None,
        };
        let deadline = deadline(&settings);
        Ok(Self {
            transport,
            api_url,
            tokens: Tokens::new(credentials),
            permits: Semaphore::new(settings.parallelism.clamp(1, MOST_PARALLEL)),
            gate: Gate::new(Bucket::new(pace), deadline),
            budget: Budget::new(settings.repetitions_percent, settings.repetitions_floor),
            settings,
            sent: AtomicU64::new(0),
        })
    }

    pub(super) fn api_url(&self) -> &str {
        &self.api_url
    }

    /// A new run begins with the same connections, token and window: its time counts from now, and it may repeat as many
    /// requests as any other.
    pub(super) fn begin_run(&self) {
        self.gate.begin_run(deadline(&self.settings));
        self.budget.begin_run();
    }

    /// The client that requests are made as, where it is known.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.tokens.client_id()
    }

    /// Requests sent so far, with those for tokens and every repetition.
    pub(super) fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Sends `request` until an answer stands. Anything but a success is an error.
    pub(super) async fn execute(&self, request: &Request) -> Result<Answer, RemoteError> {
        self.push(request, &mut Tries::default()).await.map_err(|stopped| stopped.error)
    }

    /// Sends `request`, again where the policy says so, until an answer stands or somebody has to look. Anything but a
    /// success is an error.
    pub(super) async fn push(&self, request: &Request, tries: &mut Tries) -> Result<Answer, Stopped> {
        loop {
            let (token, sent) = self.attempt(request, tries).await?;
            // 401 says that nothing was done, so this may be repeated for writes too.
            if !tries.renewed && self.tokens.client().is_some() && sent.as_ref().is_ok_and(|answer| answer.status == 401) {
                self.tokens.forget(&token);
                tries.renewed = true;
                continue;
            }
            let outcome = outcome(&sent, request.target);
            let next = self.decide(tries.number, outcome, request);
            let error = match self.conclude(request, sent) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match next {
                Next::Stop => return Err(error.into()),
                Next::Look { delay } => return Err(Stopped { error, again: Some(delay) }),
                Next::Repeat { delay } => {
                    tries.in_doubt |= error.outcome_unknown();
                    let free = matches!(outcome, Outcome::Throttled { .. });
                    self.repeat(request, tries, delay, error, free).await?;
                }
            }
        }
    }

    /// Waits before `request` is sent again; where that cannot be, the error says why. `error` is what its last try ended
    /// with, `free` whether it is no burden on the budget.
    pub(super) async fn repeat(
        &self,
        request: &Request,
        tries: &mut Tries,
        delay: Duration,
        error: RemoteError,
        free: bool,
    ) -> Result<(), RemoteError> {
        if !free && !self.budget.take() {
            return Err(error.noted("not tried again, because too many requests of this run had to be sent again already"));
        }
        tries.number += 1;
        tracing::debug!(method = %request.method, path = request.path, milliseconds = delay.as_millis(), "waiting to send it again");
        self.gate.delay(delay).await.map_err(|_| self.too_late(request, Some(&error)))
    }

    /// The wait before looking for the `number`th time at what has not come yet.
    ///
    /// # Errors
    /// `DeadlineExceeded`.
    pub(super) async fn patience(&self, number: u32, request: &Request) -> Result<(), RemoteError> {
        let delay = Policy::new(request.class, &self.settings).backoff(number, dice());
        self.gate.delay(delay).await.map_err(|_| self.too_late(request, None))
    }

    /// The error of an answer that is not what the contract says.
    pub(super) fn undecodable(request: &Request, answer: &Answer, reason: impl Into<String>) -> RemoteError {
        let kind = RemoteErrorKind::Undecodable { status: answer.status, reason: super::answer::bounded(&reason.into(), 500) };
        RemoteError::of(request, kind, answer.correlation_id())
    }

    /// The error of an answer to a write that is not about what was sent; `id` where it is about another new campaign.
    pub(super) fn mismatched(request: &Request, answer: &Answer, reason: &str, id: Option<CampaignId>) -> RemoteError {
        let kind = RemoteErrorKind::Mismatched { status: answer.status, reason: super::answer::bounded(reason, 500), id };
        RemoteError::of(request, kind, answer.correlation_id())
    }

    /// Sends `request` once, when there is a permit and a token, no pause, and leave to send.
    async fn attempt(&self, request: &Request, tries: &Tries) -> Result<(Bearer, Result<Answer, Failure>), RemoteError> {
        let too_late = |_| self.too_late(request, None);
        // The semaphore is never closed; without a permit the request would only be sent without the limit.
        let _permit = self.gate.in_time(self.permits.acquire()).await.map_err(too_late)?.ok();
        let bearer = self.gate.in_time(self.tokens.bearer(self.login())).await.map_err(too_late)??;
        let pass = self.gate.enter().await.map_err(too_late)?;
        let authorization = Authorization::Bearer(bearer.secret.clone());
        let sent = self.send(request, &authorization, tries.number == 1 && !tries.renewed).await;
        pass.answered(sent.as_ref().ok().and_then(|answer| answer.limits.quota));
        Ok((bearer, sent))
    }

    /// Asks for a token.
    async fn login(&self) -> Result<Issued, RemoteError> {
        let request = Request::token();
        let client = self.tokens.client().ok_or_else(|| RemoteError::setup("there is no client to log in with"))?;
        let mut tries = Tries::default();
        loop {
            self.gate.open().await.map_err(|_| self.too_late(&request, None))?;
            let asked_at = Instant::now();
            let sent = self.send(&request, &client, tries.number == 1).await;
            let outcome = outcome(&sent, request.target);
            let next = self.decide(tries.number, outcome, &request);
            match (self.conclude(&request, sent), next) {
                (Err(error), Next::Repeat { delay }) => {
                    self.repeat(&request, &mut tries, delay, error, matches!(outcome, Outcome::Throttled { .. })).await?;
                }
                (answer, _) => {
                    let answer = answer?;
                    return Issued::decode(&answer.body, asked_at).map_err(|reason| Self::undecodable(&request, &answer, reason));
                }
            }
        }
    }

    async fn send(&self, request: &Request, authorization: &Authorization, first: bool) -> Result<Answer, Failure> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        if first {
            self.budget.earn();
        }
        self.transport.send(request, authorization).await
    }

    /// What the policy says; a pause is begun at once, for all requests, whatever becomes of this one.
    fn decide(&self, attempt: u32, outcome: Outcome, request: &Request) -> Next {
        let Decision { next, pause } = retry::decide(attempt, outcome, dice(), &Policy::new(request.class, &self.settings));
        if let Some(pause) = pause {
            tracing::info!(seconds = pause.as_secs_f64(), path = request.path, "the server asks to wait: no request goes out");
            self.gate.pause(pause);
        }
        next
    }

    /// The error of a request that was not sent (again), because there is no time left.
    fn too_late(&self, request: &Request, last: Option<&RemoteError>) -> RemoteError {
        let kind =
            RemoteErrorKind::DeadlineExceeded { limit: self.settings.deadline.unwrap_or_default(), last: last.map(ToString::to_string) };
        RemoteError::of(request, kind, None)
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
        Ok(answer) if answer.is_throttled(target) => Outcome::Throttled { retry_after: answer.limits.retry_after },
        Ok(answer) => Outcome::Status { status: answer.status, retry_after: answer.limits.retry_after },
        Err(Failure::Connect(_)) => Outcome::NotConnected,
        Err(Failure::Timeout | Failure::Interrupted(_)) => Outcome::Lost,
        Err(Failure::Unsendable(_) | Failure::TooLarge { .. }) => Outcome::Hopeless,
    }
}

/// When a run that begins now has to be over.
fn deadline(settings: &Settings) -> Option<Instant> {
    settings.deadline.and_then(|limit| Instant::now().checked_add(limit))
}

/// A random number from 0 to 1, out of the first random bytes of a UUID.
pub(super) fn dice() -> f64 {
    let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}
