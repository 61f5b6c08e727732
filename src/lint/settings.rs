//! What rules must know besides the campaigns: what the project file says, and where.

use std::collections::BTreeMap;

use super::{Levels, Overrides};
use crate::diagnostic::{Allow, DocumentId, Place};
use crate::model::{CampaignKey, Level};

/// What the project file says of one environment, and what flags and comments say. Without any of it every rule has its
/// default level, and what is not known is not judged.
#[derive(Debug, Clone, Default)]
pub struct Settings<'a> {
    /// The environment's name, for messages.
    pub environment: &'a str,
    /// Levels of the project, then those of the environment, which go before them.
    pub layers: Vec<Layer<'a>>,
    /// Levels of flags.
    pub overrides: Overrides,
    /// Comments that allow findings.
    pub allows: &'a [Allow],
    /// Invites a minute that the organization can take from all campaigns together, if it is set.
    pub max_invites_per_minute: Option<(u64, Place)>,
    /// The environment's variables.
    pub variables: Vec<VariableAt<'a>>,
    /// The environment's overlays.
    pub overlays: Vec<OverlayAt<'a>>,
    /// Whether every file could be read. Only then is anything said about what is nowhere used or finds nothing.
    pub complete: bool,
}

impl Settings<'_> {
    /// What every rule's findings count as.
    pub fn levels(&self) -> Levels {
        Levels::new(self.layers.iter().map(|layer| layer.levels), &self.overrides)
    }
}

/// One `lint:` map.
#[derive(Debug, Clone)]
pub struct Layer<'a> {
    /// The levels by rule.
    pub levels: &'a BTreeMap<String, Level>,
    /// Where the keys stand, in the same order.
    pub places: Vec<Place>,
    /// What the map is called, e.g. `environments.production.lint`.
    pub field: String,
}

/// One overlay of the environment.
#[derive(Debug, Clone, Copy)]
pub struct OverlayAt<'a> {
    /// The campaign it belongs to.
    pub key: &'a CampaignKey,
    /// Where it stands.
    pub document: DocumentId,
    /// Whether the campaign says anything else with it than without.
    pub changes: bool,
}

/// One variable of the environment.
#[derive(Debug, Clone, Copy)]
pub struct VariableAt<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where its name stands.
    pub place: Place,
    /// Whether it is set for all environments, and not for this one alone.
    pub is_shared: bool,
    /// Whether some file uses it.
    pub is_used: bool,
}
