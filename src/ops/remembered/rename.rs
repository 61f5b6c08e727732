//! `state mv`: a campaign gets another key. Nothing live is touched.

use super::super::{Failure, Scope};
use super::{Files, Use, change, refuse_open_create, unknown};
use crate::model::CampaignKey;
use crate::state::{DeclaredAs, Holder, Renamed, Run, StateDocument};

/// Gives a campaign another key in the state.
///
/// # Errors
/// A key that is not in the state, one that is taken, the same one twice, a create whose end is not known, and everything
/// that can go wrong with a state.
pub async fn rename(scope: &Scope, old: &CampaignKey, new: &CampaignKey, dry_run: bool, holder: &Holder) -> Result<Renamed, Failure> {
    if old == new {
        return Err(Failure::new(format!("{} has that key already", old.address()), "name the key it has, then the one it gets"));
    }
    let environment = scope.environment.name.as_str();
    let make = |document: &mut StateDocument| {
        refuse_open_create(document, old, environment)?;
        refuse_open_create(document, new, environment)?;
        let campaigns = &document.campaigns.campaigns;
        let Some(remembered) = campaigns.get(old).cloned() else {
            let mut failure = unknown(old, &document.campaigns, environment);
            if campaigns.contains_key(new) {
                failure.hint = Some(format!("{} is: it may have been renamed already", new.address()));
            }
            return Err(failure);
        };
        if let Some(taken) = campaigns.get(new) {
            return Err(Failure::new(
                format!("{} is in the state already: it is the live campaign {}", new.address(), taken.id),
                format!("choose another key, or give that one another first: campaignctl state mv {new} OTHER -e {environment}"),
            ));
        }
        let forgotten = document.rename(old, new).unwrap_or_default();
        Ok((remembered, forgotten))
    };
    let ((remembered, forgotten), taken_over) = change(scope, holder, dry_run, Use::AsItIs, make).await?;
    let forgotten = forgotten.into_iter().map(|Run { id, .. }| id).collect();
    let files = declared(&Files::of(scope), old, new, remembered.keep);
    Ok(Renamed { id: remembered.id, name: remembered.body.name, files, forgotten, taken_over })
}

fn declared(files: &Files, old: &CampaignKey, new: &CampaignKey, keep: bool) -> DeclaredAs {
    let file =
        |key: &CampaignKey| files.campaigns.iter().find(|campaign| campaign.key == *key).map(|campaign| campaign.origin.file.clone());
    match (file(new), file(old)) {
        (Some(file), _) => DeclaredAs::New(file),
        (None, Some(file)) => DeclaredAs::Old(file),
        (None, None) if !files.is_complete => DeclaredAs::Unknown,
        (None, None) => DeclaredAs::Nowhere { keep },
    }
}
