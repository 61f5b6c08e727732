//! Who may ask the emulator: programs on this machine, and no page of a web browser.

use campaignctl::emulator::{FaultScript, UnknownFields};
use reqwest::{Client, Method};
use serde_json::json;

use crate::folder;
use crate::session::{CAMPAIGNS, Session, answer};

const FAULTS: &str = "/_emulator/faults";

#[tokio::test]
async fn only_this_machine_steers_and_no_page_of_another_site() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    session.emulator.set_faults(FaultScript::of(&["trigger:status=503,times=unlimited"]).expect("a script"));
    let base = session.emulator.base_url().to_owned();
    let port = base.rsplit_once(':').expect("a port").1.to_owned();
    let other = if port == "9" { "10" } else { "9" };
    let own = |host: &str| format!("{host}:{port}");
    let table: Vec<(Vec<(&str, String)>, &str)> = vec![
        (vec![("host", own("rebound.example"))], "`Host` is `rebound.example`"),
        (vec![("host", own("127.0.0.1.evil.example"))], "`Host` is `127.0.0.1.evil.example`"),
        (vec![("host", own("192.0.2.1"))], "`Host` is `192.0.2.1`"),
        (vec![("host", own("0.0.0.0"))], "`Host` is `0.0.0.0`"),
        (vec![("host", format!("127.0.0.1:{other}"))], "another port"),
        (vec![("host", "localhost".to_owned())], "another port"),
        (vec![("origin", "https://evil.example".to_owned())], "`Origin`"),
        (vec![("origin", "null".to_owned())], "`Origin`"),
        (vec![("origin", format!("http://localhost:{other}"))], "`Origin`"),
        (vec![("origin", own("https://127.0.0.1"))], "`Origin`"),
        (vec![("host", own("rebound.example")), ("origin", own("http://rebound.example"))], "`Host`"),
        (vec![("sec-fetch-site", "cross-site".to_owned())], "`Sec-Fetch-Site`"),
        (vec![("sec-fetch-site", "same-site".to_owned())], "`Sec-Fetch-Site`"),
    ];
    let ask = async |method: Method, path: &str, headers: &[(&str, String)]| {
        let request = Client::new().request(method, format!("{base}{path}"));
        answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, value))).await
    };
    for (headers, reason) in &table {
        for (method, path) in [(Method::DELETE, FAULTS), (Method::PUT, FAULTS), (Method::GET, FAULTS), (Method::GET, "/_emulator/requests")]
        {
            let (status, body) = ask(method.clone(), path, headers).await;
            assert_eq!((status, &body["code"]), (403, &json!("not.this.machine")), "{method} {path} {headers:?}");
            assert!(body["message"].as_str().is_some_and(|message| message.contains(reason)), "{headers:?} {body}");
        }
    }
    assert_eq!(session.emulator.fired().len(), 1, "nothing was reset");
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.0.0.9"] {
        for origin in [None, Some(own(&format!("http://{host}")))] {
            let mut headers = vec![("host", own(host)), ("sec-fetch-site", "same-origin".to_owned())];
            headers.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(ask(Method::GET, FAULTS, &headers).await.0, 200, "{headers:?}");
        }
    }
    assert_eq!(ask(Method::DELETE, FAULTS, &[]).await.0, 204);
    assert!(session.emulator.fired().is_empty());
}

#[tokio::test]
async fn the_api_gives_a_page_neither_a_token_nor_an_answer() {
    let folder = folder();
    let session = Session::start(folder.path(), UnknownFields::Reject).await;
    let before = session.emulator.request_count();
    let login = || {
        let request = Client::new().post(format!("{}/oauth/token", session.emulator.base_url()));
        request.basic_auth("any", Some("any")).form(&[("grant_type", "client_credentials")])
    };
    for (name, value) in [("origin", "https://evil.example"), ("host", "rebound.example"), ("sec-fetch-site", "cross-site")] {
        let (status, body) = answer(login().header(name, value)).await;
        assert_eq!((status, &body["code"]), (403, &json!("not.this.machine")), "{name}");
        let (status, _) = answer(session.request(Method::GET, CAMPAIGNS).header(name, value)).await;
        assert_eq!(status, 403, "{name}");
    }
    assert_eq!(session.emulator.request_count(), before, "none of them counts, and none meets a fault");
    // Through a tunnel the port is another one.
    assert_eq!(answer(login().header("host", "localhost:9999")).await.0, 200);
}
