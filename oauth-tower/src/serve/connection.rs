//! One connection, from its first byte to its last.

use super::Limits;
use super::body::{AnswerBody, RequestBody, UnderWay};
use super::places::Place;
use super::socket::Socket;
use crate::unfinished::Unfinished;
use http::{Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use oauth_core::http::{PeerAddress, has_one_host};
use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower_service::Service;

/// The least that hyper reads into.
const LEAST_BUFFER: usize = 8 * 1024;

/// More than any limit needs, and less than an instant can be moved by.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How the server stands, as connections see it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It takes requests.
    Open,
    /// It finishes those under way.
    Closing,
    /// It waits for no more heads.
    Hurrying,
    /// It is gone.
    Over,
}

/// What all connections of a server share.
#[derive(Clone)]
pub(super) struct Server<S> {
    pub(super) service: S,
    pub(super) limits: Limits,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) unfinished: Unfinished,
}

impl<S, B> Server<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Serves a connection until it ends, is asked to give way while the client lets it wait, or the
    /// server stops.
    pub(super) async fn connect(self, socket: TcpStream, peer: PeerAddress, place: Place) {
        let Self { service, limits, mut stage, unfinished } = self;
        let body_time = limits.body_time;
        let seat = place.seat();
        let answer = service_fn(move |request: Request<Incoming>| {
            let under_way = UnderWay::new(Arc::clone(&seat));
            let mut request = request.map(|body| RequestBody::new(body, body_time, Arc::clone(&seat)));
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(unfinished.clone());
            let mut service = service.clone();
            async move {
                // For proxies, such as `CONNECT host:80`: what routes by paths may panic at it, as Warp does.
                let is_for_proxies = request.uri().path_and_query().is_none();
                let needs_host = request.version() == Version::HTTP_11;
                if is_for_proxies || needs_host && !has_one_host(request.headers()) {
                    let mut refused = Response::new(AnswerBody::new(None, under_way));
                    *refused.status_mut() = StatusCode::BAD_REQUEST;
                    return Ok(refused);
                }
                poll_fn(|context| service.poll_ready(context)).await?;
                let answer = service.call(request).await?;
                Ok::<_, S::Error>(answer.map(|body| AnswerBody::new(Some(body), under_way)))
            }
        });
        let _ = socket.set_nodelay(true);
        let socket = TokioIo::new(Socket::new(socket, place.seat(), &limits));
        let mut connection = pin!(builder(&limits).serve_connection(socket, answer));
        loop {
            tokio::select! {
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = place.asked() => {
                    // Looked at once more, here where it cannot change: a head may have come meanwhile.
                    if place.progress.waits_since().is_some() {
                        tracing::debug!(peer = %peer.0, "a slow connection gave way");
                        return;
                    }
                }
                stage = next(&mut stage) => match stage {
                    Stage::Open => {}
                    Stage::Closing => connection.as_mut().graceful_shutdown(),
                    Stage::Hurrying if !place.progress.is_idle() => {}
                    Stage::Hurrying | Stage::Over => return,
                }
            }
        }
    }
}

async fn next(stage: &mut watch::Receiver<Stage>) -> Stage {
    match stage.changed().await {
        Ok(()) => *stage.borrow_and_update(),
        Err(_) => Stage::Over,
    }
}

fn builder(limits: &Limits) -> Builder {
    let mut builder = Builder::new();
    builder
        // hyper counts from the last answer; the socket breaks off before. With a time to itself hyper reads again
        // behind each answer, which lets the socket look at the clock.
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle_time.saturating_add(limits.head_time).min(YEAR))
        .max_header_size(limits.head_size)
        .max_buf_size(limits.head_size.max(LEAST_BUFFER));
    builder
}
