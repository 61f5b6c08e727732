//! An answer as a value, and what its refusals say. Two error bodies exist: the API's envelope and OAuth's.

use std::sync::Arc;

use serde::Deserialize;

use super::error::{Detail, RefusedAt, RemoteErrorKind, STALE};
use super::limits::Limits;
use super::request::Target;
use crate::model::Redactor;

/// Most characters of the server's own words that an error repeats.
const LONGEST_MESSAGE: usize = 500;
/// The same for codes, field names and ids.
const LONGEST_WORD: usize = 120;
/// Most details that an error repeats.
const MOST_DETAILS: usize = 10;

/// One answer, whole.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Header `ININ-Correlation-Id`, as it came.
    pub(super) correlation_header: Option<String>,
    /// What its headers say of limits.
    pub(super) limits: Limits,
    /// The body. Text that is no UTF-8 is replaced, and no JSON then.
    pub(super) body: String,
    /// The secrets that the server was given so far.
    pub(super) redactor: Arc<Redactor>,
}

/// Both error bodies in one: the API's `{message, code, contextId, details}`, OAuth's `{error, description,
/// error_description}`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Envelope {
    message: Option<String>,
    code: Option<String>,
    context_id: Option<String>,
    details: Option<Vec<EnvelopeDetail>>,
    error: Option<String>,
    description: Option<String>,
    #[serde(rename = "error_description")]
    error_description: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EnvelopeDetail {
    error_code: Option<String>,
    field_name: Option<String>,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the server did not process the request because there were too many. The token endpoint says so with 400.
    pub(super) fn is_throttled(&self, target: Target) -> bool {
        match (self.status, target) {
            (429, _) => true,
            (400, Target::Login) => self.envelope().is_some_and(|Envelope { error, description, error_description, .. }| {
                let says = |text: Option<String>| text.is_some_and(|text| text.to_ascii_lowercase().contains("rate limit exceeded"));
                error.as_deref() == Some("invalid_request") && (says(description) || says(error_description))
            }),
            _ => false,
        }
    }

    /// The correlation id: of the header, else of the error envelope.
    pub(super) fn correlation_id(&self) -> Option<String> {
        let from_body = || if self.is_success() { None } else { self.envelope()?.context_id };
        self.correlation_header.clone().or_else(from_body).map(|id| self.said(&id, LONGEST_WORD)).filter(|id| !id.is_empty())
    }

    /// Words of the server as they may be shown, logged and kept: without our secrets, on one line, cut after `most`
    /// characters. Everything that leaves an answer as a text goes through here.
    pub(super) fn said(&self, text: &str, most: usize) -> String {
        // In this order: a secret that is cut in two is not recognized.
        bounded(&self.redactor.redact(text), most)
    }

    /// Whether the body repeats a secret that the server was given. A name or message of a campaign would carry it into
    /// plans, files and states.
    pub(super) fn repeats_a_secret(&self) -> bool {
        self.redactor.is_repeated_in(&self.body)
    }

    /// What an answer that is no success says. `given_token`: the token was given, not issued to us.
    pub(super) fn refusal(&self, target: Target, given_token: bool) -> RemoteErrorKind {
        let envelope = self.envelope();
        let foreign = !self.body.trim().is_empty() && serde_json::from_str::<serde_json::Map<_, _>>(&self.body).is_err();
        let Envelope { message, code, context_id: _, details, error, description, error_description } = envelope.unwrap_or_default();
        let message = message.or(error_description).or(description);
        let words = message.unwrap_or_else(|| self.foreign_text());
        let message = match self.said(&words, LONGEST_MESSAGE) {
            // Whatever is withheld, a conflict stays one.
            said if words.contains(STALE) && !said.contains(STALE) => format!("it {STALE} {said}"),
            said => said,
        };
        let said_code = code.or(error);
        let code = said_code.as_ref().map(|code| self.said(code, LONGEST_WORD));
        if self.is_throttled(target) {
            return RemoteErrorKind::TooManyRequests { retry_after: self.limits.retry_after, message };
        }
        match (self.status, target) {
            (401, Target::Login) => RemoteErrorKind::Unauthorized { at: RefusedAt::Login, status: self.status, message },
            (400, Target::Login) if matches!(said_code.as_deref(), Some("invalid_client" | "unauthorized_client" | "invalid_grant")) => {
                RemoteErrorKind::Unauthorized { at: RefusedAt::Login, status: self.status, message }
            }
            (401, Target::Api) => {
                let at = if given_token { RefusedAt::GivenToken } else { RefusedAt::Api };
                RemoteErrorKind::Unauthorized { at, status: self.status, message }
            }
            (403, _) if !foreign => RemoteErrorKind::Forbidden { code, message },
            (status, _) => {
                let word = |text: Option<String>| self.said(&text.unwrap_or_default(), LONGEST_WORD);
                let detail = |EnvelopeDetail { error_code, field_name }| Detail { error_code: word(error_code), field: word(field_name) };
                let details = details.unwrap_or_default().into_iter().take(MOST_DETAILS).map(detail).collect();
                RemoteErrorKind::Status { status, code, message, details, foreign }
            }
        }
    }

    /// The error body, where it is a JSON object.
    fn envelope(&self) -> Option<Envelope> {
        serde_json::from_str(&self.body).ok()
    }

    /// A body that is no error envelope, in a few words.
    fn foreign_text(&self) -> String {
        let text = self.body.trim_start();
        if text.is_empty() {
            return "no message".to_owned();
        }
        if !text.starts_with('<') {
            return text.to_owned();
        }
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title.trim());
        title.map_or_else(|| "an HTML page".to_owned(), |title| format!("an HTML page titled \"{title}\""))
    }
}

/// `text` on one line, cut after `most` characters.
pub(super) fn bounded(text: &str, most: usize) -> String {
    let cleaned = text.chars().take(most.saturating_mul(4)).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let line = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Answer, bounded};
    use crate::remote::limits::Limits;
    use crate::remote::request::Target;
    use crate::remote::{RefusedAt, RemoteErrorKind};

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, correlation_header: None, limits: Limits::default(), body: body.to_owned(), redactor: Arc::default() }
    }

    #[test]
    fn the_token_endpoint_throttles_with_400() {
        let body = r#"{"error":"invalid_request","description":"Rate limit exceeded; try later","error_description":"x"}"#;
        assert!(answer(400, body).is_throttled(Target::Login));
        assert!(!answer(400, body).is_throttled(Target::Api));
        assert!(!answer(400, r#"{"error":"invalid_request","description":"no grant_type"}"#).is_throttled(Target::Login));
        assert!(answer(429, "").is_throttled(Target::Login));
    }

    #[test]
    fn a_wrong_client_is_refused_with_either_status() {
        for status in [400, 401] {
            let kind = answer(status, r#"{"error":"invalid_client","description":"client not found"}"#).refusal(Target::Login, false);
            assert_eq!(kind, RemoteErrorKind::Unauthorized { at: RefusedAt::Login, status, message: "client not found".to_owned() });
        }
    }

    #[test]
    fn a_page_of_a_proxy_is_told_by_its_title() {
        let RemoteErrorKind::Status { message, foreign, .. } =
            answer(502, "<html><title> Bad\nGateway </title><body>…").refusal(Target::Api, false)
        else {
            panic!("no status")
        };
        assert_eq!((message.as_str(), foreign), ("an HTML page titled \"Bad Gateway\"", true));
    }

    #[test]
    fn what_the_server_says_is_bounded() {
        assert_eq!(bounded("a\u{1b}[31m\n  b", 100), "a [31m b");
        assert_eq!(bounded("äöü", 2), "äö…");
        let RemoteErrorKind::Status { message, .. } = answer(500, &"x".repeat(100_000)).refusal(Target::Api, false) else {
            panic!("no status")
        };
        assert_eq!(message.chars().count(), 501);
    }
}
