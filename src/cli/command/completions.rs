//! `campaignctl completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;

/// Print what a shell needs to complete commands, options and their values
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl completions bash > ~/.local/share/bash-completion/completions/campaignctl
  campaignctl completions zsh > \"${fpath[1]}/_campaignctl\"
  campaignctl completions fish > ~/.config/fish/completions/campaignctl.fish")]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "campaignctl", &mut script);
        context.console.out(&String::from_utf8_lossy(&script));
        Ok(Exit::Ok)
    }
}
