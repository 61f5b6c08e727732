//! The API client: what is live, and the one type that can change it.
//!
//! A request is a value; only `http.rs` opens a socket; the retry policy, the paging and the decoding
//! are pure. `Reader` can only look. `Writer` is the only type that can change anything, and only `apply` builds one.

mod answer;
mod auth;
mod bucket;
mod budget;
mod confirm;
mod endpoint;
mod error;
mod gate;
mod http;
mod limits;
mod list;
mod page;
mod read_back;
mod reader;
mod request;
mod retry;
mod server;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod webhook;
mod writer;

pub use auth::Credentials;
pub use error::{Detail, RefusedAt, RemoteError, RemoteErrorKind};
pub use reader::Reader;
pub use server::{InvalidBaseUrl, Server};
pub use settings::{Pace, Settings};
pub use webhook::{InvalidWebhook, NotDelivered, Webhook};
pub use writer::{Writer, Written};
