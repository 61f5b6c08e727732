//! What starting a project came to, as a value.

use std::path::PathBuf;

use super::Made;

/// A project that was started, or one that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it is new; else only what it lacked was added.
    pub is_new: bool,
    /// The files, relative to the folder, and what became of each.
    pub files: Vec<(String, Made)>,
    /// Name of the environment that is no emulator.
    pub environment: String,
    /// Whether that environment can be used at once: its region is known.
    pub is_usable: bool,
    /// What was inferred and from what, and what is missing and how it is added; one sentence each.
    pub notes: Vec<String>,
}
