//! The flags of `validate` that are about rules: their levels for one run, and what they are.

use clap::Args;

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::lint::{self, Levels, NotSettable, Overrides};
use crate::model::Level;
use crate::ops::{Failure, levels};
use crate::render;

#[derive(Debug, Args)]
pub(super) struct RuleArgs {
    /// Make findings of this rule errors; may be repeated; `all` means every rule that is no error anyway
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
    /// Make findings of this rule warnings; may be repeated, and `all`
    #[arg(long, value_name = "RULE")]
    warn: Vec<String>,
    /// Do not look for this rule; may be repeated, and `all`. A rule that is named goes before `all`, flags before files
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Say what a rule finds, why that is bad, and what to write instead
    #[arg(long, value_name = "RULE", conflicts_with = "rules")]
    explain: Option<String>,
    /// List all rules, with their levels in the environment
    #[arg(long)]
    rules: bool,
}

impl RuleArgs {
    /// The levels of the flags.
    pub(super) fn overrides(&self) -> Result<Overrides, Failure> {
        let Self { deny, warn, allow, explain: _, rules: _ } = self;
        let named = [(Level::Deny, deny), (Level::Warn, warn), (Level::Allow, allow)];
        let pairs = named.into_iter().flat_map(|(level, names)| names.iter().map(move |name| (name.as_str(), level)));
        Overrides::new(pairs).map_err(|refused| failure(&refused))
    }

    /// Answers a question about rules, if one was asked.
    pub(super) fn answer(&self, overrides: &Overrides, context: &Context) -> Option<Outcome> {
        let text = match &self.explain {
            Some(id) => explained(id, context.console.width().map(usize::from)),
            None if self.rules => {
                in_force(overrides, context).map(|levels| render::rules::table(lint::rules(), &levels, context.console.width()))
            }
            None => return None,
        };
        Some(text.map(|text| {
            context.console.out(&text);
            Exit::Ok
        }))
    }
}

/// A rule in words: one on what campaigns say, or one on the form of their files.
fn explained(id: &str, width: Option<usize>) -> Result<String, Failure> {
    match (lint::find(id), render::findings::about(id)) {
        (Ok(rule), _) => Ok(render::rules::explain(rule, width)),
        (Err(_), Some(about)) => Ok(render::rules::explain_form(id, &about, width)),
        (Err(unknown), None) => Err(failure(&unknown)),
    }
}

/// The levels of the environment; without a project those of the flags alone.
fn in_force(overrides: &Overrides, context: &Context) -> Result<Levels, Failure> {
    match context.project_if_any()? {
        Some(project) => Ok(levels::levels(&project, &context.environment(&project)?, overrides)),
        None => Ok(Levels::new([], overrides)),
    }
}

fn failure(refused: &NotSettable) -> Failure {
    Failure::new(refused.to_string(), refused.hint())
}
