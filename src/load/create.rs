//! Puts a new file into a folder as a whole or not at all, and never in the place of another.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file that is not there yet: under a hidden name beside it first, then linked to its own. At any moment it is
/// whole or not there. [`settle`] makes it last.
///
/// # Errors
/// Something of this name is there already (`AlreadyExists`), or it may not be written; nothing is left of it then.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it is in no folder"))?;
    let mut beside = builder().prefix(".campaignctl-").suffix(".tmp").tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes the names of new files in a folder outlast a loss of power, on systems that can.
pub fn settle(folder: &Path) {
    // The files are there; that their names survive a power cut is all that this adds.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// A file that everybody may read whom the user lets: temporary files are private otherwise.
#[cfg(unix)]
fn builder() -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut builder = tempfile::Builder::new();
    builder.permissions(std::fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn builder() -> tempfile::Builder<'static, 'static> {
    tempfile::Builder::new()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;

    use super::write_new;

    #[test]
    fn a_file_is_created_once_and_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        write_new(&path, "first").expect("created");
        assert_eq!(write_new(&path, "second").map_err(|error| error.kind()), Err(ErrorKind::AlreadyExists));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "first");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn of_many_at_once_one_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.yaml");
        let path = path.as_path();
        let texts: Vec<String> = (0..8).map(|number| number.to_string().repeat(10_000)).collect();
        let won: Vec<&String> = std::thread::scope(|scope| {
            let running: Vec<_> = texts.iter().map(|text| scope.spawn(move || write_new(path, text).is_ok().then_some(text))).collect();
            running.into_iter().filter_map(|running| running.join().expect("no panic")).collect()
        });
        assert_eq!(won.len(), 1);
        assert_eq!(fs::read_to_string(path).expect("a file"), *won[0]);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn it_has_the_permissions_of_any_new_file_and_a_link_to_nothing_is_in_the_way() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let [ours, other] = ["a.yaml", "b.yaml"].map(|name| folder.path().join(name));
        write_new(&ours, "x").expect("created");
        fs::write(&other, "x").expect("a file");
        let mode = |path| fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
        symlink("nowhere", folder.path().join("c.yaml")).expect("a link");
        assert!(write_new(&folder.path().join("c.yaml"), "x").is_err());
    }
}
