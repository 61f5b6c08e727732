//! `campaignctl schema`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::files::{make_folder_of, write_named};
use crate::ops::Failure;
use crate::render;
use crate::schema;

/// Print the JSON Schema of campaign files, or write all schemas to a folder
///
/// Editors use it for completion and checks while typing; `validate` uses exactly the same one. Those of plans and replays
/// describe what `--format json` writes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl schema                          of campaign files
  campaignctl schema overlay                  of overlays, environments/<name>/<key>.yaml
  campaignctl schema project                  of campaignctl.yaml
  campaignctl schema test                     of test cases, campaigns/*.test.yaml
  campaignctl schema plan                     of what `plan --format json` writes
  campaignctl schema explain                  of what `explain --format json` writes
  campaignctl schema replay                   of what `replay --format json` writes
  campaignctl schema plans                    of what it writes for several environments
  campaignctl schema --write                  all of them, e.g. schema/campaign.schema.json")]
pub(in crate::cli) struct Schema {
    /// Which schema to print
    #[arg(value_enum, default_value_t)]
    which: Which,
    /// Write all schemas to this folder instead of printing one
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "schema")]
    write: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Which {
    /// Campaign files
    #[default]
    Campaign,
    /// Overlays: what is different in one environment
    Overlay,
    /// The project file, campaignctl.yaml
    Project,
    /// Test cases, campaigns/*.test.yaml
    Test,
    /// Plans as JSON
    Plan,
    /// Explanations as JSON
    Explain,
    /// Replays as JSON
    Replay,
    /// Plans of several environments as JSON
    Plans,
}

impl Schema {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Some(folder) = self.write else {
            context.console.out(&match self.which {
                Which::Campaign => schema::campaign_text(),
                Which::Overlay => schema::overlay_text(),
                Which::Project => schema::project_text(),
                Which::Test => schema::test_text(),
                Which::Plan => render::plan::json_schema_text(),
                Which::Explain => render::explain::json_schema_text(),
                Which::Replay => render::replay::json_schema_text(),
                Which::Plans => render::plan::several_schema_text(),
            });
            return Ok(Exit::Ok);
        };
        let failed = |path: &PathBuf, error: std::io::Error| {
            Failure::new(format!("cannot write `{}`: {error}", path.display()), "name a folder you may write in")
        };
        for (name, text) in files() {
            let path = folder.join(name);
            make_folder_of(&path).and_then(|()| write_named(&path, &text)).map_err(|error| failed(&path, error))?;
            context.console.details(&format!("{}\n", path.display()));
        }
        Ok(Exit::Ok)
    }
}

/// All schema files: name and text.
pub(super) fn files() -> Vec<(&'static str, String)> {
    let plan = (render::plan::JSON_SCHEMA_FILE, render::plan::json_schema_text());
    let plans = (render::plan::SEVERAL_SCHEMA_FILE, render::plan::several_schema_text());
    let explain = (render::explain::JSON_SCHEMA_FILE, render::explain::json_schema_text());
    let replay = (render::replay::JSON_SCHEMA_FILE, render::replay::json_schema_text());
    schema::files().into_iter().chain([plan, plans, explain, replay]).collect()
}
