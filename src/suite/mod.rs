//! Test cases for campaigns, thought through: what campaigns decide in a case, which limits no case looks at, and which
//! changes of a campaign no case would notice.
//!
//! A [`World`] is the campaigns as they decide together; [`World::run`] runs a [`Case`] in it, and [`judge`] says what is
//! other than expected. [`boundaries`] and [`uncovered`] measure the cases against the campaigns; [`mutants_of`] and
//! [`Nearby::killer`] measure them against changed campaigns.

mod boundary;
mod case;
mod coverage;
mod judge;
mod kill;
mod mutant;
mod neighbour;
mod suggestion;
mod tested;
mod world;

pub use boundary::{Boundary, Edge, Side, boundaries};
pub use case::{Case, Earlier, Event, Expected};
pub use coverage::uncovered;
pub use judge::{Difference, Mismatch, Reason, SeenFilter, judge};
pub use kill::Nearby;
pub use mutant::{Mutant, mutants_of};
pub use suggestion::{SuggestedCase, SuggestedHistory, suggest};
pub use tested::{Coverage, Mutation, Prepared, Survivor, Tested, Uncovered};
pub use world::{Contestant, Decided, World};
