//! Where a command works: said first in everything a person reads.

use serde::{Deserialize, Serialize};

use super::Organization;

/// The environment, the organization behind it, and the server that speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// Name of the environment.
    pub environment: String,
    /// The organization the token belongs to.
    pub organization: Organization,
    /// The server, in words: `https://api.mypurecloud.ie`, or `embedded emulator in .campaignctl/local`.
    pub server: String,
}
