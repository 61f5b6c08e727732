//! Where in the files a drift is to be shown: at the field that moved, or as near to it as the file has something.

use std::path::Path;

use super::Found;
use crate::diagnostic::{Part, Place, SourceMap};
use crate::reconcile::{ActionPart, Drifted, FieldPath, Moved};

impl Found {
    /// Folder of the project.
    pub fn root(&self) -> &Path {
        &self.snapshots.scope.project.root
    }

    /// The files that were compared.
    pub fn sources(&self) -> &SourceMap {
        &self.snapshots.loaded.sources
    }

    /// Where a drifted field stands, or, without a field, its campaign. `None` for a campaign whose file is gone.
    pub fn place(&self, drifted: &Drifted, field: Option<&Moved>) -> Option<Place> {
        let declared = self.snapshots.loaded.campaigns.iter().find(|campaign| campaign.key == drifted.key)?;
        let spec = &self.desired.campaigns.get(&drifted.key)?.spec;
        let at = |pointer: &str, part| self.sources().place(declared.source, pointer, part);
        let Some(Moved { path, .. }) = field else { return Some(at("/name", Part::Key)) };
        let Some(pointer) = path.pointer(spec) else {
            // A filter or action that only live has: beside those that the file has.
            return Some(at(if matches!(path, FieldPath::Filter { .. }) { "/filters" } else { "/actions" }, Part::Key));
        };
        let place = at(&pointer, Part::Value);
        let by_name = match path {
            FieldPath::Action { part: ActionPart::QueueId | ActionPart::OverflowQueueId, .. } => pointer.strip_suffix("Id"),
            _ => None,
        };
        // The file may say `queue:` where the body has `queueId`. A pointer that leads nowhere gives what is around it.
        let named = by_name.map(|pointer| at(pointer, Part::Value)).filter(|named| place.span.holds(named.span));
        Some(named.unwrap_or(place))
    }
}
