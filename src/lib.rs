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

// SECOND FLOOR, doors: touch the world.

// THIRD FLOOR, hands: change the world.
/// Speaks the API on loopback: a server that keeps its campaigns in a folder, for trying, rehearsing and testing.
pub mod emulator;

// FOURTH FLOOR, journeys and words.

// ROOF: the only room that prints, prompts, reads the environment or exits.
