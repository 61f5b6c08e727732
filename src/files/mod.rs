//! Opens files that somebody else may have prepared: regular ones only, without waiting, and inside a folder where the path
//! comes from a repository.

mod border;
mod output;
mod regular;

pub use cap_std::fs::FileType as Kind;

pub use border::{Border, Listed, Real, Refused};
pub use output::{make_folder_of, write_named};
pub use regular::{lock_options, open_regular, read_regular};
