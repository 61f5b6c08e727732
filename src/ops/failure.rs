//! Why a command could not do its work, in a form that every command shares.

use crate::diagnostic::{Finding, SourceMap};
use crate::emulator::EmulatorError;
use crate::load::{EnvironmentError, ProjectError};
use crate::remote::RemoteError;
use crate::state::StateError;

/// What kind of failure it is; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Something is wrong with the input, the configuration, the network or the server.
    Error,
    /// A guard refused the plan.
    Guard,
    /// Live or the state moved since it was read.
    Conflict,
}

/// A failure in words: what, and what to do next.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What kind it is.
    pub class: Class,
    /// What went wrong; may have several lines.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Findings in files, where they are the reason.
    pub findings: Option<Box<(Vec<Finding>, SourceMap)>>,
}

impl Failure {
    /// A failure with a next step.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { class: Class::Error, message: message.into(), hint: Some(hint.into()), findings: None }
    }

    /// The files have errors.
    pub fn of_findings(message: impl Into<String>, findings: Vec<Finding>, sources: SourceMap) -> Self {
        Self { class: Class::Error, message: message.into(), hint: None, findings: Some(Box::new((findings, sources))) }
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self { class: Class::Error, message: error.to_string(), hint: error.hint(), findings: None }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let class = if error.is_conflict() { Class::Conflict } else { Class::Error };
        Self { class, message: error.to_string(), hint: Some(error.hint()), findings: None }
    }
}

impl From<EmulatorError> for Failure {
    fn from(error: EmulatorError) -> Self {
        Self::new(format!("the emulator does not start: {error}"), error.hint())
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        if error.findings().is_empty() {
            Self { class: Class::Error, message: error.to_string(), hint: error.hint(), findings: None }
        } else {
            Self::of_findings(error.to_string(), error.findings().to_vec(), error.sources().clone())
        }
    }
}

impl From<EnvironmentError> for Failure {
    fn from(error: EnvironmentError) -> Self {
        let message = "the environment cannot be used; nothing was read or sent";
        Self::of_findings(message, vec![error.finding().clone()], error.sources().clone())
    }
}
