//! Finds the campaign files and reads text. Nothing on the disk can make it hang: no pipes, no loops, no huge files.

use std::collections::BTreeSet;
use std::fs::{self, File, FileType};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::problem::{Problem, offset};
use crate::diagnostic::{ForeignEncoding, Span, without_mark};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// How deep folders are followed.
const MAX_FOLDERS: usize = 64;

/// A path below the campaigns folder: a file to read, or one that cannot be.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    /// Why it is not read.
    pub(super) problem: Option<Problem>,
}

/// All campaign files below `folder`, sorted by path. Hidden files and folders, test files (`*.test.yaml`) and `except` (the
/// project file, the folder of the overlays) are left out.
pub(super) fn campaign_files(folder: &Path, except: &[&Path]) -> Vec<Entry> {
    files(folder, except, is_campaign_file)
}

/// All test files (`*.test.yaml`) below `folder`, found and sorted as campaign files are.
pub(super) fn test_files(folder: &Path, except: &[&Path]) -> Vec<Entry> {
    files(folder, except, is_test_file)
}

fn files(folder: &Path, except: &[&Path], is_wanted: fn(&str) -> bool) -> Vec<Entry> {
    let mut walk = Walk { except, is_wanted, seen: BTreeSet::new(), entries: Vec::new() };
    walk.folder(folder, 0);
    walk.entries.sort_by(|a, b| a.path.cmp(&b.path));
    walk.entries
}

struct Walk<'a> {
    except: &'a [&'a Path],
    /// Whether a file of this name is looked for.
    is_wanted: fn(&str) -> bool,
    /// Real paths of the folders that were read: a link may lead to one of them.
    seen: BTreeSet<PathBuf>,
    entries: Vec<Entry>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > MAX_FOLDERS {
            return self.refuse(
                folder,
                Problem::new("too-deep", Span::default(), format!("folders are nested more than {MAX_FOLDERS} deep"))
                    .help("move the campaigns up"),
            );
        }
        match fs::canonicalize(folder).map(|real| self.seen.insert(real)) {
            Ok(true) => {}
            Ok(false) => {
                let problem = Problem::new("symlink-loop", Span::default(), "the link leads to a folder that is read already");
                return self.refuse(folder, problem.help("remove the link: its campaigns would be declared twice"));
            }
            Err(error) => return self.refuse(folder, unreadable(&error)),
        }
        match fs::read_dir(folder) {
            Ok(listing) => {
                // Real folders before links, so that it is the link that gets the blame.
                let mut found: Vec<(bool, PathBuf, Option<FileType>)> = Vec::new();
                for entry in listing {
                    match entry {
                        Ok(entry) => {
                            let kind = entry.file_type().ok();
                            found.push((kind.is_some_and(|kind| kind.is_symlink()), entry.path(), kind));
                        }
                        Err(error) => self.refuse(folder, unreadable(&error)),
                    }
                }
                found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
                for (_, path, kind) in found {
                    self.path(path, kind, depth);
                }
            }
            Err(error) => self.refuse(folder, unreadable(&error)),
        }
    }

    /// Takes one path; `kind` is what the folder says of it, before links are followed.
    fn path(&mut self, path: PathBuf, kind: Option<FileType>, depth: usize) {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if name.starts_with('.') || self.except.contains(&path.as_path()) {
            return;
        }
        let wanted = (self.is_wanted)(&name);
        drop(name);
        // Only a link needs another look at the disk.
        let kind = match kind.filter(|kind| !kind.is_symlink()) {
            Some(kind) => Ok(kind),
            None => fs::metadata(&path).map(|metadata| metadata.file_type()),
        };
        match kind {
            Ok(kind) if kind.is_dir() => self.folder(&path, depth + 1),
            Ok(kind) if kind.is_file() && wanted => self.entries.push(Entry { path, problem: None }),
            Ok(_) if wanted => self.refuse(
                &path,
                Problem::new("unreadable", Span::default(), "this is no regular file (a pipe, socket or device)")
                    .help("remove it from the campaigns folder"),
            ),
            Err(error) if wanted => self.refuse(&path, unreadable(&error)),
            Ok(_) | Err(_) => {}
        }
    }

    fn refuse(&mut self, path: &Path, problem: Problem) {
        self.entries.push(Entry { path: path.to_owned(), problem: Some(problem) });
    }
}

/// Names and kinds of what lies in a folder, hidden things left out, sorted. Empty for one that cannot be read.
pub(super) fn listing(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()));
    let mut found: Vec<(String, PathBuf)> = named.filter(|(name, _)| !name.starts_with('.')).collect();
    found.sort();
    found
}

/// `*.yaml` and `*.yml`, but no test cases.
pub(super) fn is_campaign_file(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| !stem.ends_with(".test"))
}

/// `*.test.yaml` and `*.test.yml`.
pub(super) fn is_test_file(name: &str) -> bool {
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).is_some_and(|stem| stem.ends_with(".test"))
}

/// The names of all YAML files of a folder, hidden ones and those of other tools too, without their ending; none where there
/// is no folder.
///
/// # Errors
/// The folder cannot be read.
pub fn stems_in(folder: &Path) -> std::io::Result<Vec<String>> {
    let listing = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing?,
    };
    let mut stems = Vec::new();
    for entry in listing {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some((stem, ending)) = name.rsplit_once('.')
            && ["yaml", "yml"].contains(&ending.to_ascii_lowercase().as_str())
        {
            stems.push(stem.to_owned());
        }
    }
    Ok(stems)
}

/// Text of a file, or as much of it as is text, with what is wrong.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) problem: Option<Problem>,
}

/// Reads a text file: UTF-8, at most [`MAX_FILE_BYTES`]; a byte order mark is taken off.
pub(super) fn read(path: &Path) -> Text {
    let refused = |problem| Text { text: String::new(), problem: Some(problem) };
    let bytes = match File::open(path).and_then(read_bytes) {
        Ok(bytes) => bytes,
        Err(error) => return refused(unreadable(&error)),
    };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let problem = Problem::new("too-large", Span::default(), "the file is larger than 1 MiB");
        return refused(problem.help("a campaign has a few KB: split the file, or move it out of the campaigns folder"));
    }
    decode(bytes)
}

/// The bytes of a file, and one more than allowed at most. The announced size only saves growing: the file may be lying.
fn read_bytes(file: File) -> std::io::Result<Vec<u8>> {
    let announced = file.metadata()?.len().min(MAX_FILE_BYTES) as usize;
    let mut bytes = Vec::with_capacity(announced + 1);
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(mut bytes: Vec<u8>) -> Text {
    bytes.drain(..bytes.len() - without_mark(&bytes).len());
    if let Some(foreign) = ForeignEncoding::of(&bytes) {
        let message = format!("the file is {}, from its first byte on", foreign.name());
        let problem = Problem::new("not-utf8", Span::default(), message).help(ForeignEncoding::FIX);
        return Text { text: String::new(), problem: Some(problem) };
    }
    match String::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            None => Text { text, problem: None },
            Some(at) => not_text(text, at, format!("the file is no text: byte {at} is NUL")),
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let message = format!("the file is no UTF-8 text: byte {at} is 0x{:02X}", bytes.get(at).copied().unwrap_or_default());
            let text = String::from_utf8_lossy(&bytes[..at]).into_owned();
            not_text(text, at, message)
        }
    }
}

/// Keeps the good part, so that the place has its line and column.
fn not_text(mut text: String, at: usize, message: String) -> Text {
    text.truncate(at);
    let problem = Problem::new("not-utf8", Span { start: offset(at), end: offset(at) }, message);
    Text { text, problem: Some(problem.help("save it as UTF-8, or move it out of the campaigns folder")) }
}

fn unreadable(error: &std::io::Error) -> Problem {
    let problem = Problem::new("unreadable", Span::default(), format!("cannot be read: {error}"));
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => problem.help("give yourself permission to read it"),
        std::io::ErrorKind::NotFound => problem.help("it is a link to nothing, or was deleted meanwhile: remove or mend it"),
        _ => problem.help("remove it from the campaigns folder, or mend it"),
    }
}

/// A path as people should see it: relative to the project where it is inside, with `/` between the names.
pub fn shown(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let text = inside.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

#[cfg(test)]
mod tests {
    use super::{decode, is_campaign_file};

    #[test]
    fn test_files_and_other_files_are_no_campaigns() {
        for good in ["a.yaml", "a.yml", "a.test-b.yaml"] {
            assert!(is_campaign_file(good), "{good}");
        }
        for bad in ["a.test.yaml", "a.test.yml", "a.json", "yaml", "a.yaml.bak", "a.YAML~"] {
            assert!(!is_campaign_file(bad), "{bad}");
        }
    }

    #[test]
    fn only_utf8_is_text() {
        assert_eq!(decode(b"\xEF\xBB\xBFname: x".to_vec()).text, "name: x");
        for bytes in [&b"\xFF\xFEa\0"[..], b"a\0b\0", b"\0a", b"a\0", b"ab\0", b"ab\xC3\x28"] {
            assert!(decode(bytes.to_vec()).problem.is_some(), "{bytes:?}");
        }
        assert_eq!(decode(b"ab\nc\xFFd".to_vec()).text, "ab\nc");
    }
}
