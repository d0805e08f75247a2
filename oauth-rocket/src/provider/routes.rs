//! The routes: every method that Rocket knows, so that the core answers what it does not take.

use super::method;
use crate::convert;
use crate::resources::{AfterShield, Attached, ENDPOINTS};
use bytes::Bytes;
use http::Uri;
use http::uri::PathAndQuery;
use oauth_core::http::{BODY_LIMIT, PeerAddress, bad_request, body_too_large};
use oauth_core::provider::Service;
use rocket::catcher::{self, Catcher};
use rocket::data::{Data, ToByteUnit};
use rocket::http::uri::Origin;
use rocket::http::{Header, Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Request, Response};
use std::sync::{Arc, PoisonError};

const METHODS: [Method; 9] = [
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Patch,
    Method::Delete,
    Method::Options,
    Method::Trace,
    Method::Connect,
];

/// What Rocket's `Shield` sets in its default form, and the core also says where it matters.
const SHIELDED: [&str; 3] = ["x-frame-options", "x-content-type-options", "permissions-policy"];

/// Where the base path is the root, the application's own routes come first, its files too.
const RANK_AT_ROOT: isize = 100;

/// Gives the routes under the base path, to mount exactly there; see
/// [`OAuth::without_mounting`](crate::OAuth::without_mounting).
pub fn routes(service: &Arc<dyn Service>) -> Vec<Route> {
    let rank = service.mounts().base.is_empty().then_some(RANK_AT_ROOT);
    let route = |method| named(Route::ranked(rank, method, "/<_..>", Endpoints(Arc::clone(service))));
    METHODS.into_iter().map(route).collect()
}

/// Gives the routes of the well-known documents (RFC 8615), to mount at the root.
pub fn well_known(service: &Arc<dyn Service>) -> Vec<Route> {
    // An issuer's path that Rocket does not take as a URI cannot be asked for either.
    let paths = service.mounts().well_known;
    paths
        .into_iter()
        .filter(|path| Origin::parse(path).is_ok())
        .flat_map(|path| METHODS.map(|method| named(Route::new(method, &path, Endpoints(Arc::clone(service))))))
        .collect()
}

/// Gives the catchers that answer what no route takes with the provider's page for an unknown address, to
/// register at the root; a catcher at a longer path, such as an API's, comes first.
pub fn unknown_paths(service: &Arc<dyn Service>) -> Vec<Catcher> {
    let not_found = Catcher::new(Status::NotFound.code, Unknown(Arc::clone(service)));
    vec![not_found, unknown_methods(service)]
}

/// Gives the catcher for requests that Rocket refuses before it routes: those with a method that it
/// does not know.
pub(super) fn unknown_methods(service: &Arc<dyn Service>) -> Catcher {
    Catcher::new(Status::BadRequest.code, UnknownMethods(Arc::clone(service)))
}

fn named(mut route: Route) -> Route {
    route.name = Some(ENDPOINTS.into());
    route
}

#[derive(Clone)]
struct Endpoints(Arc<dyn Service>);

#[rocket::async_trait]
impl Handler for Endpoints {
    async fn handle<'r>(&self, request: &'r Request<'_>, mut data: Data<'r>) -> Outcome<'r> {
        let broke_off = method::broke_off(request, &mut data).await || !is_hosted(request);
        let answer = match data.open(BODY_LIMIT.bytes()).into_bytes().await {
            _ if broke_off => bad_request(),
            Ok(body) if body.is_complete() => {
                let body = body.into_inner();
                let method = convert::method(method::sent(request, &body));
                call(&self.0, request, method, Bytes::from(body)).await
            }
            Ok(_) => body_too_large(self.0.config().error_uri.as_deref()),
            Err(_) => bad_request(),
        };
        Outcome::Success(after_shield(request, convert::response(answer)))
    }
}

/// Tells whether a request that came over a socket names one host (RFC 9112 §3.2); Rocket does not look. One that
/// the application dispatches itself needs none.
fn is_hosted(request: &Request<'_>) -> bool {
    let hosts = request.headers().get("host").count();
    hosts == 1 || hosts == 0 && request.remote().is_none()
}

#[derive(Clone)]
struct UnknownMethods(Arc<dyn Service>);

#[rocket::async_trait]
impl catcher::Handler for UnknownMethods {
    async fn handle<'r>(&self, _: Status, request: &'r Request<'_>) -> catcher::Result<'r> {
        // What was routed was refused by a route of the application's own, for a reason of its own.
        let unknown = http::Method::from_bytes(b"UNKNOWN").ok().filter(|_| request.route().is_none());
        Ok(convert::response(match unknown {
            Some(_) if !is_hosted(request) => bad_request(),
            Some(method) => call(&self.0, request, method, Bytes::new()).await,
            None => bad_request(),
        }))
    }
}

#[derive(Clone)]
struct Unknown(Arc<dyn Service>);

#[rocket::async_trait]
impl catcher::Handler for Unknown {
    async fn handle<'r>(&self, _: Status, request: &'r Request<'_>) -> catcher::Result<'r> {
        Ok(convert::response(call(&self.0, request, convert::method(request.method()), Bytes::new()).await))
    }
}

async fn call(
    service: &Arc<dyn Service>,
    request: &Request<'_>,
    method: http::Method,
    body: Bytes,
) -> http::Response<Bytes> {
    // As it came: Rocket normalises when it routes, the core must not be told another path.
    let origin = request.uri();
    let raw = match origin.query() {
        Some(query) => format!("{}?{query}", origin.path()),
        None => origin.path().to_string(),
    };
    let Ok(path_and_query) = PathAndQuery::try_from(raw) else { return bad_request() };
    let mut sent = http::Request::new(body);
    *sent.method_mut() = method;
    *sent.uri_mut() = Uri::from(path_and_query);
    *sent.headers_mut() = convert::headers(request.headers());
    // The socket's peer, never `client_ip()`, which believes anybody's X-Real-IP.
    if let Some(peer) = request.remote() {
        sent.extensions_mut().insert(PeerAddress(peer.ip().to_canonical()));
    }
    service.call(sent).await
}

/// Leaves to the fairing, where it is attached, the headers that `Shield` would warn about.
fn after_shield(request: &Request<'_>, mut response: Response<'static>) -> Response<'static> {
    if request.rocket().state::<Attached>().is_none() {
        return response;
    }
    let AfterShield(kept) = request.local_cache(AfterShield::default);
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    for name in SHIELDED {
        let value = response.headers().get_one(name).map(str::to_owned);
        if let Some(value) = value {
            response.remove_header(name);
            kept.push(Header::new(name, value));
        }
    }
    response
}
