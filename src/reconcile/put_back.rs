//! A live body with some of its fields as they were before, or as the file says by now.

use std::collections::BTreeMap;

use super::normalize::{action_paths, filter_paths};
use super::{ActionPart, FieldPath, FieldValue, FilterPart, Moved, ThrottlingPart};
use crate::model::{Action, CampaignSpec, Filter, InviteConfig, RoutingConfig, Throttling};

/// The live body with every moved field as it was applied; as the file says, where it says something else of that field by now.
pub(super) fn put_back(live: &CampaignSpec, applied: &CampaignSpec, file: Option<&CampaignSpec>, moved: &[Moved]) -> CampaignSpec {
    let applied = Body::of(applied);
    let file = file.map(Body::of);
    let mut body = Body::of(live);
    for moved in moved {
        let from = file.as_ref().filter(|file| file.says_otherwise(moved)).unwrap_or(&applied);
        body.put(&moved.path, from);
    }
    body.keep_narrow(&Body::of(live), &applied);
    body.into_spec(live, &applied)
}

/// A campaign, its filters and actions under names that do not depend on their order.
struct Body {
    spec: CampaignSpec,
    filters: BTreeMap<FieldPath, Filter>,
    actions: BTreeMap<FieldPath, Action>,
}

impl Body {
    fn of(spec: &CampaignSpec) -> Self {
        Self {
            filters: filter_paths(&spec.filters).into_iter().map(|(path, at)| (path, spec.filters[at].clone())).collect(),
            actions: action_paths(&spec.actions).into_iter().map(|(path, at)| (path, spec.actions[at].clone())).collect(),
            spec: spec.clone(),
        }
    }

    /// Whether the file moved this very field since it was applied. That it drops the filter or action around it is another
    /// change, which waits for a plan of the files.
    fn says_otherwise(&self, moved: &Moved) -> bool {
        let Moved { path, last_applied, live: _, file } = moved;
        let around_it = match path {
            FieldPath::Filter { part: FilterPart::Whole, .. } | FieldPath::Action { part: ActionPart::Whole, .. } => true,
            FieldPath::Filter { .. } => self.filters.contains_key(&path.with_part(FilterPart::Whole)),
            FieldPath::Action { .. } => self.actions.contains_key(&whole(path)),
            _ => true,
        };
        let same = match (path, last_applied, file) {
            (FieldPath::Filter { part: FilterPart::Value, .. }, Some(FieldValue::Condition(last)), Some(FieldValue::Condition(file))) => {
                last.same_value(file)
            }
            _ => last_applied == file,
        };
        around_it && !same
    }

    /// Takes one field from another body; a field that is absent there goes.
    fn put(&mut self, path: &FieldPath, from: &Self) {
        let CampaignSpec { name, description, enabled, campaign_type, evaluation_mode, filters: _, actions: _, throttling } =
            &mut self.spec;
        match path {
            FieldPath::Name => name.clone_from(&from.spec.name),
            FieldPath::Description => description.clone_from(&from.spec.description),
            FieldPath::Enabled => *enabled = from.spec.enabled,
            FieldPath::CampaignType => *campaign_type = from.spec.campaign_type,
            FieldPath::EvaluationMode => *evaluation_mode = from.spec.evaluation_mode,
            FieldPath::Throttling(part) => put_throttling(throttling.get_or_insert_default(), *part, from.spec.throttling.as_ref()),
            FieldPath::Filter { part, .. } => {
                let whole = path.with_part(FilterPart::Whole);
                match (part, self.filters.get_mut(&whole), from.filters.get(&whole)) {
                    (FilterPart::Whole, _, Some(filter)) => drop(self.filters.insert(whole, filter.clone())),
                    (FilterPart::Whole, _, None) => drop(self.filters.remove(&whole)),
                    (FilterPart::Value, Some(mine), Some(filter)) => mine.value.clone_from(&filter.value),
                    (FilterPart::DataType, Some(mine), Some(filter)) => mine.data_type = filter.data_type,
                    (FilterPart::Value | FilterPart::DataType, _, _) => {}
                }
            }
            FieldPath::Action { part, .. } => {
                let whole = whole(path);
                match (part, self.actions.get_mut(&whole), from.actions.get(&whole)) {
                    (ActionPart::Whole, _, Some(action)) => drop(self.actions.insert(whole, action.clone())),
                    (ActionPart::Whole, _, None) => drop(self.actions.remove(&whole)),
                    (part, Some(mine), theirs) => put_action(mine, *part, theirs),
                    // It went as a whole.
                    (_, None, _) => {}
                }
            }
            // Drift names filters and actions as one body does.
            FieldPath::FilterOperator { .. } | FieldPath::ActionPriority { .. } => {}
        }
    }

    /// Where a filter or action goes that came live, those that were applied in its place come back, also if the file drops
    /// them too: a way back never matches visitors whom neither live, nor the file, nor what was applied would match.
    fn keep_narrow(&mut self, live: &Self, applied: &Self) {
        if live.filters.keys().any(|path| !self.filters.contains_key(path)) {
            let gone = applied.filters.iter().filter(|(path, _)| !live.filters.contains_key(*path));
            for (path, filter) in gone {
                self.filters.entry(path.clone()).or_insert_with(|| filter.clone());
            }
        }
        if live.actions.keys().any(|path| !self.actions.contains_key(path)) {
            let gone = applied.actions.iter().filter(|(path, _)| !live.actions.contains_key(*path));
            for (path, action) in gone {
                self.actions.entry(path.clone()).or_insert_with(|| action.clone());
            }
        }
    }

    /// The campaign, with filters and actions in the order of the live one; what comes back stands at the end.
    fn into_spec(mut self, live: &CampaignSpec, applied: &Self) -> CampaignSpec {
        for (path, action) in &mut self.actions {
            let before = applied.actions.get(path);
            without_empty(&mut action.config, before.is_some_and(|action| action.config.is_some()));
            without_empty(&mut action.routing_config, before.is_some_and(|action| action.routing_config.is_some()));
        }
        without_empty(&mut self.spec.throttling, applied.spec.throttling.is_some());
        let mut filters: Vec<Filter> = Vec::new();
        for path in in_order(filter_paths(&live.filters)) {
            filters.extend(self.filters.remove(&path));
        }
        filters.extend(self.filters.into_values());
        let mut actions: Vec<Action> = Vec::new();
        for path in in_order(action_paths(&live.actions)) {
            actions.extend(self.actions.remove(&path));
        }
        actions.extend(self.actions.into_values());
        CampaignSpec { filters, actions, ..self.spec }
    }
}

/// The action that a part belongs to; any other path as it is.
fn whole(path: &FieldPath) -> FieldPath {
    match path {
        FieldPath::Action { action_type, priority, nth, part: _ } => {
            FieldPath::Action { action_type: *action_type, priority: *priority, nth: *nth, part: ActionPart::Whole }
        }
        other => other.clone(),
    }
}

fn in_order(mut paths: Vec<(FieldPath, usize)>) -> impl Iterator<Item = FieldPath> {
    paths.sort_by_key(|(_, at)| *at);
    paths.into_iter().map(|(path, _)| path)
}

/// A block without content means what an absent one means; it stays only where it was applied.
fn without_empty<T: Default + PartialEq>(block: &mut Option<T>, was_applied: bool) {
    if !was_applied && block.as_ref().is_some_and(|block| *block == T::default()) {
        *block = None;
    }
}

fn put_throttling(mine: &mut Throttling, part: ThrottlingPart, from: Option<&Throttling>) {
    let Throttling { max_invites_per_contact, cooldown_seconds, max_invites_per_minute } = mine;
    match part {
        ThrottlingPart::MaxInvitesPerContact => *max_invites_per_contact = from.and_then(|from| from.max_invites_per_contact),
        ThrottlingPart::CooldownSeconds => *cooldown_seconds = from.and_then(|from| from.cooldown_seconds),
        ThrottlingPart::MaxInvitesPerMinute => *max_invites_per_minute = from.and_then(|from| from.max_invites_per_minute),
    }
}

fn put_action(mine: &mut Action, part: ActionPart, from: Option<&Action>) {
    let config = from.and_then(|from| from.config.clone()).unwrap_or_default();
    let routing = from.and_then(|from| from.routing_config.clone()).unwrap_or_default();
    let InviteConfig { invite_message, display_duration, auto_dismiss_on_scroll } = config;
    let RoutingConfig { queue_id, skill_groups, wrap_up_code, priority_level, overflow_queue_id } = routing;
    let Action { action_type: _, priority: _, config: my_config, routing_config: my_routing } = mine;
    match part {
        ActionPart::Whole => {}
        ActionPart::InviteMessage => my_config.get_or_insert_default().invite_message = invite_message,
        ActionPart::DisplayDuration => my_config.get_or_insert_default().display_duration = display_duration,
        ActionPart::AutoDismissOnScroll => my_config.get_or_insert_default().auto_dismiss_on_scroll = auto_dismiss_on_scroll,
        ActionPart::QueueId => my_routing.get_or_insert_default().queue_id = queue_id,
        ActionPart::SkillGroups => my_routing.get_or_insert_default().skill_groups = skill_groups,
        ActionPart::WrapUpCode => my_routing.get_or_insert_default().wrap_up_code = wrap_up_code,
        ActionPart::PriorityLevel => my_routing.get_or_insert_default().priority_level = priority_level,
        ActionPart::OverflowQueueId => my_routing.get_or_insert_default().overflow_queue_id = overflow_queue_id,
    }
}
