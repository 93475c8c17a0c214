//! A connection that holds little: who asks and does not take the answers is given up after a while, and
//! of messages that do not end, only so much is read.

use std::{
    future::Future,
    io::{Error, ErrorKind, IoSlice, Result},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::places::Place;

/// How long nothing at all may leave.
const STUCK: Duration = Duration::from_secs(20);

/// The connection.
pub(crate) struct Bounded<S> {
    stream: S,
    /// Set while something waits to leave.
    stuck: Option<Pin<Box<Sleep>>>,
    unfinished: Unfinished,
}

/// The room, in bytes, for what came of a message that has not ended. It is set once a connection is a
/// WebSocket, which keeps the beginning of a message for as long as it stands.
#[derive(Clone, Default)]
pub(crate) struct Unfinished(Arc<Mutex<Option<Place>>>);

impl Unfinished {
    /// From here on, what comes has to find room in this place.
    pub(crate) fn begin(&self, room: Place) {
        *self.room() = Some(room);
    }

    /// So many bytes of what came are dealt with.
    pub(crate) fn less(&self, bytes: usize) {
        if let Some(room) = self.room().as_mut() {
            room.shrink(bytes);
        }
    }

    /// All of what came is.
    pub(crate) fn end(&self) {
        self.less(usize::MAX);
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.room().as_mut().is_none_or(|room| room.grow(bytes))
    }

    fn room(&self) -> MutexGuard<'_, Option<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Bounded<S> {
    pub(crate) fn new(stream: S, unfinished: Unfinished) -> Self {
        Self {
            stream,
            stuck: None,
            unfinished,
        }
    }

    fn unless_stuck(
        &mut self,
        written: Poll<Result<usize>>,
        cx: &mut Context,
    ) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(STUCK)));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "nothing is read")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context,
        buf: &mut ReadBuf,
    ) -> Poll<Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        match self.unfinished.has_room(buf.filled().len() - before) {
            true => Poll::Ready(Ok(())),
            false => Poll::Ready(Err(Error::new(ErrorKind::OutOfMemory, "no room for more"))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context, buf: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.unless_stuck(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context,
        bufs: &[IoSlice],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.unless_stuck(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
