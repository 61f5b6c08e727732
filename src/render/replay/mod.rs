//! Replays as text: one format, one file, over one shared model. Contacts are nowhere in it: a session is a line of a file.

mod campaign;
mod chart;
mod contract;
mod drawing;
mod flips;
mod html;
mod human;
mod json;
mod markdown;
mod words;

use crate::model::{Destination, Replayed};

pub use html::html;
pub(super) use html::{Block, in_plan as html_in_plan};
pub(super) use human::in_plan;
pub use human::{human, summary_line};
pub use json::{JSON_SCHEMA_FILE, json, json_schema, json_schema_text};
pub(super) use json::{OwnReplay, of};
pub(super) use markdown::in_plan as markdown_in_plan;
pub use markdown::markdown;
pub use words::too_little;
pub(super) use words::{headline, label};

/// What every format shows.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// Where live was read; `None` for a replay of the files alone.
    pub destination: Option<&'a Destination>,
    /// What was found.
    pub replayed: &'a Replayed,
}
