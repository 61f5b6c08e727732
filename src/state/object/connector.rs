//! The HTTP client of object stores: goes nowhere else than it is sent, and takes secrets out of refusals.
//!
//! The client that `object_store` makes for itself follows redirects. On the way to another host `reqwest` drops
//! `Authorization`, but not `X-Amz-Security-Token`, and 307 and 308 carry on the body, which at a token endpoint holds the
//! client secret.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http_body::Body as _;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpResponseBody, HttpService};
use object_store::{ClientConfigKey, ClientOptions, Error, HeaderMap};
use reqwest::{Client, Url, redirect, retry};

use crate::model::{Redactor, Secret};

/// How long a connection may take, one to the identity service of this machine, and a request with its answer.
const CONNECT: Duration = Duration::from_secs(10);
const CONNECT_TO_MACHINE: Duration = Duration::from_secs(1);
const REQUEST: Duration = Duration::from_secs(30);
/// Most bytes that are read of a refusal.
const LONGEST_REFUSAL: usize = 64 * 1024;

/// Headers that are credentials as a whole.
const SECRET_HEADERS: [&str; 3] = ["x-amz-security-token", "x-aws-ec2-metadata-token", "x-identity-header"];
/// Fields of queries and forms that are credentials.
const SECRET_FIELDS: [&str; 5] = ["client_secret", "client_assertion", "assertion", "WebIdentityToken", "X-Amz-Security-Token"];

/// The secrets that a store and its token endpoints were given. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Given(Arc<Mutex<Redactor>>);

impl Given {
    pub(super) fn learn(&self, secret: &Secret) {
        self.redactor().learn(secret);
    }

    /// Words from outside without the secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        self.redactor().redact(text)
    }

    /// Whether an object repeats one of the secrets.
    pub(super) fn is_repeated_in(&self, text: &str) -> bool {
        self.redactor().is_repeated_in(text)
    }

    fn redactor(&self) -> MutexGuard<'_, Redactor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns what a request carries. Signatures are none of it: they are good for one request.
    fn learn_from(&self, request: &HttpRequest) {
        let text = |headers: &HeaderMap, name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let Some(value) = text(request.headers(), "authorization") {
            match value.split_once(' ') {
                Some(("Bearer" | "bearer", token)) => self.learn(&Secret::new(token)),
                Some(("AWS4-HMAC-SHA256" | "SharedKey", _)) => {}
                _ => self.learn(&Secret::new(value)),
            }
        }
        SECRET_HEADERS.iter().filter_map(|name| text(request.headers(), name)).for_each(|value| self.learn(&Secret::new(value)));
        let form = request.body().as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|form| form.len() < LONGEST_REFUSAL);
        for query in [request.uri().query(), form].into_iter().flatten() {
            // The base only completes the query; it is never asked.
            let Ok(mut url) = Url::parse("https://relative.invalid") else { continue };
            url.set_query(Some(query));
            for (_, value) in url.query_pairs().filter(|(name, _)| SECRET_FIELDS.contains(&name.as_ref())) {
                self.learn(&Secret::new(value));
            }
        }
    }
}

/// Makes the clients of one store.
#[derive(Debug)]
pub(super) struct Connector {
    /// Whether the store itself is reached without TLS, on this machine.
    pub(super) is_plain: bool,
    pub(super) given: Given,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient, Error> {
        // Plain HTTP is for a store on this machine, and for the service that tells a machine who it is.
        let is_near = options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        let builder = Client::builder()
            .user_agent(concat!("campaignctl/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(if is_near && !self.is_plain { CONNECT_TO_MACHINE } else { CONNECT })
            .timeout(REQUEST)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // The store counts bytes by `Content-Length`.
            .no_gzip()
            .https_only(!is_near);
        let builder = if is_near { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| Error::Generic { store: "HTTP client", source: Box::new(error) })?;
        Ok(HttpClient::new(Careful { client, given: self.given.clone() }))
    }
}

/// Sends with a client that follows nothing.
struct Careful {
    client: Client,
    given: Given,
}

impl fmt::Debug for Careful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Careful").finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpService for Careful {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.given.learn_from(&request);
        let answer = self.client.call(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (mut head, body) = answer.into_parts();
        let said = self.given.redact(&String::from_utf8_lossy(&beginning(body).await));
        head.headers.remove("content-length");
        Ok(HttpResponse::from_parts(head, said.into()))
    }
}

/// The beginning of a body, as far as it comes.
async fn beginning(mut body: HttpResponseBody) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        && bytes.len() < LONGEST_REFUSAL
    {
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data[..data.len().min(LONGEST_REFUSAL)]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use object_store::ClientOptions;
    use object_store::client::{HttpClient, HttpConnector as _, HttpRequest, HttpRequestBody};
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::{Connector, Given};

    fn client(given: &Given) -> HttpClient {
        rustls::crypto::ring::default_provider().install_default().ok();
        let connector = Connector { is_plain: true, given: given.clone() };
        connector.connect(&ClientOptions::new().with_allow_http(true)).unwrap()
    }

    fn request(url: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(HttpRequestBody::from(body.to_owned()));
        *request.method_mut() = "POST".parse().unwrap();
        *request.uri_mut() = url.parse().unwrap();
        for (name, value) in headers {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    const TOKEN: &str = "hJ7pL3dF9gK1aE5uO8iC2";

    /// A request to a store, to a token endpoint, and to the identity service of a machine, each with a credential.
    fn requests(base: &str) -> Vec<HttpRequest> {
        let bearer = format!("Bearer {TOKEN}");
        vec![
            request(base, &[("authorization", &bearer)], ""),
            request(base, &[("authorization", TOKEN)], ""),
            request(base, &[("authorization", "AWS4-HMAC-SHA256 Credential=x"), ("x-amz-security-token", TOKEN)], ""),
            request(base, &[("x-aws-ec2-metadata-token", TOKEN)], ""),
            request(base, &[], &format!("grant_type=client_credentials&client_secret={TOKEN}")),
            request(base, &[], &format!("grant_type=x&assertion={TOKEN}")),
            request(&format!("{base}/?Action=AssumeRoleWithWebIdentity&WebIdentityToken={TOKEN}"), &[], ""),
        ]
    }

    #[tokio::test]
    async fn no_redirect_is_followed_by_store_or_token_endpoint() {
        let (here, elsewhere) = (MockServer::start().await, MockServer::start().await);
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&elsewhere).await;
        for status in [301, 302, 303, 307, 308] {
            here.reset().await;
            let redirect = ResponseTemplate::new(status).insert_header("Location", elsewhere.uri());
            Mock::given(any()).respond_with(redirect).mount(&here).await;
            for request in requests(&here.uri()) {
                assert_eq!(client(&Given::default()).execute(request).await.unwrap().status(), status);
            }
        }
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_was_sent_is_not_in_a_refusal() {
        let server = MockServer::start().await;
        let echo = ResponseTemplate::new(403).set_body_string(format!("<Message>{TOKEN} is wrong</Message>"));
        Mock::given(any()).respond_with(echo).mount(&server).await;
        for request in requests(&server.uri()) {
            let what = format!("{request:?}");
            let answer = client(&Given::default()).execute(request).await.unwrap();
            let said = String::from_utf8(answer.into_body().bytes().await.unwrap().to_vec()).unwrap();
            assert_eq!(said, "<Message>(sensitive value) is wrong</Message>", "{what}");
        }
    }

    #[tokio::test]
    async fn of_an_endless_refusal_only_the_beginning_is_read() {
        let server = MockServer::start().await;
        let long = ResponseTemplate::new(500).set_body_string("x".repeat(10 * 1024 * 1024));
        Mock::given(any()).respond_with(long).mount(&server).await;
        let answer = client(&Given::default()).execute(request(&server.uri(), &[], "")).await.unwrap();
        assert_eq!(answer.into_body().bytes().await.unwrap().len(), 64 * 1024);
    }

    #[tokio::test]
    async fn plain_http_is_for_this_machine_only() {
        let connector = Connector { is_plain: false, given: Given::default() };
        let client = connector.connect(&ClientOptions::new()).unwrap();
        client.execute(request("http://127.0.0.1:9/", &[], "")).await.unwrap_err();
    }
}
