//! A saved plan on disk: written as a whole, and never over something that is no plan.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::seal::FORMAT;
use super::{Opened, SealError, open};
use crate::files::{Border, Refused};

/// The largest plan that is read. One of 10,000 campaigns takes about 40 MB.
const MOST_BYTES: u64 = 1 << 30;

/// Why a plan could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// The file cannot be read or written.
    #[error("cannot {verb} the plan `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is larger than any plan.
    #[error("`{}` is larger than any plan", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// There already is a file, and it is no plan.
    #[error("`{}` exists and is no saved plan; it is left as it is", path.display())]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// Its content is not taken.
    #[error("`{}` cannot be used: {source}", path.display())]
    Seal {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SealError,
    },
}

impl SavedPlanError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Io { verb: "read", .. } => "name a file that `campaignctl plan --out FILE` wrote".to_owned(),
            Self::Io { path, .. } => format!("check that the folder of `{}` exists and that you may write in it", path.display()),
            Self::TooLarge { .. } => "name a file that `campaignctl plan --out FILE` wrote".to_owned(),
            Self::Occupied { .. } => "name another file with --out, or remove this one".to_owned(),
            Self::Seal { source: SealError::NotAPlan(_), .. } => "name a file that `campaignctl plan --out FILE` wrote".to_owned(),
            Self::Seal { source: SealError::Newer(_) | SealError::OtherPlan(_), .. } => {
                "use the version of campaignctl that made it, or plan again".to_owned()
            }
            Self::Seal { source: SealError::Damaged, .. } => {
                "get the file again from where it was made, or plan again; nothing of it was used".to_owned()
            }
        }
    }
}

/// Reads a plan and checks that it is what was written.
///
/// # Errors
/// A file that cannot be read, or is not taken for a plan.
pub fn read(path: &Path) -> Result<Opened, SavedPlanError> {
    let io_error = |source| SavedPlanError::Io { verb: "read", path: path.to_owned(), source };
    let file = File::open(path).map_err(io_error)?;
    let Some(bytes) = at_most(MOST_BYTES, file).map_err(io_error)? else {
        return Err(SavedPlanError::TooLarge { path: path.to_owned() });
    };
    open(&bytes).map_err(|source| SavedPlanError::Seal { path: path.to_owned(), source })
}

/// All of it, or `None` where that is more than `most` bytes.
fn at_most(most: u64, source: impl io::Read) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// Writes the text of a sealed plan: beside the file first, then renamed over it.
///
/// # Errors
/// A folder that cannot be written, or a file in its place that is no plan.
pub fn write(path: &Path, text: &str) -> Result<(), SavedPlanError> {
    let io_error = |source| SavedPlanError::Io { verb: "write", path: path.to_owned(), source };
    // The folder may be a link of the repository.
    Border::of_named(path)
        .map_err(Refused::from)
        .and_then(|border| border.check_folder(path))
        .map_err(|refused| io_error(refused.into_io()))?;
    if !may_be_replaced(path).map_err(io_error)? {
        return Err(SavedPlanError::Occupied { path: path.to_owned() });
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut file = tempfile::Builder::new().prefix(".plan-").suffix(".tmp").tempfile_in(folder).map_err(io_error)?;
    file.write_all(text.as_bytes()).map_err(io_error)?;
    file.as_file().sync_all().map_err(io_error)?;
    file.persist(path).map_err(|error| io_error(error.error))?;
    Ok(())
}

/// Whether there is nothing at `path`, an empty file, or a plan.
fn may_be_replaced(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.is_file() => return Ok(false),
        Ok(_) => File::open(path)?.take(200).read_to_end(&mut start)?,
    };
    Ok(start.is_empty() || String::from_utf8_lossy(&start).contains(FORMAT))
}

#[cfg(test)]
mod tests {
    use super::at_most;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        assert_eq!(at_most(3, &b"abc"[..]).unwrap(), Some(b"abc".to_vec()));
        assert_eq!(at_most(3, &b"abcd"[..]).unwrap(), None);
        assert_eq!(at_most(3, std::io::repeat(b'a')).unwrap(), None, "and it is not waited for the end of one that has none");
    }
}
