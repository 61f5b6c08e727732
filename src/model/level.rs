//! What the findings of a warning rule count as.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the findings of a warning rule count as. Ordered from mild to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing: the rule is not looked at.
    Allow,
    /// A warning: it is told and stops nothing.
    Warn,
    /// An error: nothing is planned or applied before it is mended.
    Deny,
}

impl Level {
    /// All of them, from mild to strict.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// The word in files and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
