//! The command line: the only room that prints, prompts, reads the environment or exits.

mod command;
mod console;
mod context;
mod exit_code;
mod process_environment;
mod signals;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use console::Console;
use context::Context;

/// Keeps Genesys Cloud Predictive Engagement campaigns in git.
///
/// YAML files declare the campaigns; `validate` checks them, `plan` shows what would change live, `apply` changes it.
#[derive(Debug, Parser)]
#[command(name = "campaignctl", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Examples:
  campaignctl validate                 check every campaign file
  campaignctl plan                     what would change in the default environment
  campaignctl apply -e staging         plan, ask, and make the changes in `staging`")]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Every command")]
struct GlobalArgs {
    /// Environment of campaignctl.yaml to work on; `plan` and `validate` take several [default: its `defaultEnvironment`]
    #[arg(short, long, global = true, value_name = "NAME")]
    environment: Vec<String>,
    /// Folder of campaignctl.yaml [default: found upwards from the working directory]
    #[arg(long, global = true, value_name = "DIR")]
    project: Option<PathBuf>,
    /// When to use colours; `auto` means on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorWhen,
    /// Say on standard error what is done, down to each request
    #[arg(long, global = true, value_enum, value_name = "LEVEL")]
    log: Option<LogLevel>,
    /// Say only what matters: the outcome and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// `fine` tells errors apart: 3 guard, 4 conflict or stale, 5 partly applied, 6 outcome unknown
    #[arg(long, global = true, value_enum, default_value_t, value_name = "SET")]
    exit_codes: exit_code::Set,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(command::init::Init),
    Validate(command::validate::Validate),
    Fmt(command::fmt::Fmt),
    Test(command::test::Test),
    Plan(command::plan::Plan),
    Show(command::show::Show),
    Apply(command::apply::Apply),
    Drift(command::drift::Drift),
    Explain(command::explain::Explain),
    Replay(command::replay::Replay),
    Import(command::import::Import),
    State(command::state::State),
    Schema(command::schema::Schema),
    Emulator(command::emulator::Emulator),
    Completions(command::completions::Completions),
}

/// Runs the program on the arguments of this process.
pub fn run() -> ExitCode {
    let Cli { global, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Where even this cannot be printed, the exit code still tells.
            let _ = error.print();
            // Not the parser's own 2: that would say `changes pending`.
            return ExitCode::from(if error.use_stderr() { 1 } else { 0 });
        }
    };
    let console = Console::new(global.color, global.quiet);
    if let Some(level) = global.log {
        console.log(level);
    }
    let context = Context::new(global, console);
    let outcome = match command {
        Command::Init(command) => command.run(&context),
        Command::Validate(command) => command.run(&context),
        Command::Fmt(command) => command.run(&context),
        Command::Test(command) => command.run(&context),
        Command::Plan(command) => command.run(&context),
        Command::Show(command) => command.run(&context),
        Command::Apply(command) => command.run(&context),
        Command::Drift(command) => command.run(&context),
        Command::Explain(command) => command.run(&context),
        Command::Replay(command) => command.run(&context),
        Command::Import(command) => command.run(&context),
        Command::State(command) => command.run(&context),
        Command::Schema(command) => command.run(&context),
        Command::Emulator(command) => command.run(&context),
        Command::Completions(command) => command.run(&context),
    };
    context.finish(outcome)
}
