//! What the API client logs. Alone in its process: `tracing` remembers for all threads which lines nobody wants.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use campaignctl::model::{CampaignId, Secret};
use campaignctl::remote::{Credentials, Reader, Server, Settings, Writer};
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics while logging").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_a_line_a_request_and_no_secret() {
    let server = MockServer::start().await;
    let token = ResponseTemplate::new(200).set_body_json(json!({"access_token": "tok-sesame-sesame", "expires_in": 3600}));
    Mock::given(method("POST")).respond_with(token).mount(&server).await;
    let refused = ResponseTemplate::new(409).set_body_json(json!({"message": "its words"})).insert_header("ININ-Correlation-Id", "corr-7");
    Mock::given(method("PUT")).respond_with(refused).mount(&server).await;
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(move || sink.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let credentials = Credentials::Client { id: "client-1".to_owned(), secret: Secret::new("hunter2hunter2") };
    let reader = Reader::new(Server::base_url(&server.uri()).unwrap(), credentials, Settings::default()).unwrap();
    Writer::new(reader).update(&CampaignId("c-1".to_owned()), &json!({"name": "our words"})).await.unwrap_err();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("campaignctl::remote")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    for part in ["DEBUG", "method=PUT", "campaigns/c-1", "status=409", "milliseconds=", "correlation_id=\"corr-7\""] {
        assert!(lines[1].contains(part), "{part}: {}", lines[1]);
    }
    // Not even where the HTTP library says all it can, as `--log trace` lets it. (The mock server logs what it gets.)
    for line in text.lines().filter(|line| !line.contains(" wiremock")) {
        for hidden in ["hunter2hunter2", "tok-sesame-sesame", "Y2xpZW50LTE6", "our words", "its words"] {
            assert!(!line.contains(hidden), "{hidden}: {line}");
        }
    }
}
