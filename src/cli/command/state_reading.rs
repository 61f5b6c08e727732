//! `campaignctl state list` and `state show`

use clap::{Args, ValueEnum};

use super::planning::campaign_key;
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::model::{CampaignId, CampaignKey};
use crate::ops::remembered::{Wanted, list, show};
use crate::remote::Settings;
use crate::render;

/// How a state is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// One versioned document, for scripts
    Json,
}

/// List the campaigns in the state
///
/// One address a line. Takes no lock, reaches no server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  campaignctl state list -e production
  campaignctl state list 'pricing-*' campaign.cart-hesitation
  campaignctl state list --id 0b3a3c5e-6f0e-4a53-9d0e-3a3c5e6f0e4a    which campaign is that?")]
pub(super) struct List {
    /// Only these: addresses, keys, or patterns with `*`, `?` and `[…]`
    #[arg(value_name = "CAMPAIGN", value_parser = Wanted::new)]
    campaigns: Vec<Wanted>,
    /// Only the campaign that is this live one
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Show what the state remembers of a campaign
///
/// Its id, its protection, the runs that wrote to it, and its body as it was last applied. Takes no lock, reaches no server:
/// what is live may differ, which `drift` tells.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  campaignctl state show campaign.pricing-churn -e production")]
pub(super) struct Show {
    /// The campaign
    #[arg(value_name = "CAMPAIGN", value_parser = campaign_key)]
    campaign: CampaignKey,
    /// How to write it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let Self { campaigns, id, format } = self;
        let scope = context.scope(Settings::default())?;
        let id = id.map(CampaignId);
        let listed = context.block_on(list(&scope, &campaigns, id.as_ref()))?;
        context.console.out(&match format {
            Format::Human => render::state::list(&listed),
            Format::Json => render::state::list_json(&listed),
        });
        Ok(Exit::Ok)
    }
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Outcome {
        let Self { campaign, format } = self;
        let scope = context.scope(Settings::default())?;
        let shown = context.block_on(show(&scope, &campaign))?;
        context.console.out(&match format {
            Format::Human => render::state::show(&shown),
            Format::Json => render::state::show_json(&shown),
        });
        Ok(Exit::Ok)
    }
}
