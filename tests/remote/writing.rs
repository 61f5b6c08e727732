//! Writes: what is sent, how often, and what is known afterwards.

use super::*;

#[tokio::test]
async fn writes_say_what_the_contract_asks_for() {
    let server = MockServer::start().await;
    let (mut body, mut made, mut replaced) = (campaign(1), campaign(1), campaign(1));
    for field in ["id", "dateCreated", "dateModified", "modifiedBy", "selfUri"] {
        body.as_object_mut().unwrap().remove(field);
    }
    (made["version"], replaced["version"]) = (json!(1), json!(4));
    let one = format!("{CAMPAIGNS}/c-00001");
    let created = ResponseTemplate::new(201).set_body_json(made);
    Mock::given(method("POST")).and(path(CAMPAIGNS)).and(body_json(&body)).respond_with(created).expect(1).mount(&server).await;
    let updated = ResponseTemplate::new(200).set_body_json(replaced);
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
    assert_eq!(writer.create(&body).await.unwrap().campaign.id, id("c-00001"));
    assert_eq!(writer.update(&id("c-00001"), &body).await.unwrap().campaign.version, 4);
    writer.delete(&id("c-00001")).await.unwrap();
    // Gone already (the server answers 404 now): done.
    writer.delete(&id("c-00001")).await.unwrap();
    assert_eq!(writer.reader().requests_sent(), 4);
}

#[tokio::test]
async fn what_may_have_made_a_campaign_is_sent_once_and_the_rest_until_it_is_known() {
    let server = MockServer::start().await;
    for verb in ["POST", "PUT", "DELETE"] {
        answer(&server, verb, ResponseTemplate::new(503).set_body_json(json!({"message": "Service unavailable", "status": 503}))).await;
    }
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(campaign(1))).await;
    let writer = Writer::new(given_token(&server));
    let one = id("c-00001");
    assert!(writer.create(&json!({})).await.unwrap_err().outcome_unknown());
    for error in [writer.update(&one, &campaign(1)).await.unwrap_err(), writer.delete(&one).await.unwrap_err()] {
        assert!(!error.outcome_unknown() && error.to_string().contains("it was read back, and is as it was before"), "{error}");
    }
    let path = format!("{CAMPAIGNS}/c-00001");
    assert_eq!((count(&server, "POST", CAMPAIGNS).await, count(&server, "PUT", &path).await), (1, 5));
    // Of ten repetitions eight are used up.
    assert_eq!((count(&server, "DELETE", &path).await, count(&server, "GET", &path).await), (5, 2));
}

#[tokio::test]
async fn a_replacement_that_was_done_behind_a_gateway_error_is_done() {
    let server = MockServer::start().await;
    let mut body = campaign(1);
    let path = format!("{CAMPAIGNS}/c-00001");
    // The first try is done, the second therefore refused, and what is live is what was sent.
    let gateway = ResponseTemplate::new(502).set_body_raw("<html><title>Bad Gateway</title></html>", "text/html");
    Mock::given(method("PUT")).respond_with(gateway).up_to_n_times(1).mount(&server).await;
    let mismatch = json!({"message": "3 is not 4", "code": "version.mismatch", "status": 409});
    answer(&server, "PUT", ResponseTemplate::new(409).set_body_json(mismatch)).await;
    body["name"] = json!("New");
    let mut live = body.clone();
    live["version"] = json!(4);
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(live)).await;
    let writer = Writer::new(given_token(&server));
    assert_eq!(writer.update(&id("c-00001"), &body).await.unwrap().campaign.version, 4);
    assert_eq!((count(&server, "PUT", &path).await, count(&server, "GET", &path).await), (2, 1));
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
async fn an_answer_to_a_create_that_is_about_something_else_says_what_did_not_fit() {
    let sent = campaign(1);
    let new = |changes: Value| {
        let mut answer = campaign(1);
        answer["version"] = json!(1);
        answer.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        answer
    };
    let post = format!("the answer 201 to POST {CAMPAIGNS} is not about what was sent: ");
    let other = "it is the campaign c-00001 named \"Other\"";
    let table = [
        // The answer, what reading that campaign shows, whether it is done, what is said.
        (new(json!({})), None, true, String::new()),
        (new(json!({"name": "Other"})), None, false, format!("{post}{other}")),
        (new(json!({"version": 0})), Some(new(json!({}))), true, String::new()),
        (new(json!({"enabled": true})), Some(new(json!({"enabled": true}))), true, String::new()),
        (new(json!({"enabled": true})), None, false, format!("{post}it differs in enabled; reading that campaign does not show it")),
        (
            new(json!({"enabled": true})),
            Some(new(json!({"enabled": true, "version": 2}))),
            false,
            format!("{post}it differs in enabled; reading that campaign does not show it"),
        ),
    ];
    for (answered, read, done, said) in table {
        let server = MockServer::start().await;
        answer(&server, "POST", ResponseTemplate::new(201).set_body_json(&answered)).await;
        let gone = ResponseTemplate::new(404).set_body_json(json!({"message": "gone", "code": "not.found", "status": 404}));
        answer(&server, "GET", read.map_or(gone, |read| ResponseTemplate::new(200).set_body_json(read))).await;
        let result = Writer::new(given_token(&server)).create(&sent).await;
        assert_eq!(result.is_ok(), done, "{answered}: {result:?}");
        assert_eq!(count(&server, "POST", CAMPAIGNS).await, 1);
        if let Err(error) = result {
            assert_eq!(error.to_string(), said);
            assert!(error.outcome_unknown() && error.answered_about() == Some(&id("c-00001")), "{error:?}");
        }
    }
}
