//! The body that is sent: what the files say, plus every live field this version does not model.

use serde_json::Value;

use super::hold::{follow, set};
use crate::model::{CampaignSpec, LiveCampaign, UnmodelledField};

/// A body to PUT, and what became of the fields this version does not model.
pub(super) struct UpdateBody {
    pub(super) body: Option<Value>,
    pub(super) kept: usize,
    /// Pointers of the fields that go with the block they stand in.
    pub(super) lost: Vec<String>,
}

/// The body of a create.
pub(super) fn create(desired: &CampaignSpec) -> Option<Value> {
    serde_json::to_value(desired).ok()
}

/// A live body: what is modelled, and what is not in its place.
pub(super) fn live(spec: &CampaignSpec, unmodelled: &[UnmodelledField]) -> Value {
    let mut body = create(spec).unwrap_or_default();
    for UnmodelledField { pointer, value } in unmodelled {
        set(&mut body, pointer, Some(value));
    }
    body
}

/// The body of an update. A PUT resets what is left out, so unmodelled fields are sent back where they were; those inside a
/// filter, action or block that the files drop go with it.
pub(super) fn update(desired: &CampaignSpec, live: &LiveCampaign) -> UpdateBody {
    let mut body = create(desired);
    let mut kept = 0;
    let mut lost = Vec::new();
    for field in &live.unmodelled {
        let target = follow(&field.pointer, &live.spec, desired);
        let stays = match (&mut body, target) {
            (Some(body), Some(pointer)) => set(body, &pointer, Some(&field.value)),
            _ => false,
        };
        if stays {
            kept += 1;
        } else {
            lost.push(field.pointer.clone());
        }
    }
    if let Some(Value::Object(fields)) = &mut body {
        fields.insert("version".to_owned(), Value::from(live.version));
    }
    UpdateBody { body, kept, lost }
}
