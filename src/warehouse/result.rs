//! The last part of a statement: counts of each campaign, or the sessions that it matches, as rows.

use super::{Dialect, Shape};
use crate::model::{BothWorlds, Contender};

/// A campaign of the result, with the places of its conditions; `None` where it matches nothing.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) who: &'a Contender,
    pub(super) matches: BothWorlds<Option<usize>>,
}

/// All rows of a result.
#[derive(Debug)]
pub(super) struct Rows<'r, 'a> {
    pub(super) rows: &'r [Row<'a>],
    pub(super) shape: Shape,
    pub(super) dialect: Dialect,
}

/// A value of a row: its column, the expression for it, and the type it has in the end.
type Cell = (&'static str, String, Type);

#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    Count,
    Truth,
}

impl Rows<'_, '_> {
    /// What follows `decided`.
    pub(super) fn to_sql(&self) -> String {
        let Self { rows, shape, dialect: _ } = self;
        if shape.rows {
            let matching: Vec<&Row<'_>> = rows.iter().filter(|row| row.matches.live.or(row.matches.desired).is_some()).collect();
            // Where nothing can match, one row is left for the types of the columns, and never comes out.
            let matching = if matching.is_empty() { rows.iter().take(1).collect() } else { matching };
            return self.unfolded("decided", &matching, |place, row| self.truths(place, row));
        }
        let counts: String = rows.iter().enumerate().map(|(place, row)| self.counts(place, row)).collect();
        let all: Vec<&Row<'_>> = rows.iter().collect();
        format!(
            ", counts AS (\n  SELECT COUNT(*) AS sessions{counts}\n  FROM decided\n){}",
            self.unfolded("counts", &all, |place, row| self.numbers(place, row))
        )
    }

    /// What is counted of one campaign; what is zero for sure is not.
    fn counts(&self, place: usize, row: &Row<'_>) -> String {
        let count = |condition: String, name: &str| format!(",\n    COUNT(CASE WHEN {condition} THEN 1 END) AS {name}_{place}");
        let Row { who: _, matches: BothWorlds { live, desired } } = row;
        let mut out = String::new();
        let is = |of: &usize| format!("match_{of}");
        out.extend(live.as_ref().map(|live| count(is(live), "live")));
        out.extend(desired.as_ref().map(|desired| count(is(desired), "desired")));
        if let (Some(live), Some(desired)) = (live, desired)
            && live != desired
        {
            out.push_str(&count(format!("match_{desired} AND NOT match_{live}"), "newly"));
            out.push_str(&count(format!("match_{live} AND NOT match_{desired}"), "lost"));
        }
        out
    }

    fn names(&self, place: usize, row: &Row<'_>) -> Vec<Cell> {
        let Row { who: Contender { key, id, name }, matches: _ } = row;
        let text = |text: Option<&str>| text.map_or_else(|| self.dialect.no_text(), |text| self.dialect.literal(text));
        vec![
            ("place", place.to_string(), Type::Count),
            ("campaign", text(key.as_ref().map(|key| key.as_str())), Type::Text),
            ("campaign_id", text(id.as_ref().map(|id| id.0.as_str())), Type::Text),
            ("name", text(Some(name)), Type::Text),
        ]
    }

    fn numbers(&self, place: usize, row: &Row<'_>) -> Vec<Cell> {
        let Row { who: _, matches: BothWorlds { live, desired } } = row;
        let of = |is: bool, name: &str| if is { format!("{name}_{place}") } else { "0".to_owned() };
        let (newly, lost) = match (live, desired) {
            (Some(live), Some(desired)) => (of(live != desired, "newly"), of(live != desired, "lost")),
            _ => (of(desired.is_some(), "desired"), of(live.is_some(), "live")),
        };
        let mut cells = self.names(place, row);
        cells.push(("sessions", "sessions".to_owned(), Type::Count));
        let counted = [
            ("matched_live", of(live.is_some(), "live"), Type::Count),
            ("matched_desired", of(desired.is_some(), "desired"), Type::Count),
            ("newly_matched", newly, Type::Count),
            ("no_longer_matched", lost, Type::Count),
        ];
        cells.extend(counted.into_iter().filter(|(name, ..)| self.shape.compared || *name == "matched_desired"));
        cells
    }

    fn truths(&self, place: usize, row: &Row<'_>) -> Vec<Cell> {
        let Row { who: _, matches: BothWorlds { live, desired } } = row;
        let of = |place: &Option<usize>| place.map_or_else(|| "FALSE".to_owned(), |place| format!("match_{place}"));
        let mut cells = self.names(place, row);
        if self.shape.compared {
            cells.push(("matched_live", of(live), Type::Truth));
        }
        cells.push(("matched_desired", of(desired), Type::Truth));
        cells
    }

    /// One row for each campaign, from the one row of `from` (or from each): it is read once, however many campaigns there are.
    fn unfolded(&self, from: &str, rows: &[&Row<'_>], cells: impl Fn(usize, &Row<'_>) -> Vec<Cell>) -> String {
        let dialect = self.dialect;
        let cells: Vec<Vec<Cell>> = rows
            .iter()
            .map(|row| {
                let place = self.rows.iter().position(|other| std::ptr::eq(other, *row)).unwrap_or_default();
                cells(place, row)
            })
            .collect();
        let values = cells.iter().map(|cells| format!("\n    {}", structure(cells, dialect))).collect::<Vec<_>>().join(",");
        let line = if self.shape.rows { "line, " } else { "" };
        let source = match dialect {
            Dialect::Duckdb => format!("(SELECT {line}UNNEST([{values}\n  ]) AS c FROM {from}) AS unfolded"),
            Dialect::Bigquery => format!("{from}, UNNEST([{values}\n  ]) AS c"),
            Dialect::Snowflake => format!("{from}, LATERAL FLATTEN(INPUT => ARRAY_CONSTRUCT({values}\n  )) AS c"),
            Dialect::Clickhouse => format!("(SELECT {line}arrayJoin([{values}\n  ]) AS c FROM {from}) AS unfolded"),
        };
        let first = cells.first().map(Vec::as_slice).unwrap_or_default();
        let shown = first.iter().enumerate().filter(|(_, (name, ..))| *name != "place");
        let columns: Vec<String> = shown.map(|(at, cell)| format!("{} AS {}", taken(at, cell, dialect), cell.0)).collect();
        let place = first.first().map(|cell| taken(0, cell, dialect)).unwrap_or_default();
        let (only, order) = if self.shape.rows {
            let truths = first.iter().enumerate().filter(|(_, (.., kind))| matches!(kind, Type::Truth));
            let any: Vec<String> = truths.map(|(at, cell)| taken(at, cell, dialect)).collect();
            (format!("\nWHERE {}", any.join(" OR ")), String::new())
        } else {
            (String::new(), format!("\nORDER BY {place}"))
        };
        format!("\nSELECT {line}{}\nFROM {source}{only}{order}", columns.join(", "))
    }
}

/// The values of a row as one value.
fn structure(cells: &[Cell], dialect: Dialect) -> String {
    let joined = |cell: fn(&Cell) -> String| cells.iter().map(cell).collect::<Vec<_>>().join(", ");
    match dialect {
        Dialect::Duckdb => format!("{{{}}}", joined(|(name, value, _)| format!("'{name}': {value}"))),
        Dialect::Bigquery => format!("STRUCT({})", joined(|(name, value, _)| format!("{value} AS {name}"))),
        Dialect::Snowflake => format!("ARRAY_CONSTRUCT({})", joined(|(_, value, _)| value.clone())),
        Dialect::Clickhouse => format!("tuple({})", joined(|(_, value, _)| value.clone())),
    }
}

/// A value of a row, out of the one value `c` that the row is.
fn taken(at: usize, (name, _, kind): &Cell, dialect: Dialect) -> String {
    match dialect {
        Dialect::Duckdb | Dialect::Bigquery => format!("c.{name}"),
        Dialect::Snowflake => {
            let kind = match kind {
                Type::Text => "VARCHAR",
                Type::Count => "NUMBER(38, 0)",
                Type::Truth => "BOOLEAN",
            };
            format!("CAST(GET(c.value, {at}) AS {kind})")
        }
        Dialect::Clickhouse => format!("tupleElement(c, {})", at + 1),
    }
}
