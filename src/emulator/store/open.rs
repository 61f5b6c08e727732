//! Opening the database: in a new folder, after a crash, beside another process, or written by a newer version.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use redb::{Database, DatabaseError, ReadableTable, StorageError, TableDefinition};
use tokio::time::Instant;

use super::{CAMPAIGNS, StoreError};
use crate::emulator::error::EmulatorError;
use crate::emulator::sample::{ORGANIZATION_ID, ORGANIZATION_NAME};
use crate::files::{Border, Refused, open_regular};

/// Name of the database file in the data folder.
pub(super) const FILE: &str = "emulator.redb";

/// Facts about the database as a whole, by name.
const FACTS: TableDefinition<&str, &str> = TableDefinition::new("facts");

/// Layout of the tables; a database with a higher number was written by a newer version.
const FORMAT: u64 = 1;

/// How much of the database is kept in memory at most. Bytes.
const CACHE: usize = 64 * 1024 * 1024;

/// How often an open is tried again while another process has the database.
const RETRY_EVERY: Duration = Duration::from_millis(20);

/// The organization that a database belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emulator) struct OrganizationRecord {
    /// UUID.
    pub id: String,
    /// Display name.
    pub name: String,
}

/// A data folder whose database is to be opened.
pub(in crate::emulator) struct Unopened<'a> {
    folder: &'a Path,
    file: PathBuf,
}

impl<'a> Unopened<'a> {
    /// The database of a data folder.
    pub fn in_folder(folder: &'a Path) -> Self {
        Self { folder, file: folder.join(FILE) }
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Opens it, and makes it where there is none. While another process has it open, tries again for `patience`: a
    /// command that is just finishing lets it go.
    ///
    /// # Errors
    /// [`EmulatorError`] about the folder or the file.
    pub async fn open(&self, patience: Duration) -> Result<(Database, Arc<OrganizationRecord>), EmulatorError> {
        self.check().map_err(|source| self.folder_error(source))?;
        std::fs::create_dir_all(self.folder).map_err(|source| self.folder_error(source))?;
        let deadline = Instant::now() + patience;
        let mut restarted = false;
        let database = loop {
            match self.create() {
                Ok(database) => break database,
                Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < deadline => tokio::time::sleep(RETRY_EVERY).await,
                Err(DatabaseError::DatabaseAlreadyOpen) => return Err(EmulatorError::DatabaseInUse { path: self.file.clone() }),
                Err(_) if !restarted && was_never_finished(&self.file) => {
                    restarted = true;
                    std::fs::remove_file(&self.file).map_err(|source| self.folder_error(source))?;
                }
                Err(error) => return Err(self.open_error(error)),
            }
        };
        let organization = self.prepare(&database)?;
        Ok((database, Arc::new(organization)))
    }

    /// Looks at what is there before anything is made or written: the folder may be that of a repository, with links in it.
    fn check(&self) -> io::Result<()> {
        Border::of_named(self.folder)?.check(&self.file).map_err(Refused::into_io)?;
        match open_regular(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(error),
            _ => Ok(()),
        }
    }

    fn create(&self) -> Result<Database, DatabaseError> {
        Database::builder().set_cache_size(CACHE).create(&self.file)
    }

    /// Makes the tables and facts of a new database, or checks those of an old one.
    fn prepare(&self, database: &Database) -> Result<OrganizationRecord, EmulatorError> {
        let (format, organization) = facts(database).map_err(|error| self.corrupt(error))?;
        let found = format.parse().map_err(|_| self.corrupt(StoreError::Failed(format!("its format is `{format}`"))))?;
        if found > FORMAT {
            return Err(EmulatorError::NewerFormat { path: self.file.clone(), found, known: FORMAT });
        }
        Ok(organization)
    }

    fn open_error(&self, error: DatabaseError) -> EmulatorError {
        match error {
            DatabaseError::Storage(StorageError::Io(source)) if !is_about_content(&source) => self.folder_error(source),
            error => self.corrupt(error.into()),
        }
    }

    fn folder_error(&self, source: io::Error) -> EmulatorError {
        EmulatorError::DataFolder { path: self.folder.to_owned(), source }
    }

    /// The error for a database whose content cannot be used.
    pub fn corrupt(&self, error: StoreError) -> EmulatorError {
        let reason = match error {
            StoreError::Failed(reason) => reason,
            other => format!("{other:?}"),
        };
        EmulatorError::Corrupt { path: self.file.clone(), reason }
    }
}

/// The format and the organization, written first where there are none.
fn facts(database: &Database) -> Result<(String, OrganizationRecord), StoreError> {
    let transaction = database.begin_write()?;
    let mut is_new = false;
    let found = {
        transaction.open_table(CAMPAIGNS)?;
        let mut facts = transaction.open_table(FACTS)?;
        let mut fact = |name: &str, initial: &str| -> Result<String, StoreError> {
            if let Some(value) = facts.get(name)? {
                return Ok(value.value().to_owned());
            }
            is_new = true;
            facts.insert(name, initial)?;
            Ok(initial.to_owned())
        };
        let format = fact("format", &FORMAT.to_string())?;
        let id = fact("organizationId", ORGANIZATION_ID)?;
        let name = fact("organizationName", ORGANIZATION_NAME)?;
        (format, OrganizationRecord { id, name })
    };
    // Opening an existing database writes nothing.
    if is_new {
        transaction.commit()?
    } else {
        transaction.abort()?
    };
    Ok(found)
}

/// Whether an I/O error speaks of what is in the file, not of the disk or of permissions.
fn is_about_content(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// Whether the file was left by a process that was killed while it made the database: its first bytes are written last.
/// Nothing was ever stored in such a file.
fn was_never_finished(file: &Path) -> bool {
    let mut start = [0; 9];
    File::open(file).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == [0; 9]
}
