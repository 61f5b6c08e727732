//! Saying which live campaign a declared one is, where its name alone does not.

use crate::load::LoadedCampaign;
use crate::model::{CampaignId, CampaignKey, Destination, Remembered};
use crate::ops::connect::connect;
use crate::ops::{Failure, Scope};
use crate::reconcile::is_second;
use crate::state::LockedState;

/// What was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Where.
    pub destination: Destination,
    /// The declared campaign.
    pub key: CampaignKey,
    /// The live campaign.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
}

/// Records in the state that the declared campaign is the live campaign `id`. Nothing live is changed; the next plan shows
/// what differs.
pub(super) async fn bind(scope: &Scope, declared: &LoadedCampaign, id: &CampaignId, lock: &mut LockedState) -> Result<Bound, Failure> {
    let LoadedCampaign { key, document: declared, source: _, origin: _ } = declared;
    let environment = &scope.environment;
    let connection = connect(scope).await?;
    let mut document = connection.remembered().await?;
    let campaigns = &mut document.campaigns.campaigns;
    if let Some((other, _)) = campaigns.iter().find(|(other, remembered)| remembered.id == *id && *other != key) {
        return Err(Failure::new(
            format!("the live campaign {id} is already {}", other.address()),
            format!("rename it with `previously: {other}` in the new file, or import another id"),
        ));
    }
    let Some(live) = connection.reader.campaign(id).await? else { return Err(not_live(&environment.name, id)) };
    // Of two that a create of ours may have made, either can be meant.
    if let Some(remembered) = campaigns.get(key).filter(|remembered| remembered.id != live.id && !is_second(remembered, &live))
        && let Some(live) = connection.reader.campaign(&remembered.id).await?
    {
        return Err(Failure::new(
            format!("{} is already the live campaign {}", key.address(), live.id),
            "nothing has to be imported; `campaignctl plan` shows what differs",
        ));
    }
    let name = live.spec.name.clone();
    let (prevent_destroy, keep) = (declared.lifecycle.prevent_destroy, declared.lifecycle.keep);
    // From now on this is the one that is meant: another one that a create of ours may have made is not looked for.
    campaigns.insert(key.clone(), Remembered { prevent_destroy, keep, ..Remembered::new(live.id.clone(), live.spec) });
    document.intents.remove(key);
    lock.write(&mut document).await?;
    let destination = connection.destination.clone();
    connection.close().await;
    Ok(Bound { destination, key: key.clone(), id: live.id, name })
}

/// There is no live campaign with this id.
pub(super) fn not_live(environment: &str, id: &CampaignId) -> Failure {
    Failure::new(
        format!("environment `{environment}` has no live campaign {id}"),
        "`campaignctl plan --show-unmanaged` lists the ids of live campaigns that are not managed yet",
    )
}
