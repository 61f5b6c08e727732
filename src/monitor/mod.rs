//! How a job is watched from outside: its report in a file that a collector reads, and its metrics and health over HTTP.

mod board;
mod server;
mod textfile;

pub use board::Board;
pub use server::{ListenError, Monitor};
pub use textfile::{read_earlier, replace_file};
