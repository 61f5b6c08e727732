//! Bodies that do not come as they should: torn in the middle, or in small pieces.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::line::Line;

/// How many pieces a slow body has at most.
const PIECES: u32 = 10;

/// The first half of a body, after which the connection closes.
pub(super) fn torn(bytes: &Bytes, line: Line) -> Body {
    Body::new(Torn { length: bytes.len(), half: Some(bytes.slice(..bytes.len() / 2)), line })
}

struct Torn {
    length: usize,
    half: Option<Bytes>,
    line: Line,
}

impl http_body::Body for Torn {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.half.take() {
            Some(half) => Poll::Ready(Some(Ok(Frame::data(half)))),
            // Nothing more ever comes. The server flushes while it waits for a body, and the flush closes the connection.
            None => {
                self.line.cut_when_flushed();
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}

/// A body in pieces, the last of which comes after `total`; `last` is called when that one is on its way.
pub(super) fn slow(bytes: Bytes, total: Duration, last: impl FnOnce() + Send + 'static) -> Body {
    let size = bytes.len().div_ceil(PIECES as usize).max(1);
    let pieces: VecDeque<Bytes> = (0..bytes.len()).step_by(size).map(|at| bytes.slice(at..(at + size).min(bytes.len()))).collect();
    let count = u32::try_from(pieces.len()).unwrap_or(PIECES).max(1);
    Body::new(Slow { pieces, pause: total / count, waiting: None, last: Some(Box::new(last)) })
}

struct Slow {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    last: Option<Box<dyn FnOnce() + Send>>,
}

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.pieces.is_empty() {
            return Poll::Ready(None);
        }
        let pause = self.pause;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        ready!(waiting.as_mut().poll(context));
        self.waiting = None;
        let piece = self.pieces.pop_front();
        if self.pieces.is_empty()
            && let Some(last) = self.last.take()
        {
            last();
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.pieces.iter().map(|piece| piece.len() as u64).sum())
    }
}
