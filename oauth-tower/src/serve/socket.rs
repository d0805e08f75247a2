//! A socket whose client has to read.

use super::limits::Limits;
use super::places::Seat;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Breaks off if the client takes nothing, begins no head, or does not end one for too long.
///
/// hyper has one time for a head that begins and for a connection that idles; balancers keep idle
/// connections open for longer than a head may take.
pub(super) struct Socket {
    stream: TcpStream,
    seat: Arc<Seat>,
    idle_time: Duration,
    head_time: Duration,
    write_time: Duration,
    /// Ends if no head has come until then.
    silent: Option<Pin<Box<Sleep>>>,
    over: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, seat: Arc<Seat>, limits: &Limits) -> Self {
        let Limits { idle_time, head_time, write_time, .. } = *limits;
        Self { stream, seat, idle_time, head_time, write_time, silent: None, over: None }
    }

    /// Tells whether the time for the next head has passed, and wakes the task if it does.
    fn is_silent(&mut self, context: &mut Context<'_>) -> bool {
        let Some(at) = self.seat.progress.head_is_over_at(self.idle_time, self.head_time) else { return false };
        let at = Instant::from_std(at);
        let silent = self.silent.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if silent.deadline() != at {
            silent.as_mut().reset(at);
        }
        silent.as_mut().poll(context).is_ready()
    }

    fn watched(&mut self, context: &mut Context<'_>, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.over = None;
            return written;
        }
        self.seat.progress.write_waits();
        let limit = self.write_time;
        let over = self.over.get_or_insert_with(|| Box::pin(sleep(limit)));
        over.as_mut().poll(context).map(|()| Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if read.is_ready() {
            if into.filled().len() > before {
                self.seat.progress.bytes_come();
            }
            return read;
        }
        if self.is_silent(context) { Poll::Ready(Err(ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, from);
        self.watched(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, from);
        self.watched(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything so far has been written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.seat.progress.flushed();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
