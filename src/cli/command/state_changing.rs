//! `campaignctl state mv`, `state rm`, `state pull` and `state push`

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::apply::holder;
use super::planning::{campaign_key, tell_takeover};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::model::CampaignKey;
use crate::ops::Failure;
use crate::ops::remembered::{pull, push, release, rename};
use crate::remote::Settings;
use crate::render;

/// The largest state that is taken from a file, in bytes: fifty thousand campaigns fit many times.
const MAX_STATE_BYTES: u64 = 1 << 30;

/// Give a campaign another key
///
/// For a campaign whose file was renamed, where the plan does not see that by itself. `previously: OLD` in the file does the
/// same for every environment, and shows in the plan. Saved plans become stale.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  campaignctl state mv campaign.pricing campaign.pricing-churn -e production")]
pub(super) struct Mv {
    /// The key it has
    #[arg(value_name = "OLD", value_parser = campaign_key)]
    old: CampaignKey,
    /// The key it gets
    #[arg(value_name = "NEW", value_parser = campaign_key)]
    new: CampaignKey,
    /// Show what would be done and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Stop managing campaigns; they stay live
///
/// A campaign whose file is still there is taken over again by the next plan, by its name: delete the file too, or use this to
/// bind it anew. Runs forget the campaign as well, so that no rollback brings it back. Saved plans become stale.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl state rm campaign.pricing-churn -e production --dry-run
  campaignctl state rm pricing-churn --allow-protected pricing-churn     although its lifecycle says `preventDestroy`")]
pub(super) struct Rm {
    /// The campaigns
    #[arg(value_name = "CAMPAIGN", value_parser = campaign_key, required = true)]
    campaigns: Vec<CampaignKey>,
    /// Let this campaign go although its lifecycle says `preventDestroy`; may be repeated
    #[arg(long, value_name = "CAMPAIGN", value_parser = campaign_key)]
    allow_protected: Vec<CampaignKey>,
    /// Show what would be done and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Print the state exactly as it is stored
///
/// Takes no lock. What it prints holds your campaigns and no credentials.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl state pull -e production > production.json
  campaignctl state pull --backup | campaignctl state push --force -      back to before the last run")]
pub(super) struct Pull {
    /// The state before the last run instead
    #[arg(long)]
    backup: bool,
}

/// Put a state in the place of the stored one
///
/// Refused where it is damaged, belongs to another environment or organization, has another lineage, or is older than the
/// stored one. A state that you edited no longer matches its checksum: take `checksum` out of it. What was there is kept as `<state>.backup`; a damaged one as `<state>.damaged`. The serial goes up, so saved
/// plans become stale.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl state push production.json -e production
  campaignctl state push production.json.backup --force -e production     back to before the last run
  jq 'del(.checksum)' edited.json | campaignctl state push -              after editing it")]
pub(super) struct Push {
    /// The state, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also where it is older, has another lineage, or the stored one is damaged
    #[arg(long)]
    force: bool,
}

impl Mv {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let Self { old, new, dry_run } = self;
        let scope = context.scope(Settings::default())?;
        let renamed = context.block_on(rename(&scope, &old, &new, dry_run, &holder("state mv")))?;
        tell_takeover(renamed.taken_over.as_ref(), context);
        context.console.out(&render::state::renamed(&old, &new, &renamed, &scope.environment.name, dry_run));
        Ok(Exit::Ok)
    }
}

impl Rm {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let Self { campaigns, allow_protected, dry_run } = self;
        let scope = context.scope(Settings::default())?;
        let [campaigns, unprotected] = [campaigns, allow_protected].map(|keys| keys.into_iter().collect::<BTreeSet<_>>());
        let released = context.block_on(release(&scope, &campaigns, &unprotected, dry_run, &holder("state rm")))?;
        tell_takeover(released.taken_over.as_ref(), context);
        context.console.out(&render::state::released(&released, &scope.environment.name, dry_run));
        Ok(Exit::Ok)
    }
}

impl Pull {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let Self { backup } = self;
        let scope = context.scope(Settings::default())?;
        let bytes = context.block_on(pull(&scope, backup))?;
        context.console.bytes(&bytes);
        Ok(Exit::Ok)
    }
}

impl Push {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let Self { file, force } = self;
        let scope = context.scope(Settings::default())?;
        let (bytes, from) = read(&file)?;
        let pushed = context.block_on(push(&scope, &bytes, &from, force, &holder("state push")))?;
        tell_takeover(pushed.taken_over.as_ref(), context);
        context.console.out(&render::state::pushed(&pushed));
        Ok(Exit::Ok)
    }
}

/// The bytes of a file, or of standard input, and what to call it.
fn read(file: &Path) -> Result<(Vec<u8>, String), Failure> {
    let is_input = file.as_os_str() == "-";
    let name = if is_input { "standard input".to_owned() } else { format!("`{}`", file.display()) };
    let failed =
        |error: io::Error| Failure::new(format!("cannot read {name}: {error}"), "name the file that holds the state; nothing was written");
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = if is_input { Box::new(io::stdin().lock()) } else { Box::new(File::open(file).map_err(failed)?) };
    source.take(MAX_STATE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_STATE_BYTES {
        return Err(Failure::new(format!("{name} is larger than 1 GiB"), "no state is; nothing was written"));
    }
    Ok((bytes, name))
}
