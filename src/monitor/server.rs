//! Serves the board: `/metrics`, `/healthz`, `/livez`. Everything else is not there; nothing can be changed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Board;
use crate::serve::{Limits, serve};

/// What Prometheus' text format is called.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Probes and a collector are few, and short.
const LIMITS: Limits =
    Limits { connections: 64, head: Duration::from_secs(60), body: Duration::from_secs(10), stalled: Duration::from_secs(10) };
/// How long a stop waits for those who are being answered.
const GRACE: Duration = Duration::from_secs(2);

/// A server of one board. Dropping it stops it.
pub struct Monitor {
    address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

/// Why nothing can be served there.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

impl Monitor {
    /// Listens and serves; port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken, or not of this machine.
    pub async fn start(address: SocketAddr, board: Board) -> Result<Self, ListenError> {
        let failed = |source| ListenError { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(async |State(board): State<Board>| answer(board.health())))
            .route("/livez", get(async |State(board): State<Board>| answer(board.life())))
            .with_state(board);
        let (shutdown, stopped) = oneshot::channel::<()>();
        // A dropped sender is a stop as well.
        let serving = serve(listener, router, LIMITS, |_, _, _| {}, async { drop(stopped.await) });
        Ok(Self { address, shutdown: Some(shutdown), server: tokio::spawn(serving) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and ends.
    pub async fn stop(mut self) {
        drop(self.shutdown.take());
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn metrics(State(board): State<Board>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, METRICS)], board.metrics())
}

/// 200, or 503 with the reason.
fn answer(answer: Result<String, String>) -> (StatusCode, String) {
    match answer {
        Ok(words) => (StatusCode::OK, format!("ok: {words}\n")),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}
