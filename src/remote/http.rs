//! The only file that opens a socket: sends a request value, returns an answer value.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, ClientBuilder, Url, redirect, retry};
use tokio::time::Instant;

use super::answer::{Answer, bounded};
use super::auth::Authorization;
use super::limits;
use super::request::{Body, Method, Request, Target};
use super::server::{Server, ServerKind};
use super::{RemoteError, Settings};
use crate::model::{Redactor, Secret};

/// Largest body that is taken. A page of 500 entities is about 1 MB.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// Most bytes that are read of what a secret address says.
const MOST_WORDS: usize = 200;

/// Shorter parts of a secret address are words such as `services`.
const SHORTEST_PART: usize = 8;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The request could not be built.
    Unsendable(String),
    /// No connection: nothing was sent.
    Connect(String),
    /// No complete answer in time.
    Timeout,
    /// The connection broke after the request was sent.
    Interrupted(String),
    /// The body is larger than anything this API answers.
    TooLarge { status: u16 },
}

/// A request on its way.
pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// Something that sends one request once. The tests put a script in its place.
pub(super) trait Transport: Send + Sync {
    fn send<'a>(&'a self, request: &'a Request, authorization: &'a Authorization) -> Sending<'a>;
}

/// Sends over HTTP.
pub(super) struct Http {
    client: Client,
    server: Server,
    /// Every secret that was sent so far: what the server may repeat.
    sent: Mutex<Arc<Redactor>>,
}

impl Http {
    /// Builds the client. For a remote server this loads the root certificates of the operating system.
    pub(super) fn new(server: &Server, settings: &Settings) -> Result<Self, RemoteError> {
        let client = client(server.kind(), settings)?;
        Ok(Self { client, server: server.clone(), sent: Mutex::default() })
    }

    fn build(&self, request: &Request, authorization: &Authorization) -> reqwest::Result<reqwest::Request> {
        let url = match request.target {
            Target::Api => format!("{}{}", self.server.api_url(), request.path),
            Target::Login => self.server.token_url().to_owned(),
        };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, url).header(ACCEPT, "application/json");
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        builder = match authorization {
            Authorization::Basic { id, secret } => builder.basic_auth(id, Some(secret.expose())),
            Authorization::Bearer(token) => builder.bearer_auth(token.expose()),
        };
        match &request.body {
            Body::Empty => builder,
            Body::Json(text) => builder.header(CONTENT_TYPE, "application/json").body(text.clone()),
            Body::Form(fields) => builder.form(fields),
        }
        .build()
    }

    async fn exchange(&self, request: &Request, authorization: &Authorization) -> Result<Answer, Failure> {
        let redactor = self.redactor(authorization);
        let failure = |error| failure(error, &redactor);
        let built = self.build(request, authorization).map_err(|error| Failure::Unsendable(deepest(&error, &redactor)))?;
        let mut response = self.client.execute(built).await.map_err(failure)?;
        let status = response.status().as_u16();
        let correlation_header = text_header(response.headers(), "inin-correlation-id");
        let limits = limits::read(|name| text_header(response.headers(), name), Timestamp::now);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            if bytes.len() + chunk.len() > LARGEST_BODY {
                return Err(Failure::TooLarge { status });
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Answer { status, correlation_header, limits, body, redactor })
    }

    /// The secrets that were sent so far, with those that are about to be.
    fn redactor(&self, authorization: &Authorization) -> Arc<Redactor> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        match authorization {
            Authorization::Basic { id, secret } => {
                if Arc::make_mut(&mut sent).learn(secret) {
                    Arc::make_mut(&mut sent).learn(&Secret::new(STANDARD.encode(format!("{id}:{}", secret.expose()))));
                }
            }
            Authorization::Bearer(token) => drop(Arc::make_mut(&mut sent).learn(token)),
        }
        Arc::clone(&sent)
    }
}

/// A client that goes nowhere else than it is sent: no redirects, nothing repeated behind our back.
fn client(kind: ServerKind, settings: &Settings) -> Result<Client, RemoteError> {
    // An error says that a provider is installed already, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let builder = ClientBuilder::new()
        .user_agent(concat!("campaignctl/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.request_timeout)
        .pool_idle_timeout(Duration::from_secs(20))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false);
    let builder = match kind {
        ServerKind::Remote => builder.https_only(true),
        ServerKind::LoopbackTls => builder.https_only(true).no_proxy(),
        // No root certificates are needed, and loading them takes milliseconds.
        ServerKind::LoopbackPlain => builder.no_proxy().tls_certs_only([]),
    };
    builder.build().map_err(|error| RemoteError::setup(format!("cannot set up HTTPS: {}", deepest(&error, &Redactor::default()))))
}

/// Posts to one address that is a secret as a whole.
pub(super) struct SecretAddress {
    client: Client,
    url: Secret,
    redactor: Redactor,
}

/// What a secret address answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// The beginning of the body, on one line.
    pub(super) words: String,
}

impl SecretAddress {
    pub(super) fn new(url: Secret, kind: ServerKind, settings: &Settings) -> Result<Self, RemoteError> {
        let mut redactor = Redactor::default();
        // With its parts: whoever has the path has the address.
        url.expose().split(['/', '?', '&', '=', '#']).filter(|part| part.len() >= SHORTEST_PART).for_each(|part| {
            redactor.learn(&Secret::new(part));
        });
        redactor.learn(&url);
        Ok(Self { client: client(kind, settings)?, url, redactor })
    }

    /// Sends one JSON text once. No failure names the address.
    pub(super) async fn post(&self, json: &str) -> Result<Reply, Failure> {
        let request = self.client.post(self.url.expose()).header(CONTENT_TYPE, "application/json").body(json.to_owned());
        let mut response = request.send().await.map_err(|error| failure(error, &self.redactor))?;
        let status = response.status().as_u16();
        let limits = limits::read(|name| text_header(response.headers(), name), Timestamp::now);
        let mut bytes = Vec::new();
        // The answer is known by its status; what follows only explains it.
        while let Ok(Some(chunk)) = response.chunk().await
            && bytes.len() < MOST_WORDS
        {
            bytes.extend_from_slice(&chunk[..chunk.len().min(MOST_WORDS)]);
        }
        let words = bounded(&self.redactor.redact(&String::from_utf8_lossy(&bytes)), MOST_WORDS);
        Ok(Reply { status, retry_after: limits.retry_after, words })
    }
}

impl Transport for Http {
    fn send<'a>(&'a self, request: &'a Request, authorization: &'a Authorization) -> Sending<'a> {
        Box::pin(async move {
            let started = Instant::now();
            let outcome = self.exchange(request, authorization).await;
            let status = outcome.as_ref().ok().map(|answer| answer.status);
            let correlation_id = outcome.as_ref().ok().and_then(Answer::correlation_id);
            tracing::debug!(
                method = %request.method,
                path = request.path,
                status,
                milliseconds = started.elapsed().as_millis(),
                correlation_id,
                failure = outcome.as_ref().err().map(tracing::field::debug),
                "request"
            );
            outcome
        })
    }
}

/// The parts of a URL that decide whether it can be a base URL.
pub(super) struct UrlParts {
    pub(super) scheme: String,
    /// In lower case; IPv6 in brackets; empty where there is none.
    pub(super) host: String,
    /// Where it is not the scheme's own.
    pub(super) port: Option<u16>,
    pub(super) path: String,
    pub(super) credentials: bool,
    pub(super) query_or_fragment: bool,
}

/// Takes a URL apart with the parser that will later send to it, so that both see the same host.
pub(super) fn split_url(text: &str) -> Result<UrlParts, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    Ok(UrlParts {
        scheme: url.scheme().to_owned(),
        host: url.host_str().unwrap_or_default().to_owned(),
        port: url.port(),
        path: url.path().to_owned(),
        credentials: !url.username().is_empty() || url.password().is_some(),
        query_or_fragment: url.query().is_some() || url.fragment().is_some(),
    })
}

/// Value of a query parameter of an absolute or relative URI.
pub(super) fn query_value(uri: &str, name: &str) -> Option<String> {
    // The base only completes a relative URI; it is never asked.
    let base = Url::parse("https://relative.invalid").ok()?;
    let url = base.join(uri).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Without the address, which may be a secret, and without what was sent: the names in a certificate come from outside too.
fn failure(error: reqwest::Error, redactor: &Redactor) -> Failure {
    let error = error.without_url();
    if error.is_connect() {
        Failure::Connect(deepest(&error, redactor))
    } else if error.is_timeout() {
        Failure::Timeout
    } else if error.is_builder() {
        Failure::Unsendable(deepest(&error, redactor))
    } else {
        Failure::Interrupted(deepest(&error, redactor))
    }
}

/// The innermost cause: "Connection refused", not "error sending request for url (…)".
fn deepest(error: &dyn Error, redactor: &Redactor) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    bounded(&redactor.redact(&cause.to_string()), 300)
}
