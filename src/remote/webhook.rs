//! Where messages to people go: one POST to an address that is a credential, sent again where that helps.

use std::fmt;
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

use super::http::{self, Failure, Reply, SecretAddress, UrlParts};
use super::request::Class;
use super::retry::{self, Next, Outcome, Policy};
use super::session::dice;
use super::{RemoteError, Settings, server};
use crate::model::Secret;

/// How long a message is worked on. A `Retry-After` that would end later is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a message is sent at most.
const MOST_TRIES: u32 = 4;

/// An address for messages. All of it but the host is secret: whoever has the URL can write there.
pub struct Webhook {
    address: SecretAddress,
    url: Secret,
    host: String,
    policy: Policy,
}

/// Why a text cannot be the URL of a webhook. No variant repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidWebhook {
    /// It is no absolute URL.
    #[error("the URL of the webhook is no absolute URL: {reason}")]
    Malformed {
        /// What the URL parser says.
        reason: String,
    },
    /// The scheme is neither `https` nor `http`.
    #[error("the URL of the webhook must start with `https://`")]
    Scheme,
    /// Plain `http` to another machine would show the URL to everyone on the way.
    #[error("plain `http://` goes to this machine only (127.0.0.1, [::1], localhost): the URL of a webhook is a secret, use `https://`")]
    PlainHttp,
    /// A user name or password stands in the URL.
    #[error("the URL of the webhook holds a user name or password, which are not sent")]
    Credentials,
    /// The client could not be built.
    #[error("{0}")]
    Setup(String),
}

/// A message that was not taken; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the webhook at `{host}` did not take the message: {reason}")]
pub struct NotDelivered {
    /// Host of the webhook.
    pub host: String,
    /// What it answered, or why it could not be asked.
    pub reason: String,
}

impl Webhook {
    /// Takes the URL; nothing is sent yet.
    ///
    /// # Errors
    /// Where the URL is not `https` (plain `http` is for loopback only), or TLS cannot be set up.
    pub fn new(url: Secret) -> Result<Self, InvalidWebhook> {
        let parts = http::split_url(url.expose()).map_err(|reason| InvalidWebhook::Malformed { reason })?;
        let UrlParts { scheme, host, port: _, path: _, credentials, query_or_fragment: _ } = parts;
        if !matches!(scheme.as_str(), "https" | "http") {
            return Err(InvalidWebhook::Scheme);
        }
        if credentials {
            return Err(InvalidWebhook::Credentials);
        }
        let kind = server::kind(&scheme, &host).ok_or(InvalidWebhook::PlainHttp)?;
        let settings = Settings { max_attempts: MOST_TRIES, request_timeout: Duration::from_secs(15), ..Settings::default() };
        let setup = |error: RemoteError| InvalidWebhook::Setup(error.to_string());
        let address = SecretAddress::new(url.clone(), kind, &settings).map_err(setup)?;
        // What may have arrived is sent again too: a message twice is better than none.
        Ok(Self { address, url, host, policy: Policy::new(Class::Read, &settings) })
    }

    /// Host of the webhook: all that may be shown of it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Delivers one JSON text. What fails for a moment is tried again, for at most a minute and as `Retry-After` says.
    ///
    /// # Errors
    /// [`NotDelivered`]: it was not taken.
    pub async fn deliver(&self, json: &str) -> Result<(), NotDelivered> {
        let give_up = Instant::now() + PATIENCE;
        let mut attempt = 1;
        loop {
            let sent = self.address.post(json).await;
            if let Ok(Reply { status: 200..=299, .. }) = sent {
                return Ok(());
            }
            let next = retry::decide(attempt, outcome(&sent), dice(), &self.policy).next;
            match next {
                Next::Repeat { delay } if Instant::now() + delay < give_up => {
                    tracing::debug!(host = self.host, milliseconds = delay.as_millis(), "waiting to send the message again");
                    tokio::time::sleep(delay).await;
                    attempt += 1;
                }
                _ => return Err(NotDelivered { host: self.host.clone(), reason: self.reason(sent, attempt) }),
            }
        }
    }

    fn reason(&self, sent: Result<Reply, Failure>, attempts: u32) -> String {
        let what = match sent {
            Ok(Reply { status, retry_after: _, words: _ }) if (300..400).contains(&status) => {
                format!("it answers {status}, and redirects are not followed")
            }
            Ok(Reply { status, retry_after, words }) => {
                let code = if self.may_be_shown(&words) { format!(" (`{words}`)") } else { String::new() };
                let wait = retry_after.map(|wait| format!(" and asks to wait {} s", wait.as_secs())).unwrap_or_default();
                format!("it answers {status}{code}{wait}")
            }
            Err(Failure::Connect(reason)) => format!("it could not be reached: {reason}"),
            Err(Failure::Timeout) => "it did not answer in time".to_owned(),
            Err(Failure::Interrupted(_)) => "the connection broke before it answered".to_owned(),
            Err(Failure::Unsendable(_) | Failure::TooLarge { .. }) => "it cannot be sent there".to_owned(),
        };
        if attempts > 1 { format!("{what} (tried {attempts} times)") } else { what }
    }

    /// Whether an answer is a code such as `no_service`, and not a part of the URL that was repeated.
    fn may_be_shown(&self, words: &str) -> bool {
        (1..=60).contains(&words.len())
            && words.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            && !self.url.expose().to_ascii_lowercase().contains(words)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What the retry policy wants to know.
fn outcome(sent: &Result<Reply, Failure>) -> Outcome {
    match sent {
        Ok(Reply { status: 429, retry_after, words: _ }) => Outcome::Throttled { retry_after: *retry_after },
        Ok(Reply { status, retry_after, words: _ }) => Outcome::Status { status: *status, retry_after: *retry_after },
        Err(Failure::Connect(_)) => Outcome::NotConnected,
        Err(Failure::Timeout | Failure::Interrupted(_)) => Outcome::Lost,
        Err(Failure::Unsendable(_) | Failure::TooLarge { .. }) => Outcome::Hopeless,
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidWebhook, Webhook};
    use crate::model::Secret;

    #[test]
    fn only_https_or_this_machine_and_the_url_is_never_repeated() {
        let refused = |url: &str| Webhook::new(Secret::new(url)).map(|_| ()).unwrap_err();
        assert_eq!(refused("http://hooks.example/hunter2"), InvalidWebhook::PlainHttp);
        assert_eq!(refused("ftp://hooks.example/hunter2"), InvalidWebhook::Scheme);
        assert_eq!(refused("https://me:hunter2@hooks.example/"), InvalidWebhook::Credentials);
        assert!(matches!(refused("hunter2"), InvalidWebhook::Malformed { .. }));
        for url in ["http://hooks.example/hunter2", "ftp://hunter2", "https://hunter2:x@h/", "hunter2", "https://[hunter2"] {
            assert!(!refused(url).to_string().contains("hunter2"), "{url}");
        }
        let hook = Webhook::new(Secret::new("http://127.0.0.1:1/services/hunter2")).unwrap();
        assert_eq!(hook.host(), "127.0.0.1");
        assert!(!format!("{hook:?}").contains("hunter2"));
        assert!(hook.may_be_shown("no_service") && !hook.may_be_shown("hunter") && !hook.may_be_shown("No such team: T1"));
    }
}
