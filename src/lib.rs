//! `campaignctl` keeps Genesys Cloud Predictive Engagement campaigns in git.
//!
//! This file is the map. A room uses only the floors below it, never a neighbour and never a floor above;
//! `tests/architecture.rs` checks that, and that the pure floors stay pure.

// GROUND: nouns.
/// Findings as values: what is wrong, where, and what to write instead.
pub mod diagnostic;
/// What a campaign, an environment and the three snapshots of a plan *are*.
pub mod model;

// FIRST FLOOR, thought: pure functions, no clock, disk, network, environment, randomness or async.
/// What is wrong with campaigns that have the right shape: one rule a file, one table.
pub mod lint;
/// The JSON Schema of the files people write, and the check of a document against it.
pub mod schema;

// SECOND FLOOR, doors: touch the world.
/// From the files of a project to typed campaigns, with the place of every value.
pub mod load;

// THIRD FLOOR, hands: change the world.

// FOURTH FLOOR, journeys and words.

// ROOF: the only room that prints, prompts, reads the environment or exits.
