//! The part of the document that is ours: who moved what, what visitors notice, what is dangerous, what apply costs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::summary::dangerous;
use super::super::{Links, Report, Saved, refused};
use crate::model::{LintWarning, LintWarnings, Origin};
use crate::reconcile::{
    Action, Cause, Change, Danger, DangerKind, Effect, FieldChange, FieldPath, FieldValue, FilterPart, Found, Goal, Held, LiveSide, Plan,
    Refusal, Selection, StateOnly, Summary, Tier, Unchanged, Unmanaged,
};
use crate::render::queue::{QueueEntry, queue_entries};
use crate::render::replay::{self, OwnReplay};

/// Version of the keys below `campaignctl`: one more when a key goes or means something else; new keys may come under the
/// same version.
const OWN_VERSION: u32 = 1;

/// What Terraform has no key for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Own {
    /// Version of these keys. New keys may come under the same version; a key that goes or changes its meaning makes a new one.
    #[schemars(extend("const" = OWN_VERSION))]
    version: u32,
    /// Name of the environment.
    environment: String,
    organization: OwnOrganization,
    /// The server, in words: `https://api.mypurecloud.ie`, or `embedded emulator in .campaignctl/local`.
    server: String,
    /// When the plan was made: RFC 3339, UTC.
    created: String,
    goal: OwnGoal,
    /// The file that holds it; left out for a plan that is in no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<OwnSaved>,
    summary: OwnSummary,
    /// What visitors notice, the most noticeable first; effects that no change has are left out.
    effects: Vec<OwnEffect>,
    /// How many API requests apply will send.
    requests: usize,
    /// How many live campaigns are managed.
    managed: usize,
    /// How many of them stay as they are.
    unchanged: usize,
    /// The changes, in the order in which they are made.
    changes: Vec<OwnChange>,
    /// Campaigns that stay as they are and have fields that differ but are left to live.
    holding: Vec<Holding>,
    /// What the state learns without anything being written live.
    corrections: Vec<Correction>,
    /// Live campaigns that no file declares and the state does not know; never touched.
    unmanaged: Vec<OwnUnmanaged>,
    /// Why the plan must not be applied; empty for a plan that may.
    refusals: Vec<OwnRefusal>,
    /// What the queues are called whose ids stand in `fields` and `held`, by id. Empty where these credentials may not list
    /// queues.
    queues: BTreeMap<String, QueueEntry>,
    /// What recorded sessions make of the plan (`--replay`); left out where no recording was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<OwnReplay>,
    /// Guards that are set and were not judged: no recording was given, or it says too little, and then the plan is refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_judged: Vec<&'static str>,
    /// What the rules warn of in the campaign files; left out where there is nothing, and for a way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<OwnWarnings>,
    /// Campaigns that the next plan of the files changes back, as addresses; of a way back alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undone_by_files: Vec<String>,
}

/// What the rules warn of in the campaign files.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnWarnings {
    /// How many warnings all campaign files have.
    total: usize,
    /// Those that concern a campaign that the plan changes, by address.
    changed: Vec<OwnWarning>,
}

/// One warning.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnWarning {
    /// `campaign.<key>`
    address: String,
    /// Id of the rule, as `validate` has it.
    rule: String,
    /// What is wrong.
    message: String,
    /// File and line.
    place: String,
}

/// What the plan aims at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnGoal {
    /// `files`: what the files say. `rollback`: how it was before a run. `revert`: what was applied last, in what moved live.
    #[schemars(extend("enum" = ["files", "rollback", "revert"]))]
    kind: &'static str,
    /// The run that is undone; of a rollback alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    /// The campaigns whose drift is undone, as addresses; of a revert alone, and left out there for all that drifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaigns: Option<Vec<String>>,
}

/// The organization the credentials belong to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnOrganization {
    id: String,
    name: String,
}

/// The file that holds the plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnSaved {
    /// As the user named it.
    file: String,
    /// When it can no longer be applied: RFC 3339, UTC.
    expires: String,
    /// Whether that has passed.
    expired: bool,
}

/// How many campaigns each kind of change concerns.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnSummary {
    /// Live campaigns taken over by name.
    import: usize,
    /// Created.
    add: usize,
    /// Updated in place.
    change: usize,
    /// Deleted.
    destroy: usize,
    /// No longer managed, left live.
    forget: usize,
    /// Known under a new key.
    moved: usize,
    /// Changes that a reviewer must see first.
    dangerous: usize,
    /// Campaigns that somebody else changed live since they were applied.
    changed_live: usize,
}

/// How many changes have an effect.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnEffect {
    #[schemars(extend("enum" = Effect::ALL.map(Effect::id)))]
    effect: &'static str,
    campaigns: usize,
}

/// One change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnChange {
    /// `campaign.<key>`
    address: String,
    /// What is done; `record` leaves live as it is, and the state learns an id or a key.
    #[schemars(extend("enum" = Action::ALL.map(Action::id)))]
    action: &'static str,
    /// What visitors notice of it.
    #[schemars(extend("enum" = Effect::ALL.map(Effect::id)))]
    effect: &'static str,
    /// When it is made: what means fewer invites goes first.
    #[schemars(extend("enum" = Tier::ALL.map(Tier::id)))]
    tier: &'static str,
    /// What a reviewer must see first.
    dangers: Vec<OwnDanger>,
    /// What differs, in reading order.
    fields: Vec<OwnField>,
    /// What differs but is left to live by the campaign's lifecycle.
    held: Vec<OwnHeld>,
    /// The live campaign; left out for a create.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<OwnLive>,
    /// Where it is declared; left out for a campaign whose file is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OwnOrigin>,
    /// The address it had before, when the plan moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_from: Option<String>,
    /// Whether a live campaign that was not managed is taken over by its name.
    imported: bool,
    /// Id of the live campaign that is gone, when this creates it anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    vanished: Option<String>,
    /// How many live fields that this version does not model are sent back unchanged.
    kept: usize,
    /// Live fields that this version does not model and that go with the block they stand in, as JSON pointers.
    lost: Vec<String>,
}

/// What a reviewer must see first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(in crate::render::plan) struct OwnDanger {
    #[schemars(extend("enum" = DangerKind::ALL.map(DangerKind::id)))]
    kind: &'static str,
    /// What it means.
    sentence: String,
}

/// One field that differs. A value is left out where the field is absent; `true` stands for something that is there and
/// has no value of its own; a filter as a whole is `{value, dataType}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnField {
    /// A name that stays the same when a list is reordered: `filters[session.page equals].value`. A filter that stays with
    /// another operator is `filters[session.page].operator`, from and to `{operator, value, dataType}`; an action that stays
    /// with another priority is `actions[webchat_invite].priority`.
    path: String,
    /// The live value.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// The value it will have.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// The value that was applied last, where one is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_applied: Option<Value>,
    /// Who moved it: the files, or what a way back leads to (`code`), somebody live (`drift`), both (`conflict`); `unknown`
    /// when nothing was applied before.
    #[schemars(extend("enum" = [Cause::Code, Cause::Drift, Cause::Both, Cause::Unknown].map(Cause::id)))]
    cause: &'static str,
}

/// One field that keeps its live value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnHeld {
    path: String,
    /// The live value, which stays; left out where the field is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<Value>,
    /// What the file says; left out where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Value>,
    /// The last day (UTC) on which it is held; left out for as long as the file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

/// A live campaign as the plan read it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnLive {
    id: String,
    /// The version a write must carry.
    version: u64,
    /// Who changed it last, where the API tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<String>,
    /// When it was changed last, where the API tells: RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
}

/// Where a campaign is declared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnOrigin {
    /// Path of the file, relative to the project.
    file: String,
    /// First line of the document, from 1.
    line: u32,
    /// Path of the overlay that was merged into it for this environment; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<String>,
    /// Where it can be looked at, where that is known (`--link-base`).
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// An unchanged campaign with fields that are left to live.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Holding {
    /// `campaign.<key>`
    address: String,
    held: Vec<OwnHeld>,
}

/// A correction of the state.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Correction {
    /// `campaign.<key>`
    address: String,
    /// Id of the live campaign.
    id: String,
    /// `refresh`: live and files agree, and the state remembers something older. `drop`: neither declared nor live any more.
    /// `found`: an earlier run created it and did not learn of it.
    #[schemars(extend("enum" = ["refresh", "drop", "found"]))]
    correction: &'static str,
}

/// A live campaign that nobody declared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnUnmanaged {
    id: String,
    /// Its name; left out where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What could not be read, for a campaign whose body this version does not understand.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// Why the plan must not be applied.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct OwnRefusal {
    #[schemars(extend("enum" = Refusal::IDS))]
    kind: &'static str,
    /// What is wrong.
    message: String,
    /// The command or flag that resolves it.
    hint: String,
    /// The campaigns it speaks of.
    addresses: Vec<String>,
}

/// Everything under our key.
pub(super) fn of(report: &Report<'_>) -> Own {
    let Report { destination, plan, created, saved, links } = report;
    let Plan {
        changes,
        state_only,
        unchanged,
        managed,
        unmanaged,
        protected: _,
        refusals,
        found,
        goal,
        queues,
        replayed: _,
        not_judged,
        warnings: lint,
        undone_by_files,
    } = plan;
    Own {
        version: OWN_VERSION,
        environment: destination.environment.clone(),
        organization: OwnOrganization { id: destination.organization.id.clone(), name: destination.organization.name.clone() },
        server: destination.server.clone(),
        created: created.to_string(),
        goal: of_goal(goal),
        saved: saved.map(|Saved { file, expires, expired }| OwnSaved { file: file.to_owned(), expires: format!("{expires:.0}"), expired }),
        summary: summary(plan),
        effects: plan.effects().into_iter().map(|(effect, campaigns)| OwnEffect { effect: effect.id(), campaigns }).collect(),
        requests: plan.requests(),
        managed: *managed,
        unchanged: unchanged.len(),
        changes: changes.iter().map(|change| of_change(change, *links)).collect(),
        holding: unchanged.iter().filter(|unchanged| !unchanged.held.is_empty()).map(holding).collect(),
        corrections: found.iter().map(found_again).chain(state_only.iter().map(correction)).collect(),
        unmanaged: unmanaged.iter().map(stranger).collect(),
        refusals: refusals.iter().map(|refusal| refusal_of(refusal, &destination.environment)).collect(),
        queues: queue_entries(queues),
        replay: report.replay().map(|replay| replay::of(&replay)),
        not_judged: not_judged.map(|_| Refusal::MAX_ADDED_INVITES).into_iter().collect(),
        warnings: warnings(lint),
        undone_by_files: undone_by_files.iter().map(|key| key.address().to_string()).collect(),
    }
}

fn of_goal(goal: &Goal) -> OwnGoal {
    let (run, campaigns) = match goal {
        Goal::Files | Goal::Revert(Selection::All) => (None, None),
        Goal::Rollback(run) => (Some(run.clone()), None),
        Goal::Revert(Selection::Only(keys)) => (None, Some(keys.iter().map(|key| key.address().to_string()).collect())),
    };
    OwnGoal { kind: goal.id(), run, campaigns }
}

fn summary(plan: &Plan) -> OwnSummary {
    let Summary { import, add, change, destroy, forget, moved } = plan.summary();
    let (dangerous, changed_live) = (dangerous(plan).len(), plan.moved_live().len());
    OwnSummary { import, add, change, destroy, forget, moved, dangerous, changed_live }
}

fn warnings(warnings: &LintWarnings) -> Option<OwnWarnings> {
    let LintWarnings { total, changed } = warnings;
    let one = |LintWarning { key, rule, message, place }: &LintWarning| OwnWarning {
        address: key.address().to_string(),
        rule: rule.clone(),
        message: message.clone(),
        place: place.clone(),
    };
    (!warnings.is_empty()).then(|| OwnWarnings { total: *total, changed: changed.iter().map(one).collect() })
}

fn of_change(change: &Change, links: Option<&Links>) -> OwnChange {
    let Change {
        key,
        action,
        moved_from,
        imported,
        vanished,
        origin,
        live,
        desired: _,
        last_applied: _,
        fields,
        held,
        kept,
        lost,
        dangers: _,
        tier,
        body: _,
        remember: _,
    } = change;
    OwnChange {
        address: key.address().to_string(),
        action: action.id(),
        effect: change.effect().id(),
        tier: tier.id(),
        dangers: dangers(change),
        fields: fields.iter().map(field).collect(),
        held: held.iter().map(held_field).collect(),
        live: live.as_ref().map(of_live),
        origin: origin.as_ref().map(|origin| of_origin(origin, links)),
        moved_from: moved_from.as_ref().map(|old| old.address().to_string()),
        imported: *imported,
        vanished: vanished.as_ref().map(|id| id.0.clone()),
        kept: *kept,
        lost: lost.clone(),
    }
}

/// The dangers of a change.
pub(in crate::render::plan) fn dangers(change: &Change) -> Vec<OwnDanger> {
    change.dangers.iter().map(|Danger { kind, severity: _, sentence }| OwnDanger { kind: kind.id(), sentence: sentence.clone() }).collect()
}

fn field(change: &FieldChange) -> OwnField {
    let FieldChange { path, before, after, last_applied, cause } = change;
    let shown = |value: &Option<FieldValue>| value.as_ref().map(|value| shown(value, path));
    OwnField { path: path.to_string(), before: shown(before), after: shown(after), last_applied: shown(last_applied), cause: cause.id() }
}

fn held_field(held: &Held) -> OwnHeld {
    let Held { field: FieldChange { path, before, after, last_applied: _, cause: _ }, until } = held;
    let shown = |value: &Option<FieldValue>| value.as_ref().map(|value| shown(value, path));
    OwnHeld { path: path.to_string(), live: shown(before), file: shown(after), until: until.map(|until| until.to_string()) }
}

fn shown(value: &FieldValue, path: &FieldPath) -> Value {
    match (value, path) {
        (FieldValue::Present, _) => Value::Bool(true),
        (FieldValue::Condition(condition), FieldPath::Filter { part: FilterPart::Whole, .. }) => {
            json!({ "value": value.to_json(), "dataType": condition.data_type.as_str() })
        }
        (value, _) => value.to_json(),
    }
}

fn of_live(live: &LiveSide) -> OwnLive {
    let LiveSide { id, version, spec: _, unmodelled: _, modified_by, date_modified } = live;
    OwnLive {
        id: id.0.clone(),
        version: *version,
        modified_by: modified_by.clone(),
        date_modified: date_modified.map(|when| when.to_string()),
    }
}

fn of_origin(origin: &Origin, links: Option<&Links>) -> OwnOrigin {
    let Origin { file, line, overlay } = origin;
    OwnOrigin { file: file.clone(), line: *line, overlay: overlay.clone(), url: links.map(|links| links.to(origin)) }
}

fn holding(unchanged: &Unchanged) -> Holding {
    let Unchanged { key, origin: _, live: _, last_applied: _, held } = unchanged;
    Holding { address: key.address().to_string(), held: held.iter().map(held_field).collect() }
}

fn found_again(found: &Found) -> Correction {
    let Found { key, id, intended: _ } = found;
    Correction { address: key.address().to_string(), id: id.0.clone(), correction: "found" }
}

fn correction(correction: &StateOnly) -> Correction {
    let (key, id, correction) = match correction {
        StateOnly::Refresh { key, id, body: _, remember: _ } => (key, id, "refresh"),
        StateOnly::Drop { key, id } => (key, id, "drop"),
    };
    Correction { address: key.address().to_string(), id: id.0.clone(), correction }
}

fn stranger(campaign: &Unmanaged) -> OwnUnmanaged {
    let Unmanaged { id, name, unreadable } = campaign;
    OwnUnmanaged { id: id.0.clone(), name: name.clone(), unreadable: unreadable.clone() }
}

fn refusal_of(refusal: &Refusal, environment: &str) -> OwnRefusal {
    let told = refused(refusal, environment);
    OwnRefusal {
        kind: refusal.id(),
        message: told.message,
        hint: told.hint,
        addresses: refusal.keys().into_iter().map(|key| key.address().to_string()).collect(),
    }
}
