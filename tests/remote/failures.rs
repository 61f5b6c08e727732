//! What goes wrong on the way, and how it is told.

use super::*;

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
    for verb in ["DELETE", "GET"] {
        answer(&server, verb, ResponseTemplate::new(200).set_body_raw(html, "text/html")).await;
    }
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
    // So even a create may be sent again.
    assert_eq!(writer.reader().requests_sent(), 5);
    assert!(writer.reader().organization().await.is_err());
    assert_eq!(writer.reader().requests_sent(), 10);
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

#[tokio::test]
async fn a_small_answer_that_unpacks_into_a_huge_one_is_not_taken() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![b'0'; 1024 * 1024];
    for _ in 0..80 {
        std::io::Write::write_all(&mut packed, &zeros).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 1024 * 1024, "{}", packed.len());
    for status in [200, 500] {
        let server = MockServer::start().await;
        let bomb = ResponseTemplate::new(status).insert_header("Content-Encoding", "gzip").set_body_bytes(packed.clone());
        answer(&server, "GET", bomb).await;
        let error = given_token(&server).organization().await.unwrap_err();
        assert!(error.to_string().ends_with("its body is larger than any answer of this API"), "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "it is not asked for again");
    }
}
