//! Objects beside each other in one bucket: read them, and replace them only where they are still what was read.

use std::sync::Arc;

use object_store::client::{HttpError, HttpErrorKind};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion};

use super::connector::Given;
use crate::state::StateError;

/// How often an object is written again after a write whose answer was lost.
const ATTEMPTS: u32 = 3;

/// An object as it was read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    pub(super) version: UpdateVersion,
}

/// What became of replacing an object.
#[derive(Debug)]
pub(super) enum Swapped {
    /// It is written; this is its version.
    Done(UpdateVersion),
    /// It is not what was expected; this is what it is.
    Lost(Option<Found>),
}

/// The bucket, and the key of the state in it.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    key: String,
    /// The state's URL, for messages.
    at: String,
    /// What the storage was given, and must not be heard repeating.
    given: Given,
}

impl Bucket {
    pub(super) fn new(store: Arc<dyn ObjectStore>, key: String, at: String, given: Given) -> Self {
        Self { store, key, at, given }
    }

    pub(super) fn at(&self) -> &str {
        &self.at
    }

    /// The key of the state with something behind it, as a path of the storage.
    fn path(&self, suffix: &str) -> Path {
        Path::from(format!("{}{suffix}", self.key))
    }

    pub(super) async fn get(&self, suffix: &str) -> Result<Option<Found>, StateError> {
        let verb = if suffix == LOCK { "read the lock of" } else { "read" };
        let answer = match self.store.get(&self.path(suffix)).await {
            Ok(answer) => answer,
            // A bucket that is not there is no state that is not there.
            Err(Error::NotFound { source, .. }) if !says_no_bucket(&source.to_string()) => return Ok(None),
            Err(error) => return Err(self.error(verb, &error)),
        };
        let version = UpdateVersion { e_tag: answer.meta.e_tag.clone(), version: answer.meta.version.clone() };
        let bytes = answer.bytes().await.map_err(|error| self.error(verb, &error))?;
        if self.given.is_repeated_in(&String::from_utf8_lossy(&bytes)) {
            let hint = "replace these credentials, because somebody may have read them, and put back a state without them \
                        (`campaignctl state pull --backup`)";
            return Err(StateError::Remote {
                verb,
                at: self.at.clone(),
                reason: "it repeats the credentials of the storage".to_owned(),
                hint,
            });
        }
        Ok(Some(Found { bytes: bytes.to_vec(), version }))
    }

    /// Writes an object whatever is there.
    pub(super) async fn put(&self, suffix: &str, bytes: Vec<u8>) -> Result<(), StateError> {
        let payload = PutPayload::from(bytes);
        self.store.put(&self.path(suffix), payload).await.map_err(|error| self.error("back up", &error))?;
        Ok(())
    }

    /// Writes an object where it still is the `expected` version, or, with `None`, where there is none.
    ///
    /// `bytes` must be like no others ever written: an answer that was lost is made good by reading back, and what reads
    /// the same was written by this call.
    ///
    /// # Errors
    /// The storage cannot be reached or refuses; then it was not written as far as can be told.
    pub(super) async fn swap(&self, suffix: &str, bytes: Vec<u8>, expected: Option<&UpdateVersion>) -> Result<Swapped, StateError> {
        let verb = if suffix == LOCK { "lock" } else { "write" };
        let mut attempt = 1;
        loop {
            let mode = expected.map_or(PutMode::Create, |version| PutMode::Update(version.clone()));
            let options = PutOptions { mode, ..PutOptions::default() };
            let error = match self.store.put_opts(&self.path(suffix), PutPayload::from(bytes.clone()), options).await {
                Ok(done) => return Ok(Swapped::Done(UpdateVersion { e_tag: done.e_tag, version: done.version })),
                Err(error) => error,
            };
            let refused = matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. });
            let Ok(found) = self.get(suffix).await else { return Err(self.error(verb, &error)) };
            match &found {
                Some(found) if found.bytes == bytes => return Ok(Swapped::Done(found.version.clone())),
                found if same(found.as_ref().map(|found| &found.version), expected) => {
                    // S3 refuses one of two writes at the same time even where the other one comes to nothing.
                    let may_work_now = refused || matches!(error, Error::Generic { .. });
                    if attempt >= ATTEMPTS || !may_work_now {
                        return Err(self.error(verb, &error));
                    }
                    attempt += 1;
                }
                _ => return Ok(Swapped::Lost(found)),
            }
        }
    }

    /// An error of the storage in words that hold nothing secret: signatures, signed texts and credentials stay out.
    pub(super) fn error(&self, verb: &'static str, error: &Error) -> StateError {
        let text = error.to_string();
        let hint = match error {
            _ if text.contains("status code: 30") && !text.contains("status code: 304") => {
                "redirects are not followed, because credentials must not travel; check the bucket, its region and the endpoint"
            }
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
                "check the credentials in the process environment and what they may do: read and write the state, its `.lock` and its \
                 `.backup`, and list the bucket"
            }
            Error::NotFound { .. } => "make the bucket first, or correct `state:` in campaignctl.yaml",
            Error::NotImplemented { .. } | Error::NotSupported { .. } => {
                "this storage cannot replace an object only where it is unchanged, so it cannot hold a state"
            }
            _ => "check the network, the region and the endpoint; what was written before is kept",
        };
        // What cannot be read may be an answer with a token.
        let reason = if is_unreadable(error) { "its answer cannot be read".to_owned() } else { self.given.redact(&reason(&text)) };
        StateError::Remote { verb, at: self.at.clone(), reason, hint }
    }
}

/// What follows the key of the lock.
pub(super) const LOCK: &str = ".lock";

fn same(one: Option<&UpdateVersion>, other: Option<&UpdateVersion>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.e_tag == other.e_tag && one.version == other.version,
        (None, None) => true,
        _ => false,
    }
}

fn says_no_bucket(text: &str) -> bool {
    ["NoSuchBucket", "ContainerNotFound", "bucket does not exist"].iter().any(|code| text.contains(code))
}

/// Whether what went wrong is the reading of an answer.
fn is_unreadable(error: &Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let is_decode = error.downcast_ref::<HttpError>().is_some_and(|error| error.kind() == HttpErrorKind::Decode);
        if is_decode || error.is::<serde_json::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The status and the message of an answer, or the last words of an error.
fn reason(text: &str) -> String {
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside.trim().to_owned())
    };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => format!("{message} ({code})"),
        (Some(code), None) => code,
        _ => {
            let told = text.rsplit_once(" - ").map_or(text, |(_, told)| told);
            let told = told.split(['<', '{', '\n']).next().unwrap_or_default().trim_end_matches([':', ' ']);
            told.chars().take(300).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn an_answer_of_the_storage_is_told_without_what_was_signed() {
        let text = "The operation lacked the necessary privileges to complete for path k: Error performing GET http://h/b/k in 3ms - \
                    Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code><Message>The request \
                    signature does not match</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId><StringToSign>hunter2</StringToSign></Error>";
        assert_eq!(reason(text), "The request signature does not match (SignatureDoesNotMatch)");
        let text = "Generic S3 error: Error performing GET http://h/b/k in 1.2s, after 4 retries - HTTP error: error sending request";
        assert_eq!(reason(text), "HTTP error: error sending request");
        assert_eq!(reason("Generic GCS error: x - 500 Oops: {\"secret\": 1}"), "500 Oops");
    }
}
