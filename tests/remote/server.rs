//! Which addresses are taken, and which clients can be built.

use super::*;

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
