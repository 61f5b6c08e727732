//! The `state` commands that look into the state and change it. They reach the state only: no server, no credentials of one.
//! What a state belongs to is compared with what campaignctl.yaml says, and with the credentials by the next plan.

mod list;
mod release;
mod rename;
mod transfer;

use super::connect::{check_owner, release as give_back, state};
use super::{Failure, Scope};
use crate::diagnostic::{Severity, nearest};
use crate::load::{LoadedCampaign, load_campaigns};
use crate::model::{CampaignKey, LastApplied};
use crate::state::{Ended, Holder, LockedState, StateDocument};

pub use list::{Wanted, list, show};
pub use release::release;
pub use rename::rename;
pub use transfer::{pull, push};

/// Whether a command may work on a state in which two keys have one live campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It shows what is wrong, or mends it.
    ToMend,
    /// It takes the state for right.
    AsItIs,
}

/// Reads the state of an environment.
///
/// # Errors
/// There is none; it cannot be read; it belongs to another environment or organization.
async fn read(scope: &Scope, to: Use) -> Result<StateDocument, Failure> {
    let store = state(scope)?;
    let document = match to {
        Use::ToMend => store.read_to_mend().await?,
        Use::AsItIs => store.read().await?,
    };
    checked(scope, store.at(), document)
}

/// The document, if there is one and it is this environment's.
fn checked(scope: &Scope, at: &str, document: Option<StateDocument>) -> Result<StateDocument, Failure> {
    let environment = &scope.environment;
    let document = document.ok_or_else(|| no_state(&environment.name, at))?;
    check_owner(at, &document.owner, &environment.name, environment.organization.as_deref())?;
    Ok(document)
}

fn no_state(environment: &str, at: &str) -> Failure {
    Failure::new(
        format!("environment `{environment}` has no state yet: there is nothing at `{at}`"),
        "the first `apply` makes it. Where there should be one, compare `state:` in campaignctl.yaml with where it was, or put a copy \
         back with `campaignctl state push FILE`",
    )
}

/// Changes the state under its lock, or only shows what the change would be. What `change` returns is returned, with the
/// expired lock that was taken over for it.
async fn change<T>(
    scope: &Scope,
    holder: &Holder,
    dry_run: bool,
    to: Use,
    change: impl FnOnce(&mut StateDocument) -> Result<T, Failure>,
) -> Result<(T, Option<Ended>), Failure> {
    if dry_run {
        return Ok((change(&mut read(scope, to).await?)?, None));
    }
    let store = state(scope)?;
    let mut lock = store.lock(holder).await?;
    let outcome = change_locked(scope, store.at(), &mut lock, to, change).await;
    let taken_over = lock.taken_over().cloned();
    give_back(Some(lock)).await;
    Ok((outcome?, taken_over))
}

async fn change_locked<T>(
    scope: &Scope,
    at: &str,
    lock: &mut LockedState,
    to: Use,
    change: impl FnOnce(&mut StateDocument) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let document = match to {
        Use::ToMend => lock.read_to_mend().await?,
        Use::AsItIs => lock.read().await?,
    };
    let mut document = checked(scope, at, document)?;
    let changed = change(&mut document)?;
    lock.write(&mut document).await?;
    Ok(changed)
}

/// The key is not in the state: says so, with the nearest one that is.
fn unknown(key: &CampaignKey, known: &LastApplied, environment: &str) -> Failure {
    let meant = nearest(key.as_str(), known.campaigns.keys().map(CampaignKey::as_str));
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`? `campaignctl state list -e {environment}` shows what is in it"),
        None => format!("`campaignctl state list -e {environment}` shows what is in it"),
    };
    Failure::new(format!("{} is not in the state of environment `{environment}`", key.address()), hint)
}

/// A create whose end is not known finds its campaign by the key: that must stay until it is known.
fn refuse_open_create(document: &StateDocument, key: &CampaignKey, environment: &str) -> Result<(), Failure> {
    let Some(intent) = document.open_create(key) else { return Ok(()) };
    Err(Failure::new(
        format!("run {} began to create {}, and it is not known whether it did", intent.run, key.address()),
        format!("`campaignctl apply -e {environment}` finds out; the state was not changed"),
    ))
}

/// What the campaign files declare, as far as they can be read.
struct Files {
    campaigns: Vec<LoadedCampaign>,
    /// Whether every file could be read.
    is_complete: bool,
}

/// A campaign in a file.
struct Declared<'a> {
    file: &'a str,
    name: &'a str,
}

impl Files {
    fn of(scope: &Scope) -> Self {
        let loaded = load_campaigns(&scope.project, &scope.environment);
        let is_complete = !loaded.findings.iter().any(|finding| finding.severity == Severity::Error);
        Self { campaigns: loaded.campaigns, is_complete }
    }

    /// The campaign that is declared under a key, or was once and says so with `previously:`.
    fn declaring(&self, key: &CampaignKey) -> Option<Declared<'_>> {
        let is_it = |campaign: &&LoadedCampaign| campaign.key == *key;
        let was_it = |campaign: &&LoadedCampaign| campaign.document.previously.as_deref() == Some(key.as_str());
        let found = self.campaigns.iter().find(is_it).or_else(|| self.campaigns.iter().find(was_it))?;
        Some(Declared { file: &found.origin.file, name: &found.document.name })
    }
}
