//! Findings as text: one file a format, over one [`Report`].

mod about;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod line_hash;
mod region;
mod report;
mod sarif;

pub use about::{About, about, form_rules};
pub use github::github;
pub use gitlab::gitlab;
pub use human::{environment_line, human, summary, warnings_line};
pub(super) use json::diagnostics;
pub use json::{failure as json_failure, json, json_of_several};
pub use junit::junit;
pub(super) use junit::xml;
pub use report::Report;
pub use sarif::sarif;
