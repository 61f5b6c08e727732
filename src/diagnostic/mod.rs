//! Findings as values: what is wrong, at which bytes of which file, why, and what to write instead.

mod allow;
mod encoding;
mod finding;
mod fix;
mod overlaid;
mod source_map;
mod suggestion;
mod unquoted;

pub use allow::{ALLOW_MARKER, Allow, AllowedRule};
pub use encoding::{ForeignEncoding, without_mark};
pub use finding::{Finding, Label, Severity};
pub use fix::{Amendment, Change, Edit, Fix, literal, respelled};
pub use overlaid::{Overlaid, Written};
pub use source_map::{DocumentId, FileId, LineColumn, Node, NodeId, NodeKind, Part, Place, SourceFile, SourceMap, SourceTree, Span};
pub use suggestion::nearest;
pub use unquoted::unquoted;
