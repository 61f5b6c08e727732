//! What the rules look at, and where it stands.

use crate::diagnostic::{DocumentId, Finding, Part, Place, SourceMap};
use crate::model::{CampaignDocument, CampaignKey, Filter};

/// One campaign to look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its key.
    pub key: &'a CampaignKey,
    /// What it says.
    pub document: &'a CampaignDocument,
    /// Where its values stand.
    pub source: DocumentId,
}

impl Subject<'_> {
    /// The bytes that give the campaign its key: `key:`, else the first line of the document, for the file's name.
    pub(super) fn key_place(&self, sources: &SourceMap) -> Place {
        if self.document.key.is_some() {
            return sources.place(self.source, "/key", Part::Value);
        }
        let mut place = sources.place(self.source, "", Part::Value);
        let line = text(sources, place).find('\n').and_then(|end| u32::try_from(end).ok());
        place.span.end = line.map_or(place.span.end, |end| place.span.start + end);
        place
    }
}

/// One filter of a campaign.
#[derive(Debug, Clone, Copy)]
pub struct FilterAt<'a> {
    /// The campaign.
    pub subject: &'a Subject<'a>,
    /// Which of its filters, from 0.
    pub index: usize,
    /// Where everything stands.
    pub sources: &'a SourceMap,
}

impl<'a> FilterAt<'a> {
    /// The filter itself.
    pub(super) fn filter(&self) -> &'a Filter {
        &self.subject.document.filters[self.index]
    }

    /// An error at a field of the filter. `below` is what follows the filter in the pointer (`/value`) and in the path
    /// (`.value`).
    pub(super) fn error(&self, rule: &'static str, below: (&str, &str), message: impl FnOnce(&str) -> String) -> Finding {
        let (pointer, path) = below;
        let field = format!("filters[{}]{path}", self.index);
        let message = message(&field);
        Finding::error(rule, self.place(pointer), message).field(field)
    }

    /// Where a field of the filter stands.
    pub(super) fn place(&self, pointer: &str) -> Place {
        self.sources.place(self.subject.source, &format!("/filters/{}{pointer}", self.index), Part::Value)
    }
}

/// The text at a place, as it was written.
pub(super) fn text(sources: &SourceMap, place: Place) -> &str {
    let file = sources.file(place.file).map_or("", |file| file.text.as_str());
    file.get(place.span.start as usize..place.span.end as usize).unwrap_or_default()
}
