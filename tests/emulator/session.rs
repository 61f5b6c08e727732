//! An emulator with a client: requests in, status and JSON out; and a clock with hands.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use campaignctl::emulator::{Clock, Emulator, Options, UnknownFields};
use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";

/// A running emulator and a client with a token for it.
pub struct Session {
    pub emulator: Emulator,
    client: Client,
    token: String,
}

impl Session {
    pub async fn start(folder: &Path, unknown_fields: UnknownFields) -> Self {
        Self::start_with_clock(folder, unknown_fields, Clock::default()).await
    }

    pub async fn start_with_clock(folder: &Path, unknown_fields: UnknownFields, clock: Clock) -> Self {
        Self::start_with(Options { unknown_fields, ..Options::new(folder) }, clock).await
    }

    pub async fn start_with(options: Options, clock: Clock) -> Self {
        let emulator = Emulator::start_with_clock(options, clock).await.expect("an emulator");
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::new();
        let form = [("grant_type", "client_credentials")];
        let request = client.post(format!("{}/oauth/token", emulator.base_url())).basic_auth("tester", Some("any")).form(&form);
        let (_, body) = answer(request).await;
        let token = body["access_token"].as_str().expect("a token").to_owned();
        Self { emulator, client, token }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.emulator.base_url())).bearer_auth(&self.token)
    }

    /// The token of the session's requests.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Gets a new token, and uses it from now on.
    pub async fn log_in(&mut self) -> (u16, Value) {
        let form = [("grant_type", "client_credentials")];
        let request = self.client.post(format!("{}/oauth/token", self.emulator.base_url()));
        let (status, body) = answer(request.basic_auth("tester", Some("any")).form(&form)).await;
        if let Some(token) = body["access_token"].as_str() {
            token.clone_into(&mut self.token);
        }
        (status, body)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, body: &Value) -> (u16, Value) {
        answer(self.request(Method::POST, CAMPAIGNS).json(body)).await
    }

    pub async fn put(&self, id: &Value, body: &Value) -> (u16, Value) {
        answer(self.request(Method::PUT, &one(id)).json(body)).await
    }

    pub async fn trigger(&self, id: &Value, session: &Value) -> Answer {
        Answer::of(self.request(Method::POST, &format!("{}/trigger", one(id))).json(session)).await
    }

    pub async fn suppression(&self, contact_id: &str) -> Value {
        let (status, body) = self.get(&format!("/api/v2/analytics/predictiveengagement/contacts/{contact_id}/suppression")).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub async fn create(&self, body: &Value) -> Value {
        let (status, campaign) = self.post(body).await;
        assert_eq!(status, 201, "{campaign}");
        campaign
    }
}

pub fn one(id: &Value) -> String {
    format!("{CAMPAIGNS}/{}", id.as_str().expect("an id"))
}

/// An answer with the headers that matter to a sender of triggers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub retry_after: Option<String>,
    pub remaining: Option<String>,
    pub reset: Option<String>,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let header = |name| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let (retry_after, remaining, reset) = (header("retry-after"), header("x-ratelimit-remaining"), header("x-ratelimit-reset"));
        let status = response.status().as_u16();
        let body = response.json().await.expect("JSON");
        Self { status, body, retry_after, remaining, reset }
    }
}

/// A clock that stands where it is put.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn at(time: &str) -> Self {
        let hands = Self(Arc::default());
        hands.set(time);
        hands
    }

    pub fn set(&self, time: &str) {
        self.set_to(time.parse().expect("a time"));
    }

    pub fn set_to(&self, time: Timestamp) {
        self.0.store(time.as_millisecond(), Ordering::SeqCst);
    }

    pub fn clock(&self) -> Clock {
        let time = Arc::clone(&self.0);
        Clock::new(move || Timestamp::from_millisecond(time.load(Ordering::SeqCst)).expect("a time"))
    }
}

/// Status and JSON body (`null` for none). Every answer has a correlation id, and an envelope repeats it.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("an answer");
    let correlation = correlation(&response);
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    let body: Value = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect(&text) };
    if body.get("contextId").is_some() {
        assert_eq!(body["contextId"], correlation.as_str());
        assert_eq!(body["status"], status);
        assert_eq!(body["errors"], json!([]));
    }
    (status, body)
}

fn correlation(response: &Response) -> String {
    let header = response.headers().get("ININ-Correlation-Id").expect("a correlation id");
    let text = header.to_str().expect("text").to_owned();
    uuid::Uuid::parse_str(&text).expect("a UUID");
    text
}
