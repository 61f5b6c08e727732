//! How a campaign is called in the repo (`key`), and in every message and plan (`campaign.<key>`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The stable id of a campaign in the repo: the file stem, unless `key:` says otherwise.
///
/// Letters, digits, `_` and `-`, starting with a letter or digit, at most [`CampaignKey::MAX_LENGTH`] characters, so that
/// an address needs no quoting on a command line, in JSON or in Markdown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CampaignKey(String);

/// A text that cannot be a campaign key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a campaign key: {reason}")]
pub struct InvalidKey {
    /// The refused text.
    pub text: String,
    /// Why it was refused.
    pub reason: &'static str,
}

impl CampaignKey {
    /// The longest key, in characters.
    pub const MAX_LENGTH: usize = 128;
    /// What a key may look like, as a regular expression (also in the generated schema).
    pub const PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$";

    /// Checks and takes a key.
    ///
    /// # Errors
    /// [`InvalidKey`] names the text and the rule it breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        let reason = if text.is_empty() {
            Some("it is empty")
        } else if text.len() > Self::MAX_LENGTH {
            Some("it is longer than 128 characters")
        } else if !text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            Some("it must start with a letter or a digit")
        } else if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            Some("only letters, digits, `_` and `-` may stand in it")
        } else {
            None
        };
        match reason {
            Some(reason) => Err(InvalidKey { text, reason }),
            None => Ok(Self(text)),
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `campaign.<key>`.
    pub fn address(&self) -> Address<'_> {
        Address(self)
    }
}

impl fmt::Display for CampaignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CampaignKey {
    type Error = InvalidKey;
    fn try_from(text: String) -> Result<Self, InvalidKey> {
        Self::new(text)
    }
}

impl From<CampaignKey> for String {
    fn from(key: CampaignKey) -> Self {
        key.0
    }
}

/// `campaign.<key>`: how plans, messages and commands name a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a>(&'a CampaignKey);

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "campaign.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::CampaignKey;

    #[test]
    fn keys_are_safe_on_a_command_line() {
        for good in ["pricing-churn", "a", "0_x", "A-b_C9"] {
            assert!(CampaignKey::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "_x", "a b", "a.b", "ä", "a/b", &"x".repeat(129)] {
            assert!(CampaignKey::new(bad).is_err(), "{bad}");
        }
    }
}
