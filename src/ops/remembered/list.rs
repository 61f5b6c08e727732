//! `state list` and `state show`: what the tool remembers.

use glob::Pattern;

use super::super::{Failure, Scope};
use super::{Use, read, unknown};
use crate::model::{CampaignId, CampaignKey};
use crate::state::{Listed, Run, Shown, StateDocument};

/// Which campaigns to list.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// This one; it must be there.
    One(CampaignKey),
    /// Those whose key is like this.
    Like(Pattern),
}

impl Wanted {
    /// `pricing-churn`, `campaign.pricing-churn`, or with `*`, `?` and `[…]`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn new(text: &str) -> Result<Self, String> {
        let key = text.strip_prefix("campaign.").unwrap_or(text);
        if key.contains(['*', '?', '[']) {
            return Pattern::new(key).map(Self::Like).map_err(|error| format!("`{text}` is no pattern: {}", error.msg));
        }
        CampaignKey::new(key).map(Self::One).map_err(|error| error.to_string())
    }

    fn is(&self, key: &CampaignKey) -> bool {
        match self {
            Self::One(wanted) => wanted == key,
            Self::Like(pattern) => pattern.matches(key.as_str()),
        }
    }
}

/// The campaigns that are wanted (all, where nothing is), and that have this id.
///
/// # Errors
/// A state that is not there or cannot be used, and one campaign that is not in it.
pub async fn list(scope: &Scope, wanted: &[Wanted], id: Option<&CampaignId>) -> Result<Listed, Failure> {
    let StateDocument { lineage, serial, campaigns, .. } = read(scope, Use::ToMend).await?;
    let missing = wanted.iter().find_map(|wanted| match wanted {
        Wanted::One(key) if !campaigns.campaigns.contains_key(key) => Some(key),
        _ => None,
    });
    if let Some(key) = missing {
        return Err(unknown(key, &campaigns, &scope.environment.name));
    }
    let is_wanted = |key: &CampaignKey| wanted.is_empty() || wanted.iter().any(|wanted| wanted.is(key));
    let campaigns = campaigns.campaigns.into_iter();
    let campaigns = campaigns.filter(|(key, remembered)| is_wanted(key) && id.is_none_or(|id| remembered.id == *id)).collect();
    Ok(Listed { environment: scope.environment.name.clone(), lineage, serial, campaigns })
}

/// What is remembered of one campaign.
///
/// # Errors
/// A state that is not there or cannot be used, and a campaign that is not in it.
pub async fn show(scope: &Scope, key: &CampaignKey) -> Result<Shown, Failure> {
    let mut document = read(scope, Use::ToMend).await?;
    let Some(remembered) = document.campaigns.campaigns.remove(key) else {
        return Err(unknown(key, &document.campaigns, &scope.environment.name));
    };
    // Under an earlier key it is known by its id.
    let wrote = |run: &&Run| {
        run.touched.iter().any(|(touched_key, touched)| match &touched.id {
            Some(id) => *id == remembered.id,
            None => touched_key == key,
        })
    };
    let runs = document.runs.iter().filter(wrote).map(|run| (run.id.clone(), run.at)).collect();
    let StateDocument { lineage, serial, written, .. } = document;
    Ok(Shown { environment: scope.environment.name.clone(), lineage, serial, written, key: key.clone(), remembered, runs })
}
