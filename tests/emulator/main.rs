//! The emulator over real HTTP: what the contract promises, and what a restart keeps.

mod any_spec;
mod control;
mod faults;
mod limits;
mod neighbours;
mod rules;
mod session;
mod trigger;

use campaignctl::emulator::{Emulator, Options, UnknownFields};
use campaignctl::model::{CampaignSpec, Secret};
use proptest::test_runner::{Config, TestRunner};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use session::{CAMPAIGNS, Session, answer, one};
use tempfile::TempDir;

fn campaign(name: &str) -> Value {
    json!({
        "name": name, "campaignType": "proactive", "evaluationMode": "realtime",
        "filters": [{ "attributeName": "external.churn", "operator": "greater_than", "value": 0.72, "dataType": "float" }],
        "actions": [{ "type": "webchat_invite", "priority": 1, "config": { "inviteMessage": "Hello" } }],
    })
}

/// A campaign as the server returned it, ready to be put back.
fn body_of(campaign: &Value) -> Value {
    let mut body = campaign.clone();
    let fields = body.as_object_mut().expect("an object");
    fields.retain(|name, _| !["id", "dateCreated", "dateModified", "modifiedBy", "selfUri"].contains(&name.as_str()));
    body
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn a_campaign_lives_and_dies_as_the_contract_says() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let response = session.request(Method::POST, CAMPAIGNS).json(&campaign("Pricing")).send().await.expect("an answer");
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let created: Value = response.json().await.expect("JSON");
    assert_eq!(created["version"], 1);
    assert_eq!((&created["description"], &created["enabled"]), (&json!(""), &json!(false)), "defaults are filled in");
    assert_eq!(created["actions"][0]["config"]["autoDismissOnScroll"], false);
    assert_eq!(created["modifiedBy"], "tester");
    assert_eq!(created["dateCreated"], created["dateModified"]);
    created["dateCreated"].as_str().expect("a date").parse::<jiff::Timestamp>().expect("RFC 3339");
    assert_eq!(created["selfUri"].as_str(), Some(one(&created["id"]).as_str()));
    assert_eq!(session.get(&one(&created["id"])).await, (200, created.clone()));

    let mut body = body_of(&created);
    body["enabled"] = json!(true);
    let (status, replaced) = session.put(&created["id"], &body).await;
    assert_eq!((status, &replaced["version"], &replaced["enabled"]), (200, &json!(2), &json!(true)));
    assert_eq!(replaced["dateCreated"], created["dateCreated"]);
    assert_eq!(session.get(&one(&created["id"])).await, (200, replaced.clone()));

    let (status, refused) = session.put(&created["id"], &body).await;
    assert_eq!((status, &refused["code"]), (409, &json!("version.mismatch")));
    body.as_object_mut().expect("an object").remove("version");
    let (status, refused) = session.put(&created["id"], &body).await;
    assert_eq!((status, &refused["details"][0]["fieldName"]), (400, &json!("version")));
    assert_eq!(session.get(&one(&created["id"])).await, (200, replaced), "a refused write changes nothing");

    assert_eq!(answer(session.request(Method::DELETE, &one(&created["id"]))).await, (204, Value::Null));
    for method in [Method::GET, Method::DELETE] {
        let (status, gone) = answer(session.request(method, &one(&created["id"]))).await;
        assert_eq!((status, &gone["code"]), (404, &json!("not.found")));
    }
    body["version"] = json!(2);
    assert_eq!(session.put(&created["id"], &body).await.0, 404);
    assert_eq!(session.get(&format!("{CAMPAIGNS}/no-uuid")).await.0, 404);
    assert_eq!(session.get(CAMPAIGNS).await.1["total"], 0);
}

#[tokio::test]
async fn a_token_is_given_to_the_right_client_only() {
    let folder = folder();
    let client = Some(("me".to_owned(), Secret::new("s:cret")));
    let options = Options { client, ..Options::new(folder.path()) };
    let emulator = Emulator::start(options).await.expect("an emulator");
    rustls::crypto::ring::default_provider().install_default().ok();
    let http = Client::new();
    let grant = ("grant_type", "client_credentials");
    let at = |path: &str| http.post(format!("{}{path}", emulator.base_url()));
    for path in ["/oauth/token", "/v2/oauth/token"] {
        let by_header = at(path).basic_auth("me", Some("s:cret")).form(&[grant]);
        let by_form = at(path).form(&[grant, ("client_id", "me"), ("client_secret", "s:cret")]);
        for request in [by_header, by_form] {
            let (status, body) = answer(request).await;
            assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &json!("bearer"), &json!(86_400)), "{path}");
            let token = body["access_token"].as_str().expect("a token");
            let organization = http.get(format!("{}/api/v2/organizations/me", emulator.base_url())).bearer_auth(token);
            assert_eq!(answer(organization).await.1["name"], "Sample Organization");
        }
    }
    let refused = [
        (at("/oauth/token").basic_auth("me", Some("wrong")).form(&[grant]), 401, "invalid_client"),
        (at("/oauth/token").basic_auth("you", Some("s:cret")).form(&[grant]), 401, "invalid_client"),
        (at("/oauth/token").form(&[grant]), 401, "invalid_client"),
        (at("/oauth/token").form(&[grant, ("client_id", "me")]), 401, "invalid_client"),
        (at("/oauth/token").basic_auth("me", Some("s:cret")).form(&[("grant_type", "password")]), 400, "unsupported_grant_type"),
        (at("/oauth/token").basic_auth("me", Some("s:cret")).form(&[("x", "y")]), 400, "invalid_request"),
        (at("/oauth/token").basic_auth("me", Some("s:cret")).json(&json!({})), 400, "invalid_request"),
    ];
    for (request, expected, error) in refused {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["error"]), (expected, &json!(error)));
        assert_eq!(body["description"], body["error_description"]);
    }
    let list = || http.get(format!("{}{CAMPAIGNS}", emulator.base_url()));
    let without = [(list(), "authentication.required"), (list().bearer_auth("guess"), "bad.credentials")];
    for (request, code) in without {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["code"]), (401, &json!(code)));
    }
}

#[tokio::test]
async fn pages_are_ordered_counted_and_linked() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let bodies: Vec<Value> = (0..250).map(|number| campaign(if number % 50 == 0 { "Twin & co" } else { "Single" })).collect();
    for chunk in bodies.chunks(50) {
        futures_of(chunk.iter().map(|body| session.create(body))).await;
    }
    let mut ids = Vec::new();
    let mut next = Some(format!("{CAMPAIGNS}?pageSize=100"));
    let mut pages = 0;
    while let Some(uri) = next {
        let (status, page) = session.get(&uri).await;
        pages += 1;
        assert_eq!((status, &page["total"], &page["pageCount"], &page["pageSize"]), (200, &json!(250), &json!(3), &json!(100)));
        assert_eq!(page["pageNumber"], pages);
        assert_eq!(page["firstUri"], format!("{CAMPAIGNS}?pageSize=100&pageNumber=1"));
        assert_eq!(page["lastUri"], format!("{CAMPAIGNS}?pageSize=100&pageNumber=3"));
        assert_eq!(page["selfUri"], format!("{CAMPAIGNS}?pageSize=100&pageNumber={pages}"));
        ids.extend(page["entities"].as_array().expect("entities").iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
        next = page.get("nextUri").map(|uri| uri.as_str().expect("a URI").to_owned());
    }
    assert_eq!((pages, ids.len()), (3, 250));
    assert!(ids.is_sorted_by(|a, b| a < b), "ordered by id, none twice");

    assert_eq!(session.get(CAMPAIGNS).await.1["entities"].as_array().map(Vec::len), Some(25));
    let past = session.get(&format!("{CAMPAIGNS}?pageNumber=99")).await.1;
    assert_eq!((&past["entities"], &past["total"], past.get("nextUri")), (&json!([]), &json!(250), None));
    let (_, named) = session.get(&format!("{CAMPAIGNS}?name=Twin%20%26%20co&pageSize=2&pageNumber=3")).await;
    assert_eq!((&named["total"], named["entities"].as_array().map(Vec::len)), (&json!(5), Some(1)));
    assert_eq!(named["firstUri"], format!("{CAMPAIGNS}?pageSize=2&pageNumber=1&name=Twin%20%26%20co"));
    assert_eq!(session.get(&format!("{CAMPAIGNS}?name=twin")).await.1["total"], 0, "exact");
    for bad in ["pageSize=0", "pageSize=101", "pageNumber=0", "pageSize=many"] {
        let (status, refused) = session.get(&format!("{CAMPAIGNS}?{bad}")).await;
        assert_eq!((status, &refused["code"]), (400, &json!("invalid.value")), "{bad}");
        assert_eq!(refused["details"][0]["fieldName"].as_str(), bad.split('=').next());
    }
}

/// All of them at the same time.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut waiting {
            if output.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        if waiting.iter().all(|(_, output)| output.is_some()) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test]
async fn requests_that_cannot_be_read_are_refused_in_the_envelope() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let post = || session.request(Method::POST, CAMPAIGNS);
    let refused = [
        (post().header(CONTENT_TYPE, "application/json").body("{\"name\": "), 400, "bad.request"),
        (post().header(CONTENT_TYPE, "application/json").body(""), 400, "bad.request"),
        (post().header(CONTENT_TYPE, "application/json").body("[".repeat(100_000)), 400, "bad.request"),
        (post().header(CONTENT_TYPE, "text/plain").body("{}"), 415, "unsupported.media.type"),
        (post().body("{}"), 415, "unsupported.media.type"),
        (post().json(&campaign(&"x".repeat(1 << 20))), 413, "request.entity.too.large"),
        (post().json(&campaign(&"x".repeat(4 << 20))), 413, "request.entity.too.large"),
        (post().json(&json!([])), 400, "invalid.value"),
        (session.request(Method::GET, "/api/v2/nothing"), 404, "not.found"),
        (session.request(Method::GET, "/oauth/token"), 405, "method.not.allowed"),
        (session.request(Method::DELETE, CAMPAIGNS), 405, "method.not.allowed"),
    ];
    for (request, expected, code) in refused {
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["code"]), (expected, &json!(code)), "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert!(body.get("contextId").is_some() && body["details"].is_array(), "{body}");
    }
    let mut body = campaign("x");
    body["color"] = json!("red");
    body["filters"][0]["value"] = json!("0.87");
    let (status, refused) = session.post(&body).await;
    assert_eq!((status, &refused["code"]), (400, &json!("invalid.value")));
    assert_eq!(refused["message"], "`color` is not a field of the contract");
    let details = json!([
        { "errorCode": "unknown.field", "fieldName": "color" },
        { "errorCode": "invalid.value", "fieldName": "filters[0].value" },
    ]);
    assert_eq!(refused["details"], details);
    assert_eq!(session.get(CAMPAIGNS).await.1["total"], 0, "nothing was stored");
}

#[tokio::test]
async fn the_lookups_have_their_samples() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let (_, queues) = session.get("/api/v2/routing/queues?pageSize=500&name=WEB*").await;
    assert_eq!((&queues["total"], &queues["entities"][0]["name"]), (&json!(1), &json!("Web Support")));
    assert_eq!(queues["entities"][0]["id"], "a1b2c3d4-e5f6-7890-abcd-ef1234567890");
    assert_eq!(session.get("/api/v2/routing/queues?pageSize=501").await.0, 400);
    let (_, codes) = session.get("/api/v2/routing/wrapupcodes").await;
    let names: Vec<_> = codes["entities"].as_array().expect("entities").iter().map(|code| &code["name"]).collect();
    assert!(names.contains(&&json!("proactive_invite_accepted")) && names.contains(&&json!("proactive_invite_declined")));

    let mut names = Vec::new();
    let mut next = Some("/api/v2/routing/skillgroups?pageSize=2".to_owned());
    let mut previous = Vec::new();
    while let Some(uri) = next {
        let (status, page) = session.get(&uri).await;
        assert_eq!((status, &page["selfUri"]), (200, &json!(uri)));
        names.extend(page["entities"].as_array().expect("entities").iter().map(|group| group["name"].as_str().expect("a name").to_owned()));
        previous.push(page.get("previousUri").cloned());
        next = page.get("nextUri").map(|uri| uri.as_str().expect("a URI").to_owned());
        assert!(page.get("total").is_none());
    }
    assert_eq!(names, ["order_help", "pricing_specialists", "renewals_desk", "web_support_tier1", "web_support_tier2"]);
    assert_eq!(previous[..2], [None, Some(json!("/api/v2/routing/skillgroups?pageSize=2"))]);
    assert_eq!(session.get("/api/v2/routing/skillgroups?name=WEB").await.1["entities"].as_array().map(Vec::len), Some(2));
    assert_eq!(session.get("/api/v2/routing/skillgroups?after=nowhere").await.0, 400);
}

#[tokio::test]
async fn a_restart_keeps_everything_whether_stopped_or_dropped() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let kept = session.create(&campaign("kept")).await;
    let deleted = session.create(&campaign("deleted")).await;
    assert_eq!(answer(session.request(Method::DELETE, &one(&deleted["id"]))).await.0, 204);
    let organization = session.get("/api/v2/organizations/me").await;
    drop(session);

    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    assert_eq!(session.get(&one(&kept["id"])).await, (200, kept.clone()));
    assert_eq!(session.get(&one(&deleted["id"])).await.0, 404);
    assert_eq!(session.get("/api/v2/organizations/me").await, organization);
    let (status, replaced) = session.put(&kept["id"], &body_of(&kept)).await;
    assert_eq!((status, &replaced["version"]), (200, &json!(2)));
    session.emulator.stop().await;

    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    assert_eq!(session.get(CAMPAIGNS).await.1["entities"], json!([replaced]));
}

#[tokio::test]
async fn an_answered_write_is_in_the_file_while_the_server_still_runs() {
    let (folder, copy) = (folder(), folder());
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let first = session.create(&campaign("first")).await;
    let second = session.create(&campaign("second")).await;
    let (_, second) = session.put(&second["id"], &body_of(&second)).await;
    // What a process that is killed now leaves behind: the file as it is, never closed.
    std::fs::copy(folder.path().join("emulator.redb"), copy.path().join("emulator.redb")).expect("a copy");

    let after = Session::start(copy.path(), UnknownFields::Reject).await;
    assert_eq!(after.get(CAMPAIGNS).await.1["total"], 2);
    for campaign in [first, second] {
        assert_eq!(after.get(&one(&campaign["id"])).await, (200, campaign));
    }
}

#[tokio::test]
async fn a_newer_api_keeps_unknown_fields_until_a_replacement_drops_them() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Keep).await;
    let mut body = campaign("new");
    body["audience"] = json!({ "any": [1, null] });
    body["filters"][0]["weight"] = json!(0.5);
    body["actions"][0]["config"]["theme"] = json!("dark");
    let created = session.create(&body).await;
    assert_eq!(created["audience"], body["audience"]);
    assert_eq!(created["filters"][0]["weight"], 0.5);
    assert_eq!(created["actions"][0]["config"]["theme"], "dark");
    assert_eq!(session.get(&one(&created["id"])).await.1, created);

    let mut fewer = body_of(&created);
    fewer.as_object_mut().expect("an object").remove("audience");
    let (_, replaced) = session.put(&created["id"], &fewer).await;
    assert_eq!((replaced.get("audience"), &replaced["filters"][0]["weight"]), (None, &json!(0.5)));
    let mut whole = created.clone();
    whole["version"] = json!(2);
    let (status, replaced) = session.put(&created["id"], &whole).await;
    assert_eq!((status, &replaced["version"], &replaced["audience"]), (200, &json!(3), &body["audience"]));
    body["enabled"] = json!("yes");
    assert_eq!(session.post(&body).await.0, 400, "what it knows it still checks");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_replacements_of_one_version_exactly_one_wins() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let created = session.create(&campaign("contested")).await;
    for version in 1..=5 {
        let bodies: Vec<Value> = (0..16)
            .map(|writer| {
                let mut body = body_of(&created);
                body["version"] = json!(version);
                body["description"] = json!(format!("writer {writer}"));
                body
            })
            .collect();
        let answers = futures_of(bodies.iter().map(|body| session.put(&created["id"], body))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| *status == 200);
        assert_eq!((won.len(), lost.len()), (1, 15));
        assert!(lost.iter().all(|(status, body)| *status == 409 && body["code"] == "version.mismatch"));
        assert_eq!(session.get(&one(&created["id"])).await.1, won[0].1);
    }
}

#[tokio::test]
async fn requests_are_counted_and_remembered() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    assert_eq!(session.emulator.request_count(), 1, "the token request");
    session.get(&format!("{CAMPAIGNS}?pageSize=7")).await;
    session.get("/nowhere").await;
    assert_eq!(session.emulator.request_count(), 3);
    let requests: Vec<_> = session.emulator.requests().into_iter().map(|one| (one.method, one.path_and_query, one.status)).collect();
    let expected = [("POST", "/oauth/token", 200), ("GET", &*format!("{CAMPAIGNS}?pageSize=7"), 200), ("GET", "/nowhere", 404)];
    assert_eq!(requests, expected.map(|(method, path, status)| (method.to_owned(), path.to_owned(), Some(status))));
}

#[test]
fn whatever_the_contract_allows_reads_back_equal() {
    let folder = folder();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let session = runtime.block_on(Session::start(folder.path(), UnknownFields::Reject));
    let mut runner = TestRunner::new(Config { cases: 128, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&any_spec::any_spec(), |spec| {
        let created = runtime.block_on(session.create(&serde_json::to_value(&spec).expect("JSON")));
        let (_, read) = runtime.block_on(session.get(&one(&created["id"])));
        proptest::prop_assert_eq!(serde_json::from_value::<CampaignSpec>(read).expect("a campaign"), spec);
        Ok(())
    });
    outcome.expect("every campaign reads back equal");
}
