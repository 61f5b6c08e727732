//! Journeys: what a user does, through the program, against the emulator over HTTP.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod answers;
mod apply;
mod drift;
mod emit_sql;
mod environments;
mod explain;
mod faults;
mod first_run;
mod guards;
#[path = "../campaigns/hostile.rs"]
mod hostile;
mod hostile_text;
mod import;
mod import_files;
mod init;
mod job;
mod levels;
mod limits;
mod lost_state;
mod names;
mod not_judged;
mod online;
mod output;
mod reflecting;
mod rehearsal;
mod replay;
mod repo;
mod revert;
mod rollback;
mod saved;
mod server;
mod state;
mod state_commands;
mod stream;
mod test_cases;
mod watching;
mod wrong_input;
