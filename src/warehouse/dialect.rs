//! The four engines, and what each calls the same thing.

/// An engine that a statement is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// DuckDB
    Duckdb,
    /// Google BigQuery (GoogleSQL)
    Bigquery,
    /// Snowflake
    Snowflake,
    /// ClickHouse
    Clickhouse,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Duckdb, Self::Bigquery, Self::Snowflake, Self::Clickhouse];

    /// Its name, as it is written by its makers.
    pub fn title(self) -> &'static str {
        match self {
            Self::Duckdb => "DuckDB",
            Self::Bigquery => "BigQuery",
            Self::Snowflake => "Snowflake",
            Self::Clickhouse => "ClickHouse",
        }
    }

    /// The type of the column with the sessions.
    pub fn column_type(self) -> &'static str {
        match self {
            Self::Duckdb => "JSON or VARCHAR",
            Self::Bigquery => "STRING",
            Self::Snowflake => "VARIANT",
            Self::Clickhouse => "String",
        }
    }

    /// A type that holds every integer of 64 bits, signed or not.
    pub(super) fn whole(self) -> &'static str {
        match self {
            Self::Duckdb => "HUGEINT",
            Self::Bigquery => "BIGNUMERIC",
            Self::Snowflake => "NUMBER(38, 0)",
            Self::Clickhouse => "Int128",
        }
    }

    /// The floating-point type of 64 bits.
    pub(super) fn float(self) -> &'static str {
        match self {
            Self::Duckdb | Self::Snowflake => "DOUBLE",
            Self::Bigquery => "FLOAT64",
            Self::Clickhouse => "Float64",
        }
    }

    /// The type of text that may be absent.
    fn text(self) -> &'static str {
        match self {
            Self::Duckdb | Self::Snowflake => "VARCHAR",
            Self::Bigquery => "STRING",
            Self::Clickhouse => "Nullable(String)",
        }
    }

    /// Text that is not there, of the type of text.
    pub(super) fn no_text(self) -> String {
        format!("CAST(NULL AS {})", self.text())
    }

    /// Whether `text` contains `part`; both are expressions. Code points are compared, without any pattern.
    pub(super) fn contains(self, text: &str, part: &str) -> String {
        match self {
            Self::Duckdb | Self::Snowflake => format!("CONTAINS({text}, {part})"),
            Self::Bigquery => format!("STRPOS({text}, {part}) > 0"),
            Self::Clickhouse => format!("position({text}, {part}) > 0"),
        }
    }

    /// Whether `text` starts with `part`.
    pub(super) fn starts_with(self, text: &str, part: &str) -> String {
        match self {
            Self::Duckdb | Self::Bigquery => format!("STARTS_WITH({text}, {part})"),
            Self::Snowflake => format!("STARTSWITH({text}, {part})"),
            Self::Clickhouse => format!("startsWith({text}, {part})"),
        }
    }

    /// Whether `text` ends with `part`.
    pub(super) fn ends_with(self, text: &str, part: &str) -> String {
        match self {
            Self::Duckdb | Self::Bigquery => format!("ENDS_WITH({text}, {part})"),
            Self::Snowflake => format!("ENDSWITH({text}, {part})"),
            Self::Clickhouse => format!("endsWith({text}, {part})"),
        }
    }
}
