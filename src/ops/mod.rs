//! What each command does, without a word printed: values in, values out.

pub mod apply;
mod connect;
pub mod drift;
pub mod explain;
mod failure;
pub mod fix;
pub mod fmt;
pub mod import;
pub mod init;
pub mod levels;
pub mod matching;
pub mod plan;
mod queues;
pub mod references;
pub mod remembered;
pub mod rendered;
pub mod replay;
mod rewrite;
pub mod saved;
mod scope;
pub mod test;
pub mod unlock;
pub mod validate;
mod variables;
mod warnings;
mod way_back;

pub use connect::{Access, AllowedHosts};
pub use failure::{Class, Failure};
pub use rewrite::write;
pub use scope::Scope;
