//! The matching of sessions as SQL, for a warehouse that has them.

use crate::repo::{Repo, campaign};

const PROJECT: &str = "environments:\n  local: { emulator: .e }\n";

/// A campaign is live for those who stay a minute, and its file says 45 seconds.
fn repo() -> Repo {
    let repo = Repo::new(PROJECT);
    repo.campaign("greet", &campaign("Greet", 60));
    repo.run(&["apply", "--auto-approve"]).exits(0);
    repo.campaign("greet", &campaign("Greet", 45));
    repo
}

#[test]
fn both_worlds_are_in_the_statement() {
    let repo = repo();
    for dialect in ["duckdb", "bigquery", "snowflake", "clickhouse"] {
        let sql = repo.run(&["replay", "--emit-sql", dialect]).exits(0).out;
        assert!(sql.starts_with("-- For each campaign, how many recorded sessions its filters match, live and once the plan is applied."));
        assert!(sql.contains("whole_0 > CAST('60' AS") && sql.contains("whole_0 > CAST('45' AS"), "{sql}");
        assert!(sql.contains("'greet'") && sql.contains("newly_matched"), "{sql}");
        assert!(sql.ends_with(";\n") && sql.matches(';').count() == 1, "one statement: {sql}");
    }
    let rows = repo.run(&["replay", "--emit-sql", "duckdb", "--rows"]).exits(0).out;
    assert!(rows.contains("SELECT line, c.campaign") && !rows.contains("COUNT("), "{rows}");
}

#[test]
fn offline_there_is_no_live_world() {
    let repo = repo();
    let sql = repo.run(&["replay", "--emit-sql", "duckdb", "--offline"]).exits(0).out;
    assert!(sql.contains("CAST('45' AS") && !sql.contains("CAST('60' AS") && !sql.contains("matched_live"), "{sql}");
}

#[test]
fn a_table_is_named_and_never_sql() {
    let repo = repo();
    let named = ["replay", "--emit-sql", "bigquery", "--table", "shop-1.web.sessions", "--column", "line; --"];
    repo.run(&named).exits(0).says("SELECT `line; --` AS line FROM `shop-1`.`web`.`sessions`");
    repo.run(&["replay", "--emit-sql", "duckdb", "--table", "a\"; DROP TABLE b"]).exits(1).complains("has a double quote");
    repo.run(&["replay", "--emit-sql", "duckdb", "--table", "a..b"])
        .exits(1)
        .complains("`--table a..b` is empty, or has nothing before or after a dot");
    repo.run(&["replay", "--emit-sql", "duckdb", "--column", ""]).exits(1).complains("--column");
}

#[test]
fn what_does_not_go_together_is_said() {
    let repo = repo();
    repo.run(&["replay", "--emit-sql", "duckdb", "sessions.ndjson"]).exits(1).complains("cannot be used with");
    repo.run(&["replay", "--rows", "sessions.ndjson"]).exits(1).complains("cannot be used with");
    repo.run(&["replay", "--table", "x", "sessions.ndjson"]).exits(1).complains("cannot be used with");
    repo.run(&["replay", "--rows"]).exits(1).complains("--emit-sql");
    repo.run(&["replay", "--emit-sql", "oracle"]).exits(1).complains("snowflake");
    let empty = Repo::new(PROJECT);
    empty.run(&["replay", "--emit-sql", "duckdb"]).exits(1).complains("no `*.yaml` file");
}
