//! The state as a local file: read without a lock, written under one, always whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::stored::BACKUP;
use super::{Held, Holder, StateDocument, StateError, Stored};

/// A state file of one environment. It need not exist yet.
#[derive(Debug, Clone)]
pub(super) struct StateFile {
    path: PathBuf,
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

impl StateFile {
    /// The state at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[cfg(test)]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the state; `None` where there is none yet. Takes no lock: a write replaces the file as a whole.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written in a newer format.
    pub fn read(&self) -> Result<Option<StateDocument>, StateError> {
        self.stored("")?.map(|stored| stored.document()).transpose()
    }

    /// The file with this behind its name, byte for byte.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn stored(&self, suffix: &str) -> Result<Option<Stored>, StateError> {
        let path = beside(&self.path, suffix);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Stored::new(path.display().to_string(), bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StateError::Io { verb: "read", path, source }),
        }
    }

    /// Takes the lock, which the operating system gives back when the process ends, however it ends.
    ///
    /// # Errors
    /// [`StateError::Locked`] at once when another process holds it; never waits.
    pub fn lock(&self, holder: &Holder, environment: &str) -> Result<LockedFile, StateError> {
        let io_error = |verb: &'static str| move |source| StateError::Io { verb, path: self.path.clone(), source };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(io_error("create the folder of"))?;
        }
        let mut file = self.lock_file(true).map_err(io_error("lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let held = Box::new(Held { holder: holder_in(&mut file), lease: None });
                return Err(StateError::Locked { at: self.path.display().to_string(), environment: environment.to_owned(), held });
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
        Ok(LockedFile { state: self.clone(), _lock: file, backed_up: false })
    }

    fn lock_file(&self, create: bool) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(create).truncate(false).open(beside(&self.path, ".lock"))
    }

    /// Who holds the lock; `None` where nobody does.
    ///
    /// # Errors
    /// A lock file that cannot be opened.
    pub fn held(&self) -> Result<Option<Held>, StateError> {
        let io_error = |source| StateError::Io { verb: "look at the lock of", path: self.path.clone(), source };
        let mut file = match self.lock_file(false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error(error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(Held { holder: holder_in(&mut file), lease: None })),
            Err(TryLockError::Error(source)) => Err(io_error(source)),
        }
    }
}

/// A state that this process holds the lock of, and may write.
#[derive(Debug)]
pub(super) struct LockedFile {
    state: StateFile,
    _lock: File,
    backed_up: bool,
}

impl LockedFile {
    /// Writes the whole state: beside it first, synced to disk, then renamed over it. The serial goes up by one. The first
    /// write of a run keeps the state before it as `<state>.backup`.
    ///
    /// # Errors
    /// [`StateError::Io`], and [`StateError::Lost`] where the file is not the writing that `document` was made from; the
    /// old state is then still there, whole.
    pub fn write(&mut self, document: &mut StateDocument) -> Result<(), StateError> {
        let path = &self.state.path;
        let io_error = |verb: &'static str| move |source| StateError::Io { verb, path: path.clone(), source };
        if !self.backed_up {
            let before = self.state.stored("")?;
            let known = before.as_ref().map(Stored::document).transpose()?;
            if !document.continues(known.as_ref()) {
                return Err(self.replaced());
            }
            if let Some(before) = before {
                replace(&beside(path, BACKUP), before.bytes()).map_err(io_error("back up"))?;
            }
            self.backed_up = true;
        }
        // The lock is the operating system's: nobody who lost it can still write, so it has no number.
        let next = document.next(Timestamp::now(), 0);
        replace(path, &next.bytes()).map_err(io_error("write"))?;
        *document = next;
        Ok(())
    }

    /// Puts a document in the place of `before`, whatever both say. What was there is kept beside it.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn put(&mut self, document: &mut StateDocument, before: Option<&Stored>) -> Result<(), StateError> {
        let path = &self.state.path;
        let io_error = |verb: &'static str| move |source| StateError::Io { verb, path: path.clone(), source };
        if self.state.stored("")?.as_ref() != before {
            return Err(self.replaced());
        }
        if let Some(before) = before {
            replace(&beside(path, before.kept_as()), before.bytes()).map_err(io_error("back up"))?;
        }
        let next = document.after(before).next(Timestamp::now(), 0);
        replace(path, &next.bytes()).map_err(io_error("write"))?;
        self.backed_up = true;
        *document = next;
        Ok(())
    }

    fn replaced(&self) -> StateError {
        let reason = "the file was replaced since it was read".to_owned();
        StateError::Lost { at: self.state.path.display().to_string(), reason }
    }
}

fn holder_in(lock: &mut File) -> Option<Holder> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
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

    use super::StateFile;
    use crate::state::{Holder, Owner, StateDocument, StateError};

    fn holder() -> Holder {
        Holder { command: "apply".to_owned(), process: 7, since: Timestamp::UNIX_EPOCH, ..Holder::default() }
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
        let mut locked = state.lock(&holder(), "local").unwrap();
        locked.write(&mut document).unwrap();
        locked.write(&mut document).unwrap();
        assert_eq!(document.serial, 2);
        assert_eq!(state.read().unwrap().as_ref(), Some(&document));
        drop(locked);
        let mut locked = state.lock(&holder(), "local").unwrap();
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
        let first = state.lock(&holder(), "local").unwrap();
        let error = state.lock(&holder(), "local").unwrap_err();
        assert!(error.to_string().contains("`campaignctl apply` (process 7, since 1970-01-01T00:00:00Z)"), "{error}");
        assert_eq!(state.held().unwrap().unwrap().holder, Some(holder()));
        drop(first);
        state.lock(&holder(), "local").unwrap();
    }

    #[test]
    fn a_file_that_somebody_replaced_under_the_lock_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFile::new(folder.path().join("state.json"));
        let mut document = document();
        state.lock(&holder(), "local").unwrap().write(&mut document).unwrap();
        let mut locked = state.lock(&holder(), "local").unwrap();
        let other = StateDocument { serial: 9, ..document.clone() };
        fs::write(state.path(), other.bytes()).unwrap();
        let error = locked.write(&mut document).unwrap_err();
        assert!(matches!(error, StateError::Lost { .. }), "{error}");
        assert_eq!((document.serial, state.read().unwrap().unwrap().serial), (1, 9));
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

    #[test]
    fn nothing_there_is_no_state_and_no_lock_but_what_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFile::new(folder.path().join("state.json"));
        assert_eq!(state.stored("").unwrap(), None);
        assert_eq!(state.held().unwrap(), None);
        for (name, verb) in [("state.json", "read"), ("state.json.lock", "look at the lock of")] {
            fs::create_dir(folder.path().join(name)).unwrap();
            let error = if verb == "read" { state.stored("").unwrap_err() } else { state.held().unwrap_err() };
            assert!(matches!(error, StateError::Io { verb: tried, .. } if tried == verb), "{error}");
        }
    }
}
