//! Replaces the text of a file as a whole or not at all: written beside it, synced, renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// What a UTF-8 file may start with; no part of its text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a file keeps its text.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Somebody else wrote it meanwhile.
    #[error("it was changed meanwhile")]
    Moved,
    /// It cannot be written.
    #[error("it cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// Replaces the text `old` of a file with `new`. A byte order mark and the permissions stay, a link keeps leading to the file
/// that is replaced. At any moment the file is the old one or the new one.
///
/// # Errors
/// The file holds something else than `old`, or may not be written; then it is as it was.
pub fn replace(path: &Path, old: &str, new: &str) -> Result<(), ReplaceError> {
    let path = fs::canonicalize(path)?;
    // A rename would also replace a file that may not be written.
    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    let mark = held(&mut file, old)?;
    let beside = beside(&path, mark, new, &file)?;
    // The window in which somebody else may write is as small as it can be.
    held(&mut File::open(&path)?, old)?;
    beside.persist(&path).map_err(|error| error.error)?;
    if let Some(folder) = path.parent() {
        // The rename is done; that it survives a power cut is all that this adds, and not every system can.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// The byte order mark of a file that holds this text.
fn held(file: &mut File, text: &str) -> Result<&'static [u8], ReplaceError> {
    if !file.metadata()?.is_file() {
        return Err(ReplaceError::Moved);
    }
    let mut bytes = Vec::new();
    // One byte more than the old text is another text already.
    file.take((text.len() + BYTE_ORDER_MARK.len() + 1) as u64).read_to_end(&mut bytes)?;
    match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) if rest == text.as_bytes() => Ok(BYTE_ORDER_MARK),
        None if bytes == text.as_bytes() => Ok(b""),
        _ => Err(ReplaceError::Moved),
    }
}

/// The whole new file under a hidden name in the same folder; it goes when it is dropped.
fn beside(path: &Path, mark: &[u8], text: &str, like: &File) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it is in no folder"))?;
    let mut beside = tempfile::Builder::new().prefix(".campaignctl-").suffix(".tmp").tempfile_in(folder)?;
    beside.write_all(mark)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().set_permissions(like.metadata()?.permissions())?;
    beside.as_file().sync_all()?;
    Ok(beside)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{ReplaceError, replace};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_mark() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        fs::write(&path, "\u{feff}old").expect("a file");
        replace(&path, "old", "new").expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "\u{feff}new");
        assert!(matches!(replace(&path, "old", "newer"), Err(ReplaceError::Moved)));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "\u{feff}new");
        assert_eq!(names(folder.path()), ["a.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (target, link) = (folder.path().join("real.yaml"), folder.path().join("link.yaml"));
        fs::write(&target, "old").expect("a file");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("permissions");
        symlink("real.yaml", &link).expect("a link");
        replace(&link, "old", "new").expect("replaced");
        assert!(fs::symlink_metadata(&link).expect("a link").file_type().is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("a file"), "new");
        assert_eq!(fs::metadata(&target).expect("a file").permissions().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["link.yaml", "real.yaml"]);
    }

    /// Killed before the rename: the file is the old one, whole, and what lies beside it is hidden from the loader.
    #[test]
    fn until_the_rename_the_old_file_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        fs::write(&path, "old").expect("a file");
        let like = fs::File::open(&path).expect("a file");
        let beside = super::beside(&path, b"", "new and longer", &like).expect("written beside");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "old");
        let left = names(folder.path());
        assert_eq!(left.len(), 2);
        assert!(left[0].starts_with(".campaignctl-") && left[0].ends_with(".tmp"), "{left:?}");
        assert_eq!(fs::read_to_string(beside.path()).expect("a file"), "new and longer");
        drop(beside);
        assert_eq!(names(folder.path()), ["a.yaml"]);
    }
}
