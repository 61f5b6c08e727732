//! What a command that reaches a server works on.

use super::Access;
use crate::load::{Environment, Project};
use crate::remote::Settings;

/// A project, one of its environments, and the way to its server.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The project.
    pub project: Project,
    /// The environment.
    pub environment: Environment,
    /// Credentials.
    pub access: Access,
    /// How to talk to the server.
    pub settings: Settings,
}
