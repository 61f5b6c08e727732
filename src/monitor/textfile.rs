//! A report in a file that somebody else reads at any moment: whole and old, or whole and new, and readable for everybody.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::files::{Border, Refused};

/// More than any exposition that was written here is not read.
const MOST_EARLIER: u64 = 16 * 1024 * 1024;

/// Replaces the file with this text: written beside it, synced, renamed. Its mode is 0644, because a collector is somebody else.
///
/// # Errors
/// A folder that cannot be written, or something that is no file in its place.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    // The folder may be a link of a repository.
    Border::of_named(path)?.check_folder(path).map_err(Refused::into_io)?;
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no file is there")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A collector takes `*.prom`; this one is not finished.
    let mut file = tempfile::Builder::new().prefix(".campaignctl-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    readable(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &File) -> io::Result<()> {
    Ok(())
}

/// What an earlier run wrote there; nothing where that cannot be read.
pub fn read_earlier(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(MOST_EARLIER).read_to_string(&mut text).ok()?;
    Some(text)
}
