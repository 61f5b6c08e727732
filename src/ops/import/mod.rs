//! `import`: live campaigns that nobody manages become files; or the state learns which live campaign a declared one is.
//!
//! The files come first and the state after them: a file without its entry in the state is found again by its name, while an
//! entry without its file would be a campaign to delete.

mod bind;
mod place;
mod prove;
mod select;
mod survey;

use std::path::PathBuf;

use rayon::prelude::*;

use super::connect::{release, state};
use super::validate::{Validated, validate};
use super::{Failure, Scope};
use crate::adopt::{Imports, NewFile, NotImported};
use crate::load::{settle, write_new};
use crate::model::{CampaignId, CampaignKey};
use crate::state::{Ended, Holder, LockedState};

pub use bind::Bound;
pub use select::{Pattern, Selection};
use survey::{Survey, survey};

/// What to import.
#[derive(Debug, Clone)]
pub struct Request {
    /// In which environment.
    pub scope: Scope,
    /// Which live campaigns.
    pub wanted: Wanted,
    /// The folder for new files, below the campaigns folder.
    pub into: PathBuf,
}

/// Which live campaigns are meant.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Some of them, or all; keys are made from their names.
    Some(Selection),
    /// One, under this key.
    As {
        /// The key: of a declared campaign, or of the file that is to be.
        key: CampaignKey,
        /// The live campaign.
        id: CampaignId,
    },
}

/// What was done.
#[derive(Debug)]
pub enum Done {
    /// The state learned which live campaign a declared one is.
    Bound(Bound),
    /// Files were written and recorded.
    Imported(Imports),
}

/// Finds out what an import would write. Nothing is written, and no lock is taken.
///
/// # Errors
/// As [`import`], and a key that is declared already.
pub async fn draft(request: Request) -> Result<Imports, Failure> {
    let Request { scope, wanted, into } = request;
    let validated = declared(&scope)?;
    if let Some(key) = wanted.declared(&validated) {
        return Err(Failure::new(format!("{} is declared: importing it writes no file", key.address()), "leave --diff out"));
    }
    let Survey { connection, imports, .. } = survey(&scope, &wanted, &into, validated).await?;
    connection.close().await;
    Ok(imports)
}

/// Writes a file for every live campaign that is wanted and that nobody manages, and records it in the state; or records
/// which live campaign a declared one is. Nothing live is changed. Returns with it the expired lock of another run that was
/// taken over, if there was one.
///
/// # Errors
/// Campaign files with errors, names and ids that nothing live has, and everything that can go wrong with server and state.
/// What stands against one campaign only is no error: see [`Imports::refused`].
pub async fn import(request: Request, holder: Holder) -> Result<(Done, Option<Ended>), Failure> {
    let mut lock = state(&request.scope)?.lock(&holder).await?;
    let taken_over = lock.taken_over().cloned();
    let done = locked(request, &mut lock).await;
    release(Some(lock)).await;
    Ok((done?, taken_over))
}

async fn locked(request: Request, lock: &mut LockedState) -> Result<Done, Failure> {
    let Request { scope, wanted, into } = request;
    let validated = declared(&scope)?;
    if let Wanted::As { key, id } = &wanted
        && let Some(declared) = validated.loaded.campaigns.iter().find(|campaign| campaign.key == *key)
    {
        return Ok(Done::Bound(bind::bind(&scope, declared, id, lock).await?));
    }
    let Survey { connection, mut document, mut imports, mut remember, found } = survey(&scope, &wanted, &into, validated).await?;
    let unwritten = tokio::task::block_in_place(|| write(&mut imports.files))?;
    for NotImported { id, .. } in &unwritten {
        remember.retain(|_, remembered| remembered.id != *id);
    }
    imports.refused.extend(unwritten);
    if !remember.is_empty() || found > 0 {
        document.intents.retain(|key, _| !remember.contains_key(key));
        document.campaigns.campaigns.extend(remember);
        lock.write(&mut document).await.map_err(|error| {
            let failure = Failure::from(error);
            let message = format!("the files are written, but not recorded: {}", failure.message);
            let then = "then run the same import again: it records them";
            Failure { message, hint: Some(failure.hint.map_or_else(|| then.to_owned(), |hint| format!("{hint}; {then}"))), ..failure }
        })?;
    }
    connection.close().await;
    Ok(Done::Imported(imports))
}

/// The declared campaigns. A project without any is where most imports start.
fn declared(scope: &Scope) -> Result<Validated, Failure> {
    let Scope { project, environment, .. } = scope;
    let mut validated = tokio::task::block_in_place(|| validate(project, environment));
    validated.findings.retain(|finding| finding.rule != "no-campaigns");
    if validated.has_errors() {
        let message = "the campaign files have errors; nothing was imported";
        return Err(Failure::of_findings(message, validated.errors(), validated.loaded.sources));
    }
    Ok(validated)
}

impl Wanted {
    /// The key that was asked for, where it is declared.
    fn declared(&self, validated: &Validated) -> Option<&CampaignKey> {
        match self {
            Self::As { key, id: _ } => validated.loaded.campaigns.iter().any(|campaign| campaign.key == *key).then_some(key),
            Self::Some(_) => None,
        }
    }
}

/// Writes the files, each as a whole or not at all; those that could not be written are taken out and told.
fn write(files: &mut Vec<NewFile>) -> Result<Vec<NotImported>, Failure> {
    let Some(folder) = files.first().and_then(|file| file.path.parent()).map(PathBuf::from) else { return Ok(Vec::new()) };
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::new(format!("cannot make the folder `{}`: {error}", folder.display()), "name a folder you may write in with --into")
    })?;
    let written: Vec<std::io::Result<()>> = files.par_iter().map(|file| write_new(&file.path, &file.text)).collect();
    settle(&folder);
    let mut unwritten = Vec::new();
    let mut outcomes = written.into_iter();
    files.retain(|file| match outcomes.next() {
        Some(Err(error)) => {
            unwritten.push(not_written(file, &error));
            false
        }
        _ => true,
    });
    Ok(unwritten)
}

fn not_written(file: &NewFile, error: &std::io::Error) -> NotImported {
    let NewFile { id, name, shown, .. } = file;
    let (reason, hint) = if error.kind() == std::io::ErrorKind::AlreadyExists {
        (format!("`{shown}` was written by somebody else meanwhile"), "run the import again")
    } else {
        (format!("`{shown}` cannot be written: {error}"), "mend that, then run the import again")
    };
    NotImported { id: id.clone(), name: Some(name.clone()), reason, hint: hint.to_owned() }
}
