//! What every command starts from, and how every command ends.

use std::path::PathBuf;
use std::process::ExitCode;

use super::GlobalArgs;
use super::console::Console;
use super::exit_code::Exit;
use super::process_environment;
use crate::load::{Environment, Project, ProjectError, ProjectErrorKind, find_project_in, open_project_in};
use crate::ops::{Failure, Scope};
use crate::remote::Settings;
use crate::render;

pub(super) struct Context {
    pub(super) console: Console,
    global: GlobalArgs,
}

/// What a command comes to.
pub(super) type Outcome = Result<Exit, Failure>;

impl Context {
    pub(super) fn new(global: GlobalArgs, console: Console) -> Self {
        Self { console, global }
    }

    /// The project: of `--project`, or found upwards from the working directory.
    pub(super) fn try_project(&self) -> Result<Result<Project, ProjectError>, Failure> {
        let root = process_environment::root();
        if let Some(folder) = &self.global.project {
            return Ok(open_project_in(folder, root.as_deref()));
        }
        Ok(find_project_in(&Self::working_folder()?, root.as_deref()))
    }

    /// The working directory.
    #[allow(clippy::disallowed_methods, reason = "the roof reads the environment")]
    pub(super) fn working_folder() -> Result<PathBuf, Failure> {
        std::env::current_dir()
            .map_err(|error| Failure::new(format!("cannot tell the working directory: {error}"), "name the project with --project DIR"))
    }

    /// Whether `--project` is given.
    pub(super) fn is_project_named(&self) -> bool {
        self.global.project.is_some()
    }

    /// The project, or the end of the command.
    pub(super) fn project(&self) -> Result<Project, Failure> {
        Ok(self.try_project()??)
    }

    /// The project, or nothing where there is none and none was named.
    pub(super) fn project_if_any(&self) -> Result<Option<Project>, Failure> {
        let is_none = |error: &ProjectError| matches!(error.kind(), ProjectErrorKind::NotFound { .. }) && self.global.project.is_none();
        match self.try_project()? {
            Ok(project) => Ok(Some(project)),
            Err(error) if is_none(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The environments of `--environment`, in the order given, each of them once.
    pub(super) fn environments(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in &self.global.environment {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The environment of `--environment`, where it is given.
    pub(super) fn named_environment(&self) -> Result<Option<&str>, Failure> {
        match self.environments().as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            several => Err(Failure::new(
                format!("this works on one environment, and -e names {}: {}", several.len(), several.join(", ")),
                "run it once for each of them; `plan` and `validate` take several; nothing was read or changed",
            )),
        }
    }

    /// The environment of `--environment`, or the project's default.
    pub(super) fn environment(&self, project: &Project) -> Result<Environment, Failure> {
        Ok(project.environment(self.named_environment()?)?)
    }

    /// As [`Self::scope`], for an environment that something else than `--environment` names.
    pub(super) fn scope_of(&self, environment: &str, settings: Settings) -> Result<Scope, Failure> {
        let project = self.project()?;
        let environment = project.environment(Some(environment))?;
        Ok(Scope { access: process_environment::access(&environment.name)?, settings, project, environment })
    }

    /// Project, environment and credentials, for a command that reaches a server.
    pub(super) fn scope(&self, settings: Settings) -> Result<Scope, Failure> {
        let project = self.project()?;
        let environment = self.environment(&project)?;
        Ok(Scope { access: process_environment::access(&environment.name)?, settings, project, environment })
    }

    /// Runs a future to its end.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("cannot start: {error}"), "check the limits on threads of this process"))?;
        let outcome = runtime.block_on(future);
        // A read that was abandoned (findings came first) must not hold up the end.
        runtime.shutdown_background();
        outcome
    }

    /// Prints a failure: findings with their frames, then the error and the next step.
    pub(super) fn print(&self, failure: &Failure) {
        let Failure { class: _, message, hint, findings } = failure;
        if let Some((findings, sources)) = findings.as_deref() {
            self.console.err(&render::findings::human(findings, sources, self.console.err_width().map(usize::from)));
        }
        self.error(message, hint.as_deref());
    }

    /// Prints `Error: …` and the next step.
    pub(super) fn error(&self, message: &str, hint: Option<&str>) {
        let style = render::ERROR;
        let clean = |text: &str| text.split('\n').map(render::inline).collect::<Vec<_>>().join("\n");
        let mut text = format!("{style}Error:{style:#} {}\n", clean(message));
        if let Some(hint) = hint {
            text.push_str(&format!("\n{}\n", clean(hint)));
        }
        self.console.err(&text);
    }

    /// Turns what a command came to into an exit code.
    pub(super) fn finish(self, outcome: Outcome) -> ExitCode {
        let mut exit = match outcome {
            Ok(exit) => exit,
            Err(failure) => {
                self.print(&failure);
                Exit::of_class(failure.class)
            }
        };
        if let Some(error) = self.console.broken() {
            self.error(&format!("cannot write to standard output: {error}"), None);
            exit = Exit::Error;
        }
        ExitCode::from(exit.code(self.global.exit_codes))
    }
}
