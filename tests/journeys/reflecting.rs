//! Servers that repeat the credentials of a run, or send them elsewhere: nothing a user or a file gets has them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::repo::{Ran, Repo, campaign};

const CAMPAIGNS: &str = "/api/v2/analytics/predictiveengagement/campaigns";
const SECRET: &str = "nQ4vX8kT2wZ6sR0bY5cM1";
const TOKEN: &str = "hJ7pL3dF9gK1aE5uO8iC2";

async fn server() -> (MockServer, Repo) {
    let server = MockServer::start().await;
    let mut repo = Repo::of_server(&server.uri());
    repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", SECRET);
    repo.campaign("one", &campaign("One", 45));
    (server, repo)
}

async fn log_in(server: &MockServer) {
    let token = json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 3600 });
    Mock::given(path("/oauth/token")).respond_with(ResponseTemplate::new(200).set_body_json(token)).mount(server).await;
    let organization = json!({ "id": "o-1", "name": "Acme", "domain": "acme" });
    let me = Mock::given(path("/api/v2/organizations/me"));
    me.respond_with(ResponseTemplate::new(200).set_body_json(organization)).mount(server).await;
}

/// Nothing that was printed or is in the repo has one of these.
fn keeps(repo: &Repo, ran: Ran, hidden: &[&str]) -> Ran {
    let mut texts = vec![("standard output".to_owned(), ran.out.clone()), ("standard error".to_owned(), ran.err.clone())];
    let mut waiting = vec![repo.path("")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                texts.push((path.display().to_string(), String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()));
            }
        }
    }
    for (place, text) in texts {
        for secret in hidden {
            assert!(!text.contains(secret), "{secret} is in {place}: {text}");
        }
    }
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_repeats_the_secret_tells_nobody() {
    let (server, repo) = server().await;
    let echo = |request: &Request| {
        let sent = request.headers.get("authorization").unwrap().to_str().unwrap().to_owned();
        let body = json!({ "error": "invalid_client", "description": format!("{sent} {SECRET}"), "contextId": sent });
        ResponseTemplate::new(400).set_body_json(body).insert_header("ININ-Correlation-Id", SECRET).insert_header("X-Echo", SECRET)
    };
    Mock::given(method("POST")).respond_with(echo).mount(&server).await;
    let basic = "am91cm5leTpu";
    for arguments in [&["plan"][..], &["plan", "--format", "json"], &["drift"], &["apply", "--auto-approve"], &["import", "--all"]] {
        let ran = repo.run(&[arguments, &["--log", "debug"]].concat()).exits(1);
        let ran = keeps(&repo, ran, &[SECRET, TOKEN, basic]);
        assert!(ran.err.contains("(sensitive value)") && ran.err.contains("status=400"), "{ran:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_repeats_the_token_tells_nobody() {
    for template in [
        ResponseTemplate::new(403).set_body_json(json!({ "message": format!("bad Bearer {TOKEN}"), "code": TOKEN })),
        ResponseTemplate::new(404).set_body_string(format!("<title>no {TOKEN}</title>")),
        ResponseTemplate::new(302).insert_header("Location", format!("https://evil.example/?t={TOKEN}").as_str()),
        ResponseTemplate::new(400).insert_header("ININ-Correlation-Id", TOKEN),
    ] {
        let (server, repo) = server().await;
        log_in(&server).await;
        Mock::given(path_regex("campaigns")).respond_with(template).mount(&server).await;
        for arguments in [&["plan"][..], &["plan", "--format", "json", "--out", "x.plan"], &["drift", "--format", "json"]] {
            let ran = repo.run(&[arguments, &["--log", "debug"]].concat()).exits(1);
            keeps(&repo, ran, &[SECRET, TOKEN]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_named_like_the_token_reaches_no_plan_no_file_and_no_state() {
    let (server, repo) = server().await;
    log_in(&server).await;
    let mut live: Value = json!({
        "id": "c-1", "version": 3, "name": "One", "campaignType": "proactive", "evaluationMode": "realtime", "filters": [],
        "actions": [{ "type": "webchat_invite", "priority": 1, "config": { "inviteMessage": format!("Hello {TOKEN}") } }],
    });
    live["modifiedBy"] = json!("somebody");
    let page = json!({ "entities": [live], "pageSize": 100, "pageNumber": 1, "total": 1, "pageCount": 1 });
    Mock::given(path(CAMPAIGNS)).respond_with(ResponseTemplate::new(200).set_body_json(page)).mount(&server).await;
    for arguments in [
        &["plan"][..],
        &["plan", "--format", "json", "--out", "x.plan"],
        &["plan", "--format", "html"],
        &["drift"],
        &["import", "--all"],
        &["apply", "--auto-approve"],
    ] {
        let ran = repo.run(&[arguments, &["--log", "debug"]].concat()).exits(1);
        let ran = keeps(&repo, ran, &[SECRET, TOKEN]);
        assert!(format!("{ran:?}").contains("was dropped, because it repeats the access token or the client secret"), "{ran:#?}");
    }
    assert!(!repo.path("x.plan").exists());
}

#[test]
fn a_proxy_and_its_password_are_not_told() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let echo = String::from_utf8_lossy(&request[..read]).replace(['\r', '\n'], " ");
            let _ = write!(stream, "HTTP/1.1 407 {echo}\r\nX-Echo: {echo}\r\nContent-Length: {}\r\n\r\n{echo}", echo.len());
        }
    });
    let mut repo = Repo::of_server("https://genesys.example");
    repo.set("GENESYSCLOUD_OAUTHCLIENT_SECRET", SECRET);
    repo.set("CAMPAIGNCTL_ALLOW_HOSTS", "genesys.example");
    repo.campaign("one", &campaign("One", 45));
    repo.set("HTTPS_PROXY", &format!("http://proxy-user:swordfish-swordfish@{address}"));
    let ran = repo.run(&["plan", "--log", "debug", "--timeout", "2s"]).exits(1).complains("could not connect to https://genesys.example");
    keeps(&repo, ran, &[SECRET, "swordfish", "c3dvcmRmaXNo", "proxy-user"]);
}

/// A repo whose state is in a bucket of this server.
fn in_bucket(store: &MockServer) -> Repo {
    let mut repo = Repo::new("environments:\n  rehearsal: { emulator: .e, state: \"s3://bucket/state.json\" }\n");
    repo.campaign("one", &campaign("One", 45));
    repo.set("AWS_ACCESS_KEY_ID", "AKIAJOURNEY");
    repo.set("AWS_SECRET_ACCESS_KEY", SECRET);
    repo.set("AWS_SESSION_TOKEN", TOKEN);
    repo.set("AWS_ENDPOINT_URL", &store.uri());
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_redirects_gets_no_token_sent_elsewhere() {
    let elsewhere = MockServer::start().await;
    Mock::given(path_regex(".*")).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
    for status in [301, 302, 303, 307, 308] {
        let store = MockServer::start().await;
        let to = format!("{}/bucket/state.json", elsewhere.uri());
        Mock::given(path_regex(".*")).respond_with(ResponseTemplate::new(status).insert_header("Location", to)).mount(&store).await;
        let repo = in_bucket(&store);
        for arguments in [&["plan"][..], &["apply", "--auto-approve"]] {
            let ran = repo.run(&[arguments, &["--log", "debug"]].concat()).exits(1);
            keeps(&repo, ran, &[SECRET, TOKEN]).complains("redirects are not followed, because credentials must not travel");
        }
        assert!(!store.received_requests().await.unwrap().is_empty(), "{status}");
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_repeats_credentials_tells_nobody() {
    let percent: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let message = |text: &str| format!("<Error><Code>AccessDenied</Code><Message>{text}</Message></Error>");
    for (status, body, said) in [
        (403, message(&format!("{TOKEN} is not valid")), "(sensitive value) is not valid (AccessDenied)"),
        (403, message(&format!("{percent} is not valid")), "(withheld, because it repeats a secret of this run)"),
        (400, format!("no {SECRET}"), "(sensitive value)"),
        (200, format!("{{\"lineage\": \"{TOKEN}\"}}"), "it repeats the credentials of the storage"),
    ] {
        let store = MockServer::start().await;
        let template = ResponseTemplate::new(status).set_body_string(body).insert_header("ETag", "\"1\"").insert_header("X-Echo", TOKEN);
        let template = template.insert_header("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT");
        Mock::given(path_regex(".*")).respond_with(template).mount(&store).await;
        let repo = in_bucket(&store);
        let ran = repo.run(&["plan", "--log", "debug"]).exits(1);
        keeps(&repo, ran, &[SECRET, TOKEN, &percent]).complains(said);
    }
}
