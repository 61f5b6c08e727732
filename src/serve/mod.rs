//! HTTP on connections that end: their number is bounded and so is their patience, whatever is at the other end.
//!
//! `axum::serve` waits for ever for a request that is never finished, and takes any number of connections. Here a connection
//! ends when its request, or the next one, does not come in time. When all places are taken, a new connection gets the place of
//! the one that has been idle the longest: a probe is answered while somebody holds every place.

mod patience;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Extensions;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::Instant;

use patience::{PatientBody, PatientStream};

/// Most bytes that are kept of what was read of a request, the head included.
const LARGEST_BUFFER: usize = 64 * 1024;

/// What a server puts up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; at least 1.
    pub connections: usize,
    /// How long a connection may take for the head of a request, and be idle before it.
    pub head: Duration,
    /// How long the body of a request may take, from when it is first read.
    pub body: Duration,
    /// How long nothing may be taken of an answer.
    pub stalled: Duration,
}

/// Serves until `stopped` is ready; then takes no more connections, lets requests under way finish, and ends. `mark` may
/// tell the requests of a connection something of it. Dropping the future ends every connection at once.
pub async fn serve<L>(
    mut listener: L,
    router: Router,
    limits: Limits,
    mark: impl Fn(&L::Io, SocketAddr, &mut Extensions),
    stopped: impl Future<Output = ()>,
) where
    L: Listener<Addr = SocketAddr>,
{
    let (closing, closed) = watch::channel(false);
    let freed = Arc::new(Notify::new());
    let mut tasks = JoinSet::new();
    let mut places: HashMap<Id, Place> = HashMap::new();
    let mut waiting = None;
    let mut stopped = pin!(stopped);
    loop {
        if let Some((io, peer)) = waiting.take() {
            if places.len() < limits.connections || close_longest_idle(&mut places) {
                let mut extensions = Extensions::new();
                mark(&io, peer, &mut extensions);
                let activity = Activity { state: Arc::new(Mutex::new(State::Idle(Instant::now()))), freed: Arc::clone(&freed) };
                let state = Arc::clone(&activity.state);
                let task = tasks.spawn(connection(io, router.clone(), limits, extensions, activity, closed.clone()));
                places.insert(task.id(), Place { task, state });
            } else {
                waiting = Some((io, peer));
            }
        }
        tokio::select! {
            () = &mut stopped => break,
            Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                places.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            // Somebody became idle, so there may be a place.
            () = freed.notified(), if waiting.is_some() => {}
            accepted = listener.accept(), if waiting.is_none() => waiting = Some(accepted),
        }
    }
    drop(listener);
    // Nobody listening means that there are no connections.
    let _ = closing.send(true);
    while tasks.join_next().await.is_some() {}
}

/// A connection, as the others see it.
struct Place {
    task: AbortHandle,
    state: Arc<Mutex<State>>,
}

/// What a connection does.
#[derive(Clone, Copy)]
enum State {
    /// Nothing, since then: no request, or not a whole head of one.
    Idle(Instant),
    /// It has a request that is worked on.
    Working,
    /// It lost its place. A request that came at the same moment is not begun.
    Closed,
}

/// Closes the connection that has been idle the longest. Returns whether there was one.
fn close_longest_idle(places: &mut HashMap<Id, Place>) -> bool {
    loop {
        let idle = places.iter().filter_map(|(id, place)| match *locked(&place.state) {
            State::Idle(since) => Some((since, *id)),
            State::Working | State::Closed => None,
        });
        let Some((_, id)) = idle.min_by_key(|(since, _)| *since) else { return false };
        let Some(place) = places.get(&id) else { return false };
        let mut state = locked(&place.state);
        // A request may have come since the look.
        if let State::Idle(_) = *state {
            *state = State::Closed;
            drop(state);
            tracing::debug!("all connections are taken: the one that has been idle the longest is closed");
            if let Some(place) = places.remove(&id) {
                place.task.abort();
            }
            return true;
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection's hold on its own place.
#[derive(Clone)]
struct Activity {
    state: Arc<Mutex<State>>,
    freed: Arc<Notify>,
}

impl Activity {
    /// A request is worked on until what is returned is dropped. `None` where the connection lost its place.
    fn begin(&self) -> Option<Working> {
        let mut state = locked(&self.state);
        if let State::Closed = *state {
            return None;
        }
        *state = State::Working;
        Some(Working(self.clone()))
    }
}

struct Working(Activity);

impl Drop for Working {
    fn drop(&mut self) {
        *locked(&self.0.state) = State::Idle(Instant::now());
        self.0.freed.notify_one();
    }
}

/// Serves one connection to its end.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    limits: Limits,
    extensions: Extensions,
    activity: Activity,
    mut closed: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let working = activity.begin();
        let mut request = request.map(|body| Body::new(PatientBody::new(body, limits.body)));
        request.extensions_mut().extend(extensions.clone());
        let answer = working.is_some().then(|| router.call(request));
        async move {
            let _working = working;
            match answer {
                Some(answer) => answer.await.map_err(|never| match never {}),
                None => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            }
        }
    });
    let stream = TokioIo::new(PatientStream::new(stream, limits.stalled));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(LARGEST_BUFFER)
        .serve_connection(stream, service);
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => Some(ended),
        // An error means that the server is gone, which is as good.
        _ = closed.wait_for(|closed| *closed) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}
