//! Finds the campaign files and reads text. Nothing on the disk can make it hang: no pipes, no loops, no huge files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::problem::{Problem, offset};
use crate::diagnostic::{ForeignEncoding, Span, without_mark};
use crate::files::{Border, Listed, Real, Refused};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// How deep folders are followed.
const MAX_FOLDERS: usize = 64;
/// Most entries that are looked at below one folder, files of other kinds included.
const MAX_ENTRIES: usize = 200_000;
/// Most bytes that the files below one folder may have together.
const MAX_TOTAL_BYTES: u64 = 256 << 20;

/// A path below the campaigns folder: a file to read, or one that cannot be.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    /// What it must stay in; `None` only where there is a problem.
    border: Option<Border>,
    /// Where it is, once that was found out.
    real: Option<Real>,
    /// Why it is not read.
    pub(super) problem: Option<Problem>,
}

impl Entry {
    /// A file of a project, which need not exist.
    pub(super) fn new(path: PathBuf, border: &Border) -> Self {
        Self { path, border: Some(border.clone()), real: None, problem: None }
    }

    /// The same path, not read because of this.
    fn refused(path: &Path, border: &Border, problem: Problem) -> Self {
        Self { problem: Some(problem), ..Self::new(path.to_owned(), border) }
    }
}

/// All campaign files below `folder`, sorted by path. Hidden files and folders, test files (`*.test.yaml`) and `except` (the
/// project file, the folder of the overlays) are left out.
pub(super) fn campaign_files(folder: &Path, border: &Border, except: &[&Path]) -> Vec<Entry> {
    files(Walk { reports_links: true, ..Walk::new(border, except, is_campaign_file) }, folder)
}

/// All test files (`*.test.yaml`) below `folder`, found and sorted as campaign files are.
pub(super) fn test_files(folder: &Path, border: &Border, except: &[&Path]) -> Vec<Entry> {
    files(Walk::new(border, except, is_test_file), folder)
}

/// The file of a path that the user named, or what `of_folder` finds below it. A path of the project must stay in it, like
/// everything there; another one stays in its repository, or in its own folder.
pub(super) fn named(path: &Path, project: Option<&Border>, of_folder: fn(&Path, &Border, &[&Path]) -> Vec<Entry>) -> Vec<Entry> {
    let border = match project.filter(|border| border.holds_name(path)) {
        Some(border) => Ok(border.clone()),
        None => Border::of_named(path),
    };
    match border {
        Ok(border) if path.is_dir() => of_folder(path, &border, &[]),
        Ok(border) => vec![Entry::new(path.to_owned(), &border)],
        Err(error) => vec![Entry { path: path.to_owned(), border: None, real: None, problem: Some(unreadable(&error)) }],
    }
}

fn files(mut walk: Walk<'_>, folder: &Path) -> Vec<Entry> {
    match walk.border.resolve(folder) {
        Ok(real) => walk.folder(folder, real, 0),
        Err(refused) => walk.refuse(folder, refusal(&refused)),
    }
    let Walk { border, mut entries, visited, .. } = walk;
    if visited > MAX_ENTRIES {
        let problem = Problem::new("too-many-files", Span::default(), format!("the folder has more than {MAX_ENTRIES} entries"));
        let problem = problem.help("move what is not a campaign out of it; nothing in it was read");
        return vec![Entry::refused(folder, border, problem)];
    }
    if is_too_much(&entries, border) {
        let message = format!("the files of this folder have more than {} MiB together", MAX_TOTAL_BYTES >> 20);
        let problem = Problem::new("too-large", Span::default(), message);
        let problem = problem.help("a campaign has a few KB: move other files out of the folder; nothing in it was read");
        return vec![Entry::refused(folder, border, problem)];
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

/// Whether the files are too large together. A few cannot be, because each of them has its own limit.
fn is_too_much(entries: &[Entry], border: &Border) -> bool {
    if entries.len() as u64 * MAX_FILE_BYTES <= MAX_TOTAL_BYTES {
        return false;
    }
    let sizes = entries.iter().filter_map(|entry| border.size(entry.real.as_ref()?).ok());
    sizes.map(|size| size.min(MAX_FILE_BYTES)).sum::<u64>() > MAX_TOTAL_BYTES
}

struct Walk<'a> {
    border: &'a Border,
    except: &'a [&'a Path],
    /// Whether a file of this name is looked for.
    is_wanted: fn(&str) -> bool,
    /// Whether links of other names are reported where they lead outside: they may have been meant as folders.
    reports_links: bool,
    /// Real paths of the folders that were read: a link may lead to one of them.
    seen: BTreeSet<Real>,
    entries: Vec<Entry>,
    /// Entries of folders that were looked at, wanted or not.
    visited: usize,
}

impl<'a> Walk<'a> {
    fn new(border: &'a Border, except: &'a [&'a Path], is_wanted: fn(&str) -> bool) -> Self {
        Self { border, except, is_wanted, reports_links: false, seen: BTreeSet::new(), entries: Vec::new(), visited: 0 }
    }

    fn folder(&mut self, folder: &Path, real: Real, depth: usize) {
        if depth > MAX_FOLDERS {
            return self.refuse(
                folder,
                Problem::new("too-deep", Span::default(), format!("folders are nested more than {MAX_FOLDERS} deep"))
                    .help("move the campaigns up"),
            );
        }
        if !self.seen.insert(real.clone()) {
            let problem = Problem::new("symlink-loop", Span::default(), "the link leads to a folder that is read already");
            return self.refuse(folder, problem.help("remove the link: its campaigns would be declared twice"));
        }
        match self.border.list(&real) {
            Ok(listing) => {
                // Real folders before links, so that it is the link that gets the blame.
                let mut found: Vec<(bool, OsString, Listed)> = Vec::new();
                for entry in listing {
                    self.visited += 1;
                    if self.visited > MAX_ENTRIES {
                        return;
                    }
                    match entry {
                        Ok(entry) => {
                            found.push((entry.kind.is_some_and(|kind| kind.is_symlink()), entry.name.clone(), entry));
                        }
                        Err(error) => self.refuse(folder, unreadable(&error)),
                    }
                }
                found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
                for (_, name, Listed { kind, .. }) in found {
                    self.path(folder.join(&name), &real.join(Path::new(&name)), kind, depth);
                }
            }
            Err(refused) => self.refuse(folder, refusal(&refused)),
        }
    }

    /// Takes one path; `kind` is what the folder says of it, before links are followed.
    fn path(&mut self, path: PathBuf, real: &Real, kind: Option<crate::files::Kind>, depth: usize) {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if name.starts_with('.') || self.except.contains(&path.as_path()) || self.visited > MAX_ENTRIES {
            return;
        }
        let wanted = (self.is_wanted)(&name);
        let reported = wanted || (self.reports_links && !is_test_file(&name));
        drop(name);
        // Only a link needs another look at the disk.
        let resolved = match kind.filter(|kind| !kind.is_symlink()) {
            Some(kind) => Ok((real.clone(), kind)),
            None => self.border.resolve(&path).and_then(|real| self.border.kind(&real).map(|kind| (real, kind))),
        };
        match resolved {
            Ok((real, kind)) if kind.is_dir() => self.folder(&path, real, depth + 1),
            Ok((real, kind)) if kind.is_file() && wanted => {
                self.entries.push(Entry { real: Some(real), ..Entry::new(path, self.border) });
            }
            Ok(_) if wanted => self.refuse(&path, refusal(&Refused::NotRegular)),
            Err(refused @ (Refused::Outside(_) | Refused::Hidden)) if reported => self.refuse(&path, refusal(&refused)),
            Err(refused) if wanted => self.refuse(&path, refusal(&refused)),
            Ok(_) | Err(_) => {}
        }
    }

    fn refuse(&mut self, path: &Path, problem: Problem) {
        self.entries.push(Entry::refused(path, self.border, problem));
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
pub(super) fn read(entry: &Entry) -> Text {
    let refused = |problem| Text { text: String::new(), problem: Some(problem) };
    if let Some(problem) = entry.problem.clone() {
        return refused(problem);
    }
    match bytes_of(entry) {
        Ok(bytes) if bytes.len() as u64 > MAX_FILE_BYTES => {
            let problem = Problem::new("too-large", Span::default(), "the file is larger than 1 MiB");
            refused(problem.help("a campaign has a few KB: split the file, or move it out of the campaigns folder"))
        }
        Ok(bytes) => decode(bytes),
        Err(error) => refused(refusal(&error)),
    }
}

/// The bytes of a file, and one more than allowed at most. The announced size only saves growing: the file may be lying.
fn bytes_of(Entry { path, border, real, problem: _ }: &Entry) -> Result<Vec<u8>, Refused> {
    let border = border.as_ref().ok_or(Refused::Outside(None))?;
    let file = match real {
        Some(real) => border.open(real)?,
        None => border.open(&border.resolve(path)?)?,
    };
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

/// What to do about a path that leads outside.
pub(super) const OUTSIDE: &str = "put the files into the project: nothing outside the folder of campaignctl.yaml is read; if both \
                                  folders are yours, name one that holds them in CAMPAIGNCTL_ROOT";

/// Why a path is not read, and what to do about it. Never what is in a file.
pub(super) fn refusal(refused: &Refused) -> Problem {
    let outside = |message: String| Problem::new("outside-project", Span::default(), message).help(OUTSIDE);
    match refused {
        Refused::Outside(Some(target)) => outside(format!("the link leads outside the project folder, to `{}`", target.display())),
        Refused::Outside(None) => outside("this is outside the project folder".to_owned()),
        Refused::Hidden => Problem::new("outside-project", Span::default(), "the link leads to a hidden file or folder, or into `.git`")
            .help("remove the link: hidden files are not part of the project"),
        Refused::NotRegular => Problem::new("unreadable", Span::default(), "this is not a regular file (a pipe, socket or device)")
            .help("remove it from the campaigns folder"),
        Refused::Io(error) => unreadable(error),
    }
}

pub(super) fn unreadable(error: &std::io::Error) -> Problem {
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
