//! Whether a saved plan still holds: what moved since it was made, and since when. Pure: the facts of now are arguments.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::{AppliedAt, DeclaredAt, LiveAt, SavedPlan};
use crate::model::{CampaignId, CampaignKey, Guards, Live, LiveCampaign};
use crate::reconcile::{self, Action, Change, FieldPath, LiveSide, Plan, changed_paths};

/// The facts that a saved plan is compared with.
#[derive(Debug, Clone)]
pub struct Now<'a> {
    /// The state as it is; `None` where there is none.
    pub state: Option<AppliedAt>,
    /// When that was written, where it says so.
    pub state_written: Option<Timestamp>,
    /// What the files say, where they are at hand.
    pub files: Option<&'a BTreeMap<CampaignKey, DeclaredAt>>,
    /// The limits that the project file sets.
    pub guards: Guards,
    /// What is live.
    pub live: &'a Live,
}

/// Something that is not as the plan was made from.
#[derive(Debug, Clone, PartialEq)]
pub enum Moved {
    /// The state was written, lost or replaced.
    State {
        /// As planned.
        planned: Option<AppliedAt>,
        /// As it is.
        now: Option<AppliedAt>,
        /// When it was written, where it says so.
        written: Option<Timestamp>,
    },
    /// A file says something else, or declares other campaigns.
    File {
        /// The campaign.
        key: CampaignKey,
        /// The file that declared it, or declares it.
        file: String,
        /// The overlay that takes part, or took part.
        overlay: Option<String>,
        /// What is different.
        what: &'static str,
    },
    /// The project file sets other limits.
    Guards,
    /// A live campaign that the plan would write to, or one that stands in its way.
    Live {
        /// The campaign.
        key: CampaignKey,
        /// What happened.
        what: LiveMove,
    },
}

/// What happened to a live campaign.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveMove {
    /// It was changed.
    Changed {
        /// The version the plan saw.
        planned: u64,
        /// Its version now.
        now: u64,
        /// The fields that differ.
        fields: Vec<FieldPath>,
        /// Who changed it last, where the API tells.
        by: Option<String>,
        /// When, where the API tells.
        at: Option<Timestamp>,
    },
    /// It is live a second time.
    Twice {
        /// The id of the campaign that the state knows.
        id: CampaignId,
        /// The ids of the others.
        others: Vec<CampaignId>,
    },
    /// It is gone.
    Gone {
        /// The id it had.
        id: CampaignId,
    },
    /// The plan would create it, and a live campaign of its name is there now.
    NameTaken {
        /// The id of that campaign.
        id: CampaignId,
        /// When it was created, where the API tells.
        at: Option<Timestamp>,
    },
}

/// Everything that moved since the plan was made and that it depends on: state, files, limits, live, in this order.
pub fn moved(saved: &SavedPlan, plan: &Plan, now: &Now<'_>) -> Vec<Moved> {
    let mut moved = Vec::new();
    if saved.state != now.state {
        moved.push(Moved::State { planned: saved.state.clone(), now: now.state.clone(), written: now.state_written });
    }
    if let Some(files) = now.files {
        moved.extend(moved_files(&saved.files, files));
    }
    if saved.guards != now.guards {
        moved.push(Moved::Guards);
    }
    let live: BTreeMap<&CampaignId, &LiveCampaign> = now.live.campaigns.iter().map(|campaign| (&campaign.id, campaign)).collect();
    moved.extend(plan.changes.iter().filter_map(|change| {
        let what = match &change.live {
            Some(planned) => moved_live(planned, live.get(&planned.id).copied(), change.action)?,
            None => name_taken(change, saved, now.live)?,
        };
        Some(Moved::Live { key: change.key.clone(), what })
    }));
    let twice = reconcile::live_twice(&saved.desired, now.live, &saved.last_applied);
    moved.extend(twice.into_iter().map(|twice| {
        let others = twice.other_ids().cloned().collect();
        Moved::Live { key: twice.key, what: LiveMove::Twice { id: twice.id, others } }
    }));
    moved
}

fn moved_files(planned: &BTreeMap<CampaignKey, DeclaredAt>, now: &BTreeMap<CampaignKey, DeclaredAt>) -> Vec<Moved> {
    let mut moved = Vec::new();
    for (key, declared) in planned {
        let what = match now.get(key) {
            None => "no longer declares it",
            Some(found) if found.sha256 != declared.sha256 => "says something else now",
            Some(_) => continue,
        };
        // An overlay that came or went is part of what was declared.
        let overlay = now.get(key).and_then(|now| now.overlay.as_ref()).or(declared.overlay.as_ref()).cloned();
        let file = now.get(key).unwrap_or(declared).file.clone();
        moved.push(Moved::File { key: key.clone(), file, overlay, what });
    }
    for (key, declared) in now.iter().filter(|(key, _)| !planned.contains_key(*key)) {
        let (file, overlay) = (declared.file.clone(), declared.overlay.clone());
        moved.push(Moved::File { key: key.clone(), file, overlay, what: "declares it now, and the plan does not know it" });
    }
    moved
}

fn moved_live(planned: &LiveSide, now: Option<&LiveCampaign>, action: Action) -> Option<LiveMove> {
    let Some(now) = now else {
        // Gone already: a delete has nothing left to do, and a forgotten campaign is nobody's.
        let is_over = matches!(action, Action::Delete | Action::Forget);
        return (!is_over).then(|| LiveMove::Gone { id: planned.id.clone() });
    };
    let LiveCampaign { id, version, date_created: _, date_modified, modified_by, spec, unmodelled } = now;
    let side = LiveSide {
        id: id.clone(),
        version: *version,
        spec: spec.clone(),
        unmodelled: unmodelled.clone(),
        modified_by: None,
        date_modified: None,
    };
    (LiveAt::of(&side) != LiveAt::of(planned)).then(|| LiveMove::Changed {
        planned: planned.version,
        now: *version,
        fields: changed_paths(&planned.spec, spec),
        by: modified_by.clone(),
        at: *date_modified,
    })
}

/// A live campaign of the name that is to be created, which was not there when the plan was made.
fn name_taken(change: &Change, saved: &SavedPlan, live: &Live) -> Option<LiveMove> {
    let name = &change.desired.as_ref()?.name;
    let was_there = |id: &CampaignId| saved.live.campaigns.iter().any(|campaign| campaign.id == *id);
    let taken = live.campaigns.iter().find(|campaign| campaign.spec.name == *name && !was_there(&campaign.id))?;
    Some(LiveMove::NameTaken { id: taken.id.clone(), at: taken.date_created })
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State { planned, now, written } => {
                let since = written.map(|at| format!(", written {at:.0}")).unwrap_or_default();
                match (planned, now) {
                    (Some(planned), Some(now)) if planned.lineage == now.lineage => {
                        write!(f, "the state: serial {} is now {}{since}", planned.serial, now.serial)
                    }
                    (None, Some(now)) => write!(f, "the state: there was none, and now there is (serial {}{since})", now.serial),
                    (_, None) => f.write_str("the state: it is gone"),
                    (Some(_), Some(_)) => write!(f, "the state: it was replaced by another one{since}"),
                }
            }
            Self::File { key, file, overlay: None, what } => write!(f, "{}: `{file}` {what}", key.address()),
            Self::File { key, file, overlay: Some(overlay), what } => write!(f, "{}: `{file}` with `{overlay}` {what}", key.address()),
            Self::Guards => f.write_str("campaignctl.yaml: the guards of the environment are others now"),
            Self::Live { key, what } => write!(f, "{}: {what}", key.address()),
        }
    }
}

impl fmt::Display for LiveMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { planned, now, fields, by, at } => {
                let by = by.as_ref().map(|by| format!(" by {by:?}")).unwrap_or_default();
                let at = at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
                let fields = match fields.as_slice() {
                    [] => String::new(),
                    fields => format!("{}; ", fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
                };
                write!(f, "changed live{by}{at} ({fields}version {planned} is now {now})")
            }
            Self::Twice { id, others } => {
                let others: Vec<&str> = others.iter().map(|other| other.0.as_str()).collect();
                write!(f, "it is live twice: {id} and {}", others.join(", "))
            }
            Self::Gone { id } => write!(f, "the live campaign {id} is gone"),
            Self::NameTaken { id, at } => {
                let at = at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
                write!(f, "the live campaign {id} of this name was created{at}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Moved;
    use crate::saved::AppliedAt;

    fn state(planned: Option<(&str, u64)>, now: Option<(&str, u64)>) -> String {
        let at = |(lineage, serial): (&str, u64)| AppliedAt { lineage: lineage.to_owned(), serial };
        Moved::State { planned: planned.map(at), now: now.map(at), written: None }.to_string()
    }

    #[test]
    fn a_state_that_moved_is_told_from_one_that_was_replaced() {
        assert_eq!(state(Some(("a", 3)), Some(("a", 4))), "the state: serial 3 is now 4");
        assert_eq!(state(Some(("a", 3)), Some(("b", 4))), "the state: it was replaced by another one");
        assert_eq!(state(None, Some(("b", 1))), "the state: there was none, and now there is (serial 1)");
        assert_eq!(state(Some(("a", 3)), None), "the state: it is gone");
    }
}
