//! Where the values of a campaign are written: in its file, or in the overlay of the environment. A revision of the campaign is
//! made where it has an effect.

use serde_json::Value;

use crate::diagnostic::{self, DocumentId};
use crate::edit::Revision;
use crate::load::{Loaded, LoadedCampaign, read_document};
use crate::schema::field_path;

/// The entries that hold fields, by the field's own pointer.
const HELD: &str = "/lifecycle/ignoreUntil/";

/// One campaign as it is written, `${name}` as it stands there.
pub(super) struct Written<'a> {
    loaded: &'a Loaded,
    source: DocumentId,
    base: Value,
    overlay: Option<(DocumentId, Value)>,
}

impl<'a> Written<'a> {
    /// The campaign's document, and its overlay where it has one; `None` for one that does not parse.
    pub(super) fn of(declared: &LoadedCampaign, loaded: &'a Loaded) -> Option<Self> {
        let read = |document: DocumentId| Some(read_document(&loaded.sources.file(document.file)?.text, document.index as usize)?.1);
        let overlay = match loaded.sources.overlaid(declared.source).map(diagnostic::Overlaid::overlay) {
            Some(document) => Some((document, read(document)?)),
            None => None,
        };
        Some(Self { loaded, source: declared.source, base: read(declared.source)?, overlay })
    }

    /// What is written for the value at a pointer of the campaign.
    pub(super) fn value(&self, pointer: &str) -> Option<&Value> {
        let diagnostic::Written { document, pointer } = self.place(pointer);
        // `null` in an overlay is no value: it takes one away.
        self.document(document).pointer(&pointer).filter(|value| !value.is_null())
    }

    fn place(&self, pointer: &str) -> diagnostic::Written {
        self.loaded.sources.written(self.source, pointer)
    }

    fn document(&self, document: DocumentId) -> &Value {
        match &self.overlay {
            Some((overlay, value)) if *overlay == document => value,
            _ => &self.base,
        }
    }

    /// The document that a revision of the campaign has to be made in, and the revision there.
    ///
    /// # Errors
    /// One that would take more than one change, in words.
    pub(super) fn revision(&self, revision: Revision) -> Result<(DocumentId, Revision), String> {
        let Some((overlay, _)) = &self.overlay else { return Ok((self.source, revision)) };
        match revision {
            Revision::Set { pointer, value } => match pointer.strip_prefix(HELD) {
                Some(held) => Ok(self.held(held, value, *overlay)),
                None => {
                    let diagnostic::Written { document, pointer } = self.place(&pointer);
                    Ok((document, Revision::Set { pointer, value }))
                }
            },
            Revision::Append { list, value } => {
                let diagnostic::Written { document, pointer: list } = self.place(&list);
                Ok((document, Revision::Append { list, value }))
            }
            Revision::Remove { pointer } => self.removal(&pointer, *overlay),
        }
    }

    fn removal(&self, pointer: &str, overlay: DocumentId) -> Result<(DocumentId, Revision), String> {
        let diagnostic::Written { document, pointer: there } = self.place(pointer);
        let below = format!("{pointer}/");
        if document == self.source {
            let overlaid = self.loaded.sources.overlaid(self.source);
            if overlaid.is_some_and(|overlaid| overlaid.reaches_below(&below)) {
                let file = self.loaded.sources.path(overlay.file);
                return Err(format!(
                    "`{}` stands in the campaign file, and {file} changes it; write `remove: true` there",
                    field_path(pointer)
                ));
            }
            return Ok((document, Revision::Remove { pointer: there }));
        }
        // What the campaign file says comes to light again, unless the overlay takes it away.
        let (above, name) = pointer.rsplit_once('/').unwrap_or_default();
        let above = self.place(above);
        let is_in_base = above.document == self.source && self.base.pointer(&format!("{}/{name}", above.pointer)).is_some();
        let is_field = !name.bytes().all(|byte| byte.is_ascii_digit());
        Ok(if is_in_base && is_field {
            (document, Revision::Set { pointer: there, value: Value::Null })
        } else {
            (document, Revision::Remove { pointer: there })
        })
    }

    /// An index in the campaign file's lifecycle counts that file's own list; in the overlay's it counts the merged one.
    fn held(&self, held: &str, value: Value, overlay: DocumentId) -> (DocumentId, Revision) {
        let field = held.replace("~1", "/").replace("~0", "~");
        let entry = |field: &str| format!("{HELD}{}", field.replace('~', "~0").replace('/', "~1"));
        // An entry that the overlay has already is changed there.
        let there = self.place(&format!("{HELD}{held}"));
        if there.document == overlay {
            return (overlay, Revision::Set { pointer: there.pointer, value });
        }
        let item: String = field.split('/').take(3).collect::<Vec<_>>().join("/");
        let stands = self.place(&item);
        if stands.document == overlay && field.split('/').count() > 2 {
            return (overlay, Revision::Set { pointer: entry(&field), value });
        }
        let below = field.get(item.len()..).unwrap_or_default();
        let is_item = item.starts_with("/filters/") || item.starts_with("/actions/");
        let field = if is_item { format!("{}{below}", stands.pointer) } else { field };
        (self.source, Revision::Set { pointer: entry(&field), value })
    }
}
