//! A file that is to have a new text, and one that keeps its own.

use std::path::PathBuf;

/// A file and the text it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// Where it is.
    pub path: PathBuf,
    /// Its path as people should see it.
    pub shown: String,
    /// Its text, without a byte order mark.
    pub before: String,
    /// The text it is to have.
    pub after: String,
    /// What was done: line in the text of that moment, and description.
    pub made: Vec<(u32, String)>,
}

/// A file that keeps its text, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its path as people should see it.
    pub shown: String,
    /// Why.
    pub reason: String,
}
