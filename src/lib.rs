//! `campaignctl` keeps Genesys Cloud Predictive Engagement campaigns in git.
//!
//! This file is the map. A room uses only the floors below it, never a neighbour and never a floor above;
//! `tests/architecture.rs` checks that, and that the pure floors stay pure.

// GROUND: nouns.
/// Findings as values: what is wrong, where, and what to write instead.
pub mod diagnostic;
/// What a campaign, an environment, a session and the three snapshots of a plan *are*.
pub mod model;

// FIRST FLOOR, thought: pure functions, no clock, disk, network, environment, randomness or async.
/// What a campaign answers to a session, and what can be proved of its filters without one. Below the others: rules prove.
pub mod evaluate;

/// New text for a file, decided without touching it: fixes spliced in, or the whole file in its canonical layout.
pub mod edit;
/// What is wrong with campaigns that have the right shape: one rule a file, one table.
pub mod lint;
/// Deciding what to do: desired, live and last applied in, one plan out.
pub mod reconcile;
/// The JSON Schema of the files people write, and the check of a document against it.
pub mod schema;
/// Test cases thought through: what campaigns decide in them, which limits no case looks at, which change none would notice.
pub mod suite;

/// Which sessions match which campaigns, as SQL for the warehouse that has the sessions.
pub mod warehouse;

/// Live campaigns as people would have written them. Above the others: it writes with the words of `edit`.
pub mod adopt;

// BETWEEN THE FLOORS, the threshold: files that somebody else may have prepared.
/// Opens regular files only, without waiting, and only inside a folder where the path comes from a repository.
pub mod files;

// SECOND FLOOR, doors: touch the world.
/// The API client: reads what is live; its writer is the only thing that can change it.
pub mod remote;

/// From the files of a project to typed campaigns, with the place of every value; and the one way to replace such a file.
pub mod load;
/// Reading recorded sessions by the million and deciding them again: blocks, lines, order of time, tally.
pub mod replay;
/// A plan in a file: bound to what it was made from, sealed, and refused once that moved.
pub mod saved;
/// HTTP for those above who answer requests: connections that are bounded in number and in time.
pub mod serve;
/// What the tool remembers between runs, and the lock on it.
pub mod state;

// THIRD FLOOR, hands: change the world.
/// Doing a plan: check, write, record, next.
pub mod apply;
/// Speaks the API on loopback: a server that keeps its campaigns in a folder, for trying, rehearsing and testing.
pub mod emulator;
/// How a job is watched from outside: a file for a collector, and metrics and probes over HTTP. Beside the emulator, because it
/// serves too; what it serves is text that the floor above made.
pub mod monitor;

// FOURTH FLOOR, journeys and words.
/// What each command does, without a word printed.
pub mod ops;
/// Turning values into text.
pub mod render;

// ROOF: the only room that prints, prompts, reads the environment or exits.
/// The command line.
pub mod cli;
