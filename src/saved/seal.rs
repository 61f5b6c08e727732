//! Checksum and signature: a file that was damaged or tampered with is never taken for a plan.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::SavedPlan;
use super::document::hexadecimal;
use crate::diagnostic::unquoted;
use crate::model::Secret;

/// What the first field of a saved plan says.
pub(super) const FORMAT: &str = "campaignctl-saved-plan";
/// The version of the format that this version of the tool writes. Version 1 had neither goal nor names of queues, version 2
/// no replay; the replay of version 3 did not say in which recordings nothing could be read.
const VERSION: u32 = 4;
/// The oldest version that is read.
const OLDEST: u32 = 1;

/// The outer shell of the file. The checksum and the signature are over the bytes of `content` as they stand.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope<'a> {
    format: String,
    version: u32,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hmac_sha256: Option<String>,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// A plan from a file whose checksum is right.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The plan.
    pub saved: SavedPlan,
    /// The signature it carries, if it is signed.
    signature: Option<String>,
    /// The version of the format it was written in.
    version: u32,
    /// What the signature is over.
    content: String,
}

/// Why a file is not taken for a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is something else.
    #[error("it is no saved plan: {0}")]
    NotAPlan(String),
    /// A newer version of the tool wrote it.
    #[error("it has format {0}, and this version of campaignctl reads up to format {VERSION}")]
    Newer(u32),
    /// Its bytes are not those that were written.
    #[error("it was changed or damaged after it was written: its checksum does not match")]
    Damaged,
    /// Another version of the tool would do something else with it than was reviewed.
    #[error("it was made by campaignctl {0}, which plans otherwise than this version ({version})", version = env!("CARGO_PKG_VERSION"))]
    OtherPlan(String),
}

/// Why the signature of a plan does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none, and one is demanded.
    #[error("it is not signed, and CAMPAIGNCTL_PLAN_KEY demands a signature")]
    Missing,
    /// It was made with another key, or over another plan.
    #[error("its signature was not made with the key in CAMPAIGNCTL_PLAN_KEY")]
    Wrong,
    /// There is one, and no key to check it with.
    #[error("it is signed, and CAMPAIGNCTL_PLAN_KEY is not set to check the signature")]
    NoKey,
}

/// What checksum and signature are over: the version is in it, so that no content can be read as another format.
fn sealed_text(version: u32, content: &str) -> String {
    format!("{FORMAT} {version} {content}")
}

fn mac(key: &Secret, version: u32, content: &str) -> Option<Hmac<Sha256>> {
    // A key of any length is taken; `None` cannot happen, and would count as a wrong signature.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(sealed_text(version, content).as_bytes());
    Some(mac)
}

/// The text of the file; signed where there is a key.
///
/// # Errors
/// A plan that cannot be written as JSON.
pub fn seal(saved: &SavedPlan, key: Option<&Secret>) -> Result<String, serde_json::Error> {
    let content = serde_json::to_string(saved)?;
    let envelope = Envelope {
        format: FORMAT.to_owned(),
        version: VERSION,
        sha256: hexadecimal(&Sha256::digest(sealed_text(VERSION, &content))),
        hmac_sha256: key.and_then(|key| Some(hexadecimal(&mac(key, VERSION, &content)?.finalize().into_bytes()))),
        content: &RawValue::from_string(content.clone())?,
    };
    let mut text = serde_json::to_string(&envelope)?;
    text.push('\n');
    Ok(text)
}

/// Reads the text of a file and checks that it is what was written.
///
/// # Errors
/// [`SealError`]: nothing of a file that fails is used.
pub fn open(bytes: &[u8]) -> Result<Opened, SealError> {
    let not_a_plan = |error: serde_json::Error| SealError::NotAPlan(unquoted(&error));
    let text = std::str::from_utf8(bytes).map_err(|error| SealError::NotAPlan(error.to_string()))?;
    let envelope = match serde_json::from_str::<Envelope<'_>>(text) {
        Ok(envelope) => envelope,
        Err(error) => return Err(newer(text).unwrap_or_else(|| not_a_plan(error))),
    };
    let Envelope { format, version, sha256, hmac_sha256, content } = envelope;
    if format != FORMAT {
        return Err(SealError::NotAPlan("its `format` is another one".to_owned()));
    }
    if version > VERSION {
        return Err(SealError::Newer(version));
    }
    if version < OLDEST {
        return Err(SealError::NotAPlan(format!("there is no format {version}")));
    }
    let content = content.get();
    if hexadecimal(&Sha256::digest(sealed_text(version, content))) != sha256 {
        return Err(SealError::Damaged);
    }
    let saved: SavedPlan = serde_json::from_str(content).map_err(not_a_plan)?;
    if SavedPlan::objects_of(&saved.plan()) != saved.objects {
        return Err(SealError::OtherPlan(saved.tool));
    }
    Ok(Opened { saved, signature: hmac_sha256, version, content: content.to_owned() })
}

/// A file of a later format may have other fields; then this is what is wrong with it.
fn newer(text: &str) -> Option<SealError> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let version = u32::try_from(value.get("version")?.as_u64()?).ok()?;
    (value.get("format")?.as_str()? == FORMAT && version > VERSION).then_some(SealError::Newer(version))
}

impl Opened {
    /// Whether it carries a signature.
    pub fn is_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Checks the signature: with a key there must be one made with it, without a key there must be none.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, key: Option<&Secret>) -> Result<(), SignatureError> {
        match (&self.signature, key) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(SignatureError::NoKey),
            (None, Some(_)) => Err(SignatureError::Missing),
            (Some(signature), Some(key)) => {
                let expected = bytes_of(signature).ok_or(SignatureError::Wrong)?;
                let mac = mac(key, self.version, &self.content).ok_or(SignatureError::Wrong)?;
                // Compares in constant time.
                mac.verify_slice(&expected).map_err(|_| SignatureError::Wrong)
            }
        }
    }
}

/// The bytes that lower-case hexadecimal digits stand for.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}
