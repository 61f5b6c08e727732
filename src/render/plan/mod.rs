//! Plans as text: one format, one file, over one shared model.

mod field;
mod gitlab;
mod goal;
mod html;
mod human;
mod json;
mod markdown;
mod refusal;
mod report;
mod several;
mod stream;
mod summary;

pub(super) use field::{held, said};
pub use gitlab::gitlab;
pub use html::html;
pub(super) use human::header;
pub use human::{Options, about_to_apply, human, saved};
pub use json::{JSON_SCHEMA_FILE, json, json_schema, json_schema_text};
pub use markdown::{markdown, markdown_of_several};
pub use refusal::{Refused, broken_hold, live_twice, refused};
pub use report::{Links, Report, Saved};
pub use several::{NotPlanned, Planning, SEVERAL_SCHEMA_FILE, closing, json_of_several, not_planned, several_schema_text};
pub use stream::stream;
pub use summary::{danger_line, summary_line};
