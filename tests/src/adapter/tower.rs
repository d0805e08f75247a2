use super::own::{self, ByMethod, Either, Own, Recent, Strong};
use super::{Pages, Read, Stop, Write, said, written};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::middleware::map_request;
use axum::routing::{get, post};
use axum::{Extension, Router};
use oauth_core::http::PeerAddress;
use oauth_core::provider::{Provider, Service};
use oauth_core::resource::{Authorization, ProtectedResource};
use oauth_tower::{Limits, ProviderService, authorized, authorized_form, maybe_authorized, resource_metadata};
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

type Json = (StatusCode, [(HeaderName, &'static str); 1], String);

fn json(status: StatusCode, token: &Authorization) -> Json {
    (status, [(CONTENT_TYPE, "application/json")], said(token))
}

async fn read(Extension(token): Extension<Authorization>) -> Json {
    json(StatusCode::OK, &token)
}

async fn write(Extension(token): Extension<Authorization>) -> Json {
    json(StatusCode::CREATED, &token)
}

async fn row(Extension(token): Extension<Own>) -> String {
    token.row
}

async fn maybe(Extension(token): Extension<Option<Own>>) -> String {
    token.map_or_else(|| "nobody".to_owned(), |token| token.row)
}

async fn form(Extension(token): Extension<Own>, body: Bytes) -> String {
    written(&token, &body)
}

fn own_api(own: &ProtectedResource<Own>) -> Router {
    Router::new()
        .route("/own/either", get(row).route_layer(authorized::<Either, _>(own)))
        .route("/own/notes", get(row).post(row).route_layer(authorized::<ByMethod, _>(own)))
        .route("/own/recent", get(row).route_layer(authorized::<Recent, _>(own)))
        .route("/own/strong", get(row).route_layer(authorized::<Strong, _>(own)))
        .route("/own/maybe", get(maybe).route_layer(maybe_authorized::<Read, _>(own)))
        .route("/own/form", post(form).route_layer(authorized_form::<Write, _>(own)))
}

fn site(provider: &Provider<Pages>, service: &Arc<dyn Service>) -> Router {
    let resource = provider.protected_resource();
    let own = own::resource(provider);
    let read = || get(read).route_layer(authorized::<Read, _>(&resource));
    let write = post(write).route_layer(authorized::<Write, _>(&resource));
    let api = Router::new().route("/api/profile", read()).route("/api/notes", read().merge(write));
    // A provider at the root takes what is left, so that it is the fallback.
    let site = api.merge(own_api(&own)).fallback_service(ProviderService::new(Arc::clone(service)));
    site.layer(resource_metadata(&own))
}

/// Starts a server of axum's routes; `None` where the port is taken.
pub(super) async fn start(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let provider = Arc::new(provider);
    let service: Arc<dyn Service> = provider.clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = oauth_tower::serve(site(&provider, &service), listener, Limits::default());
    tokio::spawn(server.sweeping(service).until(stopped));
    Some(Box::new(move || drop(stop)))
}

/// Says who the peer is, as the first page of oauth-tower shows.
async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(PeerAddress(peer.ip().to_canonical()));
    request
}

/// Starts axum's own server.
pub(super) async fn start_axums(address: SocketAddr, provider: Provider<Pages>) -> Option<Stop> {
    let listener = TcpListener::bind(address).await.ok()?;
    let provider = Arc::new(provider);
    let service: Arc<dyn Service> = provider.clone();
    let site = site(&provider, &service).layer(map_request(peer));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, site.into_make_service_with_connect_info::<SocketAddr>());
    tokio::spawn(server.with_graceful_shutdown(async { drop(stopped.await) }).into_future());
    Some(Box::new(move || drop(stop)))
}
