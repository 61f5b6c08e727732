//! An emulator with a client: requests in, status and JSON out.

use std::path::Path;

use campaignctl::emulator::{Emulator, Options, UnknownFields};
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
        let options = Options { data: folder.to_owned(), port: 0, client: None, unknown_fields };
        let emulator = Emulator::start(options).await.expect("an emulator");
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

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, body: &Value) -> (u16, Value) {
        answer(self.request(Method::POST, CAMPAIGNS).json(body)).await
    }

    pub async fn put(&self, id: &Value, body: &Value) -> (u16, Value) {
        answer(self.request(Method::PUT, &one(id)).json(body)).await
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
