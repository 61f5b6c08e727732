//! What a run of test cases came to: one file a format.

mod github;
mod human;
mod json;
mod junit;
mod paste;
mod words;

use crate::diagnostic::Part;
use crate::model::CampaignKey;
use crate::suite::{Prepared, Tested};

pub use github::github;
pub use human::{coverage, coverage_line, human, list, mutation, nothing, summary};
pub use json::json;
pub use junit::junit;
pub use paste::paste;

/// A run of test cases, for every format.
#[derive(Debug, Clone, Copy)]
pub struct TestReport<'a> {
    /// Name of the environment whose files were tested.
    pub environment: &'a str,
    /// The cases.
    pub prepared: &'a Prepared,
    /// What they came to.
    pub tested: &'a Tested,
}

/// File and line of a value of a campaign.
fn place(prepared: &Prepared, campaign: &CampaignKey, pointer: &str) -> (String, u32) {
    let Prepared { sources, documents, .. } = prepared;
    let Some(document) = documents.get(campaign) else { return (String::new(), 0) };
    let place = sources.place(*document, pointer, Part::Key);
    (sources.path(place.file).to_owned(), sources.position(place).line)
}
