//! The running server: start, ask, stop.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::clock::Clock;
use super::contract::Contract;
use super::error::EmulatorError;
use super::request_log::{RequestLog, RequestRecord};
use super::router::{Service, router};
use super::store::{Store, Unopened};
use super::token::Tokens;
use crate::model::Secret;

/// How long a start waits for another process to let the database go.
const PATIENCE: Duration = Duration::from_secs(5);

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
    service: Arc<Service>,
    shutdown: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<io::Result<()>>>,
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
        let Options { data, port, client, unknown_fields } = options;
        let listen_error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => EmulatorError::PortInUse { port },
            _ => EmulatorError::Listen { port, source },
        };
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(listen_error)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(listen_error)?);

        let folder = Unopened::in_folder(&data);
        let (database, organization) = folder.open(patience).await?;
        let store = Store::serve(database, clock.clone()).map_err(|error| folder.corrupt(error))?;
        let contract = Contract::new(unknown_fields);
        let service = Arc::new(Service { store, clock, contract, tokens: Tokens::default(), client, log: RequestLog::default() });

        let (shutdown, stopped) = oneshot::channel::<()>();
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection stays without TCP_NODELAY");
            }
        });
        // A dropped sender is a stop as well.
        let serving = axum::serve(listener, router(&service, organization)).with_graceful_shutdown(async { drop(stopped.await) });
        let server = tokio::spawn(serving.into_future());
        tracing::debug!(%base_url, data = %data.display(), "emulator listens");
        Ok(Self { base_url, service, shutdown: Some(shutdown), server: Some(server) })
    }

    /// `http://127.0.0.1:PORT`, for the API and for tokens.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// How many requests were answered so far, token requests included.
    pub fn request_count(&self) -> u64 {
        self.service.log.answered()
    }

    /// The latest requests, oldest first; at most 10,000.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.service.log.latest()
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
