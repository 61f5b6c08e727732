//! From the text of a session to typed columns, as each engine reads JSON.

use super::Dialect;
use super::condition::{Attribute, Kind};
use super::text::is_plain;

/// The `WITH` clauses that make `session`: one row for each session, with `line` (what the row had), `named` (whether it names
/// a campaign), `named_key`, `named_id`, and the columns of the attributes.
pub(super) fn sessions(attributes: &[Attribute<'_>], table: &str, column: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Duckdb => duckdb(attributes, table, column),
        Dialect::Bigquery => bigquery(attributes, table, column),
        Dialect::Snowflake => snowflake(attributes, table, column),
        Dialect::Clickhouse => clickhouse(attributes, table, column),
    }
}

/// One column for each kind of each attribute.
fn columns(attributes: &[Attribute<'_>], column: impl Fn(usize, Kind) -> String) -> String {
    let kinds = |kinds: &[Kind]| Kind::ALL.into_iter().filter(|kind| kinds.contains(kind)).collect::<Vec<_>>();
    let all = attributes.iter().enumerate().flat_map(|(place, attribute)| {
        let Attribute { name: _, kinds: asked } = attribute;
        kinds(asked).into_iter().map(move |kind| (place, kind))
    });
    all.map(|(place, kind)| format!(",\n    {} AS {}", column(place, kind), kind.column(place))).collect()
}

/// Fields of a line beside its attributes: contactId, channelId, sessionData, campaign, campaignId.
const FIELDS: [&str; 5] = ["contactId", "channelId", "sessionData", "campaign", "campaignId"];

/// All paths are read at once: DuckDB reads the JSON again for every function. Of a name that is sent twice it takes the first
/// value, so such sessions are looked at as lists of names, types and values, of which the last counts.
fn duckdb(attributes: &[Attribute<'_>], table: &str, column: &str) -> String {
    let literal = |text: &str| Dialect::Duckdb.literal(text);
    let pointer = |name: &str| literal(&format!("/sessionData/{}", name.replace('~', "~0").replace('/', "~1")));
    let fields: Vec<String> = FIELDS.iter().map(|field| format!("'/{field}'")).collect();
    let paths = fields.iter().cloned().chain(attributes.iter().map(|attribute| pointer(attribute.name))).collect::<Vec<_>>().join(", ");
    let read = |function: &str| {
        let last = |attribute: &Attribute<'_>| {
            format!("list_reverse(list_values)[list_position(list_reverse(names), {})]", literal(attribute.name))
        };
        let all = format!("{function}(body, '$.sessionData.*')");
        let lasts: Vec<String> = attributes.iter().map(|attribute| last(attribute).replace("list_values", &all)).collect();
        format!(
            "CASE WHEN len(names) = len(list_distinct(names)) THEN {function}(body, [{paths}])\n      \
             ELSE list_concat({function}(body, [{}]), [{}]) END",
            fields.join(", "),
            lasts.join(", ")
        )
    };
    let (types, texts) = match attributes {
        [] => (format!("json_type(body, [{paths}])"), format!("json_extract_string(body, [{paths}])")),
        _ => (read("json_type"), read("json_extract_string")),
    };
    let typed = columns(attributes, |place, kind| {
        let at = place + FIELDS.len() + 1;
        // A negative zero is the only integer that is called BIGINT and reads 0: the others that are not negative are UBIGINT.
        match kind {
            Kind::Whole => format!(
                "CASE WHEN types[{at}] = 'UBIGINT' OR (types[{at}] = 'BIGINT' AND texts[{at}] <> '0') THEN TRY_CAST(texts[{at}] AS HUGEINT) END"
            ),
            Kind::Float => format!(
                "CASE WHEN types[{at}] = 'DOUBLE' OR (types[{at}] = 'BIGINT' AND texts[{at}] = '0') THEN TRY_CAST(texts[{at}] AS DOUBLE) END"
            ),
            Kind::Text => format!("CASE WHEN types[{at}] = 'VARCHAR' THEN texts[{at}] END"),
            Kind::Boolean => format!("CASE WHEN types[{at}] = 'BOOLEAN' THEN texts[{at}] = 'true' END"),
        }
    });
    format!(
        "WITH source AS (
  SELECT {column} AS line FROM {table}
), lines AS (
  SELECT line, TRY_CAST(line AS JSON) AS body FROM source
), named AS (
  SELECT line, body, json_keys(body, '$.sessionData') AS names FROM lines WHERE json_type(body, '$.sessionData') = 'OBJECT'
), read AS (
  SELECT line,
    {types} AS types,
    {texts} AS texts
  FROM named
), session AS (
  SELECT line,
    (texts[4] IS NOT NULL OR texts[5] IS NOT NULL) AS named,
    texts[4] AS named_key,
    texts[5] AS named_id{typed}
  FROM read
  WHERE types[1] = 'VARCHAR' AND texts[1] <> '' AND types[2] = 'VARCHAR' AND texts[2] <> ''
    AND COALESCE(types[4], 'NULL') IN ('VARCHAR', 'NULL') AND COALESCE(types[5], 'NULL') IN ('VARCHAR', 'NULL')
)"
    )
}

/// The spelling of a number tells what it is, so the values are taken from the text of the session and not from the type JSON.
fn bigquery(attributes: &[Attribute<'_>], table: &str, column: &str) -> String {
    // A path takes only plain names for sure; any other is looked up by itself.
    let is_path = |name: &str| name.split('.').all(is_plain);
    let literal = |text: &str| Dialect::Bigquery.literal(text);
    let parsed = |name: &str| format!("SAFE.PARSE_JSON(line, wide_number_mode => 'round')['sessionData'][{}]", literal(name));
    let raw: String = attributes
        .iter()
        .enumerate()
        .map(|(place, Attribute { name, kinds: _ })| {
            let value = match is_path(name) {
                true => format!("JSON_QUERY(line, '$.sessionData.\"{name}\"')"),
                false => format!("TO_JSON_STRING({})", parsed(name)),
            };
            format!(",\n    {value} AS raw_{place}")
        })
        .collect();
    let text: String = attributes
        .iter()
        .enumerate()
        .filter(|(_, attribute)| attribute.kinds.contains(&Kind::Text))
        .map(|(place, Attribute { name, kinds: _ })| {
            let value = match is_path(name) {
                true => format!("JSON_VALUE(line, '$.sessionData.\"{name}\"')"),
                false => format!("JSON_VALUE({})", parsed(name)),
            };
            format!(",\n    {value} AS value_{place}")
        })
        .collect();
    let typed = columns(attributes, |place, kind| {
        let is_number = format!("REGEXP_CONTAINS(raw_{place}, r'^-?[0-9]')");
        let is_whole = format!(
            "REGEXP_CONTAINS(raw_{place}, r'^(0|-?[1-9][0-9]{{0,19}})$') \
             AND CAST(raw_{place} AS BIGNUMERIC) BETWEEN CAST('{}' AS BIGNUMERIC) AND CAST('{}' AS BIGNUMERIC)",
            i64::MIN,
            u64::MAX
        );
        match kind {
            Kind::Whole => format!("IF({}, SAFE_CAST(raw_{place} AS BIGNUMERIC), NULL)", is_whole.replace(" CAST(raw", " SAFE_CAST(raw")),
            Kind::Float => format!(
                "IF({is_number} AND NOT COALESCE({}, FALSE), SAFE_CAST(raw_{place} AS FLOAT64), NULL)",
                is_whole.replace(" CAST(raw", " SAFE_CAST(raw")
            ),
            Kind::Text => format!("IF(STARTS_WITH(raw_{place}, '\"'), value_{place}, NULL)"),
            Kind::Boolean => format!("CASE raw_{place} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"),
        }
    });
    format!(
        "WITH source AS (
  SELECT {column} AS line FROM {table}
), lines AS (
  SELECT line,
    JSON_QUERY(line, '$.contactId') AS contact,
    JSON_QUERY(line, '$.channelId') AS channel,
    JSON_QUERY(line, '$.sessionData') AS data,
    JSON_VALUE(line, '$.campaign') AS named_key,
    JSON_VALUE(line, '$.campaignId') AS named_id{raw}{text}
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id{typed}
  FROM lines
  WHERE STARTS_WITH(contact, '\"') AND contact <> '\"\"' AND STARTS_WITH(channel, '\"') AND channel <> '\"\"' AND STARTS_WITH(data, '{{')
)"
    )
}

/// A VARIANT has its own types for numbers; how the number was spelled is no longer known.
fn snowflake(attributes: &[Attribute<'_>], table: &str, column: &str) -> String {
    let values: String = attributes
        .iter()
        .enumerate()
        .map(|(place, Attribute { name, kinds: _ })| {
            format!(",\n    GET(GET(line, 'sessionData'), {}) AS value_{place}", Dialect::Snowflake.literal(name))
        })
        .collect();
    let typed = columns(attributes, |place, kind| {
        let value = format!("value_{place}");
        let is_whole = format!(
            "TYPEOF({value}) = 'INTEGER' AND TRY_TO_NUMBER(TO_VARCHAR({value}), 38, 0) BETWEEN CAST('{}' AS NUMBER(38, 0)) AND CAST('{}' AS NUMBER(38, 0))",
            i64::MIN,
            u64::MAX
        );
        match kind {
            Kind::Whole => format!("CASE WHEN {is_whole} THEN TRY_TO_NUMBER(TO_VARCHAR({value}), 38, 0) END"),
            Kind::Float => format!(
                "CASE WHEN {is_whole} THEN NULL WHEN TYPEOF({value}) IN ('INTEGER', 'DECIMAL', 'DOUBLE') THEN CAST({value} AS DOUBLE) END"
            ),
            Kind::Text => format!("CASE WHEN TYPEOF({value}) = 'VARCHAR' THEN CAST({value} AS VARCHAR) END"),
            Kind::Boolean => format!("CASE WHEN TYPEOF({value}) = 'BOOLEAN' THEN CAST({value} AS BOOLEAN) END"),
        }
    });
    let field = |name: &str| format!("GET(line, '{name}')");
    let text = |name: &str| format!("CASE WHEN TYPEOF({0}) = 'VARCHAR' THEN CAST({0} AS VARCHAR) END", field(name));
    format!(
        "WITH source AS (
  SELECT {column} AS line FROM {table}
), lines AS (
  SELECT line,
    {} AS contact,
    {} AS channel,
    TYPEOF({}) AS data,
    {} AS named_key,
    {} AS named_id{values}
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id{typed}
  FROM lines
  WHERE contact <> '' AND channel <> '' AND data = 'OBJECT'
)",
        text("contactId"),
        text("channelId"),
        field("sessionData"),
        text("campaign"),
        text("campaignId")
    )
}

fn clickhouse(attributes: &[Attribute<'_>], table: &str, column: &str) -> String {
    let literal = |text: &str| Dialect::Clickhouse.literal(text);
    let kinds: String = attributes
        .iter()
        .enumerate()
        .map(|(place, Attribute { name, kinds: _ })| {
            format!(",\n    toString(JSONType(line, 'sessionData', {})) AS kind_{place}", literal(name))
        })
        .collect();
    let typed = columns(attributes, |place, kind| {
        let name = attributes.get(place).map_or("", |attribute| attribute.name);
        let value = |of: &str| format!("JSONExtract(line, 'sessionData', {}, 'Nullable({of})')", literal(name));
        let when = |is: &str, of: &str| format!("CASE WHEN kind_{place} {is} THEN {} END", value(of));
        match kind {
            Kind::Whole => when("IN ('Int64', 'UInt64')", "Int128"),
            // IN takes -0 and 0 for two numbers; their sum is 0.
            Kind::Float => format!("CASE WHEN kind_{place} = 'Double' THEN {} + CAST('0.0' AS Float64) END", value("Float64")),
            Kind::Text => when("= 'String'", "String"),
            Kind::Boolean => when("= 'Bool'", "Bool"),
        }
    });
    let text = |name: &str| {
        format!("CASE WHEN toString(JSONType(line, '{name}')) = 'String' THEN JSONExtract(line, '{name}', 'Nullable(String)') END")
    };
    format!(
        "WITH source AS (
  SELECT {column} AS line FROM {table}
), lines AS (
  SELECT line,
    {} AS contact,
    {} AS channel,
    toString(JSONType(line, 'sessionData')) AS data,
    {} AS named_key,
    {} AS named_id{kinds}
  FROM source
), session AS (
  SELECT line,
    (named_key IS NOT NULL OR named_id IS NOT NULL) AS named,
    named_key,
    named_id{typed}
  FROM lines
  WHERE contact <> '' AND channel <> '' AND data = 'Object'
)",
        text("contactId"),
        text("channelId"),
        text("campaign"),
        text("campaignId")
    )
}
