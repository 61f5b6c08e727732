//! The running server: start, ask, stop.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::clock::Clock;
use super::contract::Contract;
use super::error::EmulatorError;
use super::fault::{Armed, FaultScript};
use super::hook::Moment;
use super::line::{Lines, Wire};
use super::rate_limit::RateLimit;
use super::request_log::{RequestLog, RequestRecord};
use super::router::{Service, router};
use super::store::{Store, Unopened};
use super::token::Tokens;
use super::under_way::UnderWay;
use crate::model::Secret;
use crate::serve::{Limits, serve};

/// How long a start waits for another process to let the database go.
const PATIENCE: Duration = Duration::from_secs(5);

/// More connections than any client opens at once, and fewer than a process may have files.
const LIMITS: Limits =
    Limits { connections: 512, head: Duration::from_secs(60), body: Duration::from_secs(30), stalled: Duration::from_secs(30) };

/// How long a stop waits for requests that are still under way.
const GRACE: Duration = Duration::from_secs(10);

/// How an emulator runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder for its data; made where there is none. The database file in it is `emulator.redb`.
    pub data: PathBuf,
    /// Port of 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The client id and secret that get a token; `None` gives one to any.
    pub client: Option<(String, Secret)>,
    /// What becomes of fields that the contract does not know.
    pub unknown_fields: UnknownFields,
    /// How long every request of the API waits before anything is done; any number of them wait at the same time.
    pub latency: Duration,
    /// Requests a minute that each client id may send; no limit without.
    pub rate_limit: Option<NonZeroU32>,
    /// What goes wrong, from the first request on.
    pub faults: FaultScript,
    /// Where the chances of faults come from; `None` takes a random seed, which [`Emulator::seed`] tells.
    pub seed: Option<u64>,
}

impl Options {
    /// An emulator in that folder: any free port, any client, strict, at once, and without faults.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            port: 0,
            client: None,
            unknown_fields: UnknownFields::Reject,
            latency: Duration::ZERO,
            rate_limit: None,
            faults: FaultScript::default(),
            seed: None,
        }
    }
}

/// What becomes of body fields that the contract does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownFields {
    /// The request is refused, as the contract says.
    #[default]
    Reject,
    /// They are stored and returned, as by a newer version of the API. One left out of a PUT is gone.
    Keep,
}

/// A running emulator. Dropping it stops the server and closes the database.
pub struct Emulator {
    base_url: String,
    database: PathBuf,
    service: Arc<Service>,
    shutdown: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Opens the database, listens on 127.0.0.1 only, and serves.
    ///
    /// # Errors
    /// [`EmulatorError`]: the port is taken, the folder cannot be used, another process has the database (after a wait of
    /// up to 5 seconds), or its content cannot be read.
    pub async fn start(options: Options) -> Result<Self, EmulatorError> {
        Self::start_with_clock(options, Clock::default()).await
    }

    /// [`Emulator::start`] with another clock: a test moves time instead of waiting for it. Tokens for requests still end
    /// by the system's clock.
    ///
    /// # Errors
    /// As [`Emulator::start`].
    pub async fn start_with_clock(options: Options, clock: Clock) -> Result<Self, EmulatorError> {
        Self::start_with(options, clock, PATIENCE).await
    }

    /// [`Emulator::start`] with another clock, and another wait for the database.
    pub(super) async fn start_with(options: Options, clock: Clock, patience: Duration) -> Result<Self, EmulatorError> {
        let Options { data, port, client, unknown_fields, latency, rate_limit, faults, seed } = options;
        let listen_error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => EmulatorError::PortInUse { port },
            _ => EmulatorError::Listen { port, source },
        };
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let base_url = format!("http://{address}");

        let folder = Unopened::in_folder(&data);
        let (database, organization) = folder.open(patience).await?;
        let store = Store::serve(database, clock.clone()).map_err(|error| folder.corrupt(error))?;
        let contract = Contract::shared(unknown_fields);
        let seed = seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0 >> 32);
        let service = Arc::new(Service {
            store,
            clock,
            contract,
            tokens: Tokens::default(),
            client,
            log: RequestLog::default(),
            under_way: UnderWay::default(),
            hooks: Arc::default(),
            latency,
            rate_limit: rate_limit.map(RateLimit::new),
            armed: Mutex::new(Armed::new(FaultScript::default(), seed)),
            seed,
        });
        service.set_faults(faults);

        let (shutdown, stopped) = oneshot::channel::<()>();
        // A dropped sender is a stop as well.
        let mark = |wire: &Wire, peer: SocketAddr, extensions: &mut Extensions| {
            extensions.insert(ConnectInfo(wire.line()));
            extensions.insert(ConnectInfo(peer));
        };
        let routes = router(&service, organization, address.port());
        let server = tokio::spawn(serve(Lines(listener, service.under_way.clone()), routes, LIMITS, mark, async { drop(stopped.await) }));
        tracing::debug!(%base_url, data = %data.display(), "emulator listens");
        Ok(Self { base_url, database: folder.file().to_owned(), service, shutdown: Some(shutdown), server: Some(server) })
    }

    /// `http://127.0.0.1:PORT`, for the API and for tokens.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// How many requests of the API came so far, token requests included.
    pub fn request_count(&self) -> u64 {
        self.service.log.count()
    }

    /// The latest requests of the API, oldest first, also those that are not answered yet; at most 10,000.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.service.log.since(0)
    }

    /// All campaigns as the API would send them, in the order of their ids. No request is made, and no fault applies.
    ///
    /// # Errors
    /// [`EmulatorError::Corrupt`] when the database cannot be read.
    pub fn campaigns(&self) -> Result<Vec<Value>, EmulatorError> {
        let corrupt = |reason: String| EmulatorError::Corrupt { path: self.database.clone(), reason };
        let texts = self.service.store.all().map_err(|error| corrupt(error.to_string()))?;
        texts.iter().map(|json| serde_json::from_slice(json).map_err(|error| corrupt(error.to_string()))).collect()
    }

    /// Sets what goes wrong from now on, in place of what was set before; all counts begin anew.
    pub fn set_faults(&self, script: impl Into<FaultScript>) {
        self.service.set_faults(script.into());
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&self) {
        self.set_faults(FaultScript::default());
    }

    /// How often each fault of the script has fired, in the order of the script.
    pub fn fired(&self) -> Vec<u64> {
        self.service.armed().fired()
    }

    /// Where the chances of faults come from, unless the script says.
    pub fn seed(&self) -> u64 {
        self.service.seed
    }

    /// Calls `hook` at each [`Moment`] of each request of the API, on the thread that serves the request: while it runs, that
    /// request does not go on. A hook stays until the emulator stops; of several each is called.
    pub fn on(&self, hook: impl Fn(Moment, &RequestRecord) + Send + Sync + 'static) {
        self.service.hooks.add(hook);
    }

    /// Waits until no connection is open, and what was asked for over those that were is done. What a client that is gone has
    /// sent is then read and done, or lost; a connection that was not taken yet is not waited for.
    pub async fn settled(&self) {
        self.service.under_way.none().await;
    }

    /// Takes no more connections, lets requests under way finish (for at most 10 seconds), closes the database.
    pub async fn stop(mut self) {
        drop(self.shutdown.take());
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(GRACE, &mut server).await.is_err()
        {
            tracing::warn!("the emulator stops although requests are under way");
            server.abort();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        // Requests still under way hold the service, but not the database: they are told that the server is stopping.
        self.service.store.close();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
