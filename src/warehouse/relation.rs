//! The table that has the sessions, and the column they are in.

use thiserror::Error;

use super::Dialect;

/// A table of sessions: one a row, in one column, as the line of the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    table: Vec<String>,
    column: String,
}

/// Why a name is none.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum BadName {
    /// It, or a part between two dots, has no character.
    #[error("is empty, or has nothing before or after a dot")]
    Empty,
    /// A control character or one that does not show.
    #[error("has a character that does not show")]
    Hidden,
    /// No engine takes it.
    #[error("has more than 300 characters")]
    Long,
}

impl Relation {
    /// The table where nobody names one.
    pub const TABLE: &str = "sessions";
    /// The column where nobody names one.
    pub const COLUMN: &str = "payload";

    /// A table, by its name with the parts before it (`database.schema.sessions`), and a column of it. Both are names, never
    /// SQL: they are quoted.
    ///
    /// # Errors
    /// A name that no table has.
    pub fn new(table: &str, column: &str) -> Result<Self, BadName> {
        let table = table.split('.').map(|part| name(part).map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok(Self { table, column: name(column)?.to_owned() })
    }

    /// The table as the engine wants it.
    pub(super) fn table(&self, dialect: Dialect) -> String {
        self.table.iter().map(|part| dialect.identifier(part)).collect::<Vec<_>>().join(".")
    }

    /// The column as the engine wants it.
    pub(super) fn column(&self, dialect: Dialect) -> String {
        dialect.identifier(&self.column)
    }
}

fn name(name: &str) -> Result<&str, BadName> {
    let shows = |c: char| c.is_ascii_graphic() || c == ' ' || (!c.is_ascii() && c.is_alphanumeric());
    match name {
        "" => Err(BadName::Empty),
        name if !name.chars().all(shows) => Err(BadName::Hidden),
        name if name.len() > 300 => Err(BadName::Long),
        name => Ok(name),
    }
}
