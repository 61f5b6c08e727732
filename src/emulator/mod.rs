//! The embedded emulator: the campaigns API on loopback, with one folder for its data.
//!
//! It fails when it is told to: [`FaultScript`]. Otherwise it is as strict as the contract, so that a body it takes is one the platform would take. A write is answered only when
//! it would survive the loss of the process, and so is a decision that leaves something behind.

mod broken_body;
mod campaigns;
mod clock;
mod contract;
mod control;
mod credentials;
mod error;
mod exchange;
mod failure;
mod fault;
mod faulty;
mod hook;
mod json_body;
mod line;
mod neighbour;
mod page;
mod rate_limit;
mod request_log;
mod route;
mod router;
mod routing;
mod sample;
mod server;
mod store;
mod token;
mod trigger;
mod under_way;

pub use clock::Clock;
pub use error::EmulatorError;
pub use fault::{Fault, FaultError, FaultRule, FaultScript, Staleness, Times, When, duration};
pub use hook::Moment;
pub use request_log::RequestRecord;
pub use route::Route;
pub use server::{Emulator, Options, UnknownFields};
