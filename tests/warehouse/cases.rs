//! Expected statements for each engine, read by a parser of its dialect. `BLESS=1 cargo test --test warehouse` writes them anew.

use std::path::PathBuf;

use campaignctl::warehouse::{BadName, Dialect, Relation, Shape, statement};
use serde_json::{Value, json};
use sqlparser::ast::Statement;
use sqlparser::dialect::{BigQueryDialect, ClickHouseDialect, Dialect as Grammar, DuckDbDialect, SnowflakeDialect};
use sqlparser::parser::Parser;

use super::hostile::{Owned, campaigns};

#[allow(clippy::disallowed_methods, reason = "a switch for developers, read by the test alone")]
fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

fn grammar(dialect: Dialect) -> Box<dyn Grammar> {
    match dialect {
        Dialect::Duckdb => Box::new(DuckDbDialect {}),
        Dialect::Bigquery => Box::new(BigQueryDialect {}),
        Dialect::Snowflake => Box::new(SnowflakeDialect {}),
        Dialect::Clickhouse => Box::new(ClickHouseDialect {}),
    }
}

/// The statement, once a parser has found that it is exactly one query.
fn one_query(campaigns: &[Owned], relation: &Relation, dialect: Dialect, shape: Shape) -> String {
    let asked: Vec<_> = campaigns.iter().map(Owned::asked).collect();
    let sql = statement(&asked, relation, dialect, shape);
    let parsed = Parser::parse_sql(&*grammar(dialect), &sql).unwrap_or_else(|error| panic!("{dialect:?}: {error}\n{sql}"));
    assert!(matches!(&parsed[..], [Statement::Query(_)]), "{dialect:?}: one query, and nothing else\n{sql}");
    sql
}

fn filter(attribute: &str, operator: &str, value: &Value, data_type: &str) -> Value {
    json!({ "attributeName": attribute, "operator": operator, "value": value, "dataType": data_type })
}

/// What people have: a campaign that changes, one that is new, one that goes, one that is switched off.
fn usual() -> Vec<Owned> {
    let churn = |over: f64| {
        json!([
            filter("external.churn_probability", "greater_than", &json!(over), "float"),
            filter("session.dwell_time_seconds", "greater_than_or_equal", &json!(45), "integer"),
            filter("contact.is_authenticated", "equals", &json!(true), "boolean"),
        ])
    };
    let page = json!([
        filter("referrer.page", "starts_with", &json!("/pricing/it's 100%"), "string"),
        filter("browser.language", "not_in", &json!(["de", "en-US"]), "string"),
    ]);
    let mut off = Owned::new(3, None, Some(page.clone()));
    if let Some(spec) = &mut off.desired {
        spec.enabled = false;
    }
    let mut all =
        vec![Owned::new(0, Some(churn(0.8)), Some(churn(0.72))), Owned::new(1, None, Some(page.clone())), Owned::new(17, Some(page), None)];
    all.push(off);
    for (campaign, name) in all.iter_mut().zip(["Churn", "Pricing – “new”", "Nobody's", "Off"]) {
        name.clone_into(&mut campaign.who.name);
    }
    all
}

/// What nobody should have: names, attributes and values that end a literal where they are not escaped.
fn hostile() -> Vec<Owned> {
    let text = "'; DROP TABLE sessions; -- \" ` \\ \n \u{0} \u{1b}[31m \u{202e} é 😀 */ ${x} ##[add-mask]";
    let filters = json!([
        filter(text, "contains", &json!(text), "string"),
        filter(text, "not_equals", &json!("\\"), "string"),
        filter("a.b", "in", &json!([1, 1.0, -0.0, 9_007_199_254_740_993_u64, u64::MAX, 1e300]), "float"),
        filter("a.b", "less_than", &json!(9_007_199_254_740_993_u64), "float"),
        filter("", "ends_with", &json!(""), "string"),
    ]);
    let unsound = json!([filter("a.b", "not_equals", &json!("x"), "integer")]);
    let mut all =
        vec![Owned::new(0, None, Some(filters)), Owned::new(1, Some(unsound.clone()), Some(unsound)), Owned::new(2, None, Some(json!([])))];
    text.clone_into(&mut all[0].who.name);
    all
}

#[test]
fn statements_are_as_expected() {
    let plain = Relation::new(Relation::TABLE, Relation::COLUMN).unwrap();
    let odd = Relation::new("shop.web (x).it's; sessions", "line; --").unwrap();
    let counts = Shape { compared: true, rows: false };
    let cases: [(&str, Vec<Owned>, &Relation, Shape); 4] = [
        ("usual", usual(), &plain, counts),
        ("usual-rows", usual(), &plain, Shape { rows: true, ..counts }),
        ("usual-offline", usual(), &plain, Shape { compared: false, rows: false }),
        ("hostile", hostile(), &odd, counts),
    ];
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/warehouse/cases");
    for (name, campaigns, relation, shape) in &cases {
        for dialect in Dialect::ALL {
            let sql = one_query(campaigns, relation, dialect, *shape);
            let path = folder.join(format!("{name}.{}.sql", dialect.title().to_lowercase()));
            if blessing() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &sql).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(sql, expected, "{}: BLESS=1 cargo test --test warehouse", path.display());
        }
    }
}

#[test]
fn nothing_from_outside_leaves_its_literal() {
    let relation = Relation::new("odd 'table; --", "odd 'column) --").unwrap();
    for dialect in Dialect::ALL {
        for rows in [false, true] {
            let sql = one_query(&campaigns(), &relation, dialect, Shape { compared: true, rows });
            let shows = |c: char| c == '\n' || c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric();
            assert!(sql.chars().all(shows) && !sql.contains("##["), "{dialect:?}: nothing acts on a terminal or a runner");
        }
    }
}

#[test]
fn a_table_is_a_name_and_not_sql() {
    assert_eq!(Relation::new("a..b", "c"), Err(BadName::Empty));
    assert_eq!(Relation::new("", "c"), Err(BadName::Empty));
    assert_eq!(Relation::new("a", ""), Err(BadName::Empty));
    assert_eq!(Relation::new("a\n", "c"), Err(BadName::Hidden));
    assert_eq!(Relation::new("a", "c\u{202e}"), Err(BadName::Hidden));
    for quote in ["a\"b", "a`b", "a\\b"] {
        assert_eq!(Relation::new(quote, "c"), Err(BadName::Quote));
        assert_eq!(Relation::new("a", quote), Err(BadName::Quote));
    }
    assert_eq!(Relation::new(&"a".repeat(301), "c"), Err(BadName::Long));
    assert!(Relation::new("sessions; DROP TABLE x", "c").is_ok(), "an odd name, in quotes");
}
