//! Turning values into text. Nothing here prints; styled text is stripped by whoever prints it to something plain.

pub mod apply;
pub mod drift;
mod escape;
pub mod explain;
pub mod findings;
pub mod import;
pub mod init;
mod json_text;
mod markdown;
mod page;
pub mod plan;
mod queue;
pub mod rendered;
pub mod replay;
mod resolution;
pub mod rewrite;
pub mod rules;
pub mod state;
mod stored;
pub mod stream;
mod style;
pub mod test;
mod workflow_command;
mod wrap;

pub use escape::{inline, quoted};
pub use resolution::resolutions;
pub use style::{ERROR, WARNING};
