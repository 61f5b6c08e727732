//! A folder that a repository's paths must stay in, with their links resolved.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, FileType, OpenOptions};

use super::regular::not_regular;

/// How many links of a chain are followed to say where it leads.
const MOST_LINKS: usize = 40;

/// A folder, opened once, that paths of a repository must not leave: neither by `..` nor by a link. Hidden files that a link
/// leads to are outside too: beside the files of a repository lie `.git` and what its users keep to themselves.
#[derive(Clone)]
pub struct Border(Arc<Inner>);

struct Inner {
    /// As it was named, absolute.
    named: PathBuf,
    /// The same folder with its links resolved.
    real: PathBuf,
    folder: Dir,
}

/// A path below a [`Border`], relative to it, that had no links in it when it was resolved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Real(PathBuf);

/// What a folder says of an entry, before links are followed.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: OsString,
    /// Its kind, where the folder tells.
    pub kind: Option<FileType>,
}

/// Why a path is not used.
#[derive(Debug)]
pub enum Refused {
    /// It leads outside the border; the text of the link that leaves it, where it is a link.
    Outside(Option<PathBuf>),
    /// A link leads to a hidden file inside the border, or the path is in `.git`.
    Hidden,
    /// It is a folder, pipe, socket or device.
    NotRegular,
    /// The operating system says no.
    Io(io::Error),
}

impl Border {
    /// Makes a folder the border.
    ///
    /// # Errors
    /// A folder that cannot be opened.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let named = plain(&std::path::absolute(folder)?);
        let real = fs::canonicalize(folder)?;
        let folder = Dir::open_ambient_dir(&real, ambient_authority())?;
        Ok(Self(Arc::new(Inner { named, real, folder })))
    }

    /// Makes the border for a path that the user named without a project: the nearest folder above it that is a project or the
    /// root of a repository; else the working directory where the path is in it, else the path's own folder. Names may come from a
    /// pattern, so that links among them are a repository's.
    ///
    /// # Errors
    /// A folder that cannot be opened.
    pub fn of_named(path: &Path) -> io::Result<Self> {
        let path = plain(&std::path::absolute(path)?);
        let is_root = |folder: &&Path| [".git", "campaignctl.yaml", "campaignctl.yml"].iter().any(|name| there(&folder.join(name)));
        let mut roots: Vec<&Path> = path.ancestors().filter(is_root).collect();
        if let Some(outermost) = roots.pop() {
            // A root that is reached through a link out of another one is not where it seems to be.
            let mut nearest = outermost;
            for root in roots.into_iter().rev() {
                if !fs::canonicalize(root)?.starts_with(fs::canonicalize(nearest)?) {
                    break;
                }
                nearest = root;
            }
            return Self::new(nearest);
        }
        let here = std::path::absolute(Path::new("."))?;
        if path.starts_with(&here) {
            return Self::new(&here);
        }
        let is_folder = |folder: &&Path| fs::symlink_metadata(folder).is_ok_and(|kind| kind.is_dir());
        let own = path.ancestors().find(is_folder).unwrap_or(&path);
        Self::new(own)
    }

    /// The folder, with its links resolved.
    pub fn real(&self) -> &Path {
        &self.0.real
    }

    /// Whether a path is inside by its name alone. Looks at no disk.
    pub fn holds_name(&self, path: &Path) -> bool {
        self.below(path).is_some()
    }

    /// Resolves a path.
    ///
    /// # Errors
    /// A path that leads outside or does not exist.
    pub fn resolve(&self, path: &Path) -> Result<Real, Refused> {
        let named = self.below(path).ok_or(Refused::Outside(None))?;
        let real = match self.0.folder.canonicalize(dotted(&named)) {
            Ok(real) => real,
            Err(error) if is_escape(&error) => self.resolve_absolute(path).ok_or_else(|| Refused::Outside(self.leads_to(path)))?,
            Err(error) => return Err(Refused::Io(error)),
        };
        if is_hidden(&named, &real) { Err(Refused::Hidden) } else { Ok(Real(real)) }
    }

    /// Checks a path that need not exist yet: what exists of it must be inside.
    ///
    /// # Errors
    /// As [`Self::resolve`], but for what does not exist.
    pub fn check(&self, path: &Path) -> Result<(), Refused> {
        let path_itself = std::iter::once(path.to_owned());
        let absolute = std::path::absolute(path)?;
        let above = plain(&absolute).ancestors().map(Path::to_owned).take_while(|above| self.below(above).is_some()).collect::<Vec<_>>();
        for existing in path_itself.chain(above) {
            match self.resolve(&existing) {
                Err(Refused::Io(error)) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                outcome => return outcome.map(drop),
            }
        }
        Ok(())
    }

    /// Checks the folder of a file, whose own name is replaced and not followed.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_folder(&self, file: &Path) -> Result<(), Refused> {
        let file = std::path::absolute(file)?;
        self.check(file.parent().unwrap_or(&file))
    }

    /// Opens a regular file for reading; what was opened is looked at, not what was there before.
    ///
    /// # Errors
    /// Anything else than a regular file inside the border.
    pub fn open(&self, real: &Real) -> Result<File, Refused> {
        let kind = self.kind(real)?;
        if !kind.is_file() {
            return Err(Refused::NotRegular);
        }
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW);
        }
        let file = self.0.folder.open_with(dotted(&real.0), &options).map_err(refused)?.into_std();
        if file.metadata()?.is_file() { Ok(file) } else { Err(Refused::NotRegular) }
    }

    /// The kind of what is there.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn kind(&self, real: &Real) -> Result<FileType, Refused> {
        Ok(self.0.folder.symlink_metadata(dotted(&real.0)).map_err(refused)?.file_type())
    }

    /// The size of a file, in bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn size(&self, real: &Real) -> Result<u64, Refused> {
        Ok(self.0.folder.symlink_metadata(dotted(&real.0)).map_err(refused)?.len())
    }

    /// The entries of a folder, in no order; each may fail.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn list(&self, folder: &Real) -> Result<impl Iterator<Item = io::Result<Listed>> + use<>, Refused> {
        let entries = self.0.folder.read_dir(dotted(&folder.0)).map_err(refused)?;
        Ok(entries.map(|entry| entry.map(|entry| Listed { name: entry.file_name(), kind: entry.file_type().ok() })))
    }

    /// A path relative to the border, as it is named; `None` for one that is outside by its name alone. Looks at no disk.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        let roots = [&self.0.named, &self.0.real];
        let path = std::path::absolute(path).ok()?;
        let plain = plain(&path);
        let inside = roots.into_iter().find(|root| plain.starts_with(root))?;
        // What follows `..` depends on links, so that the path is kept as it is where that is possible.
        Some(path.strip_prefix(inside).or_else(|_| plain.strip_prefix(inside)).ok()?.to_owned())
    }

    /// Links with an absolute target may lead back inside.
    fn resolve_absolute(&self, path: &Path) -> Option<PathBuf> {
        Some(fs::canonicalize(path).ok()?.strip_prefix(&self.0.real).ok()?.to_owned())
    }

    /// What the link says that leaves the border. Only texts of links inside it are told.
    fn leads_to(&self, path: &Path) -> Option<PathBuf> {
        let mut path = plain(&std::path::absolute(path).ok()?);
        for _ in 0..MOST_LINKS {
            let below = self.below(&path)?;
            let steps: Vec<PathBuf> = below.ancestors().map(Path::to_owned).collect();
            let link = steps.iter().rev().map(|step| self.0.real.join(step)).find(|step| step.is_symlink())?;
            let target = fs::read_link(&link).ok()?;
            let rest = self.0.real.join(&below).strip_prefix(&link).map(Path::to_owned).unwrap_or_default();
            path = plain(&link.parent()?.join(&target).join(rest));
            if self.below(&path).is_none() {
                return Some(target);
            }
        }
        None
    }
}

impl Real {
    /// The path of an entry that is not a link.
    #[must_use]
    pub fn join(&self, name: &Path) -> Self {
        Self(self.0.join(name))
    }
}

impl Refused {
    /// The refusal as an error of the operating system, for those who have no place of their own for it.
    pub fn into_io(self) -> io::Error {
        match self {
            Self::Io(error) => error,
            Self::NotRegular => not_regular(),
            outside @ (Self::Outside(_) | Self::Hidden) => io::Error::new(io::ErrorKind::PermissionDenied, outside.to_string()),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(Some(target)) => write!(f, "a link leads outside the project folder, to `{}`", target.display()),
            Self::Outside(None) => f.write_str("it is outside the project folder"),
            Self::Hidden => f.write_str("it leads to a hidden file or folder, or into `.git`"),
            Self::NotRegular => f.write_str("it is not a regular file (a folder, pipe, socket or device)"),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl PartialEq for Border {
    fn eq(&self, other: &Self) -> bool {
        self.0.real == other.0.real
    }
}

impl fmt::Debug for Border {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Border").field(&self.0.real).finish()
    }
}

fn refused(error: io::Error) -> Refused {
    if is_escape(&error) { Refused::Outside(None) } else { Refused::Io(error) }
}

/// Whether the error says that a path leaves its folder: only the library's own errors have no number of the system.
fn is_escape(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

/// Whether a link led to a hidden name. One that is named openly, as in `emulator: .campaignctl/local`, is meant; `.git` never is.
fn is_hidden(named: &Path, real: &Path) -> bool {
    real.components().any(|step| {
        let name = step.as_os_str().to_string_lossy();
        let is_named = || named.components().any(|named| named == step);
        name.eq_ignore_ascii_case(".git") || (name.starts_with('.') && !matches!(step, Component::CurDir) && !is_named())
    })
}

fn there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The folder itself is `.` for the operating system.
fn dotted(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// The path without `.` and `..`, by its text alone.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            step => out.push(step),
        }
    }
    out
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{Border, Refused};

    /// A project with a neighbour, and what can be reached from it.
    fn world() -> (tempfile::TempDir, Border) {
        let world = tempfile::tempdir().unwrap();
        let project = world.path().join("project");
        fs::create_dir_all(project.join("campaigns")).unwrap();
        fs::create_dir_all(project.join(".git")).unwrap();
        fs::write(project.join("campaigns/a.yaml"), "a").unwrap();
        fs::write(project.join(".git/config"), "token").unwrap();
        fs::write(project.join(".env"), "secret").unwrap();
        fs::write(world.path().join("secret"), "secret").unwrap();
        let border = Border::new(&project).unwrap();
        (world, border)
    }

    fn read(border: &Border, path: &Path) -> Result<String, Refused> {
        let mut text = String::new();
        border.open(&border.resolve(path)?)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn links_inside_are_followed_and_links_outside_are_not() {
        let (world, border) = world();
        let project = world.path().join("project");
        let inside = [("campaigns/a.yaml", "r"), (project.join("campaigns/a.yaml").to_str().unwrap(), "absolute")]
            .map(|(target, name)| (target.to_owned(), name));
        for (target, name) in inside {
            symlink(target, project.join(name)).unwrap();
            assert_eq!(read(&border, &project.join(name)).unwrap(), "a", "{name}");
        }
        for (name, target) in [("up", "../secret"), ("far", "/etc/passwd"), ("chain", "up"), ("folder", ".."), ("dangling", "../nothing")] {
            symlink(target, project.join(name)).unwrap();
            let outcome = read(&border, &project.join(name));
            assert!(matches!(outcome, Err(Refused::Outside(Some(_)))), "{name}: {outcome:?}");
        }
        assert!(matches!(read(&border, &project.join("folder/secret")), Err(Refused::Outside(Some(_)))));
        assert!(matches!(read(&border, &project.join("../secret")), Err(Refused::Outside(None))));
        assert_eq!(read(&border, &project.join("campaigns/../campaigns/a.yaml")).unwrap(), "a");
        assert_eq!(read(&border, &project.join("../project/campaigns/a.yaml")).unwrap(), "a");
    }

    #[test]
    fn a_link_to_a_hidden_file_is_refused_and_a_hidden_name_is_not() {
        let (world, border) = world();
        let project = world.path().join("project");
        symlink(".env", project.join("env.yaml")).unwrap();
        symlink(".git", project.join("git")).unwrap();
        assert!(matches!(read(&border, &project.join("env.yaml")), Err(Refused::Hidden)));
        assert!(matches!(read(&border, &project.join("git/config")), Err(Refused::Hidden)));
        assert!(matches!(read(&border, &project.join(".git/config")), Err(Refused::Hidden)));
        assert_eq!(read(&border, &project.join(".env")).unwrap(), "secret", "named openly");
    }

    #[test]
    fn what_is_to_be_written_stays_inside_too() {
        let (world, border) = world();
        let project = world.path().join("project");
        symlink("..", project.join("out")).unwrap();
        border.check(&project.join("new/folder/file")).unwrap();
        assert!(matches!(border.check(&project.join("out/new/file")), Err(Refused::Outside(Some(_)))));
        assert!(matches!(border.check(&project.join("../new")), Err(Refused::Outside(None))));
    }

    #[test]
    fn a_file_that_is_swapped_for_a_link_after_the_look_is_not_followed() {
        let (world, border) = world();
        let file = world.path().join("project/campaigns/a.yaml");
        let real = border.resolve(&file).unwrap();
        fs::remove_file(&file).unwrap();
        symlink("../../secret", &file).unwrap();
        assert!(border.open(&real).is_err());
        fs::remove_file(&file).unwrap();
        fs::remove_dir(world.path().join("project/campaigns")).unwrap();
        fs::write(world.path().join("a.yaml"), "secret").unwrap();
        symlink("..", world.path().join("project/campaigns")).unwrap();
        assert!(border.open(&real).is_err(), "the folder became a link");
    }

    #[test]
    fn a_named_path_is_held_by_its_repository_or_its_own_folder() {
        let (world, border) = world();
        let of = |path: &str| Border::of_named(&world.path().join(path)).unwrap();
        assert_eq!((of("project/campaigns/a.yaml"), of("project/none/b.yaml")), (border.clone(), border.clone()));
        assert_eq!(of("secret").real(), fs::canonicalize(world.path()).unwrap());
        // A link to another repository does not become the border of what is named through it.
        fs::create_dir_all(world.path().join("other/.git")).unwrap();
        symlink("../other", world.path().join("project/schema")).unwrap();
        assert_eq!((of("project/schema"), of("project/schema/x.json")), (border.clone(), border));
    }
}
