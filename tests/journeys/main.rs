//! Journeys: what a user does, through the program, against the emulator over HTTP.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod apply;
mod drift;
mod faults;
mod first_run;
mod guards;
mod import;
mod levels;
mod limits;
mod online;
mod output;
mod rehearsal;
mod replay;
mod repo;
mod rollback;
mod saved;
mod server;
mod state;
mod stream;
mod wrong_input;
