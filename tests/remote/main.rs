//! The API client against a server on loopback: what goes over the wire, and what is made of the answers.

#![allow(clippy::unwrap_used, reason = "tests may unwrap, but clippy does not see the functions they share as tests")]

mod failures;
mod leaks;
mod limits;
mod login;
mod reading;
mod server;
mod writing;

use std::collections::BTreeSet;
use std::time::Duration;

use campaignctl::model::{CampaignId, Secret};
use campaignctl::remote::{Credentials, InvalidBaseUrl, Reader, RefusedAt, RemoteError, RemoteErrorKind, Server, Settings, Writer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, body_string, header, header_exists, method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";
const ORGANIZATION: &str = "/api/v2/organizations/me";
const CLIENT_SECRET: &str = "hunter2hunter2";
const TOKEN: &str = "tok-sesame-sesame";

/// No wait between attempts, so that no test sleeps; the waits have tests of their own, with a clock that stands still.
fn settings() -> Settings {
    Settings { backoff_base: Duration::ZERO, throttle_wait: Duration::ZERO, ..Settings::default() }
}

fn client() -> Credentials {
    Credentials::Client { id: "client-1".to_owned(), secret: Secret::new(CLIENT_SECRET) }
}

fn reader_at(url: &str, credentials: Credentials) -> Reader {
    Reader::new(Server::base_url(url).unwrap(), credentials, settings()).unwrap()
}

fn given_token(server: &MockServer) -> Reader {
    reader_at(&server.uri(), Credentials::Token(Secret::new(TOKEN)))
}

fn id(text: &str) -> CampaignId {
    CampaignId(text.to_owned())
}

fn campaign(number: usize) -> Value {
    json!({
        "id": format!("c-{number:05}"), "version": 3, "dateCreated": "2026-11-20T01:02:03.000Z",
        "dateModified": "2026-11-20T04:05:06Z", "modifiedBy": "client-9", "selfUri": "/x",
        "name": format!("Campaign {number}"), "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{"attributeName": "external.churn", "operator": "greater_than", "value": 0.72, "dataType": "float"}],
        "actions": [{"type": "webchat_invite", "priority": 1}],
    })
}

fn number(request: &Request, parameter: &str) -> usize {
    let found = request.url.query_pairs().find(|(name, _)| name == parameter);
    found.unwrap().1.parse().unwrap()
}

/// Answers with the page of `entities` that is asked for.
fn page_of(entities: &[Value], request: &Request) -> ResponseTemplate {
    let (size, page) = (number(request, "pageSize"), number(request, "pageNumber"));
    let here: Vec<_> = entities.iter().skip((page - 1) * size).take(size).collect();
    ResponseTemplate::new(200).set_body_json(json!({
        "entities": here, "pageSize": size, "pageNumber": page, "total": entities.len(), "pageCount": entities.len().div_ceil(size),
        "nextUri": "https://elsewhere.example/api/v2/never",
    }))
}

async fn list(server: &MockServer, entities: Vec<Value>) {
    Mock::given(method("GET")).and(path(CAMPAIGNS)).respond_with(move |request: &Request| page_of(&entities, request)).mount(server).await;
}

async fn answer(server: &MockServer, verb: &str, template: ResponseTemplate) {
    Mock::given(method(verb)).and(path_regex("^/api/")).respond_with(template).mount(server).await;
}

async fn issue_tokens(server: &MockServer, life: u64) {
    let body = json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": life});
    Mock::given(path("/oauth/token")).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
}

async fn count(server: &MockServer, verb: &str, place: &str) -> usize {
    let requests = server.received_requests().await.unwrap();
    requests.iter().filter(|request| request.method.as_str() == verb && request.url.path() == place).count()
}

fn organization() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"id": "o-1", "name": "Acme", "domain": "acme"}))
}
