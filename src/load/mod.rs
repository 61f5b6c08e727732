//! From the files of a project to typed campaigns: every value with its place, every problem of every file at once.

mod allow;
mod campaigns;
mod create;
mod disk;
mod environment;
mod git_host;
mod interpolate;
mod mend;
mod merge;
mod merging;
mod overlay;
mod parse;
mod problem;
mod project;
mod rendered;
mod replace;
mod repository;
mod salvage;
mod scalar;
mod sheet;
mod start;
mod started;
mod state_location;
mod syntax;
mod test_case;
mod test_files;
mod texts;
mod tree;

pub use campaigns::{Drafts, Loaded, LoadedCampaign, load_additions, load_campaigns, load_drafts};
pub use create::{settle, write_new};
pub use disk::{MAX_FILE_BYTES, shown, stems_in};
pub use environment::{Environment, EnvironmentError, Target};
pub use git_host::{GitHost, remote_host, service};
pub use interpolate::variables_in;
pub use overlay::LoadedOverlay;
pub use project::{Project, ProjectError, ProjectErrorKind, find_project, find_project_in, open_project, open_project_in};
pub use rendered::{Mark, RenderedCampaign, render_campaigns};
pub use replace::{ReplaceError, replace};
pub use repository::{Repository, repository_of};
pub use salvage::PartialCampaign;
pub use start::{Made, create, ignore};
pub use started::Started;
pub use test_files::{LoadedTests, load_tests};
pub use texts::{TextFile, Texts, read_document, read_documents, texts_at, texts_of};
pub use tree::{MAX_DEPTH, MAX_NODES};

/// Reads YAML text as the loader does and returns the value of each document, or `None` for one with findings.
/// `variables` are what `${name}` stands for; without them `${` is plain text. Findings are counted, not told: for tests
/// and tools that compare the reader with another.
pub fn read_values(
    text: &str,
    variables: Option<&std::collections::BTreeMap<String, crate::model::VariableValue>>,
) -> (Vec<Option<serde_json::Value>>, usize) {
    let variables = variables.map(|values| interpolate::Variables { values, environment: "", elsewhere: None });
    let parsed = parse::parse(text, variables);
    let problems = parsed.problems.len() + parsed.documents.iter().map(|document| document.problems.len()).sum::<usize>();
    let values = parsed.documents.into_iter().map(|document| document.value.filter(|_| document.problems.is_empty())).collect();
    (values, problems)
}
