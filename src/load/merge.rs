//! Merging an overlay into a campaign, field by field: what comes out, and where each part of it was written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::schema::shorten;

/// Which of the two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Base,
    Overlay,
}

/// A merged document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Merged {
    pub(super) value: Value,
    /// Pointers of the merged document to where the value stands: only those that are not where they were in the base.
    pub(super) elsewhere: BTreeMap<String, (Side, String)>,
    /// Pointers to what the overlay replaced in the base, or removed from it.
    pub(super) hidden: Vec<String>,
    /// What cannot be merged.
    pub(super) refused: Vec<Refused>,
    /// Pointers of the merged document to filters and actions that only the overlay has.
    pub(super) appended: BTreeSet<String>,
    /// Whether the merged document says anything else than the base.
    pub(super) changes: bool,
}

/// An entry of the overlay that cannot be merged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Pointer to it in the overlay.
    pub(super) pointer: String,
    /// Pointers to what it may mean in the base.
    pub(super) also: Option<String>,
    pub(super) message: String,
    pub(super) help: String,
}

/// Lists whose items are known by some of their fields: what an item is called, and which fields.
const LISTS: [(&str, &str, [&str; 2]); 2] =
    [("filters", "filter", ["attributeName", "operator"]), ("actions", "action", ["type", "priority"])];
/// The field that says that an item of the base goes.
pub(super) const REMOVE: &str = "remove";
/// Two ways to say one thing: the overlay's takes the place of the other one.
const ALTERNATIVES: [[&str; 2]; 2] = [["queue", "queueId"], ["overflowQueue", "overflowQueueId"]];
/// Fields that an overlay does not have.
pub(super) const NOT_IN_OVERLAYS: [&str; 2] = ["key", "previously"];

/// Merges `overlay` into `base`. A `null` of the overlay removes a field, unless `is_stand_in` says that the value at its
/// pointer is one that could not be read.
pub(super) fn merge(base: &Value, overlay: &Value, is_stand_in: &dyn Fn(&str) -> bool) -> Merged {
    let mut merger = Merger { is_stand_in, merged: Merged::default() };
    let mut value = base.clone();
    if let (Some(fields), Some(changes)) = (value.as_object_mut(), overlay.as_object()) {
        merger.document(fields, changes);
    }
    Merged { value, ..merger.merged }
}

struct Merger<'a> {
    is_stand_in: &'a dyn Fn(&str) -> bool,
    merged: Merged,
}

/// The pointers of one place: in the merged document, in the base, in the overlay.
#[derive(Clone, Default)]
struct At {
    merged: String,
    base: String,
    overlay: String,
}

impl At {
    fn below(&self, name: &str) -> Self {
        let step = name.replace('~', "~0").replace('/', "~1");
        let [merged, base, overlay] = [&self.merged, &self.base, &self.overlay].map(|pointer| format!("{pointer}/{step}"));
        Self { merged, base, overlay }
    }
}

impl Merger<'_> {
    fn document(&mut self, base: &mut Map<String, Value>, overlay: &Map<String, Value>) {
        let root = At::default();
        for (list, noun, identity) in LISTS {
            if let (Some(Value::Array(items)), Some(Value::Array(entries))) = (base.get_mut(list), overlay.get(list)) {
                let kept = self.list(items, entries, &root.below(list), noun, identity);
                self.renumber(base, list, &kept);
            }
        }
        let rest = overlay.iter().filter(|(name, value)| {
            let is_list = LISTS.iter().any(|(list, ..)| list == name) && value.is_array() && base.get(*name).is_some_and(Value::is_array);
            !is_list && !NOT_IN_OVERLAYS.contains(&name.as_str())
        });
        let rest: Vec<(&String, &Value)> = rest.collect();
        for (name, value) in rest {
            self.field(base, name, value, &root);
        }
    }

    /// Merges one field of a mapping at `at`.
    fn field(&mut self, base: &mut Map<String, Value>, name: &str, new: &Value, at: &At) {
        let below = at.below(name);
        if new.is_null() && !(self.is_stand_in)(&below.overlay) {
            if base.remove(name).is_some() {
                self.merged.changes = true;
                self.merged.hidden.push(below.base);
            }
            self.merged.elsewhere.insert(below.merged, (Side::Overlay, below.overlay));
            return;
        }
        for [one, other] in ALTERNATIVES {
            let replaced = if name == one {
                other
            } else if name == other {
                one
            } else {
                continue;
            };
            if base.remove(replaced).is_some() {
                self.merged.changes = true;
                let replaced = at.below(replaced);
                self.merged.hidden.push(replaced.base);
                self.merged.elsewhere.insert(replaced.merged, (Side::Overlay, replaced.overlay));
            }
        }
        if let Value::Object(changes) = new {
            let is_new = !base.get(name).is_some_and(Value::is_object);
            if is_new {
                self.replace(base, name, Value::Object(Map::new()), &below);
            }
            if let Some(Value::Object(fields)) = base.get_mut(name) {
                for (name, value) in changes {
                    self.field(fields, name, value, &below);
                }
            }
        } else {
            self.replace(base, name, new.clone(), &below);
        }
    }

    fn replace(&mut self, base: &mut Map<String, Value>, name: &str, new: Value, at: &At) {
        let before = base.get(name);
        self.merged.changes |= before != Some(&new);
        if before.is_some() {
            self.merged.hidden.push(at.base.clone());
        }
        self.merged.elsewhere.insert(at.merged.clone(), (Side::Overlay, at.overlay.clone()));
        base.insert(name.to_owned(), new);
    }

    /// Merges a list whose items have an identity, and returns for each item of the base where it is now.
    fn list(&mut self, items: &mut Vec<Value>, entries: &[Value], at: &At, noun: &str, identity: [&str; 2]) -> Vec<Option<usize>> {
        let known: Vec<Option<[Value; 2]>> = items.iter().map(|item| identity_of(item, identity)).collect();
        // What becomes of each item of the base; the entries that are new.
        let mut meant: BTreeMap<usize, usize> = BTreeMap::new();
        let mut new = Vec::new();
        for (nth, entry) in entries.iter().enumerate() {
            // An entry without its identity is the schema's to report.
            let Some(own) = identity_of(entry, identity) else { continue };
            let own = Some(own);
            let matching: Vec<usize> = (0..known.len()).filter(|index| known[*index] == own).collect();
            let before = entries[..nth].iter().any(|earlier| identity_of(earlier, identity) == own);
            match matching.as_slice() {
                _ if before => self.refuse_twice(nth, at, noun, identity),
                [] if entry.get(REMOVE).is_some() => self.refuse_absent(nth, entry, at, noun, identity),
                [] => new.push(nth),
                [index] if entry.get(REMOVE).is_some() && entry.as_object().is_some_and(|fields| fields.len() > 3) => {
                    self.refuse_both(nth, *index, at, noun);
                }
                [index] => drop(meant.insert(*index, nth)),
                [first, ..] => self.refuse_ambiguous(nth, *first, matching.len(), at, noun, identity),
            }
        }
        let mut kept = Vec::new();
        let mut merged = Vec::new();
        for (index, item) in std::mem::take(items).into_iter().enumerate() {
            let entry = meant.get(&index).map(|nth| (*nth, &entries[*nth]));
            if entry.is_some_and(|(_, entry)| entry.get(REMOVE).is_some()) {
                self.merged.changes = true;
                self.merged.hidden.push(format!("{}/{index}", at.base));
                kept.push(None);
                continue;
            }
            let place = merged.len();
            kept.push(Some(place));
            self.merged.elsewhere.insert(format!("{}/{place}", at.merged), (Side::Base, format!("{}/{index}", at.base)));
            merged.push(match entry {
                Some((nth, entry)) => self.item(item, entry, &indexed(at, place, index, nth), identity),
                None => item,
            });
        }
        for nth in new {
            let place = merged.len();
            let pointer = format!("{}/{place}", at.merged);
            self.merged.elsewhere.insert(pointer.clone(), (Side::Overlay, format!("{}/{nth}", at.overlay)));
            self.merged.appended.insert(pointer);
            self.merged.changes = true;
            merged.push(self.without_nulls(&entries[nth], &format!("{}/{nth}", at.overlay)));
        }
        *items = merged;
        kept
    }

    fn item(&mut self, mut item: Value, entry: &Value, at: &At, identity: [&str; 2]) -> Value {
        if let (Some(fields), Some(changes)) = (item.as_object_mut(), entry.as_object()) {
            for (name, value) in changes.iter().filter(|(name, _)| !identity.contains(&name.as_str())) {
                self.field(fields, name, value, at);
            }
        }
        item
    }

    /// A new item: a `null` in it removes what is not there.
    fn without_nulls(&self, value: &Value, pointer: &str) -> Value {
        let Value::Object(fields) = value else { return value.clone() };
        let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        let kept = fields.iter().filter(|(name, value)| !value.is_null() || (self.is_stand_in)(&below(name)));
        Value::Object(kept.map(|(name, value)| (name.clone(), self.without_nulls(value, &below(name)))).collect())
    }

    /// The indices in the base's own lifecycle count the base's list: they follow its items to where those are now.
    fn renumber(&mut self, base: &mut Map<String, Value>, list: &str, kept: &[Option<usize>]) {
        let Some(Value::Object(lifecycle)) = base.get_mut("lifecycle") else { return };
        let moved = |pointer: &str| -> Option<String> {
            let Some(rest) = pointer.strip_prefix(&format!("/{list}/")) else { return Some(pointer.to_owned()) };
            let (index, below) = rest.split_once('/').map_or((rest, String::new()), |(index, below)| (index, format!("/{below}")));
            match index.parse::<usize>().ok().and_then(|index| kept.get(index)) {
                Some(Some(now)) => Some(format!("/{list}/{now}{below}")),
                Some(None) => None,
                None => Some(pointer.to_owned()),
            }
        };
        if let Some(Value::Array(pointers)) = lifecycle.get_mut("ignoreChanges") {
            let renumbered: Vec<Value> = pointers
                .iter()
                .filter_map(|pointer| pointer.as_str().map_or(Some(pointer.clone()), |text| moved(text).map(Value::from)))
                .collect();
            *pointers = renumbered;
        }
        if let Some(Value::Object(until)) = lifecycle.get_mut("ignoreUntil") {
            let mut renumbered = Map::new();
            for (pointer, day) in std::mem::take(until) {
                let Some(now) = moved(&pointer) else { continue };
                if now != pointer {
                    let [from, to] =
                        [&pointer, &now].map(|pointer| format!("/lifecycle/ignoreUntil/{}", pointer.replace('~', "~0").replace('/', "~1")));
                    self.merged.elsewhere.insert(to, (Side::Base, from));
                }
                renumbered.insert(now, day);
            }
            *until = renumbered;
        }
    }

    fn refuse(&mut self, nth: usize, at: &At, also: Option<usize>, message: String, help: String) {
        let pointer = format!("{}/{nth}", at.overlay);
        self.merged.refused.push(Refused { pointer, also: also.map(|index| format!("{}/{index}", at.base)), message, help });
    }

    fn refuse_twice(&mut self, nth: usize, at: &At, noun: &str, [one, other]: [&str; 2]) {
        let message = format!("`{}[{nth}]`: the overlay has this {noun} twice: same `{one}`, same `{other}`", list_name(at));
        self.refuse(nth, at, None, message, "keep one of them".to_owned());
    }

    fn refuse_absent(&mut self, nth: usize, entry: &Value, at: &At, noun: &str, [one, other]: [&str; 2]) {
        let message = format!(
            "`{}[{nth}]`: the campaign has no {noun} with `{one}: {}` and `{other}: {}` that could be removed",
            list_name(at),
            shown(entry.get(one)),
            shown(entry.get(other))
        );
        self.refuse(nth, at, None, message, format!("write `{one}` and `{other}` as the campaign file does, or delete this entry"));
    }

    fn refuse_both(&mut self, nth: usize, index: usize, at: &At, noun: &str) {
        let message = format!("`{}[{nth}]`: `remove` and other fields exclude each other", list_name(at));
        self.refuse(nth, at, Some(index), message, format!("keep `remove: true` alone, or the fields that the {noun} is to have"));
    }

    fn refuse_ambiguous(&mut self, nth: usize, first: usize, count: usize, at: &At, noun: &str, [one, other]: [&str; 2]) {
        let message = format!(
            "`{}[{nth}]`: the campaign has {count} {noun}s with this `{one}` and `{other}`, so nobody knows which is meant",
            list_name(at)
        );
        let help = format!(
            "leave one such {noun} in the campaign file; {noun}s that only some environments have go into the overlays of those environments"
        );
        self.refuse(nth, at, Some(first), message, help);
    }
}

fn indexed(at: &At, merged: usize, base: usize, overlay: usize) -> At {
    At { merged: format!("{}/{merged}", at.merged), base: format!("{}/{base}", at.base), overlay: format!("{}/{overlay}", at.overlay) }
}

fn list_name(at: &At) -> &str {
    at.overlay.trim_start_matches('/')
}

fn identity_of(item: &Value, identity: [&str; 2]) -> Option<[Value; 2]> {
    let [one, other] = identity.map(|field| item.get(field).filter(|value| value.is_string() || value.is_number()).cloned());
    Some([one?, other?])
}

fn shown(value: Option<&Value>) -> String {
    value.map(|value| shorten(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Merged, Side, merge};

    fn merged(base: &Value, overlay: &Value) -> Merged {
        merge(base, overlay, &|_| false)
    }

    #[test]
    fn fields_are_merged_and_null_removes_one() {
        let base = json!({ "name": "A", "throttling": { "cooldownSeconds": 60, "maxInvitesPerMinute": 5 }, "description": "x" });
        let overlay = json!({ "throttling": { "maxInvitesPerMinute": 9, "cooldownSeconds": null }, "description": null, "enabled": true, "lifecycle": { "keep": null } });
        let Merged { value, elsewhere, hidden, refused, changes, .. } = merged(&base, &overlay);
        assert_eq!(value, json!({ "name": "A", "throttling": { "maxInvitesPerMinute": 9 }, "enabled": true, "lifecycle": {} }));
        assert_eq!(elsewhere["/throttling/maxInvitesPerMinute"], (Side::Overlay, "/throttling/maxInvitesPerMinute".to_owned()));
        assert!(!elsewhere.contains_key("/throttling") && !elsewhere.contains_key("/name"));
        assert_eq!(hidden, ["/description", "/throttling/cooldownSeconds", "/throttling/maxInvitesPerMinute"]);
        assert_eq!((refused, changes), (Vec::new(), true));
        assert!(!merged(&base, &json!({ "name": "A", "throttling": { "cooldownSeconds": 60 } })).changes);
    }

    #[test]
    fn filters_and_actions_are_merged_by_what_they_are() {
        let filter = |name: &str, value: i64| json!({ "attributeName": name, "operator": "equals", "value": value, "dataType": "integer" });
        let base = json!({
            "filters": [filter("a.a", 1), filter("a.b", 2), filter("a.c", 3)],
            "actions": [{ "type": "webchat_invite", "priority": 1, "routingConfig": { "queueId": "q", "skillGroups": ["x", "y"] } }],
            "lifecycle": { "ignoreChanges": ["/filters/0", "/filters/2/value", "/name"], "ignoreUntil": { "/filters/1": "2030-01-01" } },
        });
        let overlay = json!({
            "filters": [
                { "attributeName": "a.c", "operator": "equals", "value": 30 },
                { "attributeName": "a.a", "operator": "equals", "remove": true },
                filter("a.d", 4),
            ],
            "actions": [{ "type": "webchat_invite", "priority": 1, "routingConfig": { "queue": "Web", "skillGroups": ["z"] } }],
        });
        let Merged { value, elsewhere, refused, appended, .. } = merged(&base, &overlay);
        assert_eq!(value["filters"], json!([filter("a.b", 2), filter("a.c", 30), filter("a.d", 4)]));
        assert_eq!(value["actions"][0]["routingConfig"], json!({ "queue": "Web", "skillGroups": ["z"] }));
        assert_eq!(
            value["lifecycle"],
            json!({ "ignoreChanges": ["/filters/1/value", "/name"], "ignoreUntil": { "/filters/0": "2030-01-01" } })
        );
        assert_eq!(elsewhere["/filters/1"], (Side::Base, "/filters/2".to_owned()));
        assert_eq!(elsewhere["/filters/1/value"], (Side::Overlay, "/filters/0/value".to_owned()));
        assert_eq!(elsewhere["/filters/2"], (Side::Overlay, "/filters/2".to_owned()));
        assert_eq!(appended.iter().collect::<Vec<_>>(), ["/filters/2"]);
        assert_eq!(refused, []);
    }

    #[test]
    fn what_nobody_can_merge_is_refused() {
        let filter = |value: i64| json!({ "attributeName": "a.a", "operator": "equals", "value": value, "dataType": "integer" });
        let own = json!({ "attributeName": "a.a", "operator": "equals" });
        let gone = json!({ "attributeName": "a.z", "operator": "equals", "remove": true });
        let both = json!({ "attributeName": "a.a", "operator": "equals", "remove": true, "value": 3 });
        let refused = |base: &[Value], overlay: &[Value]| {
            let said = merged(&json!({ "filters": base }), &json!({ "filters": overlay })).refused;
            said.into_iter().map(|refused| (refused.pointer, refused.also)).collect::<Vec<_>>()
        };
        let at = |pointer: &str, also: Option<&str>| vec![(pointer.to_owned(), also.map(str::to_owned))];
        assert_eq!(refused(&[filter(1), filter(2)], std::slice::from_ref(&own)), at("/filters/0", Some("/filters/0")));
        assert_eq!(refused(&[filter(1)], &[own.clone(), own]), at("/filters/1", None));
        assert_eq!(refused(&[filter(1)], &[gone]), at("/filters/0", None));
        assert_eq!(refused(&[filter(1)], &[both]), at("/filters/0", Some("/filters/0")));
    }
}
