//! What the server stores differently from what was sent.

use serde_json::Value;

use super::field_diff::diff;
use super::hold::follow;
use super::{FieldChange, FieldValue};
use crate::model::{CampaignSpec, UnmodelledField};

/// A field that the server stores differently from what was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredField {
    /// Which field, as a plan names it; a JSON pointer for one that this version does not model.
    pub field: String,
    /// What was sent; `None` where the field was not.
    pub sent: Option<Value>,
    /// What the server stores; `None` where it dropped the field.
    pub stored: Option<Value>,
}

/// The fields in which what is stored differs from what was sent, in reading order. What [`same`](super::same) takes for one
/// value is not a difference.
pub fn stored_differently(sent: &CampaignSpec, stored: &CampaignSpec) -> Vec<StoredField> {
    let json = |value: Option<FieldValue>| value.as_ref().map(FieldValue::to_json);
    let field = |FieldChange { path, before, after, last_applied: _, cause: _ }| StoredField {
        field: path.to_string(),
        sent: json(before),
        stored: json(after),
    };
    diff(Some(sent), Some(stored), None).into_iter().map(field).collect()
}

/// The same for fields that this version does not model. One inside a filter or action is compared with that of the same
/// filter or action, wherever it is stored.
pub fn unmodelled_stored_differently(sent: (&CampaignSpec, &[UnmodelledField]), stored: (&CampaignSpec, &[UnmodelledField])) -> Vec<StoredField> {
    let value = |fields: &[UnmodelledField], pointer: &str| {
        fields.iter().find(|field| field.pointer == pointer).map(|field| field.value.clone())
    };
    let mut differing = Vec::new();
    for field in sent.1 {
        let there = follow(&field.pointer, sent.0, stored.0).and_then(|pointer| value(stored.1, &pointer));
        if there.as_ref() != Some(&field.value) {
            differing.push(StoredField { field: field.pointer.clone(), sent: Some(field.value.clone()), stored: there });
        }
    }
    for field in stored.1 {
        if follow(&field.pointer, stored.0, sent.0).and_then(|pointer| value(sent.1, &pointer)).is_none() {
            differing.push(StoredField { field: field.pointer.clone(), sent: None, stored: Some(field.value.clone()) });
        }
    }
    differing
}
