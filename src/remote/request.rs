//! A request as a value: what is asked, before anything opens a socket.

use std::fmt;

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        })
    }
}

/// What sending a request twice can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing: it only looks.
    Read,
    /// Nothing: the second token is as good as the first.
    Token,
    /// Nothing: the version in it is replaced once, and the second time refused.
    Put,
    /// Nothing: the second time there is nothing to delete.
    Delete,
    /// A second campaign. There is no idempotency key.
    Post,
}

impl Class {
    /// Whether it changes anything.
    pub(super) fn is_write(self) -> bool {
        matches!(self, Self::Put | Self::Delete | Self::Post)
    }
}

/// Which of the server's two addresses a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The API, with a bearer token.
    Api,
    /// The token endpoint, with the client's id and secret.
    Login,
}

/// Body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Empty,
    /// JSON text.
    Json(String),
    /// Form fields.
    Form(&'static [(&'static str, &'static str)]),
}

/// One request. It holds no credentials, so it can be shown and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) class: Class,
    pub(super) target: Target,
    pub(super) method: Method,
    /// Path below the target's base URL, percent-encoded. For the token endpoint it only names the request.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Body,
}

impl Request {
    /// A request that only looks.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { class: Class::Read, target: Target::Api, method: Method::Get, path: path.into(), query: Vec::new(), body: Body::Empty }
    }

    /// A request that makes something.
    pub(super) fn post(path: impl Into<String>, body: Body) -> Self {
        Self { class: Class::Post, method: Method::Post, body, ..Self::get(path) }
    }

    /// A request that replaces something, and says which version of it.
    pub(super) fn put(path: impl Into<String>, body: Body) -> Self {
        Self { class: Class::Put, method: Method::Put, body, ..Self::get(path) }
    }

    /// A request that deletes something.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self { class: Class::Delete, method: Method::Delete, ..Self::get(path) }
    }

    /// The client-credentials grant, [`grant_type=client_credentials`](https://datatracker.ietf.org/doc/html/rfc6749#section-4.4.2).
    pub(super) fn token() -> Self {
        Self {
            class: Class::Token,
            target: Target::Login,
            method: Method::Post,
            path: "/oauth/token".to_owned(),
            query: Vec::new(),
            body: Body::Form(&[("grant_type", "client_credentials")]),
        }
    }

    /// Adds a query parameter.
    #[must_use]
    pub(super) fn query(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

/// `text` as one segment of a path, or nothing where it cannot be one: an empty segment, `.` and `..` would make the
/// request speak of something else.
pub(super) fn segment(text: &str) -> Option<String> {
    if matches!(text, "" | "." | "..") {
        return None;
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => {
                encoded.push('%');
                encoded.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
            }
        }
    }
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn a_segment_stays_one_segment() {
        let table = [
            ("0f8b-11", Some("0f8b-11")),
            ("a/b", Some("a%2Fb")),
            ("../x", Some("..%2Fx")),
            ("%2e%2e", Some("%252e%252e")),
            ("ext:1?x#y", Some("ext%3A1%3Fx%23y")),
            ("ü", Some("%C3%BC")),
            ("", None),
            (".", None),
            ("..", None),
        ];
        for (text, expected) in table {
            assert_eq!(segment(text).as_deref(), expected, "{text}");
        }
    }
}
