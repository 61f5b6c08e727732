//! What a visitor would notice: the few changes that deserve a mark, and which way a change moves the number of invites.
//!
//! A mark is proven by the analysis of filters, or says that it only can be so.

use super::audience::Filters;
use super::{Cause, FieldChange, FieldPath, Tier};
use crate::evaluate::Terms;
use crate::model::{Action, CampaignSpec, LiveCampaign};

/// A change that a reviewer must see first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// Kind of danger.
    pub kind: DangerKind,
    /// Where it stands among the dangers of a plan.
    pub severity: Severity,
    /// What it means, in one plain sentence.
    pub sentence: String,
}

/// What goes before the kind of a danger, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It undoes what somebody did live on purpose.
    High,
    /// Visitors notice it.
    Normal,
    /// No visitor notices it.
    Low,
}

/// Kinds of danger, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DangerKind {
    /// The campaign goes.
    Delete,
    /// No suppression is left, or none of its own.
    ThrottlingRemoved,
    /// A campaign starts to invite without suppression.
    NoSuppression,
    /// Filters keep nobody out.
    EverySession,
    /// A limit on invites is higher than before.
    ThrottlingLoosened,
    /// A campaign starts to invite without a cap per minute.
    NoCap,
    /// Visitors match who did not match before.
    AudienceWidened,
    /// Invites are no longer decided in a batch.
    DecidedAtOnce,
    /// A campaign that invited nobody starts to.
    SwitchedOn,
    /// Conversations lose their queue or skill groups.
    RoutingRemoved,
    /// The action that invites has neither a queue nor skill groups.
    NoRouting,
}

impl DangerKind {
    /// All kinds, most severe first.
    pub const ALL: [Self; 11] = [
        Self::Delete,
        Self::ThrottlingRemoved,
        Self::NoSuppression,
        Self::EverySession,
        Self::ThrottlingLoosened,
        Self::NoCap,
        Self::AudienceWidened,
        Self::DecidedAtOnce,
        Self::SwitchedOn,
        Self::RoutingRemoved,
        Self::NoRouting,
    ];

    /// A stable name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::ThrottlingRemoved => "throttling-removed",
            Self::NoSuppression => "no-suppression",
            Self::EverySession => "every-session",
            Self::ThrottlingLoosened => "throttling-loosened",
            Self::NoCap => "no-cap",
            Self::AudienceWidened => "audience-widened",
            Self::DecidedAtOnce => "decided-at-once",
            Self::SwitchedOn => "switched-on",
            Self::RoutingRemoved => "routing-removed",
            Self::NoRouting => "no-routing",
        }
    }

    /// A few words for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Delete => "destroyed",
            Self::ThrottlingRemoved => "throttling removed",
            Self::NoSuppression => "no suppression",
            Self::EverySession => "every session matches",
            Self::ThrottlingLoosened => "throttling loosened",
            Self::NoCap => "no cap",
            Self::AudienceWidened => "audience widened",
            Self::DecidedAtOnce => "decided at once",
            Self::SwitchedOn => "switched on",
            Self::RoutingRemoved => "routing removed",
            Self::NoRouting => "no routing",
        }
    }

    fn says(self, sentence: impl Into<String>) -> Danger {
        Danger { kind: self, severity: Severity::Normal, sentence: sentence.into() }
    }
}

impl Danger {
    /// What dangers are sorted by.
    pub fn rank(&self) -> (Severity, DangerKind) {
        (self.severity, self.kind)
    }
}

/// What a change means for the number of invites.
#[derive(Debug, Clone, Default)]
pub(super) struct Judgement {
    /// The marks, most severe first.
    pub(super) dangers: Vec<Danger>,
    /// Whether there can be more invites.
    pub(super) more: bool,
    /// Whether there can be fewer.
    pub(super) fewer: bool,
}

impl Judgement {
    fn looser(&mut self, danger: Danger) {
        self.dangers.push(danger);
        self.more = true;
    }

    /// When a change that means this is made.
    pub(super) fn tier(&self) -> Tier {
        match (self.more, self.fewer) {
            (true, _) => Tier::Loosen,
            (false, true) => Tier::Tighten,
            (false, false) => Tier::Neutral,
        }
    }

    fn sorted(mut self) -> Self {
        self.dangers.sort_by_key(Danger::rank);
        self
    }
}

/// Whether the campaign has all that it takes to invite somebody. Whether anybody matches is another question.
fn invites(spec: &CampaignSpec) -> bool {
    spec.enabled && !spec.actions.is_empty()
}

/// What an update means. A campaign that invites nobody afterwards gets no marks.
pub(super) fn of_update(campaign: &LiveCampaign, desired: &CampaignSpec, changes: &[FieldChange]) -> Judgement {
    let live = &campaign.spec;
    match (invites(live), invites(desired)) {
        (false, false) => Judgement::default(),
        (true, false) => Judgement { fewer: true, ..Judgement::default() },
        (false, true) => starts(campaign, desired, changes),
        (true, true) => stays(live, desired, changes),
    }
    .sorted()
}

/// The marks of a campaign that is created.
pub(super) fn of_create(desired: &CampaignSpec) -> Vec<Danger> {
    let filters = Filters::of(&desired.filters);
    if !invites(desired) || filters.match_nobody() {
        return Vec::new();
    }
    let judgement = Judgement { dangers: unlimited(desired, &filters), ..Judgement::default() };
    judgement.sorted().dangers
}

/// The mark of a delete.
pub(super) fn of_delete(live: &CampaignSpec) -> Danger {
    let again = "it can be created again by a rollback, under a new id";
    if live.enabled {
        DangerKind::Delete.says(format!("its invites stop; {again}"))
    } else {
        Danger { severity: Severity::Low, ..DangerKind::Delete.says(format!("it is disabled and invites nobody; {again}")) }
    }
}

/// A campaign that invited nobody starts to.
fn starts(campaign: &LiveCampaign, desired: &CampaignSpec, changes: &[FieldChange]) -> Judgement {
    let filters = Filters::of(&desired.filters);
    if filters.match_nobody() {
        return Judgement { more: true, ..Judgement::default() };
    }
    let is_pause = changes.iter().any(|change| change.path == FieldPath::Enabled && change.cause == Cause::Drift);
    let danger = if is_pause {
        let sentence = format!("it was paused live{}: applying switches it on again", who_and_when(campaign));
        Danger { severity: Severity::High, ..DangerKind::SwitchedOn.says(sentence) }
    } else {
        DangerKind::SwitchedOn.says("the campaign starts inviting visitors")
    };
    let mut judgement = Judgement::default();
    judgement.looser(danger);
    judgement.dangers.extend(unlimited(desired, &filters));
    // Whoever paused it knew it with the filters it had.
    let widened = filters.widened_from(&Filters::of(&campaign.spec.filters), changes);
    judgement.dangers.extend(widened.into_iter().map(|sentence| DangerKind::AudienceWidened.says(sentence)));
    judgement
}

/// What keeps the invites of a campaign that starts from doing harm, where it is missing.
fn unlimited(desired: &CampaignSpec, filters: &Filters) -> Vec<Danger> {
    let Terms { action, is_batch: _, limit, cap } = Terms::of(desired);
    let mut dangers = Vec::new();
    match limit {
        None => dangers
            .push(DangerKind::NoSuppression.says("it starts inviting without suppression: any visitor can be invited again and again")),
        Some(limit) if limit.cooldown.is_zero() => dangers.push(
            DangerKind::NoSuppression.says("it starts inviting without a cooldown: the next trigger can invite the same contact again"),
        ),
        Some(_) => {}
    }
    dangers.extend(filters.keep_nobody_out().map(|sentence| DangerKind::EverySession.says(sentence)));
    if cap.is_none() {
        dangers.push(
            DangerKind::NoCap.says("it starts inviting without `maxInvitesPerMinute`: any number of visitors can be invited in one minute"),
        );
    }
    if !action.is_some_and(is_routed) {
        dangers
            .push(DangerKind::NoRouting.says("it starts inviting without routing: accepted invites go to the channel's default routing"));
    }
    dangers
}

/// A campaign that invites goes on inviting.
fn stays(live: &CampaignSpec, desired: &CampaignSpec, changes: &[FieldChange]) -> Judgement {
    let mut judgement = Judgement::default();
    let (before, after) = (Terms::of(live), Terms::of(desired));
    suppression(&before, &after, &mut judgement);
    cap(&before, &after, &mut judgement);
    if changes.iter().any(|change| matches!(change.path, FieldPath::Filter { .. } | FieldPath::FilterOperator { .. })) {
        audience(live, desired, changes, &mut judgement);
    }
    if before.is_batch && !after.is_batch {
        judgement.looser(
            DangerKind::DecidedAtOnce
                .says("invites are decided at once, not 30 to 120 seconds later: more visitors are still there to be invited"),
        );
    }
    judgement.dangers.extend(routing(live, desired, &before, &after));
    judgement
}

fn suppression(before: &Terms<'_>, after: &Terms<'_>, judgement: &mut Judgement) {
    let (before, after) = match (before.limit, after.limit) {
        (None, None) => return,
        (None, Some(_)) => {
            judgement.fewer = true;
            return;
        }
        (Some(_), None) => {
            let sentence = "no suppression is left: any visitor can be invited again and again";
            return judgement.looser(DangerKind::ThrottlingRemoved.says(sentence));
        }
        (Some(before), Some(after)) => (before, after),
    };
    match (before.cooldown.is_zero(), after.cooldown.is_zero()) {
        // Without a cooldown no invite counts, however many there may be.
        (true, true) => {}
        (true, false) => judgement.fewer = true,
        (false, true) => {
            let sentence = "no cooldown is left: the next trigger can invite the same contact again";
            judgement.looser(DangerKind::ThrottlingRemoved.says(sentence));
        }
        (false, false) => {
            judgement.fewer |= after.max_invites < before.max_invites || after.cooldown > before.cooldown;
            if after.max_invites > before.max_invites {
                let sentence = "one contact can be invited more often within the cooldown";
                judgement.looser(DangerKind::ThrottlingLoosened.says(sentence));
            }
            if after.cooldown < before.cooldown {
                judgement.looser(DangerKind::ThrottlingLoosened.says("a contact can be invited again sooner"));
            }
        }
    }
}

fn cap(before: &Terms<'_>, after: &Terms<'_>, judgement: &mut Judgement) {
    let loosened = |sentence| DangerKind::ThrottlingLoosened.says(sentence);
    match (before.cap, after.cap) {
        (Some(_), None) => {
            judgement.looser(loosened("no `maxInvitesPerMinute` is left: any number of visitors can be invited in one minute"));
        }
        (Some(before), Some(after)) if after > before => judgement.looser(loosened("more visitors can be invited in one minute")),
        (before, after) => judgement.fewer |= before != after,
    }
}

fn audience(live: &CampaignSpec, desired: &CampaignSpec, changes: &[FieldChange], judgement: &mut Judgement) {
    let (before, after) = (Filters::of(&live.filters), Filters::of(&desired.filters));
    judgement.fewer |= before.let_in_more_than(&after);
    let widened = after.widened_from(&before, changes);
    if !widened.is_empty() && before.keep_nobody_out().is_none() {
        judgement.dangers.extend(after.keep_nobody_out().map(|sentence| DangerKind::EverySession.says(sentence)));
    }
    for sentence in widened {
        judgement.looser(DangerKind::AudienceWidened.says(sentence));
    }
}

/// Routing is removed where no action of the campaign keeps it. Where one does, that helps only if it is the one that invites.
fn routing(live: &CampaignSpec, desired: &CampaignSpec, before: &Terms<'_>, after: &Terms<'_>) -> Option<Danger> {
    let is_lost = |has: fn(&Action) -> bool| live.actions.iter().any(has) && !desired.actions.iter().any(has);
    let removed = |sentence| Some(DangerKind::RoutingRemoved.says(sentence));
    match (is_lost(has_queue), is_lost(has_skill_groups)) {
        (true, true) => {
            removed("no action names a queue or skill groups any more: accepted invites fall back to the channel's default routing")
        }
        (true, false) => removed("no action names a queue any more: accepted invites fall back to the channel's default queue"),
        (false, true) => removed("no action names skill groups any more: conversations are offered to agents of any skill"),
        (false, false) => {
            let action = after.action.filter(|action| !is_routed(action) && before.action.is_some_and(is_routed))?;
            Some(DangerKind::NoRouting.says(format!(
                "the action that invites (priority {}) names no queue and no skill groups: accepted invites go to the channel's default routing",
                action.priority
            )))
        }
    }
}

fn has_queue(action: &Action) -> bool {
    action.routing_config.as_ref().is_some_and(|routing| routing.queue_id.is_some())
}

fn has_skill_groups(action: &Action) -> bool {
    action.routing_config.as_ref().is_some_and(|routing| !routing.skill_groups.is_empty())
}

fn is_routed(action: &Action) -> bool {
    has_queue(action) || has_skill_groups(action)
}

/// ` by anna at 2026-11-20T10:00:00Z`, as far as the API tells.
fn who_and_when(campaign: &LiveCampaign) -> String {
    let who = campaign.modified_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    let when = campaign.date_modified.map(|when| format!(" at {when:.0}")).unwrap_or_default();
    format!("{who}{when}")
}
