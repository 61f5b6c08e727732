//! Naming campaigns: one by one, or all of them.

use std::collections::BTreeSet;

use super::planning::campaign_key;
use crate::model::CampaignKey;
use crate::reconcile::Selection;

/// A campaign, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    All,
    One(CampaignKey),
}

/// A campaign that is called `all` is `campaign.all`.
pub(super) fn target(text: &str) -> Result<Target, String> {
    if text == "all" { Ok(Target::All) } else { campaign_key(text).map(Target::One) }
}

/// The campaigns that are meant; where none is named, all.
pub(super) fn selection(targets: &[Target]) -> Selection {
    let keys: Option<BTreeSet<CampaignKey>> = targets
        .iter()
        .map(|target| match target {
            Target::All => None,
            Target::One(key) => Some(key.clone()),
        })
        .collect();
    keys.filter(|keys| !keys.is_empty()).map_or(Selection::All, Selection::Only)
}
