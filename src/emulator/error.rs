//! Why an emulator could not be started.

use std::io;
use std::path::PathBuf;

/// Why an emulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// Another program listens on the port.
    #[error("port {port} of 127.0.0.1 is in use")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// The port cannot be listened on for another reason.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the operating system says.
        source: io::Error,
    },
    /// The folder for the data, or the database in it, cannot be made, read or written.
    #[error("the emulator's data folder `{}` cannot be used: {source}", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Another process has the database open.
    #[error("the emulator's database `{}` is in use", path.display())]
    DatabaseInUse {
        /// The database file.
        path: PathBuf,
    },
    /// The database was written by a newer version of this program.
    #[error("the emulator's database `{}` has format {found}; this version reads up to {known}", path.display())]
    NewerFormat {
        /// The database file.
        path: PathBuf,
        /// The format of the file.
        found: u64,
        /// The newest format this version reads.
        known: u64,
    },
    /// The file is no database, or a damaged one.
    #[error("the emulator's database `{}` cannot be read: {reason}", path.display())]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl EmulatorError {
    /// What to do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::PortInUse { .. } => "choose another port, or stop the program that listens there".to_owned(),
            Self::Listen { .. } => "choose a port above 1023, or 0 for any free port".to_owned(),
            Self::DataFolder { .. } => "choose a folder that you may write to, or correct its permissions and free space".to_owned(),
            Self::DatabaseInUse { .. } => {
                "another campaignctl command is using this environment's emulator; wait for it or stop it".to_owned()
            }
            Self::NewerFormat { .. } => "use the newer campaignctl that wrote it, or another data folder".to_owned(),
            Self::Corrupt { path, .. } => {
                format!("move `{}` away: the emulator then starts empty, and `apply` fills it again", path.display())
            }
        }
    }
}
