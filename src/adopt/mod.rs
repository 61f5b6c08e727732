//! A live campaign as people would have written it: which fields, in which words, under which key.
//!
//! Nothing here reads or writes a file. The caller reads the text back, and keeps it only where [`is_faithful`] says that it
//! means the live campaign.

mod document;
mod key;
mod report;
mod variables;

use serde_json::Value;

use crate::edit::composed;
use crate::model::CampaignSpec;

pub use document::{Flags, document};
pub use key::Keys;
pub use report::{How, Imports, Managed, NewFile, NotImported};
pub use variables::Variables;

/// The text of a file that holds one document; `schema` is the path from the file to the schema that editors are to use.
pub fn file_text(document: &Value, schema: Option<&str>) -> String {
    let header = schema.map(|schema| format!("# yaml-language-server: $schema={schema}\n")).unwrap_or_default();
    header + &composed(document)
}

/// Whether a body that was read back is the live one: every field to the letter, but for the case of ids, and empty blocks,
/// which mean the same as none.
pub fn is_faithful(live: &CampaignSpec, read_back: &CampaignSpec) -> bool {
    let letters = |spec: &CampaignSpec| serde_json::to_string(&canonical(spec)).ok();
    letters(live) == letters(read_back)
}

fn canonical(spec: &CampaignSpec) -> CampaignSpec {
    let mut spec = spec.clone();
    for action in &mut spec.actions {
        action.config = action.config.take().filter(|config| *config != Default::default());
        action.routing_config = action.routing_config.take().filter(|routing| *routing != Default::default());
        if let Some(routing) = &mut action.routing_config {
            for id in [&mut routing.queue_id, &mut routing.overflow_queue_id].into_iter().flatten() {
                id.make_ascii_lowercase();
            }
        }
    }
    spec.throttling = spec.throttling.filter(|throttling| *throttling != Default::default());
    spec
}
