//! `import`: say which live campaign a declared one is, where its name alone does not.

use super::connect::{connect, release, state};
use super::validate::{Validated, validate};
use super::{Failure, Scope};
use crate::diagnostic::Severity;
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Remembered};
use crate::state::{Ended, Holder, LockedState};

/// What to bind.
#[derive(Debug, Clone)]
pub struct Request {
    /// In which environment.
    pub scope: Scope,
    /// The declared campaign.
    pub key: CampaignKey,
    /// The live campaign.
    pub id: CampaignId,
}

/// What was bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Name of the live campaign.
    pub name: String,
    /// The expired lock of another run that was taken over.
    pub taken_over: Option<Ended>,
}

/// Records in the state that `key` is the live campaign `id`. Nothing live is changed; the next plan shows what differs.
///
/// # Errors
/// A key that is not declared or already bound, an id that is not live or bound to another key, and everything that can
/// go wrong with files, server and state.
pub async fn import(request: Request, holder: Holder) -> Result<Imported, Failure> {
    let Request { scope, key, id } = request;
    let Scope { project, environment, .. } = &scope;
    let Validated { loaded, findings } = validate(project, environment);
    let Some(declared) = loaded.campaigns.iter().find(|campaign| campaign.key == key) else {
        let errors: Vec<_> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        if errors.is_empty() {
            return Err(Failure::new(
                format!("{} is not declared", key.address()),
                "write its file first; `campaignctl validate` shows what is declared",
            ));
        }
        return Err(Failure::of_findings("the campaign files have errors", errors, loaded.sources));
    };
    let lifecycle = &declared.document.lifecycle;
    let remember =
        |body: CampaignSpec, id: CampaignId| Remembered { id, body, prevent_destroy: lifecycle.prevent_destroy, keep: lifecycle.keep };
    let mut lock = state(&scope)?.lock(&holder).await?;
    let bound = bind(&scope, key, id, &mut lock, remember).await;
    let taken_over = lock.taken_over().cloned();
    release(Some(lock)).await;
    Ok(Imported { name: bound?, taken_over })
}

/// Under the lock: looks at the live campaign and records it; returns its name.
async fn bind(
    scope: &Scope,
    key: CampaignKey,
    id: CampaignId,
    lock: &mut LockedState,
    remember: impl Fn(CampaignSpec, CampaignId) -> Remembered,
) -> Result<String, Failure> {
    let environment = &scope.environment;
    let connection = connect(scope).await?;
    let mut document = connection.remembered().await?;
    let campaigns = &mut document.campaigns.campaigns;
    if let Some((other, _)) = campaigns.iter().find(|(other, remembered)| remembered.id == id && **other != key) {
        return Err(Failure::new(
            format!("the live campaign {id} is already {}", other.address()),
            format!("rename it with `previously: {other}` in the new file, or import another id"),
        ));
    }
    if let Some(remembered) = campaigns.get(&key)
        && let Some(live) = connection.reader.campaign(&remembered.id).await?.filter(|live| live.id != id)
    {
        return Err(Failure::new(
            format!("{} is already the live campaign {}", key.address(), live.id),
            "nothing has to be imported; `campaignctl plan` shows what differs",
        ));
    }
    let Some(live) = connection.reader.campaign(&id).await? else {
        return Err(Failure::new(
            format!("environment `{}` has no live campaign {id}", environment.name),
            "`campaignctl plan --show-unmanaged` lists the ids of live campaigns that are not managed yet",
        ));
    };
    let name = live.spec.name.clone();
    campaigns.insert(key, remember(live.spec, live.id));
    lock.write(&mut document).await?;
    connection.close().await;
    Ok(name)
}
