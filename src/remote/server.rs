//! Where the API and the login are.

use std::net::IpAddr;
use std::num::NonZeroU32;

use thiserror::Error;

use super::http::{self, UrlParts};
use crate::model::{REGIONS, Region};

/// The two addresses of a server: its API and its token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    api: String,
    token: String,
    kind: ServerKind,
}

/// What a connection to the server needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerKind {
    /// Somewhere else, over TLS, through the proxies of the system.
    Remote,
    /// This machine over TLS: no proxy.
    LoopbackTls,
    /// This machine without TLS: neither proxy nor root certificates.
    LoopbackPlain,
}

/// Why a text cannot be a base URL. No variant repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidBaseUrl {
    /// It is no absolute URL.
    #[error("the base URL is no absolute URL: {reason}")]
    Malformed {
        /// What the URL parser says.
        reason: String,
    },
    /// The scheme is neither `https` nor `http`.
    #[error("the base URL must start with `https://`, not `{scheme}:`")]
    Scheme {
        /// The scheme that was given.
        scheme: String,
    },
    /// Plain `http` to another machine would show the token to everyone on the way.
    #[error("plain `http://` goes to this machine only (127.0.0.1, [::1], localhost), but the host is `{host}`: use `https://`")]
    PlainHttp {
        /// The host that was given.
        host: String,
    },
    /// A user name or password stands in the URL.
    #[error("the base URL holds a user name or password: credentials come from the environment only")]
    Credentials,
    /// A query or fragment stands in the URL.
    #[error("the base URL must end before `?` and `#`")]
    QueryOrFragment,
}

impl Server {
    /// A public region: `https://api.<domain>`, with tokens from `https://login.<domain>/oauth/token`.
    pub fn region(region: Region) -> Self {
        Self { api: region.api_url(), token: format!("{}/oauth/token", region.login_url()), kind: ServerKind::Remote }
    }

    /// Any server of this API, with tokens from `<base>/oauth/token`. `https://api.<domain of a public region>` takes them
    /// from that region's login host instead.
    ///
    /// # Errors
    /// Where the URL is not `https` (plain `http` is for loopback only), or holds credentials, a query or a fragment.
    pub fn base_url(url: &str) -> Result<Self, InvalidBaseUrl> {
        let parts = http::split_url(url).map_err(|reason| InvalidBaseUrl::Malformed { reason })?;
        let UrlParts { scheme, host, port, path, credentials, query_or_fragment } = parts;
        if !matches!(scheme.as_str(), "https" | "http") {
            return Err(InvalidBaseUrl::Scheme { scheme });
        }
        if credentials {
            return Err(InvalidBaseUrl::Credentials);
        }
        if query_or_fragment {
            return Err(InvalidBaseUrl::QueryOrFragment);
        }
        let kind = kind(&scheme, &host).ok_or_else(|| InvalidBaseUrl::PlainHttp { host: host.clone() })?;
        let authority = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let api = format!("{scheme}://{authority}{}", path.trim_end_matches('/'));
        let login = REGIONS.into_iter().find(|region| authority.strip_prefix("api.") == Some(region.domain)).map(Region::login_url);
        let token = format!("{}/oauth/token", login.as_deref().unwrap_or(&api));
        Ok(Self { api, token, kind })
    }

    /// Base URL of the API, without a trailing slash.
    pub fn api_url(&self) -> &str {
        &self.api
    }

    /// Whether it is this machine or a public region of Genesys Cloud, named in either way.
    pub fn is_known(&self) -> bool {
        let is_here = matches!(self.kind, ServerKind::LoopbackTls | ServerKind::LoopbackPlain);
        is_here
            || REGIONS
                .into_iter()
                .any(|region| self.api.strip_prefix(&region.api_url()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// Its host, with the port where it is not the scheme's own: `genesys.example:8443`.
    pub fn authority(&self) -> &str {
        let rest = self.api.split_once("://").map_or(self.api.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// URL of the token endpoint.
    pub(super) fn token_url(&self) -> &str {
        &self.token
    }

    /// Requests a minute that a credential may send there when nobody says otherwise: 300 on the platform
    /// (`client.credentials.token.rate.per.minute` of its limits), as many as it takes on this machine.
    pub(super) fn requests_per_minute(&self) -> Option<NonZeroU32> {
        match self.kind {
            ServerKind::Remote => NonZeroU32::new(300),
            ServerKind::LoopbackTls | ServerKind::LoopbackPlain => None,
        }
    }

    pub(super) fn kind(&self) -> ServerKind {
        self.kind
    }
}

/// What a connection needs; nothing for plain `http` to another machine.
pub(super) fn kind(scheme: &str, host: &str) -> Option<ServerKind> {
    match (scheme, is_loopback(host)) {
        ("http", false) => None,
        ("http", true) => Some(ServerKind::LoopbackPlain),
        (_, true) => Some(ServerKind::LoopbackTls),
        (_, false) => Some(ServerKind::Remote),
    }
}

/// Whether a base URL is of this machine.
pub(super) fn is_on_this_machine(url: &str) -> bool {
    http::split_url(url).is_ok_and(|parts| is_loopback(&parts.host))
}

/// Whether `host` (as the URL parser writes it: IPv6 in brackets) is this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Server, ServerKind};
    use crate::model::REGIONS;

    #[test]
    fn a_region_logs_in_at_its_login_host_however_it_is_named() {
        for region in REGIONS {
            let server = Server::region(region);
            assert_eq!(server.token_url(), format!("https://login.{}/oauth/token", region.domain));
            assert_eq!(Server::base_url(&format!("https://API.{}/", region.domain)), Ok(server));
        }
    }

    #[test]
    fn only_regions_and_this_machine_are_known() {
        for region in REGIONS {
            assert!(Server::region(region).is_known());
            assert!(Server::base_url(&format!("https://api.{}/x", region.domain)).unwrap().is_known());
        }
        for here in ["http://127.0.0.1:8080", "https://localhost/x", "http://[::1]:1"] {
            assert!(Server::base_url(here).unwrap().is_known(), "{here}");
        }
        for (other, authority) in [
            ("https://evil.example/", "evil.example"),
            ("https://evil.example:8443/api.mypurecloud.com", "evil.example:8443"),
            ("https://api.mypurecloud.com.evil.example", "api.mypurecloud.com.evil.example"),
            ("https://api.mypurecloud.com:8443", "api.mypurecloud.com:8443"),
            ("https://mypurecloud.com", "mypurecloud.com"),
            ("https://127.0.0.1.evil.example", "127.0.0.1.evil.example"),
            ("https://localhost.evil.example", "localhost.evil.example"),
            ("https://EVIL.example", "evil.example"),
        ] {
            let server = Server::base_url(other).unwrap();
            assert!(!server.is_known(), "{other}");
            assert_eq!(server.authority(), authority);
        }
    }

    #[test]
    fn tokens_of_any_other_server_come_from_its_own_address() {
        let table = [
            ("https://genesys.example/", "https://genesys.example/oauth/token", ServerKind::Remote),
            ("https://api.mypurecloud.com:8443", "https://api.mypurecloud.com:8443/oauth/token", ServerKind::Remote),
            ("https://api.mypurecloud.com.evil.example", "https://api.mypurecloud.com.evil.example/oauth/token", ServerKind::Remote),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/oauth/token", ServerKind::LoopbackPlain),
            ("https://localhost/x/", "https://localhost/x/oauth/token", ServerKind::LoopbackTls),
        ];
        for (url, token, kind) in table {
            let server = Server::base_url(url).unwrap();
            assert_eq!((server.token_url(), server.kind()), (token, kind), "{url}");
        }
    }
}
