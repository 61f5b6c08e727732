//! `validate`: every finding of every campaign file, offline.

use super::levels::settings;
use super::variables::explain;
use crate::diagnostic::{Finding, Severity};
use crate::lint::{self, Overrides, Subject};
use crate::load::{Drafts, Environment, Loaded, LoadedTests, Project, load_additions, load_drafts, load_tests};

/// The campaigns of a project and everything that is wrong with them.
#[derive(Debug)]
pub struct Validated {
    /// What was read.
    pub loaded: Loaded,
    /// All findings, errors first, then in file order.
    pub findings: Vec<Finding>,
}

impl Validated {
    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
    }

    /// The findings that keep these files from being planned.
    pub fn errors(&self) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).cloned().collect()
    }

    /// Whether nothing may be planned with these files.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Reads and checks all campaign files with the variables and levels of one environment.
pub fn validate(project: &Project, environment: &Environment) -> Validated {
    validate_with(project, environment, &Overrides::default())
}

/// Reads and checks all campaign files; levels of flags go before those of the environment.
pub fn validate_with(project: &Project, environment: &Environment, overrides: &Overrides) -> Validated {
    validate_drafts(project, environment, overrides, &Drafts::new())
}

/// Checks all campaign files as they would be with these texts in the place of some of them.
pub fn validate_drafts(project: &Project, environment: &Environment, overrides: &Overrides, drafts: &Drafts) -> Validated {
    check(project, environment, overrides, load_drafts(project, environment, drafts))
}

/// Checks all campaign files as they would be with these files beside them.
pub(super) fn validate_additions(project: &Project, environment: &Environment, additions: &Drafts) -> Validated {
    check(project, environment, &Overrides::default(), load_additions(project, environment, additions))
}

/// Also checks the test cases. They keep nobody from planning: only who validates, or runs them, looks at them.
pub fn check_tests(project: &Project, environment: &Environment, validated: &mut Validated) {
    let LoadedTests { findings, .. } = load_tests(project, environment, &mut validated.loaded, &[]);
    validated.findings.extend(findings);
    lint::sort(&mut validated.findings, &validated.loaded.sources);
}

fn check(project: &Project, environment: &Environment, overrides: &Overrides, mut loaded: Loaded) -> Validated {
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
    let linted = lint::check_with(&subjects, &loaded.sources, &settings(project, environment, &loaded, overrides));
    let mut findings = std::mem::take(&mut loaded.findings);
    findings.extend(linted);
    explain(project, environment, &loaded.sources, &mut findings);
    lint::sort(&mut findings, &loaded.sources);
    Validated { loaded, findings }
}
