//! The bodies of a request and of its answer, watched.

use super::places::Seat;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::fmt;
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// A request's body that breaks off when it takes too long; the time begins when it is first read.
pub struct RequestBody {
    body: Incoming,
    limit: Duration,
    over: Option<Pin<Box<Sleep>>>,
    seat: Arc<Seat>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, limit: Duration, seat: Arc<Seat>) -> Self {
        Self { body, limit, over: None, seat }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.seat.progress.body_moves();
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::other)));
        }
        self.seat.progress.body_waits();
        let limit = self.limit;
        let over = self.over.get_or_insert_with(|| Box::pin(sleep(limit)));
        over.as_mut().poll(context).map(|()| Some(Err(ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.seat.progress.body_moves();
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").finish_non_exhaustive()
    }
}

/// A request that is under way: until this is dropped.
pub(super) struct UnderWay(Arc<Seat>);

impl UnderWay {
    pub(super) fn new(seat: Arc<Seat>) -> Self {
        seat.progress.begins();
        Self(seat)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.progress.answered();
    }
}

pin_project_lite::pin_project! {
    /// An answer's body, which knows when it is over; `None` is an empty one.
    pub(super) struct AnswerBody<B> {
        #[pin]
        body: Option<B>,
        under_way: UnderWay,
    }
}

impl<B> AnswerBody<B> {
    pub(super) fn new(body: Option<B>, under_way: UnderWay) -> Self {
        Self { body, under_way }
    }
}

impl<B: Body> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.as_pin_mut().map_or(Poll::Ready(None), |body| body.poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), B::size_hint)
    }
}
