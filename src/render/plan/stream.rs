//! A plan as JSON lines, as `terraform plan -json` writes them: what moved live, what is planned, how much it is, and why it
//! is refused. Values are not in it; `plan --format json` has them.

use jiff::Timestamp;
use serde::Serialize;

use super::goal::{Way, way_back};
use super::json::{DELETE_REASON, Importing, OwnDanger, TerraformAction, dangers, drift};
use super::summary::{dangerous, not_judged};
use super::{Report, refused, summary_line};
use crate::model::{BothWorlds, LintWarning};
use crate::reconcile::{Action, Change, Summary};
use crate::render::replay::headline;
use crate::render::stream::{Changes, Level, Resource, line, problem, warning_about};

#[derive(Serialize)]
struct Planned {
    change: Told,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaignctl: Option<Own>,
}

/// What is or was done to a campaign.
#[derive(Serialize)]
struct Told {
    resource: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_resource: Option<Resource>,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    importing: Option<Importing>,
}

/// What Terraform has no key for.
#[derive(Serialize)]
struct Own {
    effect: &'static str,
    tier: &'static str,
    dangers: Vec<OwnDanger>,
}

#[derive(Serialize)]
struct GoalTold {
    campaignctl: OwnGoalTold,
}

#[derive(Serialize)]
struct OwnGoalTold {
    goal: &'static str,
}

/// Invites that recorded sessions get.
#[derive(Serialize)]
struct ReplayTold {
    campaignctl: OwnReplayTold,
}

#[derive(Serialize)]
struct OwnReplayTold {
    #[serde(rename = "replay_invites_live")]
    live: u64,
    #[serde(rename = "replay_invites_desired")]
    desired: u64,
}

#[derive(Serialize)]
struct Summed {
    changes: Changes,
    campaignctl: OwnSummed,
}

#[derive(Serialize)]
struct OwnSummed {
    environment: String,
    organization: String,
    goal: &'static str,
    forget: usize,
    moved: usize,
    unchanged: usize,
    requests: usize,
    dangerous: usize,
    changed_live: usize,
}

/// The lines of a plan, in the order of the changes.
pub fn stream(report: &Report<'_>, now: Timestamp) -> String {
    let Report { destination, plan, created: _, saved: _, links: _ } = report;
    let mut out = String::new();
    if let Some(Way { title, meaning, settled, nothing: _ }) = way_back(plan) {
        let settled = settled.map(|settled| format!(" {settled}")).unwrap_or_default();
        let told = GoalTold { campaignctl: OwnGoalTold { goal: plan.goal.id() } };
        out.push_str(&line("log", Level::Info, &format!("{title}. {meaning}{settled}"), now, told));
    }
    for LintWarning { key, rule, message, place } in &plan.warnings.changed {
        let address = key.address().to_string();
        out.push_str(&warning_about(&format!("{message} ({place})"), rule, &address, now));
    }
    for drifted in drift(plan) {
        let [action] = drifted.change.actions;
        let action = if action == TerraformAction::Delete { "delete" } else { "update" };
        let message = format!("{}: Drift detected ({action})", drifted.address);
        let previous_resource = drifted.previous_address.as_deref().map(Resource::of);
        let change = Told { resource: Resource::of(&drifted.address), previous_resource, action, reason: None, importing: None };
        out.push_str(&line("resource_drift", Level::Info, &message, now, Planned { change, campaignctl: None }));
    }
    for change in &plan.changes {
        let told = told(change);
        let message = format!("{}: Plan to {}", change.key.address(), told.action);
        let own = Own { effect: change.effect().id(), tier: change.tier.id(), dangers: dangers(change) };
        out.push_str(&line("planned_change", Level::Info, &message, now, Planned { change: told, campaignctl: Some(own) }));
    }
    let Summary { import, add, change, destroy, forget, moved } = plan.summary();
    let summed = Summed {
        changes: Changes { add, change, import, remove: destroy, operation: "plan" },
        campaignctl: OwnSummed {
            environment: destination.environment.clone(),
            organization: destination.organization.id.clone(),
            goal: plan.goal.id(),
            forget,
            moved,
            unchanged: plan.unchanged.len(),
            requests: plan.requests(),
            dangerous: dangerous(plan).len(),
            changed_live: plan.moved_live().len(),
        },
    };
    out.push_str(&line("change_summary", Level::Info, &summary_line(plan.summary()), now, summed));
    if let Some(replay) = report.replay() {
        let BothWorlds { live, desired } = &replay.replayed.totals;
        let told = ReplayTold { campaignctl: OwnReplayTold { live: live.invites, desired: desired.invites } };
        let level = if replay.replayed.lines.bad > 0 { Level::Warn } else { Level::Info };
        out.push_str(&line("log", level, &format!("Replay: {}", headline(replay.replayed)), now, told));
    } else if let Some(sentence) = not_judged(plan) {
        let told = GoalTold { campaignctl: OwnGoalTold { goal: plan.goal.id() } };
        out.push_str(&line("log", Level::Warn, &format!("Replay {sentence}"), now, told));
    }
    for refusal in &plan.refusals {
        let told = refused(refusal, &destination.environment);
        let address = match refusal.keys()[..] {
            [only] => Some(only.address().to_string()),
            _ => None,
        };
        out.push_str(&problem(&told.message, &told.hint, Some(refusal.id()), address.as_deref(), now));
    }
    out
}

fn told(change: &Change) -> Told {
    let previous = change.moved_from.as_ref().map(|old| old.address().to_string());
    Told {
        resource: Resource::of(&change.key.address().to_string()),
        action: match change.action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Forget => "remove",
            // The later of the two goes before.
            Action::Record if previous.is_some() => "move",
            Action::Record => "import",
        },
        previous_resource: previous.as_deref().map(Resource::of),
        reason: matches!(change.action, Action::Delete | Action::Forget).then_some(DELETE_REASON),
        importing: change.live.as_ref().filter(|_| change.imported).map(|live| Importing { id: live.id.0.clone() }),
    }
}
