//! Connections that can be cut: what a fault does to a connection, and the moment an answer is on its way.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::under_way::{Counted, UnderWay};

const WHOLE: u8 = 0;
const CUT_WHEN_FLUSHED: u8 = 1;
const CUT: u8 = 2;

/// A hold on the connection of a request.
#[derive(Clone, Default)]
pub(super) struct Line(Arc<State>);

#[derive(Default)]
struct State {
    state: AtomicU8,
    flushed: Mutex<Vec<Box<dyn FnOnce() + Send>>>,
}

impl Line {
    /// Nothing more is read or written: the connection closes without another byte.
    pub fn cut(&self) {
        self.0.state.store(CUT, Ordering::SeqCst);
    }

    /// The connection closes as soon as what was written so far has left.
    pub fn cut_when_flushed(&self) {
        self.0.state.store(CUT_WHEN_FLUSHED, Ordering::SeqCst);
    }

    /// Calls `then` once what is written next has been handed to the operating system.
    pub fn when_flushed(&self, then: impl FnOnce() + Send + 'static) {
        self.0.flushed.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(then));
    }

    fn check(&self) -> io::Result<()> {
        if self.0.state.load(Ordering::SeqCst) == CUT { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    fn after_flush(&self) -> io::Result<()> {
        if self.0.state.load(Ordering::SeqCst) != WHOLE {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let waiting = std::mem::take(&mut *self.0.flushed.lock().unwrap_or_else(PoisonError::into_inner));
        for then in waiting {
            then();
        }
        Ok(())
    }
}

/// A listener whose connections can be cut, and are counted.
pub(super) struct Lines(pub TcpListener, pub UnderWay);

impl Listener for Lines {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays without TCP_NODELAY");
        }
        (Wire { stream, line: Line::default(), _open: self.1.begin() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection.
pub(super) struct Wire {
    stream: TcpStream,
    line: Line,
    _open: Counted,
}

impl Wire {
    /// The hold on it.
    pub fn line(&self) -> Line {
        self.line.clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        std::task::ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        Poll::Ready(self.line.after_flush())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
