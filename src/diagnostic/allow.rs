//! A comment in a file that says which findings are meant to be as they are: `# campaignctl: allow(rule) reason`.

use super::{Place, Span};

/// What a comment begins with to be read by us.
pub const ALLOW_MARKER: &str = "campaignctl:";

/// One such comment, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The rules it names; none for a comment that begins like one and cannot be read.
    pub rules: Vec<AllowedRule>,
    /// Why they are allowed here; may be missing.
    pub reason: String,
    /// The comment.
    pub place: Place,
    /// The bytes of the same file that it speaks of; `None` where nothing follows it.
    pub covers: Option<Span>,
}

/// A rule that a comment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRule {
    /// Its id, as written.
    pub id: String,
    /// Where it stands in the comment.
    pub place: Place,
}

impl Allow {
    /// Whether a finding at `place` is one that the comment speaks of.
    pub fn covers(&self, place: Place) -> bool {
        let covered = |covers: Span| covers.start <= place.span.start && place.span.end <= covers.end;
        place.file == self.place.file && self.covers.is_some_and(covered)
    }
}
