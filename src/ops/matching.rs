//! `replay --emit-sql`: which recorded sessions match which campaign, as SQL. Asks what a replay asks, and decides nothing.

use super::Failure;
use super::plan::{self, Planned, Request};
use super::replay::declared;
use super::validate::validate;
use crate::load::{Environment, Project};
use crate::model::{BothWorlds, CampaignSpec, Contender};
use crate::reconcile::Plan;
use crate::warehouse::{Asked, Dialect, Relation, Shape, statement};

/// For which engine, and over which table.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The engine.
    pub dialect: Dialect,
    /// The table with the sessions.
    pub relation: Relation,
    /// One row for each session and campaign that match, instead of counts.
    pub rows: bool,
}

/// A statement, and what it was made from.
#[derive(Debug)]
pub struct Written {
    /// Name of the environment.
    pub environment: String,
    /// The statement, with a semicolon and a line break at the end.
    pub sql: String,
    /// The plan whose worlds it compares; `None` when nobody asked what is live.
    pub plan: Option<Plan>,
    /// Live campaigns that this version cannot read; they are in neither world.
    pub unreadable: usize,
    /// How many warnings the campaign files have.
    pub warnings: usize,
}

/// A statement that compares live and desired.
///
/// # Errors
/// All that [`plan::plan`] has; and where there is no campaign in either world.
pub async fn online(request: Request, wanted: &Wanted) -> Result<Written, Failure> {
    let planned = plan::plan(request).await?;
    let Planned { destination, plan, warnings, snapshots, .. } = &planned;
    let worlds = plan.worlds(&snapshots.live);
    let asked: Vec<Asked<'_>> = worlds.into_iter().map(|(who, spec)| Asked { who, spec }).collect();
    let written = written(&asked, wanted, true).map(|sql| Written {
        environment: destination.environment.clone(),
        sql,
        plan: Some(plan.clone()),
        unreadable: snapshots.live.unreadable.len(),
        warnings: *warnings,
    });
    planned.close().await;
    written
}

/// A statement of the files alone, without any server.
///
/// # Errors
/// Findings in the files; and where they declare no campaign.
pub fn offline(project: &Project, environment: &Environment, wanted: &Wanted) -> Result<Written, Failure> {
    let validated = validate(project, environment);
    if validated.has_errors() {
        let message = "the campaign files have errors; nothing was written";
        return Err(Failure::of_findings(message, validated.errors(), validated.loaded.sources));
    }
    let declared: Vec<(Contender, CampaignSpec)> = declared(&validated.loaded);
    let asked = declared.iter().map(|(who, spec)| Asked { who: who.clone(), spec: BothWorlds { live: None, desired: Some(spec) } });
    let sql = written(&asked.collect::<Vec<_>>(), wanted, false)?;
    Ok(Written { environment: environment.name.clone(), sql, plan: None, unreadable: 0, warnings: validated.warnings() })
}

fn written(asked: &[Asked<'_>], wanted: &Wanted, compared: bool) -> Result<String, Failure> {
    let Wanted { dialect, relation, rows } = wanted;
    if asked.is_empty() {
        return Err(Failure::new(
            "there is no campaign to ask about a session",
            "write a campaign file (`campaignctl init`), or import the live ones (`campaignctl import --all`)",
        ));
    }
    Ok(statement(asked, relation, *dialect, Shape { compared, rows: *rows }))
}
