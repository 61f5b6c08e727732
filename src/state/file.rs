//! The state as a local file: read without a lock, written under one, always whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::stored::BACKUP;
use super::{Held, Holder, StateDocument, StateError, Stored, leftover};
use crate::files::{lock_options, read_regular};

/// Links from one to the next that are followed, as many as systems usually do.
const MOST_LINKS: usize = 40;
/// The largest state that is read, in bytes: fifty thousand campaigns fit many times.
const MAX_STATE_BYTES: u64 = 1 << 30;
/// Most bytes that are read of a lock file: who holds it.
const MAX_HOLDER_BYTES: u64 = 1 << 16;

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

    /// Where it really is: links are followed, so that a state has one lock and one backup under all of its names. The file
    /// need not exist yet.
    fn real(&self) -> Result<PathBuf, StateError> {
        let mut path = self.path.clone();
        for _ in 0..=MOST_LINKS {
            match fs::read_link(&path) {
                // The target of a relative link counts from the folder of the link.
                Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
                // It is not a link, or there is nothing. Opening it tells anything else.
                Err(_) if path == self.path => return Ok(path),
                Err(_) => return Ok(without_detours(path)),
            }
        }
        Err(StateError::LinkLoop { path: self.path.clone(), most: MOST_LINKS })
    }

    /// The file with this behind its name, byte for byte.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn stored(&self, suffix: &str) -> Result<Option<Stored>, StateError> {
        let path = beside(&self.real()?, suffix);
        match read_regular(&path, MAX_STATE_BYTES) {
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
        let path = self.real()?;
        let io_error = |verb: &'static str| {
            let path = path.clone();
            move |source| StateError::Io { verb, path, source }
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io_error("create the folder of"))?;
        }
        let mut file = lock_file(&path, true).map_err(io_error("lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let held = Box::new(Held { holder: holder_in(&mut file), lease: None });
                return Err(StateError::Locked { at: path.display().to_string(), environment: environment.to_owned(), held });
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
        leftover::remove(&path);
        Ok(LockedFile { state: Self { path }, _lock: file, backed_up: false })
    }

    /// Who holds the lock; `None` where nobody does.
    ///
    /// # Errors
    /// A lock file that cannot be opened.
    pub fn held(&self) -> Result<Option<Held>, StateError> {
        let path = self.real()?;
        let io_error = |source| StateError::Io { verb: "look at the lock of", path: path.clone(), source };
        let mut file = match lock_file(&path, false) {
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

/// The same file by the shortest path, where its folder exists.
fn without_detours(path: PathBuf) -> PathBuf {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// The lock beside a state. What is in it only tells people who holds it; the lock itself is the operating system's, so no
/// damage to the text can give it away.
fn lock_file(state: &Path, create: bool) -> io::Result<File> {
    let file = lock_options().create(create).open(beside(state, ".lock"))?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("its lock is not a regular file")) }
}

/// A state that this process holds the lock of, and may write.
#[derive(Debug)]
pub(super) struct LockedFile {
    /// By its real path, whatever becomes of a link to it.
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
                replace(path, BACKUP, before.bytes()).map_err(io_error("back up"))?;
            }
            self.backed_up = true;
        }
        // The lock is the operating system's: nobody who lost it can still write, so it has no number.
        let next = document.next(Timestamp::now(), 0);
        replace(path, "", &next.bytes()).map_err(io_error("write"))?;
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
            replace(path, before.kept_as(), before.bytes()).map_err(io_error("back up"))?;
        }
        let next = document.after(before).next(Timestamp::now(), 0);
        replace(path, "", &next.bytes()).map_err(io_error("write"))?;
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
    lock.take(MAX_HOLDER_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Replaces the state at this path, or what is beside it under this suffix, as a whole: whoever reads it, and whenever the
/// power goes, finds the old or the new one.
fn replace(state: &Path, suffix: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = leftover::folder(state);
    let mut file = leftover::temporary(state)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(beside(state, suffix)).map_err(|error| error.error)?;
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

    fn read(state: &StateFile) -> Result<Option<StateDocument>, StateError> {
        state.stored("")?.map(|stored| stored.document()).transpose()
    }

    fn document() -> StateDocument {
        StateDocument::new("lineage".to_owned(), Owner { environment: "local".to_owned(), organization: "org".to_owned() })
    }

    #[test]
    fn a_write_is_read_back_and_the_state_before_the_run_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFile::new(folder.path().join("deep/state.json"));
        assert_eq!(read(&state).unwrap(), None);
        let mut document = document();
        let mut locked = state.lock(&holder(), "local").unwrap();
        locked.write(&mut document).unwrap();
        locked.write(&mut document).unwrap();
        assert_eq!(document.serial, 2);
        assert_eq!(read(&state).unwrap().as_ref(), Some(&document));
        drop(locked);
        let mut locked = state.lock(&holder(), "local").unwrap();
        locked.write(&mut document).unwrap();
        locked.write(&mut document).unwrap();
        let backup = StateDocument::parse(&fs::read(folder.path().join("deep/state.json.backup")).unwrap()).unwrap();
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
        fs::write(folder.path().join("state.json"), other.bytes()).unwrap();
        let error = locked.write(&mut document).unwrap_err();
        assert!(matches!(error, StateError::Lost { .. }), "{error}");
        assert_eq!((document.serial, read(&state).unwrap().unwrap().serial), (1, 9));
    }

    #[test]
    fn damage_and_a_newer_format_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let state = StateFile::new(&path);
        for damage in ["", "{", "[]", "{\"version\":1}", "\u{0}\u{1}"] {
            fs::write(&path, damage).unwrap();
            let error = read(&state).unwrap_err();
            assert!(matches!(error, StateError::Corrupt { .. }), "{damage:?}: {error}");
            assert!(error.hint().contains("state.json.backup"));
        }
        fs::write(&path, "{\"version\":3,\"new\":true}").unwrap();
        assert!(matches!(read(&state).unwrap_err(), StateError::Newer { found: 3, .. }));
    }

    /// Both names of a state, and the real one, in folders of their own.
    #[cfg(unix)]
    fn linked(folder: &std::path::Path) -> [std::path::PathBuf; 3] {
        use std::os::unix::fs::symlink;
        for name in ["one", "two"] {
            fs::create_dir(folder.join(name)).unwrap();
        }
        // A chain, the second step relative to another folder, and a file in a folder that is not there yet.
        symlink("../two/link.json", folder.join("one/link.json")).unwrap();
        symlink("../shared/real.json", folder.join("two/link.json")).unwrap();
        ["one/link.json", "two/link.json", "shared/real.json"].map(|name| folder.join(name))
    }

    #[cfg(unix)]
    #[test]
    fn a_state_has_one_lock_and_one_backup_under_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let paths = linked(folder.path());
        let [one, two, real] = paths.clone().map(StateFile::new);
        assert_eq!(read(&one).unwrap(), None);
        let mut document = document();
        one.lock(&holder(), "local").unwrap().write(&mut document).unwrap();
        for state in [&one, &two, &real] {
            assert_eq!(read(state).unwrap().as_ref(), Some(&document));
        }
        let first = two.lock(&holder(), "local").unwrap();
        for state in [&one, &two, &real] {
            assert!(matches!(state.lock(&holder(), "local"), Err(StateError::Locked { .. })));
            assert_eq!(state.held().unwrap().unwrap().holder, Some(holder()));
        }
        drop(first);
        two.lock(&holder(), "local").unwrap().write(&mut document).unwrap();
        assert_eq!(read(&one).unwrap().unwrap().serial, 2);
        assert!(one.stored(".backup").unwrap().is_some_and(|backup| backup == real.stored(".backup").unwrap().unwrap()));
        for (path, is_link) in paths.iter().zip([true, true, false]) {
            assert_eq!(fs::symlink_metadata(path).unwrap().is_symlink(), is_link, "{}", path.display());
        }
        for name in ["one", "two"] {
            assert_eq!(fs::read_dir(folder.path().join(name)).unwrap().count(), 1, "nothing is kept beside a link");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_to_itself_is_an_error() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        symlink("b.json", folder.path().join("a.json")).unwrap();
        symlink("a.json", folder.path().join("b.json")).unwrap();
        let state = StateFile::new(folder.path().join("a.json"));
        let errors = [read(&state).unwrap_err(), state.lock(&holder(), "local").unwrap_err(), state.held().unwrap_err()];
        for error in errors {
            assert!(matches!(error, StateError::LinkLoop { .. }), "{error}");
            assert!(error.to_string().contains("a.json` is a symbolic link that leads back to itself"), "{error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing was written");
    }

    #[test]
    fn the_next_run_removes_what_a_killed_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let [path, ours, other] = ["state.json", ".state.json.Ab12Cd.tmp", ".other.json.Ab12Cd.tmp"].map(|name| folder.path().join(name));
        fs::write(&ours, "half a sta").unwrap();
        fs::write(&other, "half a sta").unwrap();
        let state = StateFile::new(path);
        assert!(read(&state).unwrap().is_none() && ours.exists(), "reading takes no lock, so it removes nothing");
        state.lock(&holder(), "local").unwrap().write(&mut document()).unwrap();
        assert!(!ours.exists() && other.exists());
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
