//! Deciding what to do: three snapshots in, one plan out. Pure: same inputs, same plan.
//!
//! [`plan`] is the one door. Behind it: [`pair`] says which live campaign belongs to which key, `normalize` gives every
//! campaign one canonical form, `field_diff` says field by field who moved, `danger` what a visitor would notice, `order`
//! what goes first, `guard` what is too much. [`drift`] asks the same rooms another question: what moved live since the last apply.

mod afterwards;
mod audience;
mod body;
mod canonical;
mod change;
mod counterpart;
mod danger;
mod drift;
mod effect;
mod escaped;
mod field_diff;
mod field_path;
mod goal;
mod guard;
mod hold;
mod normalize;
mod order;
mod pair;
mod plan;
mod put_back;
mod resume;
mod revert;
mod rollback;
mod standing;
mod stored;
mod twice;
mod worlds;

pub use afterwards::undone_by_files;
pub use change::{Action, Change, LiveSide, Remember, StateOnly, Unchanged};
pub use danger::{Danger, DangerKind, Severity};
pub use drift::{Drift, DriftClass, Drifted, HeldLive, Moved, NotApplied, Unreadable, drift};
pub use effect::Effect;
pub use field_diff::{Cause, FieldChange, changed_paths};
pub use field_path::{ActionPart, FieldPath, FilterPart, ThrottlingPart};
pub use goal::{Goal, Selection};
pub use guard::{NotJudged, Policy, Refusal, Unjudged};
pub use hold::Held;
pub use normalize::{Condition, FieldValue, same};
pub use order::Tier;
pub use pair::Candidate;
pub use plan::{Plan, Summary, Unmanaged, plan};
pub use resume::{Found, fingerprint, known_ids, made_by, resume};
pub use revert::{Reverted, key_in_state, reverted};
pub use rollback::rolled_back;
pub use standing::{News, Standing};
pub use stored::{StoredField, stored_differently, unmodelled_stored_differently};
pub use twice::{LiveTwice, is_second, live_twice};
