//! `validate`: every finding of every campaign file, offline.

use crate::diagnostic::{Finding, Severity};
use crate::lint::{self, Subject};
use crate::load::{Drafts, Environment, Loaded, Project, load_drafts};

/// The campaigns of a project and everything that is wrong with them.
#[derive(Debug)]
pub struct Validated {
    /// What was read.
    pub loaded: Loaded,
    /// All findings, errors first, then in file order.
    pub findings: Vec<Finding>,
}

impl Validated {
    /// Whether nothing may be planned with these files.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Reads and checks all campaign files with the variables of one environment.
pub fn validate(project: &Project, environment: &Environment) -> Validated {
    validate_drafts(project, environment, &Drafts::new())
}

/// Checks all campaign files as they would be with these texts in the place of some of them.
pub fn validate_drafts(project: &Project, environment: &Environment, drafts: &Drafts) -> Validated {
    let mut loaded = load_drafts(project, environment, drafts);
    let whole = loaded.campaigns.iter().map(|campaign| Subject {
        key: &campaign.key,
        document: &campaign.document,
        indices: None,
        source: campaign.source,
    });
    // A slip in one field must not hide what is wrong in another.
    let partial = loaded.partial.iter().map(|campaign| Subject {
        key: &campaign.key,
        document: &campaign.document,
        indices: Some((&campaign.filters_at, &campaign.actions_at)),
        source: campaign.source,
    });
    let subjects: Vec<Subject<'_>> = whole.chain(partial).collect();
    let linted = lint::check(&subjects, &loaded.sources);
    let mut findings = std::mem::take(&mut loaded.findings);
    findings.extend(linted);
    lint::sort(&mut findings, &loaded.sources);
    Validated { loaded, findings }
}
