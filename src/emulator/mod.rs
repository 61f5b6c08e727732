//! The embedded emulator: the campaigns API on loopback, with one folder for its data.
//!
//! It is as strict as the contract, so that a body it takes is one the platform would take. A write is answered only when
//! it would survive the loss of the process, and so is a decision that leaves something behind.

mod campaigns;
mod clock;
mod contract;
mod credentials;
mod error;
mod exchange;
mod failure;
mod json_body;
mod page;
mod request_log;
mod router;
mod routing;
mod sample;
mod server;
mod store;
mod token;
mod trigger;

pub use clock::Clock;
pub use error::EmulatorError;
pub use request_log::RequestRecord;
pub use server::{Emulator, Options, UnknownFields};
