//! How to reach the storage of a shared state: what the process environment says, as data.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::model::Secret;

/// Names that are read, by the storage they are for.
const S3: [&str; 15] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_PROFILE",
];
const GOOGLE: [&str; 2] = ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN"];
const AZURE: [&str; 6] = [
    "AZURE_STORAGE_ACCOUNT_NAME",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
];
/// Those whose value nobody else may learn.
const SECRETS: [&str; 5] =
    ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_CLIENT_SECRET"];
const OURS: [&str; 2] = [MACHINE, LEASE];

/// `machine` lets the storage be reached as the machine itself: instance profile, service account or managed identity.
pub(super) const MACHINE: &str = "CAMPAIGNCTL_STATE_CREDENTIALS";
/// How many seconds a lock lasts after its last heartbeat.
pub(super) const LEASE: &str = "CAMPAIGNCTL_STATE_LEASE";

/// Shortest and longest lease, and the usual one, in seconds.
const LEASES: (u64, u64, u64) = (2, 3600, 60);

/// What the process environment says about the storage of states. Every value is kept as a secret, and none is shown.
#[derive(Clone, Default)]
pub struct StateAccess(BTreeMap<&'static str, Secret>);

impl StateAccess {
    /// Takes the variables that matter from a reader of the process environment.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let names = S3.iter().chain(&GOOGLE).chain(&AZURE).chain(&OURS);
        Self(names.filter_map(|name| Some((*name, Secret::new(variable(name)?)))).collect())
    }

    /// The value of a variable; only what sends it should ask.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }

    /// The values that are credentials by themselves.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        SECRETS.iter().filter_map(|name| self.0.get(name))
    }

    /// The first of these that is set.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Whether all of these are set.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.contains_key(*name))
    }

    /// Whether the identity of the machine may be used.
    pub(super) fn machine(&self) -> bool {
        self.get(MACHINE) == Some("machine")
    }

    /// How long a lock lasts after its last heartbeat.
    ///
    /// # Errors
    /// What is wrong with the setting.
    pub(super) fn lease(&self) -> Result<Duration, String> {
        let (shortest, longest, usual) = LEASES;
        match self.get(LEASE).map(str::parse::<u64>) {
            None => Ok(Duration::from_secs(usual)),
            Some(Ok(seconds)) if (shortest..=longest).contains(&seconds) => Ok(Duration::from_secs(seconds)),
            Some(_) => Err(format!("{LEASE} is no number of seconds from {shortest} to {longest}")),
        }
    }
}

impl fmt::Debug for StateAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
