//! The API client against a server on loopback: what goes over the wire, and what is made of the answers.

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

#[tokio::test]
async fn a_login_is_basic_with_a_form_and_its_token_is_reused() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/oauth/token"))
        .and(header("authorization", "Basic Y2xpZW50LTE6aHVudGVyMmh1bnRlcjI="))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string("grant_type=client_credentials"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86_399})),
        )
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path(ORGANIZATION))
        .and(header("authorization", format!("Bearer {TOKEN}")))
        .and(header("user-agent", concat!("campaignctl/", env!("CARGO_PKG_VERSION"))))
        .respond_with(organization())
        .expect(9)
        .mount(&server)
        .await;
    let reader = reader_at(&server.uri(), client());
    let at_once = [0; 8].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { reader.organization().await })
    });
    for one in at_once {
        assert_eq!(one.await.unwrap().unwrap().id, "o-1");
    }
    assert_eq!(reader.organization().await.unwrap().name, "Acme");
    assert_eq!(reader.requests_sent(), 10);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end() {
    let server = MockServer::start().await;
    issue_tokens(&server, 300).await;
    answer(&server, "GET", organization()).await;
    let reader = reader_at(&server.uri(), client());
    for (seconds, logins) in [(0, 1), (230, 1), (20, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        reader.organization().await.unwrap();
        assert_eq!(count(&server, "POST", "/oauth/token").await, logins, "{seconds}");
    }
}

#[tokio::test]
async fn a_401_is_answered_with_one_new_token() {
    let server = MockServer::start().await;
    for token in ["first-token", "second-token"] {
        let body = json!({"access_token": token, "expires_in": 3600});
        let template = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(path("/oauth/token")).respond_with(template).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(header("authorization", "Bearer first-token")).respond_with(ResponseTemplate::new(401)).expect(1).mount(&server).await;
    Mock::given(header("authorization", "Bearer second-token")).respond_with(organization()).expect(2).mount(&server).await;
    let reader = reader_at(&server.uri(), client());
    reader.organization().await.unwrap();
    reader.organization().await.unwrap();
    assert_eq!(reader.requests_sent(), 5);
}

#[tokio::test]
async fn a_401_that_stays_is_an_error() {
    let server = MockServer::start().await;
    issue_tokens(&server, 3600).await;
    answer(
        &server,
        "GET",
        ResponseTemplate::new(401)
            .set_body_json(json!({"message": "Invalid login credentials.", "code": "bad.credentials", "status": 401})),
    )
    .await;
    let error = reader_at(&server.uri(), client()).organization().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Unauthorized { at: RefusedAt::Api, .. }), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 4);

    server.reset().await;
    answer(&server, "GET", ResponseTemplate::new(401)).await;
    let error = given_token(&server).organization().await.unwrap_err();
    assert!(error.to_string().contains("the token in GENESYSCLOUD_ACCESS_TOKEN was refused"), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_client_is_told_apart_from_a_throttled_login() {
    let server = MockServer::start().await;
    let oauth = |error: &str, description: &str| json!({"error": error, "description": description, "error_description": description});
    let throttled = ResponseTemplate::new(400).set_body_json(oauth("invalid_request", "rate limit exceeded; wait"));
    Mock::given(path("/oauth/token")).respond_with(throttled).up_to_n_times(2).mount(&server).await;
    let refused = ResponseTemplate::new(400).set_body_json(oauth("invalid_client", "client not found"));
    Mock::given(path("/oauth/token")).respond_with(refused).mount(&server).await;
    let error = reader_at(&server.uri(), client()).organization().await.unwrap_err();
    assert_eq!(error.to_string(), "API error: 400 on POST /oauth/token: the client id and secret were refused: client not found");
    assert!(error.hint().unwrap().contains("GENESYSCLOUD_OAUTHCLIENT_ID"));
    assert_eq!(count(&server, "POST", "/oauth/token").await, 3);
}

#[tokio::test]
async fn a_list_costs_one_request_per_hundred_campaigns() {
    for (campaigns, requests) in [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)] {
        let server = MockServer::start().await;
        list(&server, (0..campaigns).rev().map(campaign).collect()).await;
        let reader = given_token(&server);
        let live = reader.campaigns().await.unwrap();
        assert_eq!(reader.requests_sent(), requests, "{campaigns}");
        let ids: Vec<_> = live.campaigns.iter().map(|campaign| campaign.id.0.clone()).collect();
        assert_eq!(ids, (0..campaigns).map(|number| format!("c-{number:05}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn queues_come_in_pages_of_five_hundred() {
    let server = MockServer::start().await;
    let queues: Vec<_> = (0..501).map(|n| json!({"id": format!("q-{n}"), "name": format!("Queue {}", 999 - n), "division": {}})).collect();
    Mock::given(path("/api/v2/routing/queues")).respond_with(move |request: &Request| page_of(&queues, request)).mount(&server).await;
    let reader = given_token(&server);
    let queues = reader.queues().await.unwrap();
    assert_eq!((queues.len(), reader.requests_sent(), queues[0].name.as_str()), (501, 2, "Queue 499"));
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again() {
    let server = MockServer::start().await;
    // The first reading sees 101 campaigns, of which one has moved from the second page to the first.
    let torn: Vec<_> = (0..101).map(|number| campaign(number.min(99))).collect();
    Mock::given(path(CAMPAIGNS)).respond_with(move |request: &Request| page_of(&torn, request)).up_to_n_times(2).mount(&server).await;
    list(&server, (0..100).map(campaign).collect()).await;
    let reader = given_token(&server);
    assert_eq!(reader.campaigns().await.unwrap().campaigns.len(), 100);
    assert_eq!(reader.requests_sent(), 3);
}

#[tokio::test]
async fn a_list_that_never_stands_still_is_an_error() {
    let server = MockServer::start().await;
    list(&server, vec![campaign(1), campaign(1)]).await;
    let reader = given_token(&server);
    let error = reader.campaigns().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::ListUnstable { readings: 3, .. }), "{error}");
    assert!(error.to_string().contains("2 entries, but 1 different"), "{error}");
    assert!(error.hint().is_some());
    assert_eq!(reader.requests_sent(), 3);
}

#[tokio::test]
async fn a_page_count_that_hides_campaigns_is_rejected() {
    let server = MockServer::start().await;
    let body = json!({"entities": [campaign(1)], "pageSize": 1, "pageNumber": 1, "total": 9, "pageCount": 1});
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(body)).await;
    let error = given_token(&server).campaigns().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Undecodable { .. }), "{error}");
}

#[tokio::test]
async fn unmodelled_fields_are_kept_with_their_place() {
    let server = MockServer::start().await;
    let mut odd = campaign(1);
    odd["segment/~x"] = json!({"a": [1]});
    odd["filters"][0]["weight"] = json!(12.50);
    odd["actions"][0]["config"] = json!({"inviteMessage": "Hi", "theme": null});
    odd["throttling"] = json!({"maxInvitesPerContact": 1, "scope": "org"});
    odd["modifiedBy"] = json!({"id": "u-1"});
    odd["dateCreated"] = json!("yesterday");
    list(&server, vec![odd, campaign(2)]).await;
    let live = given_token(&server).campaigns().await.unwrap();
    let fields: Vec<_> = live.campaigns[0].unmodelled.iter().map(|field| (field.pointer.as_str(), field.value.clone())).collect();
    let expected = [
        ("/actions/0/config/theme", Value::Null),
        ("/filters/0/weight", json!(12.5)),
        ("/segment~1~0x", json!({"a": [1]})),
        ("/throttling/scope", json!("org")),
    ];
    assert_eq!(
        BTreeSet::from_iter(fields.iter().map(|(pointer, _)| *pointer)),
        BTreeSet::from(expected.clone().map(|(pointer, _)| pointer))
    );
    assert!(expected.iter().all(|field| fields.contains(field)), "{fields:?}");
    assert_eq!((live.campaigns[0].modified_by.as_ref(), live.campaigns[0].date_created), (None, None));
    let plain = &live.campaigns[1];
    assert_eq!((plain.unmodelled.len(), plain.version, plain.modified_by.as_deref()), (0, 3, Some("client-9")));
    assert_eq!(plain.date_modified.unwrap().to_string(), "2026-11-20T04:05:06Z");
}

#[tokio::test]
async fn a_campaign_that_cannot_be_read_does_not_hide_the_others() {
    let server = MockServer::start().await;
    let mut new_operator = campaign(1);
    new_operator["filters"] =
        json!([campaign(0)["filters"][0], {"attributeName": "a.b", "operator": "matches", "value": 1, "dataType": "integer"}]);
    let mut null = campaign(2);
    null["name"] = Value::Null;
    let mut bad_throttling = campaign(3);
    bad_throttling["throttling"] = json!({"cooldownSeconds": -1});
    list(&server, vec![new_operator.clone(), null, bad_throttling, campaign(4)]).await;
    let live = given_token(&server).campaigns().await.unwrap();
    assert_eq!(live.campaigns.len(), 1);
    let unreadable: Vec<_> = live.unreadable.iter().map(|c| (c.id.0.as_str(), c.name.as_deref(), c.reason.as_str())).collect();
    assert_eq!((unreadable[0].0, unreadable[0].1), ("c-00001", Some("Campaign 1")));
    assert!(unreadable[0].2.starts_with("filters[1]: unknown variant `matches`"), "{unreadable:?}");
    assert_eq!(unreadable[1].1, None);
    assert!(unreadable[1].2.contains("null"), "{unreadable:?}");
    assert!(unreadable[2].2.starts_with("throttling: "), "{unreadable:?}");

    server.reset().await;
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(new_operator)).await;
    let error = given_token(&server).campaign(&id("c-00001")).await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Undecodable { status: 200, .. }), "{error}");
}

#[tokio::test]
async fn a_campaign_without_id_or_version_fails_the_list() {
    for field in ["id", "version"] {
        let server = MockServer::start().await;
        let mut nameless = campaign(1);
        nameless.as_object_mut().unwrap().remove(field);
        list(&server, vec![nameless]).await;
        let error = given_token(&server).campaigns().await.unwrap_err();
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[tokio::test]
async fn one_campaign_is_found_or_not() {
    let server = MockServer::start().await;
    Mock::given(path(format!("{CAMPAIGNS}/c-00001")))
        .respond_with(ResponseTemplate::new(200).set_body_json(campaign(1)))
        .mount(&server)
        .await;
    Mock::given(path(format!("{CAMPAIGNS}/other")))
        .respond_with(ResponseTemplate::new(200).set_body_json(campaign(1)))
        .mount(&server)
        .await;
    let page = ResponseTemplate::new(404).set_body_raw("<html><title>Not here</title></html>", "text/html");
    Mock::given(path(format!("{CAMPAIGNS}/page"))).respond_with(page).mount(&server).await;
    let reader = given_token(&server);
    assert_eq!(reader.campaign(&id("c-00001")).await.unwrap().unwrap().spec.name, "Campaign 1");
    assert_eq!(reader.campaign(&id("absent")).await.unwrap(), None);
    assert!(reader.campaign(&id("other")).await.unwrap_err().to_string().contains("another campaign"));
    // A proxy's page says nothing about the campaign.
    let writer = Writer::new(reader);
    assert!(writer.reader().campaign(&id("page")).await.unwrap_err().hint().unwrap().contains("base URL"));
    assert!(writer.delete(&id("page")).await.is_err());
    let sent = writer.reader().requests_sent();
    assert!(writer.delete(&id("..")).await.is_err());
    assert_eq!(writer.reader().requests_sent(), sent);
}

#[tokio::test]
async fn writes_say_what_the_contract_asks_for() {
    let server = MockServer::start().await;
    let body = json!({"name": "Campaign 1", "version": 3});
    let one = format!("{CAMPAIGNS}/c-00001");
    let created = ResponseTemplate::new(201).set_body_json(campaign(1));
    Mock::given(method("POST")).and(path(CAMPAIGNS)).and(body_json(&body)).respond_with(created).expect(1).mount(&server).await;
    let updated = ResponseTemplate::new(200).set_body_json(campaign(1));
    Mock::given(method("PUT"))
        .and(path(&one))
        .and(header("content-type", "application/json"))
        .and(body_json(&body))
        .respond_with(updated)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE")).and(path(&one)).respond_with(ResponseTemplate::new(204)).up_to_n_times(1).expect(1).mount(&server).await;
    let writer = Writer::new(given_token(&server));
    assert_eq!(writer.create(&body).await.unwrap().id, id("c-00001"));
    assert_eq!(writer.update(&id("c-00001"), &body).await.unwrap().version, 3);
    writer.delete(&id("c-00001")).await.unwrap();
    // Gone already (the server answers 404 now): done.
    writer.delete(&id("c-00001")).await.unwrap();
    assert_eq!(writer.reader().requests_sent(), 4);
}

#[tokio::test]
async fn a_write_is_sent_once_when_its_outcome_is_unknown() {
    let server = MockServer::start().await;
    for verb in ["POST", "PUT", "DELETE"] {
        answer(&server, verb, ResponseTemplate::new(503).set_body_json(json!({"message": "Service unavailable", "status": 503}))).await;
    }
    let writer = Writer::new(given_token(&server));
    for error in [
        writer.create(&json!({})).await.unwrap_err(),
        writer.update(&id("c"), &json!({})).await.unwrap_err(),
        writer.delete(&id("c")).await.unwrap_err(),
    ] {
        assert!(error.outcome_unknown(), "{error}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_error_names_request_code_and_correlation_id() {
    let envelope = json!({
        "message": "Version mismatch", "code": "version.mismatch", "status": 409, "contextId": "from-body",
        "details": [{"errorCode": "stale", "fieldName": "version"}],
    });
    for (from_header, expected) in [(None, "from-body"), (Some("from-header"), "from-header")] {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(409).set_body_json(&envelope);
        answer(&server, "PUT", from_header.map_or(template.clone(), |id| template.insert_header("ININ-Correlation-Id", id))).await;
        let error = Writer::new(given_token(&server)).update(&id("c-1"), &json!({"version": 2})).await.unwrap_err();
        let text =
            format!("API error: 409 version.mismatch on PUT {CAMPAIGNS}/c-1: Version mismatch [version stale] (correlation id {expected})");
        assert_eq!(error.to_string(), text);
        assert_eq!(error.correlation_id(), Some(expected));
        assert!(error.is_conflict() && !error.outcome_unknown());
    }
}

#[tokio::test]
async fn conflicts_have_three_faces() {
    let old = "The version in the request (2) does not match the current version (3)";
    for (status, message, conflict) in [(409, "x", true), (412, "x", true), (400, old, true), (400, "bad", false), (404, "x", false)] {
        let server = MockServer::start().await;
        answer(&server, "PUT", ResponseTemplate::new(status).set_body_json(json!({"message": message}))).await;
        let error = Writer::new(given_token(&server)).update(&id("c"), &json!({})).await.unwrap_err();
        assert_eq!((error.is_conflict(), error.outcome_unknown()), (conflict, false), "{error}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let server = MockServer::start().await;
    let message = "Unable to perform the requested action. You are missing the following permission(s): predictiveengagement:campaign:read";
    answer(
        &server,
        "GET",
        ResponseTemplate::new(403).set_body_json(json!({"message": message, "code": "missing.permissions", "status": 403})),
    )
    .await;
    let error = given_token(&server).campaigns().await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Forbidden { .. }));
    assert_eq!(error.to_string(), format!("API error: 403 missing.permissions on GET {CAMPAIGNS}: {message}"));
}

#[tokio::test]
async fn pages_of_others_are_not_taken_for_answers() {
    let html = "<!doctype html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    for (status, requests) in [(502, 5), (200, 1), (403, 1)] {
        let server = MockServer::start().await;
        answer(&server, "GET", ResponseTemplate::new(status).set_body_raw(html, "text/html")).await;
        let reader = given_token(&server);
        let error = reader.organization().await.unwrap_err();
        assert!(error.hint().unwrap().contains("base URL"), "{error}");
        assert_eq!(reader.requests_sent(), requests, "{error}");
    }
    let server = MockServer::start().await;
    answer(&server, "DELETE", ResponseTemplate::new(200).set_body_raw(html, "text/html")).await;
    assert!(Writer::new(given_token(&server)).delete(&id("c")).await.unwrap_err().outcome_unknown());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = format!("{}/elsewhere", server.uri());
    answer(&server, "GET", ResponseTemplate::new(307).insert_header("location", elsewhere)).await;
    let error = given_token(&server).organization().await.unwrap_err();
    assert!(error.to_string().contains("307") && error.hint().unwrap().contains("redirects"), "{error}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

/// A server that reads one request a connection, writes `reply` and hangs up.
async fn raw_server(reply: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn a_torn_answer_is_an_interruption() {
    let torn = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"id\": \"o-1\", ";
    for reply in [torn, ""] {
        let reader = reader_at(&raw_server(reply).await, Credentials::Token(Secret::new(TOKEN)));
        let error = reader.organization().await.unwrap_err();
        assert!(matches!(error.kind(), RemoteErrorKind::Interrupted { .. }), "{error:?}");
        assert_eq!(reader.requests_sent(), 5);
        let writer = Writer::new(reader);
        assert!(writer.create(&json!({})).await.unwrap_err().outcome_unknown());
        assert_eq!(writer.reader().requests_sent(), 6);
    }
}

#[tokio::test]
async fn nobody_listening_means_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let writer = Writer::new(reader_at(&url, Credentials::Token(Secret::new(TOKEN))));
    let error = writer.create(&json!({})).await.unwrap_err();
    assert!(matches!(error.kind(), RemoteErrorKind::Connect { .. }) && !error.outcome_unknown(), "{error:?}");
    assert!(error.to_string().starts_with(&format!("could not connect to {url} for POST {CAMPAIGNS}: ")), "{error}");
    assert_eq!(writer.reader().requests_sent(), 1);
    assert!(writer.reader().organization().await.is_err());
    assert_eq!(writer.reader().requests_sent(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_a_timeout() {
    // The paused clock jumps to the timeout as soon as everything waits for the server, which never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let settings = Settings { connect_timeout: Duration::from_secs(3600), max_attempts: 1, ..settings() };
    let reader = Reader::new(Server::base_url(&url).unwrap(), Credentials::Token(Secret::new(TOKEN)), settings).unwrap();
    let error = Writer::new(reader).create(&json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), format!("no answer within 30 s to POST {CAMPAIGNS}"));
    assert!(error.outcome_unknown());
    drop(listener);
}

#[test]
fn only_loopback_may_be_without_tls() {
    let table = [
        ("https://genesys.example", Some("https://genesys.example")),
        ("https://genesys.example:8443/x/", Some("https://genesys.example:8443/x")),
        ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
        ("http://127.9.9.9", Some("http://127.9.9.9")),
        ("http://[::1]:8080", Some("http://[::1]:8080")),
        ("HTTP://LocalHost:1", Some("http://localhost:1")),
        ("http://genesys.example", None),
        ("http://localhost.genesys.example", None),
        ("http://127.0.0.1.genesys.example", None),
        ("http://127.0.0.1\\@genesys.example", Some("http://127.0.0.1/@genesys.example")),
        ("http://127.0.0.1@genesys.example", None),
        ("http://0.0.0.0", None),
        ("http://10.0.0.1", None),
        ("http://[::ffff:10.0.0.1]", None),
        ("https://user:hunter2@genesys.example", None),
        ("https://genesys.example/?x=1", None),
        ("https://genesys.example/#x", None),
        ("ftp://genesys.example", None),
        ("genesys.example", None),
        ("", None),
    ];
    for (url, expected) in table {
        let server = Server::base_url(url);
        assert_eq!(server.as_ref().ok().map(Server::api_url), expected, "{url}: {server:?}");
        if let Err(error) = server {
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
    assert_eq!(Server::base_url("https://u@x.example"), Err(InvalidBaseUrl::Credentials));
    assert_eq!(Server::base_url("http://x.example"), Err(InvalidBaseUrl::PlainHttp { host: "x.example".to_owned() }));
}

#[test]
fn a_client_for_another_machine_can_be_built() {
    let server = Server::base_url("https://genesys.example").unwrap();
    assert!(Reader::new(server.clone(), client(), settings()).is_ok());
    let error = Reader::new(server, Credentials::Token(Secret::new("line\nend")), settings()).unwrap_err();
    assert!(error.to_string().contains("access token") && !error.to_string().contains("line\nend"), "{error}");
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let server = MockServer::start().await;
    issue_tokens(&server, 3600).await;
    // A server that repeats what it was sent.
    let echo = |request: &Request| {
        let credentials = request.headers.get("authorization").unwrap().to_str().unwrap().to_owned();
        ResponseTemplate::new(400).set_body_json(json!({"message": format!("bad header {credentials}"), "code": credentials}))
    };
    Mock::given(header_exists("authorization")).and(path_regex("^/api/")).respond_with(echo).mount(&server).await;
    let reader = reader_at(&server.uri(), client());
    let mut shown = vec![format!("{reader:?} {:?} {:?}", client(), Credentials::Token(Secret::new(TOKEN)))];
    let mut show = |error: RemoteError| shown.push(format!("{error} {error:?} {error:#?} {:?}", error.hint()));
    show(reader.organization().await.unwrap_err());
    show(reader.campaigns().await.unwrap_err());
    show(reader.campaign(&id("c")).await.unwrap_err());
    show(given_token(&server).queues().await.unwrap_err());
    let writer = Writer::new(reader);
    show(writer.create(&json!({})).await.unwrap_err());
    show(writer.update(&id("c"), &json!({})).await.unwrap_err());
    show(writer.delete(&id("c")).await.unwrap_err());
    server.reset().await;
    Mock::given(path("/oauth/token")).respond_with(move |request: &Request| echo(request)).mount(&server).await;
    show(reader_at(&server.uri(), client()).organization().await.unwrap_err());
    shown.push(format!("{writer:?}"));
    for text in shown {
        for secret in [CLIENT_SECRET, TOKEN, "Y2xpZW50LTE6"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
