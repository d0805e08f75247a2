//! A server for filters, with the limits that Warp's own has not.

mod body;

use body::Timely;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use oauth_core::http::PeerAddress;
use oauth_core::provider::Service;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use warp::reject::Rejection;
use warp::{Filter, Reply};

/// What a client may take of the server.
///
/// ```
/// use oauth_warp::Limits;
/// let mut limits = Limits::default();
/// limits.connections = 2_000;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How long a request's head may take, and how long a connection may idle: 10 seconds unless set.
    pub head_time: Duration,
    /// How many bytes of a request's head are held, up to one read more: 32 KiB unless set, at least 8 KiB.
    pub head_size: usize,
    /// How long a request's body may take: 20 seconds unless set. Its size is the route's to limit; the
    /// provider's is 64 KiB.
    pub body_time: Duration,
    /// How many connections are open at a time: 10,000 unless set. The next ones wait in the operating
    /// system's queue, at most until slow ones are over their time.
    pub connections: usize,
    /// How long requests under way may take once the server is to stop: 10 seconds unless set.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            head_size: 32 * 1024,
            body_time: Duration::from_secs(20),
            connections: 10_000,
            grace: Duration::from_secs(10),
        }
    }
}

/// A server that is ready to run: made by [`serve`].
#[must_use = "a server does nothing until it is run"]
pub struct Serve<F> {
    filter: F,
    listener: TcpListener,
    limits: Limits,
    sweeping: Option<Arc<dyn Service>>,
}

/// Serves a filter on a listener, within limits: HTTP/1.1, without TLS. Each request carries its
/// socket's peer, for [`provider`](crate::provider).
///
/// ```no_run
/// use oauth_core::provider::Service;
/// use oauth_warp::{Limits, provider, serve};
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
///
/// # async fn run(service: Arc<dyn Service>) -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:8000").await?;
/// let server = serve(provider(Arc::clone(&service)), listener, Limits::default()).sweeping(service);
/// server.until(std::future::pending()).await;
/// # Ok(())
/// # }
/// ```
pub fn serve<F>(filter: F, listener: TcpListener, limits: Limits) -> Serve<F>
where
    F: Filter<Error = Rejection> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    Serve { filter, listener, limits, sweeping: None }
}

impl<F> Serve<F>
where
    F: Filter<Error = Rejection> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    /// Runs the sweep of a provider as long as the server runs.
    pub fn sweeping(mut self, service: Arc<dyn Service>) -> Self {
        self.sweeping = Some(service);
        self
    }

    /// Runs until a future is over: then takes no more requests, and finishes those under way.
    pub async fn until(self, stop: impl Future<Output = ()>) {
        let Self { filter, listener, limits, sweeping } = self;
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = stop => {}
            () = accept(&filter, &listener, &limits, &graceful) => {}
            () = sweep(sweeping) => {}
        }
        drop(listener);
        if timeout(limits.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were still under way when the server stopped");
        }
    }
}

async fn sweep(service: Option<Arc<dyn Service>>) {
    let Some(service) = service else { return std::future::pending().await };
    loop {
        let pause = service.sweep().await;
        sleep(pause).await;
    }
}

async fn accept<F>(filter: &F, listener: &TcpListener, limits: &Limits, graceful: &GracefulShutdown)
where
    F: Filter<Error = Rejection> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    let builder = builder(limits);
    let places = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, mostly: connections end meanwhile, by their time limits if not otherwise.
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = socket.set_nodelay(true);
        let (filter, body_time, peer) = (filter.clone(), limits.body_time, PeerAddress(peer.ip().to_canonical()));
        let answer = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(|body| Timely::new(body, body_time));
            request.extensions_mut().insert(peer);
            let service = hyper_util::service::TowerToHyperService::new(warp::service(filter.clone()));
            hyper::service::Service::call(&service, request)
        });
        let connection = builder.serve_connection(TokioIo::new(socket), answer).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "a connection ended early");
            }
            drop(place);
        });
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    // hyper panics below the smallest buffer that it reads into.
    let head_size = limits.head_size.max(8 * 1024);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_time).max_buf_size(head_size);
    builder
}
