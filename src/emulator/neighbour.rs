//! Who may ask: somebody on this machine, and no page of a web browser.
//!
//! A page may send requests to any port of the machine it is shown on, and, by letting its own name point to 127.0.0.1, read the
//! answers. It cannot choose `Host` and `Origin`: a request that names another machine, or comes from another page, is refused.

use std::net::{IpAddr, SocketAddr};

use axum::Extension;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::exchange::finished;
use super::failure::Failure;

/// Lets a request of the API through that no page of another site can send.
pub(super) async fn of_this_machine(request: Request, next: Next) -> Response {
    let reason = match host(&request) {
        Some(host) if !is_loopback(&host) => Some(not_this_machine(&host)),
        _ => foreign_page(request.headers()),
    };
    answer(reason, request, next).await
}

/// Lets a request through that steers the emulator: also its peer and its port must be right.
pub(super) async fn of_this_emulator(
    State(port): State<u16>,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    request: Request,
    next: Next,
) -> Response {
    let reason = match host(&request) {
        _ if !peer.ip().is_loopback() => Some(format!("only this machine may steer the emulator, and {} is another one", peer.ip())),
        None => Some("a request that steers the emulator needs a `Host`".to_owned()),
        Some(host) if host.port_u16().unwrap_or(80) != port => {
            Some(format!("`Host` names another port than {port}, on which the emulator listens"))
        }
        Some(host) if !is_loopback(&host) => Some(not_this_machine(&host)),
        Some(_) => foreign_page(request.headers()),
    };
    answer(reason, request, next).await
}

async fn answer(reason: Option<String>, request: Request, next: Next) -> Response {
    match reason {
        None => next.run(request).await,
        Some(reason) => {
            let refusal = Failure::new(StatusCode::FORBIDDEN, "not.this.machine", reason).into_response();
            finished(refusal, &Uuid::new_v4().to_string())
        }
    }
}

/// The machine that the request names. One that names none, or nothing that can be read, is of no browser.
fn host(request: &Request) -> Option<Authority> {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()?.parse().ok());
    named.or_else(|| request.uri().authority().cloned())
}

fn is_loopback(host: &Authority) -> bool {
    let name = host.host();
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    bare.parse::<IpAddr>().map_or_else(|_| name.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

fn not_this_machine(host: &Authority) -> String {
    format!("the emulator answers to 127.0.0.1, [::1] and localhost only, and `Host` is `{}`", host.host())
}

/// Why a page may not ask, where one does: its origin must be this very server.
fn foreign_page(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let own = text(header::HOST).map(|host| format!("http://{host}"));
    match text(header::ORIGIN) {
        Some(origin) if own.is_none_or(|own| !own.eq_ignore_ascii_case(origin)) => {
            Some("the emulator takes no requests from pages of other sites (`Origin`)".to_owned())
        }
        _ if text(header::HeaderName::from_static("sec-fetch-site")).is_some_and(|site| !matches!(site, "same-origin" | "none")) => {
            Some("the emulator takes no requests from pages of other sites (`Sec-Fetch-Site`)".to_owned())
        }
        _ => None,
    }
}
