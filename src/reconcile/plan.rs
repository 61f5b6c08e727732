//! The one door: three snapshots and a policy in, one plan out.

use std::collections::BTreeSet;

use super::field_diff::{diff, diff_of_update};
use super::hold::{BrokenHold, held, hold};
use super::pair::{Orphan, Pair, pair};
use super::{
    Action, Change, Effect, FieldChange, Found, Goal, LiveSide, Policy, Refusal, Remember, StateOnly, Tier, Unchanged, body, danger, guard,
    order, same,
};
use crate::model::{CampaignId, CampaignKey, Desired, Hold, LastApplied, LintWarnings, Live, LiveCampaign, Origin, QueueNames, Replayed};

/// The ordered changes from live to desired, and everything a reader needs to judge them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The changes, in the order in which they are made.
    pub changes: Vec<Change>,
    /// Corrections of the state that touch nothing live.
    pub state_only: Vec<StateOnly>,
    /// Managed campaigns that stay as they are, by key.
    pub unchanged: Vec<Unchanged>,
    /// Campaigns that an earlier run created without learning of it: they are managed from now on.
    pub found: Vec<Found>,
    /// How many campaigns are managed: live ones that the files declare or the state knows.
    pub managed: usize,
    /// Live campaigns that nobody declared; never touched.
    pub unmanaged: Vec<Unmanaged>,
    /// Campaigns that may only be deleted when the user lifts their protection.
    pub protected: Vec<CampaignKey>,
    /// Why the plan must not be applied; empty for a plan that may.
    pub refusals: Vec<Refusal>,
    /// What it aims at.
    pub goal: Goal,
    /// What the queues are called that it shows, as far as they were looked up.
    pub queues: QueueNames,
    /// What recorded sessions make of it, where a recording was given.
    pub replayed: Option<Replayed>,
    /// `maxAddedInvitesPercent`, where it is set and was not judged: no recording was given, or it says too little.
    pub not_judged: Option<u64>,
    /// What the rules warn of in the campaign files.
    pub warnings: LintWarnings,
    /// Campaigns that the next plan of the files changes back; none but for a way back.
    pub undone_by_files: BTreeSet<CampaignKey>,
}

/// A live campaign that no file declares and the state does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// Server-assigned id.
    pub id: CampaignId,
    /// Its name; `None` where it could not be read.
    pub name: Option<String>,
    /// What could not be read, for a campaign whose body this version does not understand.
    pub unreadable: Option<String>,
}

/// How many campaigns each kind of change concerns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Live campaigns taken over by name.
    pub import: usize,
    /// Created.
    pub add: usize,
    /// Updated in place.
    pub change: usize,
    /// Deleted.
    pub destroy: usize,
    /// No longer managed, left live.
    pub forget: usize,
    /// Known under a new key.
    pub moved: usize,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Counts of the changes.
    pub fn summary(&self) -> Summary {
        let count = |action: Action| self.changes.iter().filter(|change| change.action == action).count();
        Summary {
            import: self.changes.iter().filter(|change| change.imported).count(),
            add: count(Action::Create),
            change: count(Action::Update),
            destroy: count(Action::Delete),
            forget: count(Action::Forget),
            moved: self.changes.iter().filter(|change| change.moved_from.is_some()).count(),
        }
    }

    /// The changes for reading: the most dangerous first, the rest in the order in which they are made.
    pub fn by_danger(&self) -> Vec<&Change> {
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        // `sort_by_key` keeps the order of equals.
        changes.sort_by_key(|change| change.rank().map_or((1, None), |rank| (0, Some(rank))));
        changes
    }

    /// How many changes have each effect on visitors; effects that none has are left out.
    pub fn effects(&self) -> Vec<(Effect, usize)> {
        let count = |effect: Effect| self.changes.iter().filter(|change| change.effect() == effect).count();
        Effect::ALL.into_iter().map(|effect| (effect, count(effect))).filter(|(_, count)| *count > 0).collect()
    }

    /// The changes of campaigns that somebody else changed live since they were applied.
    pub fn moved_live(&self) -> Vec<&Change> {
        self.changes.iter().filter(|change| change.fields.iter().any(|field| field.cause.is_live())).collect()
    }

    /// The queues that it shows, by their ids.
    pub fn queue_ids(&self) -> BTreeSet<String> {
        let changed = self.changes.iter().flat_map(|change| change.fields.iter().chain(change.held.iter().map(|held| &held.field)));
        let unchanged = self.unchanged.iter().flat_map(|unchanged| unchanged.held.iter().map(|held| &held.field));
        changed.chain(unchanged).flat_map(FieldChange::queue_ids).cloned().collect()
    }

    /// The ids of everything that was live when it was made.
    pub fn live_ids(&self) -> BTreeSet<CampaignId> {
        let changed = self.changes.iter().filter_map(|change| change.live.as_ref());
        let managed = changed.chain(self.unchanged.iter().map(|unchanged| &unchanged.live)).map(|live| &live.id);
        managed.chain(self.unmanaged.iter().map(|unmanaged| &unmanaged.id)).cloned().collect()
    }

    /// The plan, judged by what recorded sessions make of it.
    pub fn judged_by(mut self, replayed: Replayed, policy: &Policy) -> Self {
        let refusal = guard::check_replayed(&replayed, policy);
        let not_judged = self.not_judged.filter(|_| matches!(refusal, Some(Refusal::NotJudged(_))));
        self.refusals.extend(refusal);
        Self { replayed: Some(replayed), not_judged, ..self }
    }

    /// How many API requests making the changes takes: one for a create, two for an update or delete (read, then write), and
    /// for a create in the place of a campaign that is gone.
    pub fn requests(&self) -> usize {
        let summary = self.summary();
        let anew = self.changes.iter().filter(|change| change.vanished.is_some()).count();
        summary.add + anew + 2 * (summary.change + summary.destroy)
    }
}

/// Compares the three snapshots and decides what to do.
///
/// The plan is complete even when it is refused: [`Plan::refusals`] says why it must not be applied.
pub fn plan(desired: &Desired, live: &Live, last_applied: &LastApplied, policy: &Policy) -> Plan {
    let pairing = pair(desired, live, last_applied);
    let not_judged = policy.guards.max_added_invites_percent;
    let mut plan = Plan { refusals: pairing.refusals, not_judged, ..Plan::default() };
    plan.unmanaged = pairing
        .unmanaged
        .iter()
        .map(|campaign| Unmanaged { id: campaign.id.clone(), name: Some(campaign.spec.name.clone()), unreadable: None })
        .chain(unreadable_strangers(live, last_applied))
        .collect();
    for pair in &pairing.pairs {
        plan.managed += usize::from(pair.live.is_some());
        match pair.live {
            None => plan.changes.push(create(pair)),
            Some(live) => update(pair, live, &mut plan),
        }
    }
    for orphan in &pairing.orphans {
        plan.managed += usize::from(orphan.live.is_some());
        remove(orphan, &mut plan);
    }
    order::sort(&mut plan.changes);
    let exceeded = guard::check(&plan, policy);
    plan.refusals.extend(exceeded);
    plan
}

/// Live campaigns that cannot be read and that the state does not know.
pub(super) fn unreadable_strangers<'a>(live: &'a Live, last_applied: &'a LastApplied) -> impl Iterator<Item = Unmanaged> + 'a {
    let known: BTreeSet<&CampaignId> = last_applied.campaigns.values().map(|remembered| &remembered.id).collect();
    live.unreadable.iter().filter(move |campaign| !known.contains(&campaign.id)).map(|campaign| Unmanaged {
        id: campaign.id.clone(),
        name: campaign.name.clone(),
        unreadable: Some(campaign.reason.clone()),
    })
}

fn remember(pair: &Pair<'_>) -> Remember {
    Remember { prevent_destroy: pair.desired.lifecycle.prevent_destroy, keep: pair.desired.lifecycle.keep }
}

fn create(pair: &Pair<'_>) -> Change {
    let desired = &pair.desired.spec;
    Change {
        key: pair.key.clone(),
        action: Action::Create,
        moved_from: pair.moved_from.cloned(),
        imported: false,
        vanished: pair.remembered.map(|remembered| remembered.id.clone()),
        origin: Some(pair.desired.origin.clone()).filter(Origin::is_somewhere),
        live: None,
        desired: Some(desired.clone()),
        last_applied: pair.remembered.map(|remembered| remembered.body.clone()),
        fields: diff(None, Some(desired), None),
        held: Vec::new(),
        kept: 0,
        lost: Vec::new(),
        dangers: danger::of_create(desired),
        tier: Tier::Loosen,
        body: body::create(desired),
        remember: Some(remember(pair)),
    }
}

pub(super) fn live_side(live: &LiveCampaign) -> LiveSide {
    let LiveCampaign { id, version, date_created: _, date_modified, modified_by, spec, unmodelled } = live;
    LiveSide {
        id: id.clone(),
        version: *version,
        spec: spec.clone(),
        unmodelled: unmodelled.clone(),
        modified_by: modified_by.clone(),
        date_modified: *date_modified,
    }
}

/// Adds the update of a campaign that is live; or, where nothing differs, what the state has to learn.
fn update(pair: &Pair<'_>, live: &LiveCampaign, plan: &mut Plan) {
    let holds = &pair.desired.held;
    let desired = match hold(&pair.desired.spec, &live.spec, holds) {
        Ok(desired) => desired,
        Err(BrokenHold { pointer, reason }) => {
            plan.refusals.push(Refusal::BrokenHold { key: pair.key.clone(), pointer, reason });
            return;
        }
    };
    let last_applied = pair.remembered.map(|remembered| &remembered.body);
    let fields = diff_of_update(&live.spec, &desired, last_applied);
    let (imported, moved_from) = (pair.imported, pair.moved_from.cloned());
    let held = held(&desired, &pair.desired.spec, &live.spec, last_applied, holds);
    if fields.is_empty() && !imported && moved_from.is_none() {
        plan.unchanged.push(Unchanged {
            key: pair.key.clone(),
            origin: pair.desired.origin.clone(),
            live: live_side(live),
            last_applied: last_applied.cloned(),
            held,
        });
        let known = pair.remembered.is_some_and(|remembered| {
            let flags = Remember { prevent_destroy: remembered.prevent_destroy, keep: remembered.keep };
            flags == remember(pair) && same(&remembered.body, &desired)
        });
        let all_held = holds.iter().any(Hold::is_everything);
        if !known && !all_held {
            let (key, id) = (pair.key.clone(), live.id.clone());
            plan.state_only.push(StateOnly::Refresh { key, id, body: desired, remember: remember(pair) });
        }
        return;
    }
    let record = fields.is_empty();
    let body = body::update(&desired, live);
    let judgement = danger::of_update(live, &desired, &fields);
    plan.changes.push(Change {
        key: pair.key.clone(),
        action: if record { Action::Record } else { Action::Update },
        moved_from,
        imported,
        vanished: None,
        origin: Some(pair.desired.origin.clone()).filter(Origin::is_somewhere),
        live: Some(live_side(live)),
        tier: judgement.tier(),
        dangers: judgement.dangers,
        fields,
        held,
        kept: body.kept,
        lost: if record { Vec::new() } else { body.lost },
        body: if record { None } else { body.body },
        desired: Some(desired),
        last_applied: last_applied.cloned(),
        remember: Some(remember(pair)),
    });
}

/// Adds the delete (or forget) of a campaign that the state knows and no file declares.
fn remove(orphan: &Orphan<'_>, plan: &mut Plan) {
    let Some(live) = orphan.live else {
        plan.state_only.push(StateOnly::Drop { key: orphan.key.clone(), id: orphan.remembered.id.clone() });
        return;
    };
    let keep = orphan.remembered.keep;
    if orphan.remembered.prevent_destroy && !keep {
        plan.protected.push(orphan.key.clone());
    }
    plan.changes.push(Change {
        key: orphan.key.clone(),
        action: if keep { Action::Forget } else { Action::Delete },
        moved_from: None,
        imported: false,
        vanished: None,
        origin: None,
        live: Some(live_side(live)),
        desired: None,
        last_applied: Some(orphan.remembered.body.clone()),
        fields: if keep { Vec::new() } else { diff(Some(&live.spec), None, Some(&orphan.remembered.body)) },
        held: Vec::new(),
        kept: 0,
        lost: Vec::new(),
        dangers: if keep { Vec::new() } else { vec![danger::of_delete(&live.spec)] },
        tier: if keep { Tier::Neutral } else { Tier::Tighten },
        body: None,
        remember: None,
    });
}
