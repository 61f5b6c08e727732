//! `campaignctl schema`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::Failure;
use crate::schema;

/// Print the JSON Schema of campaign files, or write both schemas to a folder
///
/// Editors use it for completion and checks while typing; `validate` uses exactly the same one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl schema                          of campaign files
  campaignctl schema project                  of campaignctl.yaml
  campaignctl schema --write                  schema/campaign.schema.json and schema/project.schema.json")]
pub(in crate::cli) struct Schema {
    /// Which schema to print
    #[arg(value_enum, default_value_t)]
    which: Which,
    /// Write both schemas to this folder instead of printing one
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "schema")]
    write: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Which {
    #[default]
    Campaign,
    Project,
}

impl Schema {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Some(folder) = self.write else {
            context.console.out(&match self.which {
                Which::Campaign => schema::campaign_text(),
                Which::Project => schema::project_text(),
            });
            return Ok(Exit::Ok);
        };
        let failed = |path: &PathBuf, error: std::io::Error| {
            Failure::new(format!("cannot write `{}`: {error}", path.display()), "name a folder you may write in")
        };
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        for (name, text) in schema::files() {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
            context.console.details(&format!("{}\n", path.display()));
        }
        Ok(Exit::Ok)
    }
}
