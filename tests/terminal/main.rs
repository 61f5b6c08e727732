//! What a person at a terminal gets: the program on a pseudo-terminal, with texts from outside that try to act on it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

#[path = "../journeys/repo.rs"]
#[allow(dead_code, reason = "written for the journeys")]
mod repo;

mod hostile;
mod prompt;
mod screen;
mod server;
mod width;
