//! A document that was merged from two: which of its values stands where.

use std::collections::BTreeMap;

use super::{DocumentId, Span};

/// Where a value of a document was written: in that document itself, or in the overlay that was merged into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The document it stands in.
    pub document: DocumentId,
    /// JSON pointer to it there.
    pub pointer: String,
}

/// What an overlay changed in a document, by the pointers of the merged one.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlaid {
    overlay: DocumentId,
    /// The values that do not stand in the base under the same pointer, each with everything below it.
    elsewhere: BTreeMap<String, Written>,
    /// The bytes of the base that mean nothing any more: replaced, or removed.
    hidden: Vec<Span>,
}

impl Overlaid {
    /// What `overlay` changed: where the values stand that are not where they were, and what it replaced.
    pub fn new(overlay: DocumentId, elsewhere: BTreeMap<String, Written>, hidden: Vec<Span>) -> Self {
        Self { overlay, elsewhere, hidden }
    }

    /// The overlay.
    pub fn overlay(&self) -> DocumentId {
        self.overlay
    }

    /// Whether something below a pointer, which ends in `/`, is not where it was in the base.
    pub fn reaches_below(&self, above: &str) -> bool {
        self.elsewhere.range(above.to_owned()..).next().is_some_and(|(pointer, _)| pointer.starts_with(above))
    }

    /// The bytes of the base that were replaced or removed.
    pub fn hidden(&self) -> &[Span] {
        &self.hidden
    }

    /// Where the value that a pointer of the merged document names was written. One that is not there has the place of what
    /// it would be in; one that the overlay removed stands in the overlay.
    pub(super) fn written(&self, base: DocumentId, pointer: &str) -> Written {
        let mut above = pointer;
        loop {
            if let Some(Written { document, pointer: there }) = self.elsewhere.get(above) {
                let below = pointer.get(above.len()..).unwrap_or_default();
                return Written { document: *document, pointer: format!("{there}{below}") };
            }
            match above.rfind('/') {
                Some(end) => above = &above[..end],
                None => return Written { document: base, pointer: pointer.to_owned() },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Overlaid, Written};
    use crate::diagnostic::{DocumentId, SourceMap};

    #[test]
    fn the_nearest_entry_above_tells_where_a_value_stands() {
        let mut sources = SourceMap::default();
        let [base, overlay] = ["a", "b"].map(|name| DocumentId { file: sources.add_file(name, "", Vec::new()), index: 0 });
        let at = |document, pointer: &str| Written { document, pointer: pointer.to_owned() };
        let elsewhere = [
            ("/filters/0", at(base, "/filters/1")),
            ("/filters/0/value", at(overlay, "/filters/3/value")),
            ("/name", at(overlay, "/name")),
        ];
        let elsewhere = elsewhere.into_iter().map(|(pointer, written)| (pointer.to_owned(), written)).collect();
        let overlaid = Overlaid::new(overlay, elsewhere, Vec::new());
        for (pointer, written) in [
            ("", at(base, "")),
            ("/name", at(overlay, "/name")),
            ("/names", at(base, "/names")),
            ("/filters", at(base, "/filters")),
            ("/filters/0/dataType", at(base, "/filters/1/dataType")),
            ("/filters/0/value/2", at(overlay, "/filters/3/value/2")),
        ] {
            assert_eq!(overlaid.written(base, pointer), written, "{pointer}");
        }
    }
}
