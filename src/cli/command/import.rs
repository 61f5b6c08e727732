//! `campaignctl import`

use clap::Args;

use super::apply::holder;
use super::planning::{campaign_key, tell_takeover};
use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::model::{CampaignId, CampaignKey};
use crate::ops::import::{Imported, Request, import};
use crate::remote::Settings;
use crate::render;

/// Say which live campaign a declared campaign is
///
/// Needed when several live campaigns have the same name. Only the state changes; the next plan shows what differs.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  campaignctl import campaign.pricing-churn --id 0b3a3c5e-6f0e-4a53-9d0e-3a3c5e6f0e4a")]
pub(in crate::cli) struct Import {
    /// The declared campaign
    #[arg(value_name = "CAMPAIGN", value_parser = campaign_key)]
    campaign: CampaignKey,
    /// Id of the live campaign
    #[arg(long, value_name = "ID")]
    id: String,
}

impl Import {
    pub(in crate::cli) fn run(self, context: &Context) -> Outcome {
        let request = Request { scope: context.scope(Settings::default())?, key: self.campaign.clone(), id: CampaignId(self.id.clone()) };
        let Imported { name, taken_over } = context.block_on(import(request, holder("import")))?;
        tell_takeover(taken_over.as_ref(), context);
        context.console.out(&render::apply::imported(&self.campaign.address().to_string(), &name, &self.id));
        Ok(Exit::Ok)
    }
}
