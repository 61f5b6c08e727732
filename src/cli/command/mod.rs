//! One page a command: its arguments, whose comments are the help, and a thin `run`.

pub(super) mod apply;
pub(super) mod completions;
pub(super) mod drift;
mod duration;
pub(super) mod emulator;
pub(super) mod explain;
mod fixing;
pub(super) mod fmt;
pub(super) mod import;
pub(super) mod init;
mod limits;
pub(super) mod plan;
mod planning;
pub(super) mod replay;
mod rules;
mod saving;
pub(super) mod schema;
mod selecting;
mod several;
pub(super) mod show;
mod showing;
pub(super) mod state;
mod state_changing;
mod state_reading;
mod streaming;
pub(super) mod test;
pub(super) mod validate;
