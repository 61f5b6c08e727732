//! `state pull` and `state push`: a state out of its place, and another one into it.

use super::super::connect::{check_owner, release, state};
use super::super::{Class, Failure, Scope};
use super::no_state;
use crate::diagnostic::{ForeignEncoding, without_mark};
use crate::state::{Holder, LockedState, Pushed, StateDocument, StateError, StateStore, Stored, Unreadable};

/// The state as it is stored, or the one before the last run.
///
/// # Errors
/// There is none; it cannot be read, is damaged or newer than this version.
pub async fn pull(scope: &Scope, backup: bool) -> Result<Vec<u8>, Failure> {
    let store = state(scope)?;
    if backup {
        return pull_backup(&store).await;
    }
    let stored = store.stored().await?.ok_or_else(|| no_state(&scope.environment.name, store.at()))?;
    store.document(&stored).await?;
    Ok(stored.bytes().to_vec())
}

async fn pull_backup(store: &StateStore) -> Result<Vec<u8>, Failure> {
    let unusable = match store.backup().await? {
        None => Failure::new(format!("the state `{}` has no backup", store.at()), ""),
        Some(backup) => match backup.document() {
            Ok(_) => return Ok(backup.bytes().to_vec()),
            Err(StateError::Corrupt { at, reason, .. }) => Failure::new(format!("the backup `{at}` is damaged: {reason}"), ""),
            Err(error) => return Err(error.into()),
        },
    };
    let hint = match store.read().await {
        Ok(Some(StateDocument { serial, .. })) => {
            format!("the state itself is whole (serial {serial}): a backup is not needed. The next run that writes the state makes one")
        }
        Ok(None) => "a run leaves one when it writes a state that was there before, and there is no state either".to_owned(),
        Err(error) => format!("{error}. To go on: {}", error.hint()),
    };
    Err(Failure { hint: Some(hint), ..unusable })
}

/// Puts a state in the place of the one that is there. `from` is how its source is called.
///
/// # Errors
/// Something that is no state, a state of another environment, organization or (without `force`) lineage, an older one
/// (without `force`), and everything that can go wrong with the state that is there.
pub async fn push(scope: &Scope, bytes: &[u8], from: &str, force: bool, holder: &Holder) -> Result<Pushed, Failure> {
    let document = parsed(bytes, from)?;
    let store = state(scope)?;
    let mut lock = store.lock(holder).await?;
    let outcome = async {
        let stored = store.stored().await?;
        let (document, unchecked_organization, written) = replace(scope, &mut lock, stored.as_ref(), document, from, force).await?;
        Ok::<_, Failure>(Pushed {
            at: store.at().to_owned(),
            campaigns: document.campaigns.campaigns.len(),
            serial: document.serial,
            written,
            replaced: stored.is_some(),
            unchecked_organization,
            taken_over: lock.taken_over().cloned(),
        })
    }
    .await;
    release(Some(lock)).await;
    outcome
}

fn parsed(bytes: &[u8], from: &str) -> Result<StateDocument, Failure> {
    let nothing = "nothing was written";
    let bytes = without_mark(bytes);
    if let Some(foreign) = ForeignEncoding::of(bytes) {
        return Err(Failure::new(format!("{from} is {}", foreign.name()), format!("{}; {nothing}", ForeignEncoding::FIX)));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let hint = format!("{nothing}; a state is what `campaignctl state pull` prints");
        return Err(Failure::new(format!("{from} is empty"), hint));
    }
    let document = match StateDocument::parse(bytes) {
        Ok(document) => document,
        // Whoever takes the checksum out means what is left.
        Err(Unreadable::Unsealed(document)) => *document,
        Err(Unreadable::Changed) => {
            let hint = format!(
                "{nothing}. If you edited it on purpose, take its `checksum` out, for example with `jq 'del(.checksum)'`, and push it \
                 again; otherwise it is damaged: use another copy"
            );
            return Err(Failure::new(format!("{from} was changed after campaignctl wrote it: its checksum does not match"), hint));
        }
        Err(Unreadable::Damaged(reason)) => {
            let hint = format!("{nothing}; a state is what `campaignctl state pull` prints, whole");
            return Err(Failure::new(format!("{from} is no state, or a damaged one: {reason}"), hint));
        }
        Err(Unreadable::Newer(found)) => {
            let supported = StateDocument::FORMAT;
            let message = format!("{from} has format {found}, and this version of campaignctl reads up to format {supported}");
            return Err(Failure::new(message, format!("{nothing}; use the version of campaignctl that wrote it")));
        }
    };
    if let Some((one, other, _)) = document.claimed_twice() {
        let message = format!("in {from} {} and {} are the same live campaign", one.address(), other.address());
        return Err(Failure::new(message, format!("{nothing}; remove one of them")));
    }
    Ok(document)
}

/// Under the lock: compares the two, and writes. Returns what is stored now, the organization that was not compared with
/// anything, and whether something was written.
async fn replace(
    scope: &Scope,
    lock: &mut LockedState,
    stored: Option<&Stored>,
    mut document: StateDocument,
    from: &str,
    force: bool,
) -> Result<(StateDocument, Option<String>, bool), Failure> {
    let environment = &scope.environment;
    let known = match stored.map(Stored::document).transpose() {
        Ok(known) => known,
        // Of a damaged state nothing can be compared.
        Err(error @ StateError::Corrupt { .. }) if !force => {
            let failure = Failure::from(error);
            let hint = format!("{from} cannot be compared with it; --force puts it there all the same and keeps the damaged one beside it");
            return Err(Failure { hint: Some(hint), ..failure });
        }
        Err(StateError::Corrupt { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let organization = environment.organization.clone().or_else(|| {
        let owner = known.as_ref().map(|known| &known.owner).filter(|owner| owner.environment == environment.name);
        owner.map(|owner| owner.organization.clone())
    });
    check_owner(from, &document.owner, &environment.name, organization.as_deref())?;
    let unchecked = organization.is_none().then(|| document.owner.organization.clone());
    if let Some(known) = known {
        if known.says_the_same(&document) {
            return Ok((known, unchecked, false));
        }
        if !force {
            compare(&known, &document, from)?;
        }
    }
    lock.put(&mut document, stored).await?;
    Ok((document, unchecked, true))
}

/// Terraform's rules: one lineage, and never backwards.
fn compare(known: &StateDocument, pushed: &StateDocument, from: &str) -> Result<(), Failure> {
    let refused = |message: String, hint: &str| Err(Failure { class: Class::Conflict, ..Failure::new(message, hint) });
    if known.lineage != pushed.lineage {
        return refused(
            format!(
                "{from} has lineage {}, and the stored state has lineage {}: they are not the same state",
                pushed.lineage, known.lineage
            ),
            "make sure that this is the state of this environment; then --force puts it there. Nothing was written",
        );
    }
    if pushed.serial < known.serial {
        return refused(
            format!("{from} has serial {}, and the stored state has serial {}: it is older", pushed.serial, known.serial),
            "what was applied since would be forgotten; to go back all the same, add --force. Nothing was written",
        );
    }
    Ok(())
}
