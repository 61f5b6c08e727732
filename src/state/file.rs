//! The state as a local file: read without a lock, written under one, always whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StateDocument;

/// A state file of one environment. It need not exist yet.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
}

/// Who holds the lock of a state, written beside it so that the next one can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The command that took it, e.g. `apply`.
    pub command: String,
    /// Its process id.
    pub process: u32,
    /// When it was taken.
    pub since: Timestamp,
}

/// What can go wrong with a state file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It could not be read or written.
    #[error("cannot {verb} the state `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is not a state document.
    #[error("the state `{}` is damaged: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What could not be read.
        reason: String,
    },
    /// A newer version of the tool wrote it.
    #[error("the state `{}` has format {found}, and this version of campaignctl reads up to format {supported}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest format this version reads.
        supported: u32,
    },
    /// Another command holds the lock.
    #[error("the state `{}` is locked by {}", path.display(), holder_text(holder.as_ref()))]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who holds it, where that could be read.
        holder: Option<Holder>,
    },
}

fn holder_text(holder: Option<&Holder>) -> String {
    match holder {
        Some(Holder { command, process, since }) => format!("`campaignctl {command}` (process {process}, since {since})"),
        None => "another campaignctl command".to_owned(),
    }
}

impl StateError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Io { path, .. } => format!("check that the folder of `{}` exists and that you may write in it", path.display()),
            Self::Corrupt { path, .. } => {
                let backup = backup_path(path);
                format!(
                    "the state before the last run is in `{}`; copy it over the damaged one. Without any state campaigns are \
                     found by exact name and nothing is deleted",
                    backup.display()
                )
            }
            Self::Newer { .. } => "use the version of campaignctl that your pipeline uses".to_owned(),
            Self::Locked { .. } => "wait until it has finished; the lock goes with its process".to_owned(),
        }
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

fn backup_path(path: &Path) -> PathBuf {
    beside(path, ".backup")
}

impl StateFile {
    /// The state at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the state; `None` where there is none yet. Takes no lock: a write replaces the file as a whole.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written in a newer format.
    pub fn read(&self) -> Result<Option<StateDocument>, StateError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StateError::Io { verb: "read", path: self.path.clone(), source }),
        };
        let corrupt = |reason: String| StateError::Corrupt { path: self.path.clone(), reason };
        match serde_json::from_slice::<StateDocument>(&bytes) {
            Ok(document) if document.version == StateDocument::FORMAT => Ok(Some(document)),
            outcome => {
                // Only a document that says so is of a newer format; everything else is damaged.
                let version = serde_json::from_slice::<serde_json::Value>(&bytes).ok().and_then(|value| value.get("version")?.as_u64());
                match (version, outcome) {
                    (Some(found), _) if found > u64::from(StateDocument::FORMAT) => {
                        Err(StateError::Newer { path: self.path.clone(), found, supported: StateDocument::FORMAT })
                    }
                    (_, Err(error)) => Err(corrupt(error.to_string())),
                    (_, Ok(document)) => Err(corrupt(format!("format {} was never written by any version", document.version))),
                }
            }
        }
    }

    /// Takes the lock, which the operating system gives back when the process ends, however it ends.
    ///
    /// # Errors
    /// [`StateError::Locked`] at once when another process holds it; never waits.
    pub fn lock(&self, holder: &Holder) -> Result<LockedState, StateError> {
        let io_error = |verb: &'static str| move |source| StateError::Io { verb, path: self.path.clone(), source };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(io_error("create the folder of"))?;
        }
        let path = beside(&self.path, ".lock");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io_error("lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                return Err(StateError::Locked { path: self.path.clone(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(io_error("lock")(source)),
        }
        let text = serde_json::to_string(holder).unwrap_or_default();
        let write = |file: &mut File| -> io::Result<()> {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(text.as_bytes())
        };
        write(&mut file).map_err(io_error("lock"))?;
        Ok(LockedState { state: self.clone(), _lock: file, backed_up: false })
    }
}

/// A state that this process holds the lock of, and may write.
#[derive(Debug)]
pub struct LockedState {
    state: StateFile,
    _lock: File,
    backed_up: bool,
}

impl LockedState {
    /// Reads the state; see [`StateFile::read`].
    ///
    /// # Errors
    /// As [`StateFile::read`].
    pub fn read(&self) -> Result<Option<StateDocument>, StateError> {
        self.state.read()
    }

    /// Writes the whole state: beside it first, synced to disk, then renamed over it. The serial goes up by one. The first
    /// write of a run keeps the state before it as `<state>.backup`.
    ///
    /// # Errors
    /// [`StateError::Io`]; the old state is then still there, whole.
    pub fn write(&mut self, document: &mut StateDocument) -> Result<(), StateError> {
        let path = &self.state.path;
        let io_error = |verb: &'static str| move |source| StateError::Io { verb, path: path.clone(), source };
        if !self.backed_up {
            match fs::read(path) {
                Ok(before) => replace(&backup_path(path), &before).map_err(io_error("back up"))?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(io_error("back up")(source)),
            }
            self.backed_up = true;
        }
        document.serial += 1;
        document.written = Some(Timestamp::now());
        env!("CARGO_PKG_VERSION").clone_into(&mut document.tool);
        let mut bytes = serde_json::to_vec(document).map_err(|error| io_error("write")(error.into()))?;
        bytes.push(b'\n');
        replace(path, &bytes).map_err(io_error("write"))
    }
}

/// Replaces a file as a whole: whoever reads it, and whenever the power goes, finds the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".state-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::Timestamp;

    use super::{Holder, StateError, StateFile};
    use crate::state::{Owner, StateDocument};

    fn holder() -> Holder {
        Holder { command: "apply".to_owned(), process: 7, since: Timestamp::UNIX_EPOCH }
    }

    fn document() -> StateDocument {
        StateDocument::new("lineage".to_owned(), Owner { environment: "local".to_owned(), organization: "org".to_owned() })
    }

    #[test]
    fn a_write_is_read_back_and_the_state_before_the_run_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFile::new(folder.path().join("deep/state.json"));
        assert_eq!(state.read().unwrap(), None);
        let mut document = document();
        let mut locked = state.lock(&holder()).unwrap();
        locked.write(&mut document).unwrap();
        locked.write(&mut document).unwrap();
        assert_eq!(document.serial, 2);
        assert_eq!(state.read().unwrap().as_ref(), Some(&document));
        drop(locked);
        let mut locked = state.lock(&holder()).unwrap();
        locked.write(&mut document).unwrap();
        locked.write(&mut document).unwrap();
        let backup: StateDocument = serde_json::from_slice(&fs::read(folder.path().join("deep/state.json.backup")).unwrap()).unwrap();
        assert_eq!(backup.serial, 2, "the backup is the state before the run, not before the last write");
        let left: Vec<_> = fs::read_dir(folder.path().join("deep")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "no temporary file is left: {left:?}");
    }

    #[test]
    fn two_holders_exclude_each_other_and_the_second_is_told_who() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFile::new(folder.path().join("state.json"));
        let first = state.lock(&holder()).unwrap();
        let error = state.lock(&holder()).unwrap_err();
        assert!(error.to_string().contains("`campaignctl apply` (process 7, since 1970-01-01T00:00:00Z)"), "{error}");
        drop(first);
        state.lock(&holder()).unwrap();
    }

    #[test]
    fn damage_and_a_newer_format_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let state = StateFile::new(&path);
        for damage in ["", "{", "[]", "{\"version\":1}", "\u{0}\u{1}"] {
            fs::write(&path, damage).unwrap();
            let error = state.read().unwrap_err();
            assert!(matches!(error, StateError::Corrupt { .. }), "{damage:?}: {error}");
            assert!(error.hint().contains("state.json.backup"));
        }
        fs::write(&path, "{\"version\":2,\"new\":true}").unwrap();
        assert!(matches!(state.read().unwrap_err(), StateError::Newer { found: 2, .. }));
    }
}
