//! Plans as text.

mod field;
mod human;
mod refusal;

pub use human::{Options, human, summary_line};
pub use refusal::{Refused, refused};
