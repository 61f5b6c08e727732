//! Files that the user asked for by name, written where a repository may have put a link in the way.

use std::fs;
use std::io;
use std::path::Path;

use super::{Border, Refused};

/// Writes a file that the user named, into a folder that is there. A link may be in its place only where it stays in the
/// repository or in the file's own folder: `report.html` in a checkout could otherwise be any file of the machine.
///
/// # Errors
/// A link that leads outside, something that is not a file, and what the operating system says.
pub fn write_named(path: &Path, text: &str) -> io::Result<()> {
    Border::of_named(path)?.check(path).map_err(Refused::into_io)?;
    fs::write(path, text)
}

/// Makes the folder of a file that the user named, where it may be written as [`write_named`] would.
///
/// # Errors
/// As [`write_named`].
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    Border::of_named(path)?.check(path).map_err(Refused::into_io)?;
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::create_dir_all(folder),
        None => Ok(()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::{make_folder_of, write_named};

    #[test]
    fn a_link_inside_is_followed_and_one_outside_is_not() {
        let world = tempfile::tempdir().unwrap();
        let own = world.path().join("own");
        fs::create_dir(&own).unwrap();
        fs::write(world.path().join("precious"), "precious").unwrap();
        symlink("real.html", own.join("inside.html")).unwrap();
        symlink("../precious", own.join("outside.html")).unwrap();
        symlink("..", own.join("up")).unwrap();
        fs::write(own.join("campaignctl.yaml"), "").unwrap();
        write_named(&own.join("inside.html"), "new").unwrap();
        write_named(&own.join("deep/new.html"), "new").unwrap_err();
        make_folder_of(&own.join("deep/new.html")).unwrap();
        write_named(&own.join("deep/new.html"), "new").unwrap();
        assert_eq!(fs::read_to_string(own.join("real.html")).unwrap(), "new");
        for outside in ["outside.html", "up/precious", "up/new"] {
            write_named(&own.join(outside), "new").unwrap_err();
            make_folder_of(&own.join(outside)).unwrap_err();
        }
        assert_eq!(fs::read_to_string(world.path().join("precious")).unwrap(), "precious");
        assert!(!world.path().join("new").exists());
    }
}
