//! Which filter or action of one body is which of another, also where its operator or priority has changed.
//!
//! Fields keep the names that they have in one body everywhere else; only a comparison gives them the names used here.

use std::collections::{BTreeMap, BTreeSet};

use super::normalize::fields;
use super::{ActionPart, FieldPath, FieldValue, FilterPart};
use crate::model::{CampaignSpec, Operator};

/// The fields of a body by their names.
pub(super) type Fields = BTreeMap<FieldPath, FieldValue>;

/// The fields of several bodies, where one name means the same filter or action in all of them.
pub(super) struct Aligned {
    pub(super) live: Fields,
    pub(super) desired: Fields,
    pub(super) last_applied: Option<Fields>,
}

/// Most pairs that are weighed; in longer lists filters and actions go by their names alone.
const MOST_WEIGHED: usize = 10_000;

/// A filter or an action, with its fields.
#[derive(Debug, Clone)]
struct Item {
    /// The name it has in its body.
    path: FieldPath,
    fields: Vec<(FieldPath, FieldValue)>,
}

/// A filter or action of the comparison, and what it is in each body.
struct Slot {
    /// The name it goes by.
    path: FieldPath,
    live: Option<Item>,
    desired: Option<Item>,
    last_applied: Option<Item>,
}

trait Named {
    fn name(&self) -> &FieldPath;
}

impl Named for Item {
    fn name(&self) -> &FieldPath {
        &self.path
    }
}

impl Named for Slot {
    fn name(&self) -> &FieldPath {
        &self.path
    }
}

/// Gives the same filter or action the same name in all bodies.
pub(super) fn align(live: &CampaignSpec, desired: &CampaignSpec, last_applied: Option<&CampaignSpec>) -> Aligned {
    let (mut live, live_items) = parted(fields(live));
    let (mut desired, desired_items) = parted(fields(desired));
    let (mut last_applied, last_items) = last_applied.map(|body| parted(fields(body))).map_or((None, Vec::new()), |(f, i)| (Some(f), i));
    let mut slots = slots(live_items, desired_items, &last_items);
    remember(&mut slots, last_items);
    let mut changed_keys: BTreeMap<FieldPath, usize> = BTreeMap::new();
    for Slot { path, live: before, desired: after, last_applied: last } in slots {
        // A filter or action that stays under another key has a field that says so.
        let key = match (&before, &after) {
            (Some(before), Some(after)) if !before.has_key_of(after) => before.key_path().map(|key| {
                let nth = changed_keys.entry(key.clone()).or_default();
                *nth += 1;
                with_nth(key, *nth - 1)
            }),
            _ => None,
        };
        let sides = [(Some(&mut live), before), (Some(&mut desired), after), (last_applied.as_mut(), last)];
        for (fields, item) in sides {
            if let (Some(fields), Some(item)) = (fields, item) {
                item.put(&path, key.as_ref(), fields);
            }
        }
    }
    Aligned { live, desired, last_applied }
}

/// The fields beside filters and actions, and these.
fn parted(fields: Fields) -> (Fields, Vec<Item>) {
    let mut rest = Fields::new();
    let mut items: BTreeMap<FieldPath, Vec<(FieldPath, FieldValue)>> = BTreeMap::new();
    for (path, value) in fields {
        match whole(&path) {
            Some(whole) => items.entry(whole).or_default().push((path, value)),
            None => drop(rest.insert(path, value)),
        }
    }
    (rest, items.into_iter().map(|(path, fields)| Item { path, fields }).collect())
}

/// The filter or action that a field belongs to.
fn whole(path: &FieldPath) -> Option<FieldPath> {
    match path {
        FieldPath::Filter { .. } => Some(path.with_part(FilterPart::Whole)),
        FieldPath::Action { action_type, priority, nth, part: _ } => {
            Some(FieldPath::Action { action_type: *action_type, priority: *priority, nth: *nth, part: ActionPart::Whole })
        }
        _ => None,
    }
}

/// Pairs what live and desired have. The same key comes first, then the most alike. Where both keys were applied, one goes and
/// the other comes: they are two.
fn slots(live: Vec<Item>, desired: Vec<Item>, last_applied: &[Item]) -> Vec<Slot> {
    let applied: BTreeSet<FieldPath> = last_applied.iter().map(|item| with_nth(item.path.clone(), 0)).collect();
    let was_applied = |item: &Item| applied.contains(&with_nth(item.path.clone(), 0));
    let weight = |before: &Item, after: &Item| {
        let are_two = |weight: &Weight| !weight.same_key && was_applied(before) && was_applied(after);
        before.weight_beside(after).filter(|weight| !are_two(weight))
    };
    let pairs: BTreeMap<usize, usize> = matched(&live, &desired, weight).into_iter().collect();
    // What stays goes by the name that it will have; what goes, by its own where that is free.
    let mut taken: BTreeSet<FieldPath> = desired.iter().map(|item| item.path.clone()).collect();
    let mut desired: Vec<Option<Item>> = desired.into_iter().map(Some).collect();
    let mut slots = Vec::with_capacity(live.len() + desired.len());
    for (at, before) in live.into_iter().enumerate() {
        let after = pairs.get(&at).and_then(|at| desired.get_mut(*at)).and_then(Option::take);
        let path = after.as_ref().map_or_else(|| free(&before.path, &mut taken), |after| after.path.clone());
        slots.push(Slot { path, live: Some(before), desired: after, last_applied: None });
    }
    for after in desired.into_iter().flatten() {
        slots.push(Slot { path: after.path.clone(), live: None, desired: Some(after), last_applied: None });
    }
    slots
}

/// Adds what was applied last.
fn remember(slots: &mut Vec<Slot>, last_applied: Vec<Item>) {
    let weight = |last: &Item, slot: &Slot| {
        let either = [&slot.live, &slot.desired].into_iter().flatten();
        either.filter_map(|item| last.weight_beside(item)).max()
    };
    let pairs: BTreeMap<usize, usize> = matched(&last_applied, slots, weight).into_iter().collect();
    let mut taken: BTreeSet<FieldPath> = slots.iter().map(|slot| slot.path.clone()).collect();
    for (at, last) in last_applied.into_iter().enumerate() {
        match pairs.get(&at).and_then(|at| slots.get_mut(*at)) {
            Some(slot) => slot.last_applied = Some(last),
            None => {
                let path = free(&last.path, &mut taken);
                slots.push(Slot { path, live: None, desired: None, last_applied: Some(last) });
            }
        }
    }
}

/// Pairs of positions, each used once: those that weigh most first, then in the order of the lists.
fn matched<A: Named, B: Named>(ours: &[A], theirs: &[B], weight: impl Fn(&A, &B) -> Option<Weight>) -> Vec<(usize, usize)> {
    if ours.len().saturating_mul(theirs.len()) > MOST_WEIGHED {
        let theirs: BTreeMap<&FieldPath, usize> = theirs.iter().enumerate().map(|(there, their)| (their.name(), there)).collect();
        return ours.iter().enumerate().filter_map(|(at, our)| Some((at, *theirs.get(our.name())?))).collect();
    }
    let mut all: Vec<(Weight, usize, usize)> = Vec::new();
    for (at, our) in ours.iter().enumerate() {
        for (there, their) in theirs.iter().enumerate() {
            if let Some(weight) = weight(our, their) {
                all.push((weight, at, there));
            }
        }
    }
    all.sort_by_key(|(weight, at, there)| (std::cmp::Reverse(*weight), *at, *there));
    let (mut used, mut used_there) = (BTreeSet::new(), BTreeSet::new());
    let mut pairs = Vec::new();
    for (_, at, there) in all {
        if !used.contains(&at) && !used_there.contains(&there) {
            used.insert(at);
            used_there.insert(there);
            pairs.push((at, there));
        }
    }
    pairs
}

/// How much speaks for two filters or actions being the same one. What comes first decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    same_key: bool,
    same_content: bool,
    same_path: bool,
    likeness: usize,
}

/// The name, or the next one of this key that is free.
fn free(path: &FieldPath, taken: &mut BTreeSet<FieldPath>) -> FieldPath {
    let mut path = path.clone();
    let mut nth = 0;
    while taken.contains(&path) {
        path = with_nth(path, nth);
        nth += 1;
    }
    taken.insert(path.clone());
    path
}

fn with_nth(mut path: FieldPath, number: usize) -> FieldPath {
    if let FieldPath::Filter { nth, .. }
    | FieldPath::Action { nth, .. }
    | FieldPath::FilterOperator { nth, .. }
    | FieldPath::ActionPriority { nth, .. } = &mut path
    {
        *nth = number;
    }
    path
}

impl Item {
    /// What speaks for this being the other one; `None` for a filter of another attribute or an action of another type.
    fn weight_beside(&self, other: &Self) -> Option<Weight> {
        match (&self.path, &other.path) {
            (FieldPath::Filter { attribute, .. }, FieldPath::Filter { attribute: theirs, .. }) if attribute == theirs => {}
            (FieldPath::Action { action_type, .. }, FieldPath::Action { action_type: theirs, .. }) if action_type == theirs => {}
            _ => return None,
        }
        let (ours, theirs) = (self.content(), other.content());
        Some(Weight {
            same_key: self.has_key_of(other),
            same_content: ours == theirs,
            same_path: self.path == other.path,
            likeness: self.kinship(other) + ours.iter().filter(|part| theirs.contains(part)).count(),
        })
    }

    /// Whether attribute and operator, or type and priority, are the same.
    fn has_key_of(&self, other: &Self) -> bool {
        with_nth(self.path.clone(), 0) == with_nth(other.path.clone(), 0)
    }

    /// The parts and their values.
    fn content(&self) -> Vec<(Option<ActionPart>, &FieldValue)> {
        let part = |path: &FieldPath| match path {
            FieldPath::Action { part, .. } => Some(*part),
            _ => None,
        };
        self.fields.iter().map(|(path, value)| (part(path), value)).collect()
    }

    /// Whether two filters look at the same side of an attribute: two lower bounds are more alike than a lower and an upper one.
    fn kinship(&self, other: &Self) -> usize {
        match (&self.path, &other.path) {
            (FieldPath::Filter { operator, .. }, FieldPath::Filter { operator: theirs, .. }) => {
                usize::from(family(*operator) == family(*theirs))
            }
            _ => 0,
        }
    }

    /// The field that says that the key has changed.
    fn key_path(&self) -> Option<FieldPath> {
        match &self.path {
            FieldPath::Filter { attribute, .. } => Some(FieldPath::FilterOperator { attribute: attribute.clone(), nth: 0 }),
            FieldPath::Action { action_type, .. } => Some(FieldPath::ActionPriority { action_type: *action_type, nth: 0 }),
            _ => None,
        }
    }

    /// Adds its fields under a name. With `key`, the operator or priority is a field too; a filter is that field alone.
    fn put(self, name: &FieldPath, key: Option<&FieldPath>, fields: &mut Fields) {
        let Self { path: own, fields: mine } = self;
        for (path, value) in mine {
            match (key, &own, value) {
                (Some(key), FieldPath::Filter { operator, .. }, FieldValue::Condition(condition)) => {
                    fields.insert(key.clone(), FieldValue::Comparison(*operator, condition));
                }
                (_, _, value) => drop(fields.insert(under(name, &path), value)),
            }
        }
        if let (Some(key), FieldPath::Action { priority, .. }) = (key, own) {
            fields.insert(key.clone(), FieldValue::Count(priority));
        }
    }
}

/// The field of this part under the name of another filter or action.
fn under(name: &FieldPath, path: &FieldPath) -> FieldPath {
    match (name, path) {
        (FieldPath::Filter { .. }, FieldPath::Filter { part, .. }) => name.with_part(*part),
        (FieldPath::Action { action_type, priority, nth, part: _ }, FieldPath::Action { part, .. }) => {
            FieldPath::Action { action_type: *action_type, priority: *priority, nth: *nth, part: *part }
        }
        _ => path.clone(),
    }
}

/// Operators that bound an attribute on the same side.
fn family(operator: Operator) -> u8 {
    match operator {
        Operator::GreaterThan | Operator::GreaterThanOrEqual => 0,
        Operator::LessThan | Operator::LessThanOrEqual => 1,
        Operator::Equals | Operator::In => 2,
        Operator::NotEquals | Operator::NotIn => 3,
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => 4,
        Operator::NotContains => 5,
    }
}
