//! `campaignctl import`

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::apply::holder;
use super::planning::{campaign_key, tell_takeover};
use crate::adopt::{Imports, NewFile};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::edit::Rewritten;
use crate::model::{CampaignId, CampaignKey};
use crate::ops::Failure;
use crate::ops::import::{Bound, Done, Pattern, Request, Selection, Wanted, draft, import};
use crate::remote::Settings;
use crate::render;
use crate::render::rewrite::diff;

/// Write files for live campaigns that nobody manages yet, and record them in the state
///
/// Each file says exactly what is live, so that the next plan has nothing to change; that is proven before it is written.
/// Nothing live is changed, and no file is overwritten. With CAMPAIGN and --id one campaign is imported under that key; where
/// a file declares the key already, the state learns which live campaign it is: needed when several have the same name.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").args(["all", "name", "id"]).required(true).multiple(true)))]
#[command(after_help = "Examples:
  campaignctl import --all -e production               every campaign, one file each
  campaignctl import --all --diff                      show the files, write nothing
  campaignctl import --name 'Pricing*' --into pricing  some of them, into campaigns/pricing
  campaignctl import --all --format json               for scripts
  campaignctl import pricing-churn --id 0b3a3c5e-6f0e-4a53-9d0e-3a3c5e6f0e4a

Exit codes: 0 done, 1 an error, or a campaign was not imported")]
pub(in crate::cli) struct Import {
    /// Key for the one campaign of --id: of a declared campaign, or of its new file
    #[arg(value_name = "CAMPAIGN", value_parser = campaign_key, requires = "id", conflicts_with_all = ["all", "name"])]
    campaign: Option<CampaignKey>,
    /// Every live campaign that is not managed yet
    #[arg(long, conflicts_with_all = ["name", "id"])]
    all: bool,
    /// Live campaigns with a name like this, such as 'Pricing*'; may be repeated
    #[arg(long, value_name = "PATTERN")]
    name: Vec<Pattern>,
    /// The live campaign with this id; may be repeated
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Folder for the new files, below the campaigns folder [default: the campaigns folder]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Print the files as a diff and write nothing
    #[arg(long, conflicts_with = "format")]
    diff: bool,
    /// How to tell what was done
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// How an import is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One versioned document, for scripts
    Json,
}

impl Import {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let Self { campaign, all, name, id, into, diff: only_show, format } = self;
        let ids: Vec<CampaignId> = id.into_iter().map(CampaignId).collect();
        let wanted = match (campaign, ids.as_slice()) {
            (Some(key), [id]) => Wanted::As { key, id: id.clone() },
            (Some(key), _) => {
                return Err(Failure::new(
                    format!("{} can be one live campaign only", key.address()),
                    "give one --id, or leave the campaign out",
                ));
            }
            (None, _) if all => Wanted::Some(Selection::All),
            (None, _) => Wanted::Some(Selection::Only { names: name, ids }),
        };
        let request = Request { scope: context.scope(Settings::default())?, wanted, into: into.unwrap_or_default() };
        let spinner = context.console.spinner("Reading campaigns…");
        if only_show {
            let drafted = context.block_on(draft(request));
            spinner.finish_and_clear();
            return Ok(show(&drafted?, context));
        }
        let outcome = context.block_on(import(request, holder("import")));
        spinner.finish_and_clear();
        let (done, taken_over) = outcome?;
        tell_takeover(taken_over.as_ref(), context);
        Ok(match done {
            Done::Bound(Bound { destination, key, id, name }) => {
                context.console.out(&match format {
                    Format::Human => render::import::bound(&key, &name, &id),
                    Format::Json => render::import::bound_json(&destination, &key, &name, &id),
                });
                Exit::Ok
            }
            Done::Imported(imports) => {
                tell(&imports, format, context);
                exit(&imports)
            }
        })
    }
}

/// Prints the files that would be written.
fn show(imports: &Imports, context: &Context) -> Exit {
    let file = |NewFile { path, shown, text, .. }: &NewFile| Rewritten {
        path: path.clone(),
        shown: shown.clone(),
        before: String::new(),
        after: text.clone(),
        made: Vec::new(),
    };
    let files: Vec<Rewritten> = imports.files.iter().map(file).collect();
    context.console.out(&diff(&files));
    context.console.err(&render::import::notes(imports));
    context.console.err(&render::import::refusals(&imports.refused));
    context.console.err(&render::import::would_write(imports));
    exit(imports)
}

fn tell(imports: &Imports, format: Format, context: &Context) {
    let console = &context.console;
    if format == Format::Json {
        return console.out(&render::import::json(imports));
    }
    console.details(&render::import::details(imports));
    console.err(&render::import::refusals(&imports.refused));
    console.out(&render::import::summary(imports));
}

fn exit(imports: &Imports) -> Exit {
    match (imports.refused.is_empty(), imports.files.is_empty()) {
        (true, _) => Exit::Ok,
        (false, false) => Exit::Partial,
        (false, true) => Exit::Error,
    }
}
