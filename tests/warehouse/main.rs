//! Statements for warehouses: as they are written for each engine, and, by `tests/warehouse/run.sh`, what engines answer to them.

#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]

mod cases;
mod hostile;
mod written;
