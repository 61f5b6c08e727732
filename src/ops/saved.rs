//! Saved plans: `plan --out`, `show`, and the part of `apply FILE` before the first write.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::connect::{connect, release, state};
use super::plan::{Planned, Snapshots};
use super::validate::validate;
use super::{Class, Failure, Scope};
use crate::apply::take_found;
use crate::load::{Environment, Loaded, Project};
use crate::model::{CampaignKey, Secret};
use crate::reconcile::{self, Plan};
use crate::remote::Reader;
use crate::saved::{self, AppliedAt, DeclaredAt, Moved, Now, Opened, SavedPlan, SavedPlanError, SignatureError, digest, moved, seal};
use crate::state::{Holder, StateDocument};

/// Things that moved, told one by one; what is beyond is counted.
const MOST_MOVED: usize = 20;

/// Writes a plan to a file, signed where there is a key, and returns when it expires.
///
/// # Errors
/// A folder that cannot be written, or a file that is no plan in its place.
pub fn save(planned: &Planned, path: &Path, lifetime: SignedDuration, key: Option<&Secret>) -> Result<Timestamp, Failure> {
    let Snapshots { desired, live, last_applied, files, policy, guards } = &planned.snapshots;
    let expires = planned.created.checked_add(lifetime).unwrap_or(Timestamp::MAX);
    let saved = SavedPlan {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        created: planned.created,
        expires,
        destination: planned.destination.clone(),
        state: applied_at(&planned.document),
        policy: policy.clone(),
        guards: *guards,
        files: files.clone(),
        objects: SavedPlan::objects_of(&planned.plan),
        desired: desired.clone(),
        live: live.clone(),
        last_applied: last_applied.clone(),
        goal: planned.plan.goal.clone(),
        queues: planned.plan.queues.clone(),
        replayed: planned.plan.replayed.clone(),
        warnings: planned.plan.warnings.clone(),
        undone_by_files: planned.plan.undone_by_files.clone(),
    };
    let text = seal(&saved, key).map_err(|error| Failure::new(format!("the plan cannot be saved: {error}"), "please report this"))?;
    saved::write(path, &text)?;
    Ok(expires)
}

/// Reads a plan from a file; with a key its signature must hold.
///
/// # Errors
/// A file that is not taken for a plan, or whose signature is not the key's.
pub fn open(path: &Path, key: Option<&Secret>) -> Result<Opened, Failure> {
    let opened = saved::read(path)?;
    match opened.verify(key) {
        // To look at a plan nobody needs the key; and one without a signature can be looked at as well.
        Ok(()) | Err(SignatureError::NoKey | SignatureError::Missing) => Ok(opened),
        Err(error @ SignatureError::Wrong) => Err(of_signature(path, error)),
    }
}

fn of_signature(path: &Path, error: SignatureError) -> Failure {
    let hint = match error {
        SignatureError::Missing => "plan again with CAMPAIGNCTL_PLAN_KEY set, or unset it to apply plans that nobody signed",
        SignatureError::Wrong => "apply it with the key it was made with, or plan again; nothing of it was used",
        SignatureError::NoKey => "set CAMPAIGNCTL_PLAN_KEY to the key it was made with",
    };
    Failure {
        class: Class::Conflict,
        message: format!("`{}` cannot be applied: {error}", path.display()),
        hint: Some(hint.to_owned()),
        findings: None,
    }
}

impl From<SavedPlanError> for Failure {
    fn from(error: SavedPlanError) -> Self {
        let class = if matches!(error, SavedPlanError::Seal { .. }) { Class::Conflict } else { Class::Error };
        Self { class, message: error.to_string(), hint: Some(error.hint()), findings: None }
    }
}

/// Makes sure that a saved plan may be applied as far as that can be told without reaching the server.
///
/// # Errors
/// A plan that is expired, not signed as it must be, made by another version, or refused by a guard.
pub fn may_be_applied(path: &Path, opened: &Opened, key: Option<&Secret>) -> Result<(), Failure> {
    opened.verify(key).map_err(|error| of_signature(path, error))?;
    let SavedPlan { tool, expires, .. } = &opened.saved;
    let refused = |reason: String, hint: String| {
        let message = format!("`{}` cannot be applied: {reason}; nothing was written", path.display());
        Failure { class: Class::Conflict, message, hint: Some(hint), findings: None }
    };
    if tool != env!("CARGO_PKG_VERSION") {
        let reason = format!("it was made by campaignctl {tool}, and this is {}", env!("CARGO_PKG_VERSION"));
        return Err(refused(reason, "apply it with the version that made it, or plan again".to_owned()));
    }
    if Timestamp::now() >= *expires {
        return Err(refused(format!("it expired at {expires:.0}"), again(path, &opened.saved)));
    }
    Ok(())
}

fn again(path: &Path, saved: &SavedPlan) -> String {
    let environment = &saved.destination.environment;
    format!("run `campaignctl plan -e {environment}{} --out {}` and have the new plan reviewed", saved.goal.flags(), path.display())
}

/// Takes the lock, and compares everything the plan is bound to with how it is now. Reads only.
///
/// # Errors
/// Anything that moved: all of it is named, and nothing is written.
pub async fn prepare_saved(scope: Scope, path: &Path, opened: Opened, holder: Holder) -> Result<Planned, Failure> {
    let lock = state(&scope)?.lock(&holder).await?;
    match unmoved(scope, path, opened.saved).await {
        Ok(planned) => Ok(Planned { lock: Some(lock), ..planned }),
        Err(failure) => {
            release(Some(lock)).await;
            Err(failure)
        }
    }
}

async fn unmoved(scope: Scope, path: &Path, saved: SavedPlan) -> Result<Planned, Failure> {
    let plan = saved.plan();
    let files = declared_now(&scope.project, &scope.environment)?;
    let connection = connect(&scope).await?;
    if connection.destination != saved.destination {
        let (planned, now) = (&saved.destination, &connection.destination);
        let message = format!(
            "`{}` is for organization {} at {}, and environment `{}` is now organization {} at {}; nothing was written",
            path.display(),
            planned.organization.id,
            planned.server,
            planned.environment,
            now.organization.id,
            now.server
        );
        connection.close().await;
        return Err(Failure { class: Class::Conflict, message, hint: Some(again(path, &saved)), findings: None });
    }
    let live = connection.reader.campaigns().await?;
    let mut document = connection.remembered().await?;
    let now = Now {
        state: applied_at(&document),
        state_written: document.written,
        files: files.as_ref(),
        guards: scope.environment.guards,
        live: &live,
    };
    let moved = moved(&saved, &plan, &now);
    if !moved.is_empty() {
        connection.close().await;
        return Err(stale(path, &saved, &moved));
    }
    // What an earlier run created is in the plan's snapshot already, and in the state not yet.
    let found = reconcile::resume(&document.intents, &live, &document.campaigns);
    take_found(&mut document, &found, &live);
    let plan = Plan { found, ..plan };
    let requests = Reader::requests_sent(&connection.reader);
    let SavedPlan { created, destination, policy, guards, files, desired, live, last_applied, .. } = saved;
    let snapshots = Snapshots { desired, live, last_applied, files, policy, guards };
    Ok(Planned { destination, created, plan, requests, warnings: 0, snapshots, connection, document, lock: None })
}

fn stale(path: &Path, saved: &SavedPlan, moved: &[Moved]) -> Failure {
    let mut message =
        format!("`{}` is stale: what it was made from at {:.0} has moved; nothing was written", path.display(), saved.created);
    for moved in moved.iter().take(MOST_MOVED) {
        message.push_str(&format!("\n  {moved}"));
    }
    if let Some(more) = moved.len().checked_sub(MOST_MOVED).filter(|more| *more > 0) {
        message.push_str(&format!("\n  … and {more} more"));
    }
    Failure { class: Class::Conflict, message, hint: Some(again(path, saved)), findings: None }
}

/// Which writing of the state this is; a new document was never written.
fn applied_at(document: &StateDocument) -> Option<AppliedAt> {
    (document.serial > 0).then(|| AppliedAt { lineage: document.lineage.clone(), serial: document.serial })
}

/// What the files say now; `None` where the folder of the campaigns is not at hand.
fn declared_now(project: &Project, environment: &Environment) -> Result<Option<BTreeMap<CampaignKey, DeclaredAt>>, Failure> {
    if !project.root.join(&project.settings.campaigns).is_dir() {
        return Ok(None);
    }
    let validated = validate(project, environment);
    if validated.has_errors() {
        let message = "the campaign files have errors, so they are not those of the plan; nothing was written";
        return Err(Failure { class: Class::Conflict, ..Failure::of_findings(message, validated.errors(), validated.loaded.sources) });
    }
    Ok(Some(declared(&validated.loaded)))
}

/// Where each campaign is declared, and the digest of what its file says.
pub(super) fn declared(loaded: &Loaded) -> BTreeMap<CampaignKey, DeclaredAt> {
    let at = |campaign: &crate::load::LoadedCampaign| DeclaredAt {
        file: campaign.origin.file.clone(),
        overlay: campaign.origin.overlay.clone(),
        sha256: digest(&campaign.document),
    };
    loaded.campaigns.iter().map(|campaign| (campaign.key.clone(), at(campaign))).collect()
}
