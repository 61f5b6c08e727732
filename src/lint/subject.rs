//! What the rules look at, and where it stands.

use crate::diagnostic::{DocumentId, Finding, Part, Place, SourceMap};
use crate::lint::Rule;
use crate::model::{ActionDocument, CampaignDocument, CampaignKey, Filter};

/// One campaign to look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its key.
    pub key: &'a CampaignKey,
    /// What it says; of a document with errors only the sound parts, and an empty name where it has none.
    pub document: &'a CampaignDocument,
    /// Where each filter and action stands in the file's own list, for a document of which only parts are sound.
    pub indices: Option<(&'a [usize], &'a [usize])>,
    /// Where its values stand.
    pub source: DocumentId,
}

impl Subject<'_> {
    /// Where a filter of `document` stands in the file's own list.
    pub(super) fn filter_index(&self, position: usize) -> usize {
        self.indices.and_then(|(filters, _)| filters.get(position).copied()).unwrap_or(position)
    }

    /// Where an action of `document` stands in the file's own list.
    pub(super) fn action_index(&self, position: usize) -> usize {
        self.indices.and_then(|(_, actions)| actions.get(position).copied()).unwrap_or(position)
    }

    /// Whether triggers of this campaign are decided. What only visitors can suffer from is no finding in a campaign that
    /// is switched off: a draft may be incomplete.
    pub(super) fn is_enabled(&self) -> bool {
        self.document.enabled
    }

    /// The actions of `document`, each with its pointer in the file.
    pub(super) fn actions(&self) -> impl Iterator<Item = (String, &ActionDocument)> {
        let pointer = |position| format!("/actions/{}", self.action_index(position));
        self.document.actions.iter().enumerate().map(move |(position, action)| (pointer(position), action))
    }

    /// A warning at the value that a pointer names; the message begins with its path.
    pub(super) fn warning(&self, rule: &Rule, sources: &SourceMap, pointer: &str, message: &str) -> Finding {
        self.warning_at(rule, sources.place(self.source, pointer, Part::Value), pointer, message)
    }

    /// A warning at the key that a pointer names, about something that its value lacks.
    pub(super) fn warning_at_key(&self, rule: &Rule, sources: &SourceMap, pointer: &str, message: &str) -> Finding {
        self.warning_at(rule, sources.place(self.source, pointer, Part::Key), pointer, message)
    }

    /// A warning at the key of a mapping that lacks a field, or at the line of an overlay that takes the field away.
    pub(super) fn warning_at_lack(&self, rule: &Rule, sources: &SourceMap, (mapping, field): (&str, &str), message: &str) -> Finding {
        self.warning_at(rule, sources.place(self.source, &format!("{mapping}/{field}"), Part::Key), mapping, message)
    }

    fn warning_at(&self, rule: &Rule, place: Place, pointer: &str, message: &str) -> Finding {
        let field = path(pointer);
        Finding::warning(rule.id, place, format!("`{field}`: {message}")).field(field)
    }

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
    /// Which filter of its document, from 0.
    pub position: usize,
    /// Where everything stands.
    pub sources: &'a SourceMap,
}

impl<'a> FilterAt<'a> {
    /// The filter itself.
    pub(super) fn filter(&self) -> &'a Filter {
        &self.subject.document.filters[self.position]
    }

    /// An error at a field of the filter. `below` is what follows the filter in the pointer (`/value`) and in the path
    /// (`.value`).
    pub(super) fn error(&self, rule: &'static str, below: (&str, &str), message: impl FnOnce(&str) -> String) -> Finding {
        let (pointer, path) = below;
        let field = format!("filters[{}]{path}", self.subject.filter_index(self.position));
        let message = message(&field);
        Finding::error(rule, self.place(pointer), message).field(field)
    }

    /// Where a field of the filter stands.
    pub(super) fn place(&self, pointer: &str) -> Place {
        self.sources.place(self.subject.source, &format!("/filters/{}{pointer}", self.subject.filter_index(self.position)), Part::Value)
    }
}

/// A pointer into a campaign as people call the field: `/filters/1/value` is `filters[1].value`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(step);
        }
    }
    path
}

/// The text at a place, as it was written.
pub(super) fn text(sources: &SourceMap, place: Place) -> &str {
    let file = sources.file(place.file).map_or("", |file| file.text.as_str());
    file.get(place.span.start as usize..place.span.end as usize).unwrap_or_default()
}
