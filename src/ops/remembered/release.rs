//! `state rm`: campaigns are no longer managed. Nothing live is touched.

use std::collections::BTreeSet;

use super::super::{Class, Failure, Scope};
use super::{Files, Use, change, refuse_open_create, unknown};
use crate::model::{CampaignKey, Remembered};
use crate::state::{Holder, NextPlan, Released, StateDocument};

/// Takes campaigns out of the state, all or none. `unprotected` are those whose `preventDestroy` may be forgotten.
///
/// # Errors
/// A campaign that is not in the state, or is protected and not named in `unprotected`; a create whose end is not known; and
/// everything that can go wrong with a state.
pub async fn release(
    scope: &Scope,
    keys: &BTreeSet<CampaignKey>,
    unprotected: &BTreeSet<CampaignKey>,
    dry_run: bool,
    holder: &Holder,
) -> Result<Released, Failure> {
    let environment = scope.environment.name.as_str();
    let make = |document: &mut StateDocument| {
        let mut released = Vec::new();
        for key in keys {
            refuse_open_create(document, key, environment)?;
            let Some(remembered) = document.release(key) else { return Err(unknown(key, &document.campaigns, environment)) };
            released.push((key, remembered));
        }
        refuse_protected(&released, unprotected)?;
        Ok(released)
    };
    let (released, taken_over) = change(scope, holder, dry_run, Use::ToMend, make).await?;
    let files = Files::of(scope);
    let campaigns = released.into_iter().map(|(key, remembered)| {
        let next = next(&files, key, &remembered);
        (key.clone(), remembered, next)
    });
    Ok(Released { campaigns: campaigns.collect(), taken_over })
}

fn refuse_protected(released: &[(&CampaignKey, Remembered)], unprotected: &BTreeSet<CampaignKey>) -> Result<(), Failure> {
    let is_protected = |(key, remembered): &&(&CampaignKey, Remembered)| remembered.prevent_destroy && !unprotected.contains(*key);
    let protected: Vec<&CampaignKey> = released.iter().filter(is_protected).map(|(key, _)| *key).collect();
    let [first, others @ ..] = protected.as_slice() else { return Ok(()) };
    let names = protected.iter().map(|key| key.address().to_string()).collect::<Vec<_>>().join(", ");
    let are = if others.is_empty() { "is" } else { "are" };
    let flags: String = others.iter().map(|key| format!(" --allow-protected {key}")).collect();
    Err(Failure {
        class: Class::Guard,
        ..Failure::new(
            format!("{names} {are} protected by `lifecycle.preventDestroy`, and the state is what remembers that"),
            format!("to let go all the same, add --allow-protected {first}{flags}; the state was not changed"),
        )
    })
}

fn next(files: &Files, key: &CampaignKey, remembered: &Remembered) -> NextPlan {
    match files.declaring(key) {
        Some(declared) if declared.name == remembered.body.name => NextPlan::Adopted { file: declared.file.to_owned() },
        Some(declared) => NextPlan::Created { file: declared.file.to_owned(), name: declared.name.to_owned() },
        None if !files.is_complete => NextPlan::Unknown,
        None => NextPlan::Left,
    }
}
