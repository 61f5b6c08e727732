//! Writes: what is sent, how often, and what is known afterwards.

use super::*;

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
async fn conflicts_have_three_faces() {
    let old = "The version in the request (2) does not match the current version (3)";
    for (status, message, conflict) in [(409, "x", true), (412, "x", true), (400, old, true), (400, "bad", false), (404, "x", false)] {
        let server = MockServer::start().await;
        answer(&server, "PUT", ResponseTemplate::new(status).set_body_json(json!({"message": message}))).await;
        let error = Writer::new(given_token(&server)).update(&id("c"), &json!({})).await.unwrap_err();
        assert_eq!((error.is_conflict(), error.outcome_unknown()), (conflict, false), "{error}");
    }
}
