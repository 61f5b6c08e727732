//! What is done to every campaign, and what was done to it live since it was applied last.

use serde_json::Value;

use super::resources::{after, of_live, values};
use super::shape::{Change, DELETE_REASON, Importing, Object, PROVIDER, ResourceChange, TYPE, TerraformAction};
use crate::model::{CampaignId, CampaignKey, CampaignSpec};
use crate::reconcile::{self, Action, Plan, StateOnly, Unchanged, same};

/// Every managed campaign and what is done to it, by address.
pub(in crate::render::plan) fn resource_changes(plan: &Plan) -> Vec<ResourceChange> {
    let unchanged = plan.unchanged.iter().map(|unchanged| {
        let live = of_live(&unchanged.live);
        resource_change(&unchanged.key, TerraformAction::NoOp, Some(live.clone()), Some(live))
    });
    let mut all: Vec<ResourceChange> = plan.changes.iter().map(of_change).chain(unchanged).collect();
    all.sort_by(|a, b| a.address.cmp(&b.address));
    all
}

fn of_change(change: &reconcile::Change) -> ResourceChange {
    let action = match change.action {
        Action::Create => TerraformAction::Create,
        Action::Update => TerraformAction::Update,
        Action::Delete => TerraformAction::Delete,
        Action::Forget => TerraformAction::Forget,
        Action::Record => TerraformAction::NoOp,
    };
    let live = change.live.as_ref();
    let mut told = resource_change(&change.key, action, live.map(of_live), after(change));
    told.previous_address = change.moved_from.as_ref().map(|old| old.address().to_string());
    told.change.importing = live.filter(|_| change.imported).map(|live| Importing { id: live.id.0.clone() });
    told.change.after_unknown = unknown(change.action);
    told.action_reason = matches!(change.action, Action::Delete | Action::Forget).then_some(DELETE_REASON);
    told
}

/// What only the server will say.
fn unknown(action: Action) -> Object {
    let fields: &[&str] = match action {
        Action::Create => &["id", "version"],
        Action::Update => &["version"],
        Action::Delete | Action::Forget | Action::Record => &[],
    };
    fields.iter().map(|field| ((*field).to_owned(), Value::Bool(true))).collect()
}

fn resource_change(key: &CampaignKey, action: TerraformAction, before: Option<Object>, after: Option<Object>) -> ResourceChange {
    let sensitive = |side: &Option<Object>| if side.is_some() { Value::Object(Object::new()) } else { Value::Bool(false) };
    ResourceChange {
        address: key.address().to_string(),
        previous_address: None,
        mode: "managed",
        kind: TYPE,
        name: key.to_string(),
        provider_name: PROVIDER,
        change: Change {
            actions: [action],
            before_sensitive: sensitive(&before),
            after_sensitive: sensitive(&after),
            before,
            after,
            after_unknown: Object::new(),
            importing: None,
        },
        action_reason: None,
    }
}

/// What moved live since it was applied last, by address: from what was applied to what is live. Only fields that this
/// version models are compared and shown.
pub(in crate::render::plan) fn drift(plan: &Plan) -> Vec<ResourceChange> {
    let changed = plan.changes.iter().filter_map(|change| {
        let applied = change.last_applied.as_ref()?;
        let mut told = match (&change.live, &change.vanished) {
            (Some(live), _) => moved(&change.key, applied, live),
            (None, Some(id)) => Some(gone(&change.key, applied_values(applied, id))),
            (None, None) => None,
        }?;
        told.previous_address = change.moved_from.as_ref().map(|old| old.address().to_string());
        Some(told)
    });
    let unchanged = plan.unchanged.iter().filter_map(|Unchanged { key, origin: _, live, last_applied, held: _ }| {
        let applied = last_applied.as_ref()?;
        moved(key, applied, live)
    });
    let dropped = plan.state_only.iter().filter_map(|correction| match correction {
        StateOnly::Drop { key, id } => Some(gone(key, values(Value::Null, Some(id), None))),
        StateOnly::Refresh { key: _, id: _, body: _, remember: _ } => None,
    });
    let mut all: Vec<ResourceChange> = changed.chain(unchanged).chain(dropped).collect();
    all.sort_by(|a, b| a.address.cmp(&b.address));
    all
}

fn applied_values(applied: &CampaignSpec, id: &CampaignId) -> Object {
    values(serde_json::to_value(applied).unwrap_or_default(), Some(id), None)
}

fn moved(key: &CampaignKey, applied: &CampaignSpec, live: &reconcile::LiveSide) -> Option<ResourceChange> {
    if same(applied, &live.spec) {
        return None;
    }
    let after = values(serde_json::to_value(&live.spec).unwrap_or_default(), Some(&live.id), Some(live.version));
    Some(resource_change(key, TerraformAction::Update, Some(applied_values(applied, &live.id)), Some(after)))
}

fn gone(key: &CampaignKey, before: Object) -> ResourceChange {
    resource_change(key, TerraformAction::Delete, Some(before), None)
}
