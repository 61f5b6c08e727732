//! Findings as text.

mod human;

pub use human::{human, summary, warnings_line};
