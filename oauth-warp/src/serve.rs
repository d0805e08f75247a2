//! A server for filters: the loop is oauth-tower's.

pub use oauth_tower::{Limits, RequestBody, Serve};

use http::Request;
use std::convert::Infallible;
use tokio::net::TcpListener;
use tower_service::Service;
use warp::reject::Rejection;
use warp::{Filter, Reply};

/// Serves a filter on a listener, within the limits that Warp's own server has not: HTTP/1.1, without
/// TLS and upgrades. Each request carries its socket's peer, for `provider`.
///
#[cfg_attr(feature = "provider", doc = "```no_run")]
#[cfg_attr(not(feature = "provider"), doc = "```ignore")]
/// use oauth_core::provider::Service;
/// use oauth_warp::{Limits, provider, serve};
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
///
/// # async fn run(service: Arc<dyn Service>) -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:8000").await?;
/// let server = serve(provider(Arc::clone(&service)), listener, Limits::default()).sweeping(service);
/// server.until(std::future::pending::<()>()).await;
/// # Ok(())
/// # }
/// ```
pub fn serve<F>(
    filter: F,
    listener: TcpListener,
    limits: Limits,
) -> Serve<
    impl Service<Request<RequestBody>, Response = warp::reply::Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static,
>
where
    F: Filter<Error = Rejection> + Clone + Send + Sync + 'static,
    F::Extract: Reply,
{
    oauth_tower::serve(warp::service(filter), listener, limits)
}
