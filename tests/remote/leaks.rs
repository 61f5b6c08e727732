//! A server that repeats what it was given: in every place an answer has, in every form a sloppy program might use.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::*;

const LONG_SECRET: &str = "nQ4-vX8_kT2+wZ6/sR0=bY5&cM1";
const LONG_TOKEN: &str = "hJ7_pL3-dF9.gK1~aE5.uO8_iC2";

/// A secret as it is, and as others write it.
fn forms(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        format!("Bearer {secret}, not valid"),
        secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        secret.chars().map(|c| format!("&#x{:x};", c as u32)).collect(),
        secret.replace('&', "&amp;"),
        secret.to_uppercase(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("client-1:{secret}")),
        URL_SAFE.encode(format!("Basic {secret}!")),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        secret[..secret.len() - 3].to_owned(),
    ]
}

/// The same text in every place of an answer.
fn places(status: u16, text: &str) -> Vec<ResponseTemplate> {
    let template = || ResponseTemplate::new(status);
    let escaped: String = text.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let json = |body: Value| template().set_body_json(body);
    vec![
        json(json!({"message": text, "code": "bad.request", "status": status})),
        json(json!({"message": "no", "code": text, "contextId": text})),
        json(json!({"message": "no", "details": [{"errorCode": text, "fieldName": text}]})),
        json(json!({"error": "invalid_client", "description": text, "error_description": text})),
        json(json!({"error": text})),
        template().set_body_string(format!("{{\"message\": \"{escaped}\"}}")),
        template().set_body_string(format!("<html><head><title>{text}</title></head></html>")),
        template().set_body_string(text),
        // Over the end of what is shown.
        template().set_body_string(format!("{}{text}", "x".repeat(490))),
        json(json!({"message": "no"})).insert_header("ININ-Correlation-Id", text),
        template().insert_header("Location", format!("https://elsewhere.example/?{text}")),
    ]
}

fn keeps_secrets(text: &str, hidden: &[String]) {
    for form in hidden {
        assert!(!text.contains(form.as_str()), "{form}: {text}");
    }
}

fn shown(error: &RemoteError) -> String {
    format!("{error} {error:?} {:?} {:?}", error.hint(), error.correlation_id())
}

#[tokio::test]
async fn no_refusal_of_the_api_repeats_a_secret() {
    let server = MockServer::start().await;
    let credentials = Credentials::Client { id: "client-1".to_owned(), secret: Secret::new(LONG_SECRET) };
    for secret in [LONG_SECRET, LONG_TOKEN] {
        let hidden: Vec<String> = forms(secret).into_iter().chain([secret.to_owned(), secret[..16].to_owned()]).collect();
        for form in forms(secret) {
            for status in [302, 400, 403, 500] {
                for template in places(status, &form) {
                    server.reset().await;
                    let body = json!({"access_token": LONG_TOKEN, "token_type": "bearer", "expires_in": 3600});
                    Mock::given(path("/oauth/token")).respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
                    Mock::given(path(ORGANIZATION)).respond_with(template).mount(&server).await;
                    let settings = Settings { max_attempts: 1, ..settings() };
                    let reader = Reader::new(Server::base_url(&server.uri()).unwrap(), credentials.clone(), settings).unwrap();
                    keeps_secrets(&shown(&reader.organization().await.unwrap_err()), &hidden);
                }
            }
        }
    }
}

#[tokio::test]
async fn no_refusal_of_a_login_repeats_the_client_secret() {
    let server = MockServer::start().await;
    let credentials = Credentials::Client { id: "client-1".to_owned(), secret: Secret::new(LONG_SECRET) };
    let basic = STANDARD.encode(format!("client-1:{LONG_SECRET}"));
    for form in forms(LONG_SECRET).into_iter().chain([basic]) {
        for status in [302, 400, 401, 200] {
            for template in places(status, &form) {
                server.reset().await;
                Mock::given(path("/oauth/token")).respond_with(template).mount(&server).await;
                let settings = Settings { max_attempts: 1, ..settings() };
                let reader = Reader::new(Server::base_url(&server.uri()).unwrap(), credentials.clone(), settings).unwrap();
                keeps_secrets(&shown(&reader.organization().await.unwrap_err()), &[form.clone(), LONG_SECRET[..16].to_owned()]);
            }
        }
    }
}

#[tokio::test]
async fn what_is_left_of_a_refusal_still_helps() {
    let server = MockServer::start().await;
    let body = json!({"message": format!("token {TOKEN} is not known here"), "code": "bad.token"});
    answer(&server, "GET", ResponseTemplate::new(400).set_body_json(body).insert_header("ININ-Correlation-Id", "corr-9")).await;
    let error = given_token(&server).organization().await.unwrap_err().to_string();
    let text = format!("API error: 400 bad.token on GET {ORGANIZATION}: token (sensitive value) is not known here (correlation id corr-9)");
    assert_eq!(error, text);

    // Nothing can be cut out around a short secret without telling it.
    let short = reader_at(&server.uri(), Credentials::Token(Secret::new("known")));
    let error = short.organization().await.unwrap_err().to_string();
    assert!(error.contains("(withheld, because it repeats a secret of this run)") && !error.contains("known"), "{error}");
}

#[tokio::test]
async fn an_answer_with_a_secret_in_it_is_not_used() {
    let server = MockServer::start().await;
    let escaped: String = TOKEN.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    for name in [TOKEN, &escaped, &STANDARD.encode(format!("to {TOKEN}"))] {
        server.reset().await;
        let body = json!({"entities": [campaign(1)], "pageSize": 100, "pageNumber": 1, "total": 1, "pageCount": 1}).to_string();
        let body = body.replace("Campaign 1", name);
        answer(&server, "GET", ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let error = given_token(&server).campaigns().await.unwrap_err();
        assert!(matches!(error.kind(), RemoteErrorKind::Leaking { status: 200 }), "{error}");
        assert_eq!(
            error.to_string(),
            format!("answer 200 to GET {CAMPAIGNS} was dropped, because it repeats the access token or the client secret")
        );
        assert!(error.hint().unwrap().starts_with("replace the client secret"));
    }
    // A server may well give out one token twice, and its answer is never shown.
    server.reset().await;
    issue_tokens(&server, 0).await;
    answer(&server, "GET", organization()).await;
    let reader = reader_at(&server.uri(), client());
    for _ in 0..2 {
        reader.organization().await.unwrap();
    }
    assert_eq!(count(&server, "POST", "/oauth/token").await, 2);
}

#[tokio::test]
async fn a_write_whose_answer_has_a_secret_in_it_stays_in_doubt() {
    let server = MockServer::start().await;
    let mut created = campaign(1);
    created["name"] = json!(TOKEN);
    answer(&server, "POST", ResponseTemplate::new(201).set_body_json(&created)).await;
    let error = Writer::new(given_token(&server)).create(&json!({"name": "x"})).await.unwrap_err();
    assert!(error.outcome_unknown() && !error.to_string().contains(TOKEN), "{error}");
    assert_eq!(count(&server, "POST", CAMPAIGNS).await, 1);
}
