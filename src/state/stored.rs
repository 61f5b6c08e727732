//! A state byte for byte, as it is kept: for handing it on as it is, and for putting another one in its place.

use super::document::Unreadable;
use super::{Backup, StateDocument, StateError};

/// What follows the name of the state before the last run.
pub(super) const BACKUP: &str = ".backup";
/// What follows the name of a damaged state that another one was put in place of.
pub(super) const DAMAGED: &str = ".damaged";

/// What is kept in the place of a state, whether it can be read or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Where it is.
    at: String,
    bytes: Vec<u8>,
}

impl Stored {
    pub(super) fn new(at: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { at: at.into(), bytes }
    }

    /// As it is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The document.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] and [`StateError::Newer`].
    pub fn document(&self) -> Result<StateDocument, StateError> {
        let corrupt = |reason: &str, was_edited| StateError::Corrupt {
            at: self.at.clone(),
            reason: reason.to_owned(),
            was_edited,
            backup: Backup::Unknown,
        };
        StateDocument::parse(&self.bytes).map_err(|unreadable| match unreadable {
            Unreadable::Damaged(reason) => corrupt(&reason, false),
            Unreadable::Changed => corrupt("its checksum does not match, so it is not what campaignctl wrote", true),
            Unreadable::Unsealed(_) => corrupt("it has no checksum, so nothing shows that it is whole", true),
            Unreadable::Newer(found) => StateError::Newer { at: self.at.clone(), found, supported: StateDocument::FORMAT },
        })
    }

    /// What it is good for as a backup.
    pub(super) fn as_backup(&self) -> Backup {
        match StateDocument::parse(&self.bytes) {
            Ok(StateDocument { serial, written, .. }) => Backup::Whole { serial, written },
            Err(_) => Backup::Unusable,
        }
    }

    /// Where it is kept when something else takes its place: a damaged one must not replace a good backup.
    pub(super) fn kept_as(&self) -> &'static str {
        if StateDocument::parse(&self.bytes).is_ok() { BACKUP } else { DAMAGED }
    }
}

impl StateDocument {
    /// The writing that puts this document in the place of another one: its number is above those of both, so that nothing
    /// that is bound to an earlier writing takes it for that one.
    pub(super) fn after(&self, before: Option<&Stored>) -> Self {
        let serial = before.and_then(|before| Self::parse(&before.bytes).ok()).map_or(0, |before| before.serial);
        // The number of a lock belongs to the place, not to the document.
        Self { serial: self.serial.max(serial), fence: 0, ..self.clone() }
    }
}
