//! A server for tower services, with the limits that the frameworks' own have not.

mod body;
mod connection;
mod crowds;
mod limits;
mod places;
mod progress;
mod socket;

pub use body::RequestBody;
pub use limits::Limits;

use crate::unfinished::Unfinished;
use connection::{Server, Stage};
use http::{Request, Response};
use http_body::Body;
use oauth_core::http::PeerAddress;
use places::Places;
use std::error::Error;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service;

/// How long a client may still send a head once the server stops.
const LAST_HEADS: Duration = Duration::from_secs(1);

/// A server that is ready to run: made by [`serve`].
#[must_use = "a server does nothing until it is run"]
pub struct Serve<S> {
    service: S,
    listener: TcpListener,
    limits: Limits,
    sweep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Serves a tower service on a listener, within limits: HTTP/1.1, without TLS and upgrades. Each
/// request carries its socket's peer as a [`PeerAddress`]. A target without a path, such as that of
/// `CONNECT host:80`, is refused.
///
/// ```no_run
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use oauth_core::provider::Service;
/// use oauth_tower::{Limits, ProviderService, serve};
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
///
/// # async fn run(provider: Arc<dyn Service>) -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:8000").await?;
/// let server = serve(ProviderService::new(Arc::clone(&provider)), listener, Limits::default());
/// server.sweeping(provider).until(std::future::pending::<()>()).await;
/// # Ok(())
/// # }
/// ```
pub fn serve<S>(service: S, listener: TcpListener, limits: Limits) -> Serve<S> {
    Serve { service, listener, limits, sweep: Box::pin(std::future::pending()) }
}

impl<S> Serve<S> {
    /// Runs the sweep of a provider as long as the server runs; called again, that of another beside it.
    #[cfg(feature = "provider")]
    pub fn sweeping(mut self, provider: Arc<dyn oauth_core::provider::Service>) -> Self {
        let others = self.sweep;
        let sweeping = async move {
            loop {
                let pause = provider.sweep().await;
                sleep(pause).await;
            }
        };
        self.sweep = Box::pin(async move {
            tokio::select! {
                () = others => {}
                () = sweeping => {}
            }
        });
        self
    }

    /// Runs until a future is over: then takes no more connections, finishes the requests under way,
    /// those to a provider whose clients have hung up too ([`Unfinished`](crate::Unfinished)), and
    /// returns at the latest when [`Limits::grace`] is over, with every connection closed.
    ///
    /// A handler that panics ends its connection, not the server. Where the future that this gives is
    /// dropped, everything ends at once.
    pub async fn until<B>(self, stop: impl Future)
    where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn Error + Send + Sync>> + Send,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { service, listener, limits, sweep } = self;
        let (says, stage) = watch::channel(Stage::Open);
        let places = Places::new(limits.places());
        let grace = limits.grace;
        let (unfinished, mut finished) = Unfinished::first();
        let server = Server { service, limits, stage, unfinished };
        tokio::select! {
            _ = stop => {}
            () = accept(&server, &listener, &places) => {}
            () = sweep => {}
        }
        drop((listener, server));
        let _ = says.send(Stage::Closing);
        let ended = timeout(grace, async {
            if timeout(LAST_HEADS, places.all_free()).await.is_err() {
                let _ = says.send(Stage::Hurrying);
                places.all_free().await;
            }
            finished.wait().await;
        });
        if ended.await.is_err() {
            tracing::warn!("requests were still under way when the server stopped");
            let _ = says.send(Stage::Over);
            places.all_free().await;
        }
    }
}

async fn accept<S, B>(server: &Server<S>, listener: &TcpListener, places: &Arc<Places>)
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>> + Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => continue,
            Err(error) => {
                // Out of files, mostly, which others in this process may have taken.
                tracing::warn!(%error, "a connection could not be accepted");
                places.make_room();
                sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let peer = peer.ip().to_canonical();
        let place = places.take(peer).await;
        tokio::spawn(server.clone().connect(socket, PeerAddress(peer), place));
    }
}
