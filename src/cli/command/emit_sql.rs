//! `campaignctl replay --emit-sql`

use clap::{Args, ValueEnum};

use crate::cli::context::{Context, Outcome};
use crate::cli::exit_code::Exit;
use crate::ops::Failure;
use crate::ops::matching::{Wanted, Written, offline, online};
use crate::ops::plan::Request;
use crate::render;
use crate::warehouse::{self, Relation};

/// The statement for a warehouse, in place of a replay.
#[derive(Debug, Args)]
pub(super) struct EmitSql {
    /// Replay nothing: write SQL with which a warehouse says what sessions each campaign's filters match
    #[arg(long, value_enum, value_name = "DIALECT", conflicts_with_all = ["files", "format", "out", "strict", "detailed_exitcode"])]
    emit_sql: Option<Dialect>,
    /// Table with the sessions, with what is before its name: `database.schema.sessions`
    #[arg(long, value_name = "NAME", default_value = Relation::TABLE, requires = "emit_sql", conflicts_with = "files")]
    table: String,
    /// Column with the session as it was sent
    #[arg(long, value_name = "NAME", default_value = Relation::COLUMN, requires = "emit_sql", conflicts_with = "files")]
    column: String,
    /// One row for each session and campaign that match, instead of one for each campaign
    #[arg(long, requires = "emit_sql", conflicts_with = "files")]
    rows: bool,
}

/// An engine that a statement is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dialect {
    /// DuckDB
    Duckdb,
    /// Google BigQuery
    Bigquery,
    /// Snowflake
    Snowflake,
    /// ClickHouse
    Clickhouse,
}

impl EmitSql {
    /// What is asked for; `None` where a replay is.
    pub(super) fn wanted(&self) -> Result<Option<Wanted>, Failure> {
        let Self { emit_sql, table, column, rows } = self;
        let Some(dialect) = emit_sql else { return Ok(None) };
        let dialect = match dialect {
            Dialect::Duckdb => warehouse::Dialect::Duckdb,
            Dialect::Bigquery => warehouse::Dialect::Bigquery,
            Dialect::Snowflake => warehouse::Dialect::Snowflake,
            Dialect::Clickhouse => warehouse::Dialect::Clickhouse,
        };
        let refused = |flag: &str, name: &str, error| {
            Failure::new(format!("`{flag} {}` {error}", render::inline(name)), "name it as it is called, without quotes; it is not SQL")
        };
        // A column has no parts, so a dot in it is one of its characters.
        let relation = Relation::new(table, column).map_err(|error| match Relation::new(table, Relation::COLUMN) {
            Ok(_) => refused("--column", column, error),
            Err(error) => refused("--table", table, error),
        })?;
        Ok(Some(Wanted { dialect, relation, rows: *rows }))
    }
}

/// Writes the statement to standard output. With a request live and desired are compared; without, the files alone are asked.
pub(super) fn run(wanted: &Wanted, request: Option<Request>, context: &Context) -> Outcome {
    let written = match request {
        Some(request) => context.block_on(online(request, wanted))?,
        None => {
            let project = context.project()?;
            let environment = context.environment(&project)?;
            offline(&project, &environment, wanted)?
        }
    };
    let Written { environment, sql, plan, unreadable, warnings } = written;
    if warnings > 0 && !context.console.is_quiet() {
        context.console.err(&render::findings::warnings_line(warnings, &environment));
    }
    super::replay::left_out(plan.as_ref(), &environment, context);
    if unreadable > 0 {
        let style = render::WARNING;
        let told = if unreadable == 1 { "1 live campaign cannot be read, and takes" } else { "live campaigns cannot be read, and take" };
        let count = if unreadable == 1 { String::new() } else { format!("{unreadable} ") };
        context.console.err(&format!("{style}Warning:{style:#} {count}{told} no part\n\n"));
    }
    context.console.out(&sql);
    Ok(Exit::Ok)
}
