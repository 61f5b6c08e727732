//! `campaignctl state`

use clap::{Args, Subcommand};

use super::apply::holder;
use super::state_changing::{Mv, Pull, Push, Rm};
use super::state_reading::{List, Show};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::Failure;
use crate::ops::unlock::{find, unlock};
use crate::remote::Settings;
use crate::render;

/// Look after the state: what the tool remembers of an environment
///
/// None of these commands reaches a server or changes anything live. Those that change the state take its lock and leave a
/// backup beside it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl state list                       what is managed
  campaignctl state show pricing-churn         what was last applied of a campaign
  campaignctl state mv old-key new-key         another key for a campaign
  campaignctl state rm pricing-churn           stop managing a campaign; it stays live
  campaignctl state pull > copy.json           a copy of the state
  campaignctl state unlock 6d1f0f6c-4f0e-4a53-9d0e-3a3c5e6f0e4a -e production")]
pub(in crate::cli) struct State {
    #[command(subcommand)]
    command: StateCommand,
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    List(List),
    Show(Show),
    Mv(Mv),
    Rm(Rm),
    Pull(Pull),
    Push(Push),
    Unlock(Unlock),
}

/// Break the lock of a shared state, on the record
///
/// For a run that is dead and whose lock has not expired yet. Shows who holds the lock and asks for a `yes`. The holder, should
/// it be alive after all, can write no more: it is told so and stops. Who broke the lock is written beside it. The lock of a
/// file goes with its process and need not be broken.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  campaignctl state unlock 6d1f0f6c-4f0e-4a53-9d0e-3a3c5e6f0e4a -e production

The id is in the error of the command that found the state locked.")]
struct Unlock {
    /// Id of the lock
    #[arg(value_name = "ID")]
    id: String,
    /// Do not ask
    #[arg(long, alias = "auto-approve")]
    force: bool,
}

impl State {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        match self.command {
            StateCommand::List(command) => command.run(context),
            StateCommand::Show(command) => command.run(context),
            StateCommand::Mv(command) => command.run(context),
            StateCommand::Rm(command) => command.run(context),
            StateCommand::Pull(command) => command.run(context),
            StateCommand::Push(command) => command.run(context),
            StateCommand::Unlock(command) => command.run(context),
        }
    }
}

impl Unlock {
    fn run(self, context: &Context) -> Outcome {
        let scope = context.scope(Settings::default())?;
        let id = self.id.clone();
        context.block_on(async {
            let found = find(&scope, &id).await?;
            context.console.out(&render::state::lock(&found.at, &scope.environment.name, &found.lease));
            if !self.force {
                let question = "\nDo you really want to break this lock? Its run must be dead.\n  Only 'yes' will be accepted to \
                                confirm.\n\n  Enter a value: ";
                match context.console.ask(question) {
                    Some(answer) if answer == "yes" => {}
                    Some(_) => return Err(Failure::new("unlock cancelled", "the lock is as it was")),
                    None => return Err(Failure::new("nobody answered: standard input is closed", "in a pipeline, use --force")),
                }
            }
            let ended = unlock(&scope, &id, &holder("state unlock")).await?;
            context.console.out(&render::state::unlocked(&ended));
            Ok(Exit::Ok)
        })
    }
}
