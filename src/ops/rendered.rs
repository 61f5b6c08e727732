//! `plan --show-rendered`: the campaigns as one environment's files make them. Needs no network.

use std::collections::BTreeMap;

use super::Failure;
use super::validate::{Validated, validate};
use crate::diagnostic::nearest;
use crate::load::{Environment, LoadedCampaign, Project, RenderedCampaign, render_campaigns};
use crate::model::CampaignKey;

/// The campaigns with these keys, or all of them, in order of key. Needs no network.
///
/// # Errors
/// Findings in the files; a key that nobody declares.
pub fn rendered(project: &Project, environment: &Environment, keys: &[CampaignKey]) -> Result<Vec<RenderedCampaign>, Failure> {
    let validated = validate(project, environment);
    if validated.has_errors() {
        let message = "the campaign files have errors; nothing was rendered";
        return Err(Failure::of_findings(message, validated.errors(), validated.loaded.sources));
    }
    let Validated { loaded, findings: _ } = validated;
    let declared: BTreeMap<&CampaignKey, &LoadedCampaign> = loaded.campaigns.iter().map(|campaign| (&campaign.key, campaign)).collect();
    if let Some(unknown) = keys.iter().find(|key| !declared.contains_key(key)) {
        let hint = match nearest(unknown.as_str(), declared.keys().map(|key| key.as_str())) {
            Some(meant) => format!("did you mean campaign.{meant}?"),
            None => "leave the name out to see all campaigns".to_owned(),
        };
        return Err(Failure::new(format!("{} is not declared", unknown.address()), hint));
    }
    let chosen: Vec<&LoadedCampaign> = declared.into_values().filter(|campaign| keys.is_empty() || keys.contains(&campaign.key)).collect();
    Ok(render_campaigns(&chosen, &loaded))
}
