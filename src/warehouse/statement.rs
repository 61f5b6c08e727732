//! The whole statement: sessions, what each campaign's filters say of them, and the counts.

use std::collections::BTreeMap;

use super::condition::{Attributes, of_filters};
use super::result::{Row, Rows};
use super::{Dialect, Relation, attribute};
use crate::model::{BothWorlds, CampaignSpec, Contender, World};

/// A campaign and what it is in each world.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Which one.
    pub who: Contender,
    /// Its body in each world; `None` where the world does not have it.
    pub spec: BothWorlds<Option<&'a CampaignSpec>>,
}

/// What a statement answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Whether there is a live world to compare with.
    pub compared: bool,
    /// One row for each session and campaign that match, instead of counts.
    pub rows: bool,
}

/// The statement that says which sessions of the table match which of the campaigns, of which there is at least one. It ends
/// with a semicolon and a line break.
///
/// A campaign that is switched off or has no action to invite with matches nothing, as in a replay; a session that names a
/// campaign is offered to that one alone.
pub fn statement(campaigns: &[Asked<'_>], relation: &Relation, dialect: Dialect, shape: Shape) -> String {
    let mut order: Vec<&Asked<'_>> = campaigns.iter().collect();
    order.sort_by_key(|Asked { who, .. }| (who.key.is_none(), &who.key, &who.id, &who.name));
    let mut matches = Matches::default();
    let rows: Vec<Row<'_>> = order
        .into_iter()
        .map(|asked| {
            let Asked { who, spec } = asked;
            let mut place = |world: World| matches.place(who, (*spec.of(world))?, dialect);
            Row { who, matches: BothWorlds { live: place(World::Live), desired: place(World::Desired) } }
        })
        .collect();
    let Matches { attributes, conditions, .. } = matches;
    let sessions = attribute::sessions(attributes.all(), &relation.table(dialect), &relation.column(dialect), dialect);
    let columns: String = conditions.iter().enumerate().map(|(place, condition)| format!(",\n    {condition} AS match_{place}")).collect();
    let head = head(dialect, shape);
    let result = Rows { rows: &rows, shape, dialect }.to_sql();
    format!("{head}{sessions}, decided AS (\n  SELECT line{columns}\n  FROM session\n){result};\n")
}

/// The comment above a statement. It names nothing from outside.
fn head(dialect: Dialect, shape: Shape) -> String {
    let Shape { compared, rows } = shape;
    let what = match rows {
        true => "One row for each recorded session and each campaign whose filters it matches",
        false => "For each campaign, how many recorded sessions its filters match",
    };
    let worlds = if compared { ", live and once the plan is applied" } else { "" };
    format!(
        "-- {what}{worlds}. For {}; the column is {}.\n-- Suppression and caps are not in it: `campaignctl replay` decides those.\n",
        dialect.title(),
        dialect.column_type()
    )
}

/// The conditions of all campaigns in both worlds, each once.
#[derive(Debug, Default)]
struct Matches<'a> {
    attributes: Attributes<'a>,
    conditions: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl<'a> Matches<'a> {
    /// The place of the campaign's condition; `None` where it matches nothing.
    fn place(&mut self, who: &Contender, spec: &'a CampaignSpec, dialect: Dialect) -> Option<usize> {
        let CampaignSpec { enabled, filters, actions, .. } = spec;
        if !enabled || actions.is_empty() {
            return None;
        }
        let filters = of_filters(filters, &mut self.attributes, dialect);
        if filters == "FALSE" {
            return None;
        }
        let condition = format!("COALESCE({} AND {filters}, FALSE)", offered(who, dialect));
        let place = *self.places.entry(condition).or_insert_with_key(|condition| {
            self.conditions.push(condition.clone());
            self.conditions.len() - 1
        });
        Some(place)
    }
}

/// When a session is offered to the campaign: it names none, or this one.
fn offered(who: &Contender, dialect: Dialect) -> String {
    let Contender { key, id, name: _ } = who;
    let is = |column: &str, name: Option<&str>| match name {
        Some(name) => format!("({column} IS NULL OR {column} = {})", dialect.literal(name)),
        None => format!("{column} IS NULL"),
    };
    let key = is("named_key", key.as_ref().map(|key| key.as_str()));
    let id = is("named_id", id.as_ref().map(|id| id.0.as_str()));
    format!("(NOT named OR {key} AND {id})")
}
