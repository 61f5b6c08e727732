//! Temporary files beside a state, and what killed runs left of them.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// What a temporary file ends with.
const SUFFIX: &str = ".tmp";
/// Letters and digits by which two temporary files differ.
const RANDOM: usize = 6;
/// What the temporary files of earlier versions began with, whatever the state was called.
const EARLIER_PREFIX: &str = ".state-";
/// How old such a file must be before it is removed: a run of an earlier version may just be writing another state.
const EARLIER_AGE: Duration = Duration::from_secs(60 * 60);

/// The folder of a state.
pub(super) fn folder(state: &Path) -> &Path {
    state.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file beside the state, which goes when it is dropped. Its name tells whose it is: `.<name of the state>.…….tmp`.
pub(super) fn temporary(state: &Path) -> io::Result<NamedTempFile> {
    let mut prefix = OsStr::new(".").to_owned();
    prefix.push(state.file_name().unwrap_or_default());
    prefix.push(".");
    tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).rand_bytes(RANDOM).tempfile_in(folder(state))
}

/// Removes what runs that were killed left beside this state. Only the holder of its lock may call this: nobody else then
/// has such a file. What cannot be removed stays, and does no harm.
pub(super) fn remove(state: &Path) {
    let Some(name) = state.file_name() else { return };
    let entries = match fs::read_dir(folder(state)) {
        Ok(entries) => entries,
        Err(error) => return tracing::debug!("cannot look for temporary files of earlier runs: {error}"),
    };
    for entry in entries.flatten() {
        let file = entry.file_name();
        let is_leftover = is_of(&file, name) || (is_of_earlier_version(&file) && is_old(&entry));
        // A link, a folder or a device of that name was not made by any run.
        if is_leftover && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            match fs::remove_file(entry.path()) {
                Ok(()) => tracing::info!("removed {}, which a run that was killed left", entry.path().display()),
                Err(error) => tracing::warn!("cannot remove {}, which a run that was killed left: {error}", entry.path().display()),
            }
        }
    }
}

/// Whether a file is a temporary one of the state of this name.
fn is_of(file: &OsStr, state: &OsStr) -> bool {
    let [file, state] = [file, state].map(OsStr::as_encoded_bytes);
    let rest = file.strip_prefix(b".").and_then(|rest| rest.strip_prefix(state)).and_then(|rest| rest.strip_prefix(b"."));
    rest.is_some_and(is_random)
}

fn is_of_earlier_version(file: &OsStr) -> bool {
    file.as_encoded_bytes().strip_prefix(EARLIER_PREFIX.as_bytes()).is_some_and(is_random)
}

/// Whether the rest of a name is what differs from one temporary file to the next, and the end of all of them.
fn is_random(rest: &[u8]) -> bool {
    rest.strip_suffix(SUFFIX.as_bytes()).is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| SystemTime::now().duration_since(modified).is_ok_and(|age| age >= EARLIER_AGE))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::SystemTime;

    use super::{EARLIER_AGE, remove, temporary};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_runs_on_this_state_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a.json");
        let ours = temporary(&state).unwrap().keep().unwrap().1;
        assert!(ours.file_name().unwrap().to_str().unwrap().starts_with(".a.json."));
        let others = [
            // Of another state, of another tool, and what people call so.
            ".b.json.Ab12Cd.tmp",
            ".a.json.backup.Ab12Cd.tmp",
            ".a.json.Ab12C.tmp",
            ".a.json.Ab-2Cd.tmp",
            ".a.json.Ab12Cd.tmp.bak",
            "a.json.Ab12Cd.tmp",
            ".state-Young1.tmp",
            "a.json",
            "a.json.backup",
            "a.json.damaged",
        ];
        for name in others.iter().chain(&[".a.json.Ab12Cd.tmp", ".state-Older1.tmp"]) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let old = SystemTime::now() - 2 * EARLIER_AGE;
        for name in [".state-Older1.tmp", ".b.json.Ab12Cd.tmp"] {
            File::options().write(true).open(folder.path().join(name)).unwrap().set_modified(old).unwrap();
        }
        fs::create_dir(folder.path().join(".a.json.Folder.tmp")).unwrap();
        remove(&state);
        let mut expected: Vec<String> = others.iter().copied().chain([".a.json.Folder.tmp"]).map(str::to_owned).collect();
        expected.sort();
        assert_eq!(names(folder.path()), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_and_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [state, target, link] = ["a.json", "precious", ".a.json.Ab12Cd.tmp"].map(|name| folder.path().join(name));
        fs::write(&target, "x").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        remove(&state);
        assert_eq!(names(folder.path()), [".a.json.Ab12Cd.tmp", "precious"]);
    }
}
