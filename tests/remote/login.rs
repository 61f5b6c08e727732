//! Tokens: how they are asked for, shared, renewed; and that no secret is ever shown.

use super::*;

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
