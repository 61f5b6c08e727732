//! Drift: what moved live since the last apply, whatever the files say by now.

use std::collections::{BTreeMap, BTreeSet};

use super::field_diff::{Cause, FieldChange, diff};
use super::hold::{BrokenHold, Held, held, hold};
use super::normalize::fields;
use super::pair::{Pair, pair};
use super::plan::{live_side, unreadable_strangers};
use super::{FieldPath, FieldValue, FilterPart, LiveSide, LiveTwice, Refusal, Unmanaged};
use crate::model::{CampaignId, CampaignKey, CampaignSpec, Desired, LastApplied, Live, LiveCampaign, Origin, QueueNames, Remembered};

/// How live differs from what this tool wrote last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drift {
    /// How many campaigns the state knows and this compared.
    pub compared: usize,
    /// The campaigns that drifted, by key.
    pub drifted: Vec<Drifted>,
    /// Campaigns that moved live in nothing but what their lifecycle leaves to live, by key.
    pub held: Vec<HeldLive>,
    /// Declared campaigns that the state does not know: nobody can say what moved in them.
    pub not_applied: Vec<NotApplied>,
    /// Live campaigns that nobody declared.
    pub unmanaged: Vec<Unmanaged>,
    /// Campaigns of which nothing can be said, because their live body cannot be read or their lifecycle cannot be kept.
    pub unreadable: Vec<Unreadable>,
    /// Campaigns that are live a second time, by key.
    pub twice: Vec<LiveTwice>,
    /// What the queues are called that it shows, as far as they were looked up.
    pub queues: QueueNames,
}

/// What kind of drift it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriftClass {
    /// It is managed, and was deleted in Genesys Cloud.
    Missing,
    /// Somebody edited it.
    Configuration,
    /// It was switched off or on, and nothing else.
    Operational,
}

/// A managed campaign that is not live as it was applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Drifted {
    /// Its key.
    pub key: CampaignKey,
    /// What kind of drift it is.
    pub class: DriftClass,
    /// Where it is declared; `None` for a campaign whose file is gone.
    pub origin: Option<Origin>,
    /// The live campaign that the state knows.
    pub id: CampaignId,
    /// What is live. Of a missing campaign: another one of its name, where there is one.
    pub live: Option<LiveSide>,
    /// What moved; empty for a missing campaign.
    pub fields: Vec<Moved>,
    /// What moved too, but is left to live.
    pub held: Vec<Held>,
}

/// A field that moved live since the last apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Which field.
    pub path: FieldPath,
    /// What was applied; `None` where it was absent.
    pub last_applied: Option<FieldValue>,
    /// What is live; `None` where it is absent.
    pub live: Option<FieldValue>,
    /// What the file says now; `None` where it is absent there.
    pub file: Option<FieldValue>,
}

/// A managed campaign that moved live only in what is left to live.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldLive {
    /// Its key.
    pub key: CampaignKey,
    /// Where it is declared.
    pub origin: Origin,
    /// What is live.
    pub live: LiveSide,
    /// What moved.
    pub held: Vec<Held>,
}

/// A declared campaign that the state does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct NotApplied {
    /// Its key.
    pub key: CampaignKey,
    /// Where it is declared.
    pub origin: Origin,
    /// The live campaign of its name, where there is exactly one.
    pub live: Option<LiveSide>,
    /// What differs between live and the file.
    pub differs: Vec<FieldPath>,
}

/// A campaign that cannot be compared, because its live body cannot be read or its lifecycle cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its key.
    pub key: CampaignKey,
    /// Id of the live campaign.
    pub id: CampaignId,
    /// What cannot be read, or why it cannot be compared.
    pub reason: String,
    /// The pointer in the file's lifecycle that cannot be kept, where that is why.
    pub hold: Option<String>,
}

impl Drift {
    /// Whether nothing drifted and nothing is live twice. Other campaigns that nobody manages, or that were never applied, are
    /// no drift.
    pub fn is_empty(&self) -> bool {
        self.drifted.is_empty() && self.twice.is_empty()
    }

    /// The queues that it shows, by their ids.
    pub fn queue_ids(&self) -> BTreeSet<String> {
        let moved = self.drifted.iter().flat_map(|drifted| &drifted.fields);
        let moved = moved.flat_map(|Moved { path: _, last_applied, live, file }| [last_applied, live, file]).flatten();
        let held = self.drifted.iter().flat_map(|drifted| &drifted.held).chain(self.held.iter().flat_map(|campaign| &campaign.held));
        let held = held.flat_map(|held| held.field.queue_ids());
        moved.filter_map(FieldValue::queue_id).chain(held).cloned().collect()
    }

    /// How many campaigns drifted in this way.
    pub fn count(&self, class: DriftClass) -> usize {
        self.drifted.iter().filter(|drifted| drifted.class == class).count()
    }
}

/// Compares live with what was applied last, and with the files where that decides whether there is anything to do.
pub fn drift(desired: &Desired, live: &Live, last_applied: &LastApplied) -> Drift {
    let pairing = pair(desired, live, last_applied);
    let mut drift = Drift::default();
    for pair in &pairing.pairs {
        let known = last_applied.campaigns.get(pair.moved_from.unwrap_or(pair.key));
        match (known, pair.live) {
            (Some(known), Some(live)) if !pair.imported => drift.compare(pair, known, live),
            (Some(known), live) => drift.missing(pair, known, live),
            (None, live) => drift.not_applied.push(not_applied(pair, live)),
        }
    }
    for orphan in &pairing.orphans {
        // Neither declared nor live any more: both sides agree, and the next apply forgets it.
        let Some(live) = orphan.live else { continue };
        drift.compared += 1;
        let moved = moved(&orphan.remembered.body, &live.spec, None);
        if !moved.is_empty() {
            drift.drifted.push(drifted(orphan.key, None, live, moved, Vec::new()));
        }
    }
    for refusal in pairing.refusals {
        drift.refused(refusal, desired);
    }
    let strangers = pairing.unmanaged.iter().map(|campaign| Unmanaged {
        id: campaign.id.clone(),
        name: Some(campaign.spec.name.clone()),
        unreadable: None,
    });
    drift.unmanaged = strangers.chain(unreadable_strangers(live, last_applied)).collect();
    drift.drifted.sort_by(|a, b| a.key.cmp(&b.key));
    drift.not_applied.sort_by(|a, b| a.key.cmp(&b.key));
    drift
}

impl Drift {
    fn compare(&mut self, pair: &Pair<'_>, known: &Remembered, live: &LiveCampaign) {
        self.compared += 1;
        if diff(Some(&known.body), Some(&live.spec), None).is_empty() {
            return;
        }
        let (file, holds) = (&pair.desired.spec, &pair.desired.held);
        let effective = match hold(file, &live.spec, holds) {
            Ok(effective) => effective,
            Err(BrokenHold { pointer, reason }) => {
                self.compared -= 1;
                let reason = format!("its lifecycle holds `{pointer}`, which leaves what is not a valid campaign: {reason}");
                self.unreadable.push(Unreadable { key: pair.key.clone(), id: live.id.clone(), reason, hold: Some(pointer) });
                return;
            }
        };
        let left_to_live: Vec<Held> = held(&effective, file, &live.spec, Some(&known.body), holds)
            .into_iter()
            // What live did not move differs because the file did.
            .filter(|held| held.field.cause != Cause::Code)
            .collect();
        let moved = moved(&known.body, &live.spec, Some((file, &effective)));
        if !moved.is_empty() {
            self.drifted.push(drifted(pair.key, Some(&pair.desired.origin), live, moved, left_to_live));
        } else if !left_to_live.is_empty() {
            let (key, origin) = (pair.key.clone(), pair.desired.origin.clone());
            self.held.push(HeldLive { key, origin, live: live_side(live), held: left_to_live });
        }
    }

    /// The state knows a live campaign that is gone. Another one of its name may have taken its place.
    fn missing(&mut self, pair: &Pair<'_>, known: &Remembered, other: Option<&LiveCampaign>) {
        self.compared += 1;
        self.drifted.push(Drifted {
            key: pair.key.clone(),
            class: DriftClass::Missing,
            origin: Some(pair.desired.origin.clone()),
            id: known.id.clone(),
            live: other.map(live_side),
            fields: Vec::new(),
            held: Vec::new(),
        });
    }

    fn refused(&mut self, refusal: Refusal, desired: &Desired) {
        match refusal {
            Refusal::Unreadable { key, id, reason } => self.unreadable.push(Unreadable { key, id, reason, hold: None }),
            Refusal::AmbiguousName { key, .. } => {
                if let Some(campaign) = desired.campaigns.get(&key) {
                    self.not_applied.push(NotApplied { key, origin: campaign.origin.clone(), live: None, differs: Vec::new() });
                }
            }
            Refusal::LiveTwice(twice) => self.twice.push(twice),
            // These stop a plan; what is live can be compared all the same.
            Refusal::RenameOfDeclared { .. }
            | Refusal::RenamedTwice { .. }
            | Refusal::BrokenHold { .. }
            | Refusal::PreventDestroy { .. }
            | Refusal::TooManyDeletes { .. }
            | Refusal::TooMuchChanged { .. }
            | Refusal::TooManyAddedInvites { .. }
            | Refusal::NotJudged(_) => {}
        }
    }
}

fn drifted(key: &CampaignKey, origin: Option<&Origin>, live: &LiveCampaign, fields: Vec<Moved>, held: Vec<Held>) -> Drifted {
    let only_switched = fields.iter().all(|moved| moved.path == FieldPath::Enabled);
    let class = if only_switched { DriftClass::Operational } else { DriftClass::Configuration };
    Drifted { key: key.clone(), class, origin: origin.cloned(), id: live.id.clone(), live: Some(live_side(live)), fields, held }
}

fn not_applied(pair: &Pair<'_>, live: Option<&LiveCampaign>) -> NotApplied {
    let differs = live.map(|live| diff(Some(&live.spec), Some(&pair.desired.spec), None)).unwrap_or_default();
    NotApplied {
        key: pair.key.clone(),
        origin: pair.desired.origin.clone(),
        live: live.map(live_side),
        differs: differs.into_iter().map(|field| field.path).collect(),
    }
}

/// What live moved since the last apply, without the fields in which live is as the file says by now (`file`, and `effective`
/// with what is left to live). Of a campaign whose file is gone there is neither.
fn moved(known: &CampaignSpec, live: &CampaignSpec, now: Option<(&CampaignSpec, &CampaignSpec)>) -> Vec<Moved> {
    let moved = diff(Some(known), Some(live), None);
    if moved.is_empty() {
        return Vec::new();
    }
    let file = now.map(|(file, _)| fields(file)).unwrap_or_default();
    let open: Option<BTreeSet<FieldPath>> =
        now.map(|(_, effective)| diff(Some(live), Some(effective), None).into_iter().map(|field| field.path).collect());
    moved
        .into_iter()
        .filter(|field| open.as_ref().is_none_or(|open| is_open(&field.path, open)))
        .map(|FieldChange { path, before, after, last_applied: _, cause: _ }| {
            let file = said(&file, &path);
            Moved { path, last_applied: before, live: after, file }
        })
        .collect()
}

/// Whether a field is among those in which live and file differ. A filter comes, goes or changes in its parts, and that may
/// be one thing since the last apply and another against the file.
fn is_open(path: &FieldPath, open: &BTreeSet<FieldPath>) -> bool {
    open.contains(path)
        || match path {
            FieldPath::Filter { part: FilterPart::Whole, .. } => {
                open.contains(&path.with_part(FilterPart::Value)) || open.contains(&path.with_part(FilterPart::DataType))
            }
            FieldPath::Filter { .. } => open.contains(&path.with_part(FilterPart::Whole)),
            _ => false,
        }
}

/// What a body says about a field, a filter's parts included.
fn said(body: &BTreeMap<FieldPath, FieldValue>, path: &FieldPath) -> Option<FieldValue> {
    match (path, body.get(&path.with_part(FilterPart::Whole))?) {
        (FieldPath::Filter { part: FilterPart::DataType, .. }, FieldValue::Condition(condition)) => {
            Some(FieldValue::Word(condition.data_type.as_str()))
        }
        (_, value) => Some(value.clone()),
    }
}
