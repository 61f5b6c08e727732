//! Campaigns as one environment makes them, and where what is particular to it was written.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Loaded, LoadedCampaign, read_documents, variables_in};
use crate::diagnostic::{DocumentId, FileId, Part, SourceMap, Written};
use crate::model::{CampaignKey, Origin};

/// Fields that are never sent.
const NEVER_SENT: [&str; 3] = ["key", "previously", "lifecycle"];

/// One campaign as it would be sent, but for queues: they are named as the files name them.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedCampaign {
    /// Its key.
    pub key: CampaignKey,
    /// Where it is declared.
    pub origin: Origin,
    /// What is sent, with the fields that are the default anyway.
    pub value: Value,
    /// What is particular to the environment, by JSON pointer of the value.
    pub marks: BTreeMap<String, Mark>,
}

/// Where a value that is particular to the environment comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The file and line of the overlay it stands in.
    pub overlay: Option<(String, u32)>,
    /// The variables in it.
    pub variables: Vec<String>,
}

/// These campaigns as they would be sent.
pub fn render_campaigns(campaigns: &[&LoadedCampaign], loaded: &Loaded) -> Vec<RenderedCampaign> {
    let mut raw = Raw { sources: &loaded.sources, files: BTreeMap::new() };
    campaigns.iter().map(|campaign| render(campaign, loaded, &mut raw)).collect()
}

fn render(campaign: &LoadedCampaign, loaded: &Loaded, raw: &mut Raw<'_>) -> RenderedCampaign {
    let LoadedCampaign { key, document, source, origin } = campaign;
    // A document has text for keys, which is all that could fail.
    let mut value = serde_json::to_value(document).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !NEVER_SENT.contains(&name.as_str()));
    }
    let overlay = loaded.sources.overlaid(*source).map(|overlaid| overlaid.overlay());
    let mut marks = BTreeMap::new();
    let mut waiting = vec![(String::new(), &value)];
    while let Some((pointer, value)) = waiting.pop() {
        let below = |step: &str| format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(fields) if !fields.is_empty() => waiting.extend(fields.iter().map(|(name, value)| (below(name), value))),
            Value::Array(items) if !items.is_empty() => {
                waiting.extend(items.iter().enumerate().map(|(index, value)| (below(&index.to_string()), value)));
            }
            _ => {
                let written = loaded.sources.written(*source, &pointer);
                let place = || loaded.sources.place(*source, &pointer, Part::Value);
                let stands = |overlay: DocumentId| (loaded.sources.path(overlay.file).to_owned(), loaded.sources.position(place()).line);
                let overlay = overlay.filter(|overlay| written.document == *overlay).map(stands);
                let mark = Mark { overlay, variables: raw.variables(&written) };
                if mark != Mark::default() {
                    marks.insert(pointer, mark);
                }
            }
        }
    }
    RenderedCampaign { key: key.clone(), origin: origin.clone(), value, marks }
}

/// The documents as they are written, `${name}` not filled in, each file read once.
struct Raw<'a> {
    sources: &'a SourceMap,
    files: BTreeMap<FileId, Vec<Option<Value>>>,
}

impl Raw<'_> {
    fn variables(&mut self, Written { document, pointer }: &Written) -> Vec<String> {
        let Self { sources, files } = self;
        let text = || sources.file(document.file).map_or("", |file| file.text.as_str());
        let documents = files.entry(document.file).or_insert_with(|| read_documents(text()).0);
        let value = documents.get(document.index as usize).and_then(Option::as_ref).and_then(|value| value.pointer(pointer));
        value.and_then(Value::as_str).map(variables_in).unwrap_or_default().into_iter().map(str::to_owned).collect()
    }
}
