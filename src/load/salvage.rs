//! What can still be looked at in a document that is no campaign: one slip in a file must not hide the others.

use serde::Deserialize as _;
use serde_json::Value;

use crate::diagnostic::DocumentId;
use crate::model::{ActionDocument, CampaignDocument, CampaignKey, CampaignType, EvaluationMode, Filter, Lifecycle};

/// The sound parts of a document with errors. Never planned, only looked at by rules.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialCampaign {
    /// Its key.
    pub key: CampaignKey,
    /// The sound filters and actions; the name, or an empty text where there is none.
    pub document: CampaignDocument,
    /// Where each filter of `document` stands in the file's own list.
    pub filters_at: Vec<usize>,
    /// Where each action of `document` stands in the file's own list.
    pub actions_at: Vec<usize>,
    /// Where its values stand.
    pub source: DocumentId,
}

/// The sound parts of one document, before its file has a number.
pub(super) struct Salvaged {
    pub(super) key: CampaignKey,
    pub(super) document: CampaignDocument,
    pub(super) filters_at: Vec<usize>,
    pub(super) actions_at: Vec<usize>,
    pub(super) index: u32,
}

/// Takes every filter and action that can be read on its own. What holds a stand-in, such as that for a variable nobody
/// knows, is left out.
pub(super) fn salvage(key: CampaignKey, value: &Value, is_known: impl Fn(&str) -> bool, index: u32) -> Salvaged {
    let items = |list: &str| -> Vec<(usize, &Value)> {
        let items = value.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().enumerate().filter(|(at, _)| is_known(&format!("/{list}/{at}"))).collect()
    };
    let (filters_at, filters) = items("filters").into_iter().filter_map(|(at, item)| Some((at, Filter::deserialize(item).ok()?))).unzip();
    let (actions_at, actions) =
        items("actions").into_iter().filter_map(|(at, item)| Some((at, ActionDocument::deserialize(item).ok()?))).unzip();
    let text = |field: &str| value.get(field).and_then(Value::as_str).filter(|_| is_known(&format!("/{field}"))).map(str::to_owned);
    let document = CampaignDocument {
        key: text("key"),
        previously: None,
        name: text("name").unwrap_or_default(),
        description: String::new(),
        enabled: false,
        campaign_type: CampaignType::Proactive,
        evaluation_mode: EvaluationMode::Realtime,
        filters,
        actions,
        throttling: None,
        lifecycle: Lifecycle::default(),
    };
    Salvaged { key, document, filters_at, actions_at, index }
}
