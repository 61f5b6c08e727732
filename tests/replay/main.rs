//! Replays: many sessions at once are decided as one at a time are, whatever the recordings look like; and what is said of them.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod decoding;
mod explained;
mod generated;
mod lines;
mod recordings;
mod reports;
mod same_decisions;
#[path = "../emulator/session.rs"]
mod session;
mod untimed;
