//! The canonical layout of a YAML file: read into a tree that keeps comments and spelling, put in order, written out.

mod align;
mod order;
mod read;
mod tree;
mod write;

use std::fmt;

pub use order::{Order, field_orders};

/// Why a text keeps its layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// The text in its canonical layout. Line endings stay what the first line has. The caller compares the values and comments
/// of both texts before anything is written.
///
/// # Errors
/// The text does not parse, or holds something rare that has no canonical layout.
pub fn format(text: &str, order: Order) -> Result<String, Refusal> {
    let crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let unix = text.replace("\r\n", "\n");
    if unix.contains('\r') {
        return Err(Refusal::new("it has carriage returns that end no line"));
    }
    if unix.lines().any(|line| line.starts_with('%')) {
        return Err(Refusal::new("it has a directive (a line that starts with `%`)"));
    }
    let mut documents = read::read(&unix)?;
    for document in &mut documents {
        order::arrange(document, order);
    }
    let formatted = write::write(&documents)?;
    Ok(if crlf { formatted.replace('\n', "\r\n") } else { formatted })
}
