//! Reaching the server of an environment, and making sure it is the right one.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::{Class, Failure, Scope};
use crate::emulator::{self, Emulator};
use crate::load::{Environment, Target};
use crate::model::{Destination, Secret};
use crate::remote::{Credentials, InvalidBaseUrl, Reader, Server, Settings};
use crate::state::{LockedState, Owner, StateAccess, StateDocument, StateStore};

/// Client id that the embedded emulator knows this tool by; it shows as `modifiedBy` of what the tool writes.
const EMBEDDED_CLIENT: &str = "campaignctl";

/// What the process environment says about credentials.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Credentials, where there are any.
    pub credentials: Option<Credentials>,
    /// `GENESYSCLOUD_REGION`: the region the credentials belong to, where it is set.
    pub region: Option<String>,
    /// `CAMPAIGNCTL_ALLOW_HOSTS`: other servers that the credentials may be sent to.
    pub hosts: AllowedHosts,
    /// How to reach a state in a bucket.
    pub state: StateAccess,
}

/// Hosts that the credentials may be sent to, beside this machine and the regions of Genesys Cloud. Only who runs the command can
/// name them: the files of a project are anybody's who may propose a change to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Reads a list such as `genesys.example, mock.example:8443`.
    pub fn read(list: &str) -> Self {
        let names = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|name| !name.is_empty());
        Self(names.map(str::to_ascii_lowercase).collect())
    }

    /// Makes sure that a server may have the credentials.
    fn check(&self, server: &Server, environment: &str) -> Result<(), Failure> {
        if server.is_known() || self.0.iter().any(|host| host == server.authority()) {
            return Ok(());
        }
        let message = format!(
            "environment `{environment}` is at {}, which is not a region of Genesys Cloud; the credentials were not sent there",
            server.api_url()
        );
        let hint = format!(
            "if the server is yours, set CAMPAIGNCTL_ALLOW_HOSTS={} where the command runs; campaignctl.yaml cannot allow it, because \
             a change to that file is planned before anybody has reviewed it",
            server.authority()
        );
        Err(Failure::new(message, hint))
    }
}

/// An environment that answers, and is the one that was meant.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) destination: Destination,
    pub(super) reader: Reader,
    pub(super) state: StateStore,
    emulator: Option<Emulator>,
}

impl Connection {
    /// The state, or a new one; refused when it belongs to another environment or organization.
    pub(super) async fn remembered(&self) -> Result<StateDocument, Failure> {
        let Destination { environment, organization, server: _ } = &self.destination;
        let owner = Owner { environment: environment.clone(), organization: organization.id.clone() };
        match self.state.read().await? {
            None => Ok(StateDocument::new(Uuid::new_v4().to_string(), owner)),
            Some(document) => {
                check_owner(self.state.at(), &document.owner, environment, Some(&organization.id))?;
                Ok(document)
            }
        }
    }

    /// Ends the embedded emulator, if this environment has one.
    pub(super) async fn close(self) {
        if let Some(emulator) = self.emulator {
            emulator.stop().await;
        }
    }
}

/// A client that outlives its run, so that the next one need not log in again.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<Client>>);

#[derive(Debug)]
struct Client {
    way: Way,
    reader: Reader,
    /// Requests that it had sent when the latest run began.
    before: u64,
}

/// What a client is made from. Another way needs another client.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    server: Server,
    credentials: Credentials,
    settings: Settings,
}

impl Kept {
    /// Begins a run: with the client that was used this way before, or with a new one.
    fn begin(&self, way: Way) -> Result<Reader, Failure> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Client { way: _, reader, before }) = kept.as_mut().filter(|client| client.way == way) {
            reader.begin_run();
            *before = reader.requests_sent();
            return Ok(reader.clone());
        }
        let reader = Reader::new(way.server.clone(), way.credentials.clone(), way.settings.clone())?;
        *kept = Some(Client { way, reader: reader.clone(), before: 0 });
        Ok(reader)
    }

    /// Requests that the latest run has sent, the token request included.
    pub(super) fn requests_sent(&self) -> u64 {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().map_or(0, |client| client.reader.requests_sent().saturating_sub(client.before))
    }
}

/// Starts the embedded emulator or finds the server, gets a token, and compares the organization behind it with the one
/// the environment names.
pub(super) async fn connect(scope: &Scope) -> Result<Connection, Failure> {
    connect_again(scope, &Kept::default()).await
}

/// As [`connect`], with the client and the token of an earlier run where they lead to the same server.
pub(super) async fn connect_again(scope: &Scope, kept: &Kept) -> Result<Connection, Failure> {
    let Scope { project, environment, access, settings } = scope;
    let state = state(scope)?;
    let (server, words, credentials, emulator) = match &environment.target {
        Target::Emulator(folder) => {
            let emulator = Emulator::start(emulator::Options::new(folder)).await?;
            let server = Server::base_url(emulator.base_url()).map_err(unusable_url)?;
            let shown = folder.strip_prefix(&project.root).unwrap_or(folder);
            let credentials = Credentials::Client { id: EMBEDDED_CLIENT.to_owned(), secret: Secret::new(EMBEDDED_CLIENT) };
            (server, format!("embedded emulator in {}", shown.display()), credentials, Some(emulator))
        }
        Target::BaseUrl(url) => {
            let server = Server::base_url(url).map_err(unusable_url)?;
            access.hosts.check(&server, &environment.name)?;
            let words = server.api_url().to_owned();
            (server, words, credentials(environment, access)?, None)
        }
        Target::Region(region) => {
            if let Some(other) = access.region.as_deref().filter(|name| crate::model::region(name) != Some(*region)) {
                return Err(Failure::new(
                    format!("environment `{}` is in region {}, but GENESYSCLOUD_REGION says `{other}`", environment.name, region.name),
                    "these credentials belong to another region; set GENESYSCLOUD_REGION to the environment's region, or unset it",
                ));
            }
            let server = Server::region(*region);
            let words = server.api_url().to_owned();
            (server, words, credentials(environment, access)?, None)
        }
    };
    let reader = kept.begin(Way { server, credentials, settings: settings.clone() })?;
    let organization = reader.organization().await?;
    if let Some(expected) = environment.organization.as_ref().filter(|expected| **expected != organization.id) {
        return Err(Failure::new(
            format!(
                "environment `{}` is organization {expected}, but these credentials belong to {} (`{}`)",
                environment.name, organization.id, organization.name
            ),
            "use the credentials of that organization, or correct `organization:` in campaignctl.yaml; nothing was read or changed",
        ));
    }
    let destination = Destination { environment: environment.name.clone(), organization, server: words };
    Ok(Connection { destination, reader, state, emulator })
}

/// The state of the environment; nothing is read yet.
pub(super) fn state(scope: &Scope) -> Result<StateStore, Failure> {
    let Scope { project: _, environment, access, settings: _ } = scope;
    Ok(StateStore::open(&environment.state, &access.state, &environment.name)?)
}

/// Whether a state is that of this environment, and of this organization, where that is known.
///
/// # Errors
/// It belongs to another one.
pub(super) fn check_owner(at: &str, owner: &Owner, environment: &str, organization: Option<&str>) -> Result<(), Failure> {
    let Owner { environment: its_environment, organization: its_organization } = owner;
    if its_environment == environment && organization.is_none_or(|organization| its_organization == organization) {
        return Ok(());
    }
    let of = organization.map(|organization| format!(" of organization {organization}")).unwrap_or_default();
    let message = format!(
        "the state `{at}` belongs to environment `{its_environment}` of organization {its_organization}, not to environment \
         `{environment}`{of}"
    );
    Err(Failure { class: Class::Conflict, ..Failure::new(message, "give each environment its own `state:` in campaignctl.yaml") })
}

/// Gives a lock back. One that cannot be given back expires by itself, so nothing is lost but a minute of somebody's time.
pub(super) async fn release(lock: Option<LockedState>) {
    if let Some(lock) = lock
        && let Err(error) = lock.release().await
    {
        tracing::warn!("the lock was not given back: {error}");
    }
}

fn unusable_url(error: InvalidBaseUrl) -> Failure {
    Failure::new(error.to_string(), "correct `baseUrl:` of the environment in campaignctl.yaml")
}

fn credentials(environment: &Environment, access: &Access) -> Result<Credentials, Failure> {
    access.credentials.clone().ok_or_else(|| {
        Failure::new(
            format!("no credentials for environment `{}`", environment.name),
            match environment.target {
                Target::Region(_) => "set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or GENESYSCLOUD_ACCESS_TOKEN",
                Target::BaseUrl(_) | Target::Emulator(_) => {
                    "set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or GENESYSCLOUD_ACCESS_TOKEN; a standalone \
                     emulator takes any client id and secret"
                }
            },
        )
    })
}
