//! What is decided: a table of decisions, each made by the pure function and by the emulator over HTTP, and properties.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod both;
mod filters;
mod properties;
#[path = "../emulator/session.rs"]
mod session;
mod time;
