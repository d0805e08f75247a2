//! The provider as a filter: makes the request that Warp took apart, and mounts.

use bytes::{Buf, Bytes};
use futures_util::{Stream, TryStreamExt as _};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use oauth_core::http::{PeerAddress, bad_request};
use oauth_core::provider::Service;
use oauth_tower::{Unfinished, answer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use warp::path::FullPath;
use warp::reject::Rejection;
use warp::{Filter, reject};

/// Serves every endpoint and page of a provider, under its base path and at the well-known documents;
/// every other path is rejected as not found, so that `.or` goes on to the application's own routes.
///
/// It looks at the whole path: it stands at the root, not behind a `warp::path`. Where the base path is
/// empty, every path is the provider's, and the application's own routes stand before it.
///
/// The client's address, by which failures are counted, is the socket's peer, as [`serve`](crate::serve)
/// and Warp's own server tell it; there is nothing to set. Where another server runs `warp::service`, it
/// puts a [`PeerAddress`] into each request's extensions.
///
/// ```
/// use oauth_core::provider::Service;
/// use std::sync::Arc;
/// use warp::{Filter, Rejection, Reply};
///
/// fn site(service: Arc<dyn Service>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let hello = warp::path!("hello").and(warp::get()).map(|| "hello");
///     oauth_warp::provider(service).or(hello)
/// }
/// ```
pub fn provider(service: Arc<dyn Service>) -> impl Filter<Extract = (Response<Bytes>,), Error = Rejection> + Clone {
    let mounts = Arc::new(service.mounts());
    let mine = warp::path::full().and_then(move |path: FullPath| {
        let is_mine = mounts.contains(path.as_str());
        async move { if is_mine { Ok(path) } else { Err(reject::not_found()) } }
    });
    called(service, mine)
}

/// Answers every path that the filters before it leave with the provider's page for an unknown address: for
/// the last `.or`, after [`recover`](crate::recover), which answers the refusals of those before.
///
/// ```
/// use oauth_core::provider::Service;
/// use oauth_warp::{provider, recover, unknown_paths};
/// use std::sync::Arc;
/// use warp::{Filter, Rejection, Reply};
///
/// fn site(service: Arc<dyn Service>) -> impl Filter<Extract = impl Reply, Error = Rejection> + Clone {
///     let hello = warp::path!("hello").and(warp::get()).map(|| "hello");
///     provider(service.clone()).or(hello).recover(recover).or(unknown_paths(service))
/// }
/// ```
pub fn unknown_paths(
    service: Arc<dyn Service>,
) -> impl Filter<Extract = (Response<Bytes>,), Error = Rejection> + Clone {
    called(service, warp::path::full().and_then(async |path| Ok::<_, Rejection>(path)))
}

/// Hands to the provider the requests of the paths that a filter takes.
fn called(
    service: Arc<dyn Service>,
    paths: impl Filter<Extract = (FullPath,), Error = Rejection> + Clone + Send,
) -> impl Filter<Extract = (Response<Bytes>,), Error = Rejection> + Clone {
    let query = warp::query::raw().map(Some).or_else(|_| async { Ok::<_, Infallible>((None,)) });
    let peer = warp::ext::optional::<PeerAddress>().and(warp::addr::remote()).map(address);
    let server = peer.and(warp::ext::optional::<Unfinished>()).map(|peer, unfinished| FromServer { peer, unfinished });
    paths.and(query).and(warp::method()).and(warp::header::headers_cloned()).and(server).and(warp::body::stream()).then(
        move |path: FullPath, query: Option<String>, method, headers, server, body| {
            let service = Arc::clone(&service);
            async move {
                match request(path.as_str(), query.as_deref(), method, headers, server, body) {
                    Some(request) => answer(&service, request).await,
                    None => bad_request(),
                }
            }
        },
    )
}

/// What the server says of a request, which is lost with the request that filters take apart.
struct FromServer {
    peer: Option<PeerAddress>,
    unfinished: Option<Unfinished>,
}

/// The socket's peer: set by [`serve`](crate::serve), or else by a server of Warp's own.
fn address(ours: Option<PeerAddress>, theirs: Option<SocketAddr>) -> Option<PeerAddress> {
    ours.or_else(|| theirs.map(|peer| PeerAddress(peer.ip().to_canonical())))
}

/// The request as it came: path and query raw, headers repeated where they were.
fn request(
    path: &str,
    query: Option<&str>,
    method: Method,
    headers: HeaderMap,
    FromServer { peer, unfinished }: FromServer,
    body: impl Stream<Item = Result<impl Buf + Send, warp::Error>>,
) -> Option<Request<impl Body<Data: Send, Error = warp::Error>>> {
    let raw = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut request = Request::new(StreamBody::new(body.map_ok(Frame::data)));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(PathAndQuery::try_from(raw).ok()?);
    *request.headers_mut() = headers;
    let extensions = request.extensions_mut();
    peer.and_then(|peer| extensions.insert(peer));
    unfinished.and_then(|unfinished| extensions.insert(unfinished));
    Some(request)
}
