//! The files of a new project: written where there are none, never over one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::ReplaceError;
use super::replace::replace;
use crate::files::{Border, Refused, read_regular};

/// The largest file that is compared with what it should say, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// What became of a file that a new project should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was not there, and is now.
    Written,
    /// It was there and says the same.
    Same,
    /// It was there, says something else, and was left alone.
    Kept,
    /// It was there, and got the lines it lacked.
    Extended,
}

/// Writes a file, with its folders, where nothing has its name. The path must stay in the border.
///
/// # Errors
/// A folder or file that cannot be made, or is outside.
pub fn create(border: &Border, path: &Path, text: &str) -> io::Result<Made> {
    border.check(path).map_err(Refused::into_io)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| Made::Written),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_same = read_regular(path, MAX_BYTES).is_ok_and(|bytes| bytes == text.as_bytes());
            Ok(if is_same { Made::Same } else { Made::Kept })
        }
        Err(error) => Err(error),
    }
}

/// Writes a `.gitignore` with these lines, or adds those that are not there in any spelling.
///
/// # Errors
/// A file that cannot be written. One that is no text is left alone.
pub fn ignore(border: &Border, path: &Path, lines: &[String]) -> io::Result<Made> {
    let written = |lines: &[&str], end: &str| lines.iter().map(|line| format!("{line}{end}")).collect::<String>();
    let all: Vec<&str> = lines.iter().map(String::as_str).collect();
    let made = create(border, path, &written(&all, "\n"))?;
    if made != Made::Kept {
        return Ok(made);
    }
    let Some(text) = read_regular(path, MAX_BYTES).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { return Ok(Made::Kept) };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let bare = |line: &str| line.trim().trim_matches('/').to_owned();
    let missing: Vec<&str> = all.into_iter().filter(|line| !text.lines().any(|known| bare(known) == bare(line))).collect();
    if missing.is_empty() {
        return Ok(Made::Same);
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    match replace(path, text, &format!("{text}{gap}{}", written(&missing, end))) {
        Ok(()) => Ok(Made::Extended),
        Err(ReplaceError::Io(error)) => Err(error),
        Err(error @ ReplaceError::Moved) => Err(io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Made, create, ignore};
    use crate::files::Border;

    #[test]
    fn a_file_that_is_there_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/a.yaml");
        let border = Border::new(folder.path()).unwrap();
        assert_eq!(create(&border, &path, "mine").unwrap(), Made::Written);
        assert_eq!(create(&border, &path, "mine").unwrap(), Made::Same);
        assert_eq!(create(&border, &path, "theirs").unwrap(), Made::Kept);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        // Below a file there is no folder.
        assert!(create(&border, &path.join("b.yaml"), "x").is_err());
    }

    #[test]
    fn missing_lines_are_added_in_the_way_the_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".gitignore");
        let border = Border::new(folder.path()).unwrap();
        let wanted = ["/.campaignctl/".to_owned(), "*.plan".to_owned()];
        for (before, after) in [
            (None, "/.campaignctl/\n*.plan\n"),
            (Some(""), "/.campaignctl/\n*.plan\n"),
            (Some("target"), "target\n/.campaignctl/\n*.plan\n"),
            (Some(".campaignctl\n"), ".campaignctl\n*.plan\n"),
            (Some("a\r\n*.plan\r\n"), "a\r\n*.plan\r\n/.campaignctl/\r\n"),
            (Some("\u{feff}a\n"), "\u{feff}a\n/.campaignctl/\n*.plan\n"),
            (Some("*.plan\n/.campaignctl/"), "*.plan\n/.campaignctl/"),
        ] {
            match before {
                Some(text) => fs::write(&path, text).unwrap(),
                None => drop(fs::remove_file(&path)),
            }
            ignore(&border, &path, &wanted).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after, "{before:?}");
            assert_eq!(ignore(&border, &path, &wanted).unwrap(), Made::Same);
        }
        fs::write(&path, b"\xff\xfe").unwrap();
        assert_eq!(ignore(&border, &path, &wanted).unwrap(), Made::Kept);
    }
}
